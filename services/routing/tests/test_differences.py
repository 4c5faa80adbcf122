"""`lead.scored` is a difference: routing folds it on what it knows, and waits for a whole standing to begin with."""

from services.routing.tests.conftest import START, LeadStory, kinds, make, qualified, scored

from events.handoffs import LeadAssigned
from events.scores import Gate, LeadScored, ScoreLine
from routing.decide.locks import Domains, domains_of, locks_of
from routing.decide.state import Lead
from routing.decide.terms import Terms

LINE = ScoreLine(rule="blog_read", points=5, because="blog", at=START)


def difference(total: int, was: int, lead: str = "lead-1", *, passed: bool = False) -> LeadScored:
    return make(
        LeadScored,
        lead,
        model="default",
        was=was,
        total=total,
        fit=20,
        engagement=total - 20,
        band="warm" if total >= 60 else "cool",
        completeness=90,
        gate=Gate(passed=passed, reason=f"{total} of 60"),
        lines=(LINE,),
        intent_at=START,
        last_engaged_at=START,
    )


def test_who_begins_in_the_middle_waits_for_a_whole_standing(story: LeadStory) -> None:
    assert story.play(difference(45, 40)) == []
    assert story.state.leads == {}
    story.play(scored(total=45))
    assert story.lead().standing is not None


def test_a_difference_is_folded_on_what_is_known(story: LeadStory) -> None:
    story.play(scored(total=45))
    story.play(difference(50, 45))
    standing = story.lead().standing
    assert standing is not None
    assert (standing.total, standing.completeness, standing.engagement_lines[:1]) == (50, 90, (LINE,))
    assert standing.facts.domain == "acme.example", "what it does not say is as it was"


def test_a_lead_is_handed_over_after_differences_as_after_whole_standings(story: LeadStory) -> None:
    story.play(scored(total=45), difference(55, 45), difference(58, 55))
    assert LeadAssigned in kinds(story.play(qualified(total=72)))


def test_locks_follow_the_standing_as_it_will_be(terms: Terms) -> None:
    known = scored(total=45)
    opening = difference(65, 45, passed=True)
    assert locks_of({}, {}, [known], terms).reps == ()
    assert locks_of({}, {}, [known, opening], terms).reps != ()
    assert locks_of({"lead-1": Lead("lead-1")}, {}, [opening], terms).reps == (), "nothing is known of it yet"
    assert domains_of({}, [known]) == Domains(read=("acme.example",)), "it only looks at its company"
    assert domains_of({}, [known, opening]) == Domains(changed=("acme.example",))
