"""No lead left behind: after any history a lead is in one place, and has an owner only where somebody has it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from services.routing.tests.conftest import DAY, START, LeadStory, make, people_of, qualified, scored, with_routing
from services.routing.tests.recipes import ANYTHING, OFFERED, Recipe, make_inputs, shipped_terms
from services.routing.tests.test_laws import LAW, beginning

from agreement.places import Place, place_of
from agreement.types import Span
from events import Event
from events.deals import DealLost, DealOpened, DealWon
from events.handoffs import AlertRaised, LeadAssigned, LeadNurtured, LeadSuppressed, OwnerTold, StageChanged
from events.sales import (
    ContactAttempted,
    ContactConnected,
    LeadReassigned,
    LeadSalesQualified,
    SalesRejected,
)
from events.scores import LeadQualified, LeadScored
from routing.decide.state import Lead


def where(story: LeadStory, lead: str = "lead-1") -> Place | None:
    """As the lead and the last fact about where it stands say."""
    known = story.lead(lead)
    moves = [fact.data for fact in story.facts if fact.event is StageChanged and fact.subject == lead]
    last = moves[-1] if moves else None
    reason = last.why if isinstance(last, StageChanged.Data) else None
    owner = last.owner if isinstance(last, StageChanged.Data) and known.status == "joined" else known.owner
    return place_of(
        known.stage,
        known.status,
        owner,
        segment=known.nurture.segment if known.nurture else None,
        reason=reason,
        young=known.standing is None or ("enrol", f"enrol/{lead}") in story.timers,
    )


def deal_joined(story: LeadStory, lead: str) -> str | None:
    """The record with an open deal that the lead is joined to, as the last fact about where it stands says."""
    moves = [fact.data for fact in story.facts if fact.event is StageChanged and fact.subject == lead]
    last = moves[-1] if moves else None
    joined = isinstance(last, StageChanged.Data) and last.status == "joined" and last.why == "open opportunity"
    return last.record if joined and isinstance(last, StageChanged.Data) else None


def record_joined(story: LeadStory, lead: str) -> str | None:
    """The lead that it is joined to, by the match of a step or as a person said, as the last fact says."""
    moves = [fact.data for fact in story.facts if fact.subject == lead and fact.event is StageChanged]
    last = moves[-1] if moves else None
    joined = isinstance(last, StageChanged.Data) and last.status == "joined"
    return last.record if joined and isinstance(last, StageChanged.Data) and last.record in story.state.leads else None


def owner_told_of(story: LeadStory, lead: str) -> str | None:
    """As readers of the facts know it."""
    owner = None
    for fact in story.facts:
        if fact.subject == lead and isinstance(fact.data, LeadAssigned.Data):
            owner = fact.data.rep
        elif fact.subject == lead and isinstance(fact.data, StageChanged.Data):
            owner = fact.data.owner or owner
    return owner


def tell(recipes: list[Recipe], pass_on: str | None = None) -> LeadStory:
    """Each input in a batch of its own; what is due at once is done before the next."""
    after = Span.model_validate(pass_on) if pass_on else None
    story = LeadStory(replace(shipped_terms(), pass_on_after=after))
    story.state = beginning()
    for one in make_inputs(recipes):
        story.state = replace(story.state, people=people_of(story.state, [one]))
        story.play(one)
        story.pass_to(story.now)
    return story


OUT = Recipe(SalesRejected, "lead-1", {"reason": "out_of_territory", "note": "so", "assignment": None})
HISTORY = Recipe(LeadQualified, "lead-1", {"referral": "litware", "mode": "historical"}, 40)


UNNAMED = Recipe(ContactConnected, "lead-1", {})
NAMED = Recipe(ContactConnected, "lead-1", {"by": "rep-dan"})


@LAW
@example(recipes=[UNNAMED, NAMED], days=[0], pass_on=None)
@example(recipes=[OFFERED, OUT, OUT, OUT], days=[0], pass_on=None)
@example(
    recipes=[HISTORY, Recipe(LeadScored, "lead-1", {"total": 45, "referral": "litware"})], days=[1, 1], pass_on=None
)
@given(
    recipes=ANYTHING,
    days=st.lists(st.integers(0, 200), max_size=2),
    pass_on=st.sampled_from((None, "15min")),
)
def test_a_lead_is_in_one_place_whatever_happened(recipes: list[Recipe], days: list[int], pass_on: str | None) -> None:
    story = tell(recipes, pass_on)
    for wait in (0, *days):
        story.pass_to(story.now + wait * DAY)
        for lead in story.state.leads:
            assert where(story, lead) is not None, story.lead(lead)
            assert (where(story, lead) == "open_work") == story.lead(lead).worked
            assert not story.lead(lead).worked or owner_told_of(story, lead) == story.lead(lead).owner
            assert (record := deal_joined(story, lead)) is None or story.lead(record).open_deals
            assert (record := record_joined(story, lead)) is None or story.lead(record).in_hand, "in nobody's hands"


@pytest.mark.parametrize("first", [ContactConnected, LeadSalesQualified, DealOpened])
def test_who_has_a_lead_that_stays_where_it_stands_is_said(story: LeadStory, first: type[Event]) -> None:
    evidence: dict[str, object] = {"need": True, "budget": True, "authority": True}
    data: dict[str, object] = {"deal": "d1"} if first is DealOpened else {}
    data |= evidence if first is LeadSalesQualified else {}
    story.play(scored(total=10), make(first, data=data))
    before = story.place()
    assert story.lead().owner is None
    story.play(make(ContactConnected, by="rep-dan"))
    assert (story.place(), story.lead().owner) == (before, "rep-dan")
    last = story.data(StageChanged.Data)[-1]
    assert (last.owner, last.stage_from, last.status_from, last.implied) == ("rep-dan", *before, ())
    assert story.play(make(ContactConnected, by="rep-dan")) == [], "once"


def test_three_times_out_of_territory_is_the_managers_decision_and_operations_hears_of_it_once(
    story: LeadStory,
) -> None:
    story.play(qualified(employees=20))
    for _ in range(3):
        story.reject("out_of_territory")
    assert (where(story), story.lead().owner) == ("manager", None)
    (alert,) = story.data(AlertRaised.Data)
    assert (alert.to, alert.rep, alert.choices) == ("manager", "rep-grace", ("reassigned", "nurtured"))
    assert {row.reason for row in alert.candidates} == {"had it in this cycle"}
    story.pass_to(START + 30 * DAY)
    assert [(data.to, data.reason) for data in story.data(AlertRaised.Data)] == [
        ("manager", "everyone_had_it"),
        ("operations", "undecided"),
    ]


def test_a_referral_known_from_history_comes_alive_with_whatever_the_person_does(story: LeadStory) -> None:
    at = START - 3 * DAY
    story.play(scored(total=20, mode="historical", at=START - 2 * DAY, referral="litware", referral_at=at))
    assert (story.place(), story.lead().owner) == (("mql", "new"), None)
    blog = scored(total=25, referral="litware", referral_at=at)
    quiet = blog.data.replaced(standing=blog.data.standing and blog.data.standing.replaced(intent_at=None))
    story.play(blog.replaced(data=quiet))
    (offer,) = story.data(LeadAssigned.Data)
    assert (offer.rep, offer.kind, where(story)) == ("rep-nora", "referral", "open_work")


def test_activity_on_somebodys_deal_is_joined_to_it_and_shows_its_owner(story: LeadStory) -> None:
    story.play(scored("buyer"), make(DealOpened, "buyer", deal="d", by="rep-dan"))
    story.play(scored("colleague", total=72))
    (joined,) = [fact.data for fact in story.facts if fact.subject == "colleague" and fact.event is StageChanged]
    assert isinstance(joined, StageChanged.Data)
    assert (joined.status, joined.owner, joined.record) == ("joined", "rep-dan", "buyer")
    assert [step.rule for step in joined.passed] == ["nobody"]
    (news,) = story.data(OwnerTold.Data)
    assert (news.rep, news.why, news.record) == ("rep-dan", "open_opportunity", "buyer")
    assert (where(story, "colleague"), story.lead("colleague").owner) == ("joined", None)


@pytest.mark.parametrize(
    ("total", "hand_raise", "ends"),
    [(72, "demo_request", "open_work"), (45, None, "nurture"), (20, None, "long_term")],
)
def test_who_joined_a_deal_goes_on_by_the_steps_once_it_is_lost(
    story: LeadStory, total: int, hand_raise: str | None, ends: str
) -> None:
    story.play(qualified("buyer"), make(DealOpened, "buyer", deal="d", by="rep-dan"))
    known = qualified if hand_raise else scored
    story.play(known("colleague", total=total, hand_raise=hand_raise), scored("known", total=45))
    assert where(story, "colleague") == "joined"
    story.play(make(DealLost, "buyer", deal="d", by="rep-dan", reason="price"))
    story.pass_to(story.now)
    assert (where(story, "buyer"), where(story, "colleague"), where(story, "known")) == ("nurture", ends, "nurture")


def test_who_joined_a_deal_stays_with_its_customer_once_it_is_won(story: LeadStory) -> None:
    story.play(scored("buyer"), make(DealOpened, "buyer", deal="d", by="rep-dan"), scored("colleague", total=45))
    story.play(make(DealWon, "buyer", deal="d", by="rep-dan"))
    story.pass_to(story.now)
    (*_, last) = [fact.data for fact in story.facts if fact.subject == "colleague" and fact.event is OwnerTold]
    assert isinstance(last, OwnerTold.Data)
    assert (where(story, "colleague"), story.lead("colleague").owner) == ("joined", None)


def test_what_a_colleague_does_is_told_to_whom_the_record_was_given(story: LeadStory) -> None:
    story.play(qualified("buyer"), make(DealOpened, "buyer", deal="d", by="rep-dan"), scored("colleague", total=45))
    story.play(make(LeadReassigned, "buyer", by="rep-grace", to="rep-elena"))
    story.play(scored("colleague", total=65, at=START + timedelta(minutes=5)))
    assert [data.rep for data in story.data(OwnerTold.Data)] == ["rep-dan", "rep-elena"]
    assert [data.record for data in story.data(OwnerTold.Data)] == ["buyer", "buyer"]


@pytest.mark.parametrize("order", [("buyer", "colleague"), ("colleague", "buyer")])
def test_contacts_of_a_lost_deal_are_not_joined_to_each_other(story: LeadStory, order: tuple[str, str]) -> None:
    """Whoever of them the fact names: both are nurtured, and nobody has either."""
    both = [make(DealOpened, lead, deal="d", by="rep-dan") for lead in order]
    story.play(qualified("buyer"), qualified("colleague"), *both)
    story.play(make(DealLost, order[1], deal="d", by="rep-dan", reason="price"))
    story.pass_to(story.now)
    assert [(story.place(lead), where(story, lead)) for lead in order] == [(("lost", "nurture"), "nurture")] * 2


def test_activity_of_a_customer_is_joined_to_the_account(story: LeadStory) -> None:
    story.play(scored("buyer"), make(DealWon, "buyer", deal="d", by="rep-dan"), scored("user", total=45))
    joined = story.data(StageChanged.Data)[-1]
    assert (joined.status, joined.owner, joined.record) == ("joined", "rep-ivan", "acme.example")
    assert story.data(OwnerTold.Data)[-1].why == "customer"


def test_a_hand_raised_where_nobody_sells_is_told_to_marketing_and_the_goal_says_why(story: LeadStory) -> None:
    regions = tuple(one.model_copy(update={"served": one.name != "apac"}) for one in story.terms.routing.regions)
    story.terms = with_routing(story.terms, regions=regions)
    story.play(qualified(total=125, country="JP", hand_raise="demo_request"))
    story.rest()
    alerts = [(data.to, data.reason) for data in story.data(AlertRaised.Data)]
    assert (alerts, where(story)) == ([("marketing", "not_served")], "nurture")
    (nurtured,) = story.data(LeadNurtured.Data)
    assert (nurtured.goal, nurtured.reason) == ("the region apac is not served",) * 2
    assert nurtured.passed[-1].why == "the region apac is not served"


def test_an_old_hand_raise_opens_no_gate(story: LeadStory) -> None:
    """Meeting booked, no answer to the agreed attempts, then one webinar: segment 2, until +30 or a new hand-raise."""
    story.play(qualified(total=50, hand_raise="meeting_booked"))
    days = enumerate(("email", "call", "email"))
    story.play(*(make(ContactAttempted, by="rep-dan", channel=how, at=START + day * DAY) for day, how in days))
    story.pass_to(START + 11 * DAY)
    assert (story.place(), where(story)) == (("sal", "unresponsive"), "nurture")
    later = _scored_with_an_old_hand_raise(story, total=70)
    story.play(later)
    assert (story.lead().cycle, story.place()) == (1, ("sal", "unresponsive"))
    nurture = story.lead().nurture
    assert nurture
    assert nurture.segment == "2"
    story.play(_scored_with_an_old_hand_raise(story, total=80))
    assert (story.lead().cycle, story.place()) == (2, ("mql", "assigned")), "thirty points since"


def _scored_with_an_old_hand_raise(story: LeadStory, total: int) -> LeadScored:
    """A webinar now; the hand-raise of the first day is still inside its ninety days."""
    event = scored(total=total, hand_raise="meeting_booked", at=story.now)
    standing = event.data.standing
    assert standing
    gate = standing.gate.replaced(passed=True)
    return event.replaced(data=event.data.replaced(standing=standing.replaced(hand_raise_at=START, gate=gate)))


def test_whoever_unsubscribes_leaves_every_segment_and_a_rep_keeps_the_lead(story: LeadStory) -> None:
    story.play(scored(total=45), qualified("worked", domain="b.example"))
    story.rest()
    assert where(story) == "nurture"
    story.play(scored(total=45, unsubscribed=True), scored("worked", domain="b.example", unsubscribed=True))
    assert (story.place(), story.lead().nurture) == (("lead", "unsubscribed"), None)
    assert story.place("worked") == ("mql", "assigned")
    story.reject("other", "worked", note="so")
    assert (story.place("worked"), where(story, "worked")) == (("mql", "unsubscribed"), "unsubscribed")
    assert len(story.data(LeadNurtured.Data)) == 1
    story.pass_to(story.now + 400 * DAY)
    assert story.place() == ("lead", "unsubscribed")
    story.play(scored(total=45, at=story.now))
    story.rest()
    assert where(story) == "nurture", "subscribed again"
    story.play(qualified(total=90, hand_raise="demo_request", unsubscribed=True, at=story.now))
    assert where(story) == "open_work", "a hand raised is answered by a person"


def test_data_that_a_steward_mended_are_judged_and_routed_again(story: LeadStory) -> None:
    story.play(qualified(employees=20), qualified("poor", domain="b.example"))
    story.reject("bad_data")
    story.reject("bad_data", "poor")
    assert where(story) == where(story, "poor") == "steward"
    story.play(qualified(employees=20, at=START), scored("poor", total=30, domain="b.example", employees=30))
    assert where(story) == "steward", "nothing was mended"
    story.play(scored(employees=400, at=START + timedelta(hours=1)))
    assert (story.place(), story.data(LeadAssigned.Data)[-1].rep) == (("mql", "assigned"), "rep-ana")
    assert where(story, "poor") == "long_term"


@pytest.mark.parametrize(("total", "rule"), [(45, "nurture"), (20, "long_term")])
def test_why_the_earlier_steps_did_not_match_is_kept(story: LeadStory, total: int, rule: str) -> None:
    story.play(scored(total=total))
    story.rest()
    (nurtured,) = story.data(LeadNurtured.Data)
    steps: list[str] = [term.step for term in story.terms.routing.steps]
    assert [step.rule for step in nurtured.passed] == steps[: steps.index(rule)]
    assert all(step.why for step in nurtured.passed)


def test_of_nobodys_lead_the_reason_is_kept(story: LeadStory) -> None:
    story.play(scored(hard=("student",)))
    (suppressed,) = story.data(LeadSuppressed.Data)
    assert (suppressed.reason, where(story)) == ("student", "nobody")


def test_the_place_of_a_lead_that_nobody_looked_at_is_none() -> None:
    lead = Lead("x", stage="mql", status="assigned")
    assert place_of(lead.stage, lead.status, None) is None
    assert place_of("mql", "new", None) is None
    assert place_of("lead", "new", None) is None
    assert place_of("lead", "nurture", "rep-dan", segment="1") is None, "an owner who does not have it"
