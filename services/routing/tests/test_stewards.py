"""What a steward decides about a lead that waits for one (domain, sections 1, 6 and 11)."""

from datetime import timedelta

import pytest
from services.routing.tests.conftest import DAY, START, LeadStory, make, qualified, scored

from agreement.places import place_of
from events import Mode
from events.deals import DealOpened
from events.handoffs import AnswerIgnored, LeadAssigned, OwnerTold, StageChanged
from events.sales import SalesRejected, StewardDecided

HOUR = timedelta(hours=1)


def decided(
    decision: str, *facts: str, item: str = "lead", lead: str = "lead-1", record: str | None = None
) -> StewardDecided:
    return make(
        StewardDecided,
        lead,
        at=START + HOUR,
        item=item,
        decision=decision,
        steward="data@northwind.example",
        facts=facts,
        record=record,
    )


@pytest.fixture
def waiting(story: LeadStory) -> LeadStory:
    """A lead that was rejected for its data."""
    story.play(qualified(employees=120))
    story.reject("bad_data")
    assert story.place() == ("mql", "waiting_for_steward")
    return story


def test_what_is_fixed_is_judged_and_routed_again(waiting: LeadStory) -> None:
    waiting.play(decided("fixed"))
    assert (waiting.place(), waiting.lead().cycle) == (("mql", "assigned"), 2)
    assert len(waiting.data(LeadAssigned.Data)) == 2


def test_what_is_pinned_is_routed_by_the_new_score(waiting: LeadStory) -> None:
    """Whoever had it has it again, with what is right now; a decision that comes after the score says nothing more."""
    waiting.play(decided("pin", "employees"))
    assert waiting.place() == ("mql", "waiting_for_steward"), "the score is on its way"
    waiting.play(scored(employees=400, at=START + HOUR))
    last = waiting.data(LeadAssigned.Data)[-1]
    assert (waiting.place(), last.rep, last.snapshot.facts.employees) == (("mql", "assigned"), "rep-dan", 400)
    waiting.pass_to(START + 2 * HOUR)
    assert len(waiting.data(LeadAssigned.Data)) == 2
    waiting.play(decided("pin", "employees"))
    assert (len(waiting.data(LeadAssigned.Data)), waiting.data(AnswerIgnored.Data)) == (2, [])


def test_what_is_pinned_and_changes_no_routing_is_routed_a_minute_later(waiting: LeadStory) -> None:
    waiting.play(decided("pin", "phone"))
    waiting.pass_to(START + HOUR + timedelta(seconds=59))
    assert waiting.place() == ("mql", "waiting_for_steward")
    waiting.pass_to(START + HOUR + timedelta(seconds=61))
    assert waiting.place() == ("mql", "assigned")


def test_what_is_dropped_is_disqualified(waiting: LeadStory) -> None:
    waiting.play(decided("drop"))
    assert waiting.place() == ("mql", "disqualified")
    assert place_of("mql", "disqualified", None, reason="dropped") == "closed"


@pytest.mark.parametrize("name", ["old", "d1"])
def test_what_is_merged_joins_the_record_and_its_owner_hears_of_it(story: LeadStory, name: str) -> None:
    story.play(qualified(), scored("old", total=45, domain="elsewhere.example"))
    story.play(make(DealOpened, "old", deal="d1", by="rep-kate"))
    story.reject("already_in_pipeline")
    assert story.place() == ("mql", "waiting_for_steward")
    story.play(decided("merge", record=name))
    assert story.place() == ("mql", "joined")
    assert [(data.rep, data.why, data.record) for data in story.data(OwnerTold.Data)] == [("rep-kate", "merged", "old")]
    moved = story.data(StageChanged.Data)[-1]
    assert (moved.status, moved.record, moved.owner, moved.cycle) == ("joined", "old", "rep-kate", 1)


@pytest.mark.parametrize("name", ["nobody-knows-it", "lead-1", "idle", None])
def test_what_is_merged_into_nothing_waits_on(waiting: LeadStory, name: str | None) -> None:
    waiting.play(scored("idle", total=10, domain="elsewhere.example"))
    waiting.play(decided("merge", record=name))
    assert waiting.place() == ("mql", "waiting_for_steward")
    (ignored,) = waiting.data(AnswerIgnored.Data)
    assert (ignored.answer, ignored.reason) == ("merge", "invalid")


@pytest.mark.parametrize("decision", ["fixed", "drop", "merge"])
def test_a_lead_that_waits_for_nobody_stays_where_it_is(story: LeadStory, decision: str) -> None:
    story.play(qualified())
    story.play(decided(decision))
    assert story.place() == ("mql", "assigned")
    (ignored,) = story.data(AnswerIgnored.Data)
    assert (ignored.answer, ignored.reason) == (decision, "closed")


def test_a_disputed_fact_is_scoring_s(waiting: LeadStory) -> None:
    waiting.play(decided("drop", item="employees"))
    assert waiting.place() == ("mql", "waiting_for_steward")
    waiting.play(scored(employees=120, at=START, disputed=("employees",)))
    assert waiting.place() == ("mql", "waiting_for_steward"), "that somebody is asked mends nothing"


@pytest.mark.parametrize("mode", ["live", "historical"])
def test_history_is_judged_again_too(story: LeadStory, mode: Mode) -> None:
    story.play(qualified())
    story.play(make(SalesRejected, reason="bad_data", by="rep-dan", mode=mode))
    story.play(decided("fixed"))
    assert story.place() == ("mql", "assigned")


def test_neither_time_nor_a_little_news_takes_a_lead_from_the_stewards(waiting: LeadStory) -> None:
    waiting.play(scored(employees=120, total=45, at=START + HOUR))
    waiting.pass_to(START + 40 * DAY)
    assert waiting.place() == ("mql", "waiting_for_steward")
    waiting.play(scored(employees=120, total=45, at=waiting.now), decided("fixed"))
    assert waiting.place() == ("mql", "nurture")


def test_a_mended_lead_that_wants_no_mail_is_in_no_segment(waiting: LeadStory) -> None:
    waiting.play(decided("fixed").replaced(subject="lead-2"))
    waiting.play(scored(employees=120, total=45, unsubscribed=True, at=START + HOUR))
    assert waiting.place() == ("mql", "unsubscribed")
