"""What routing decides about an owner, sla-monitor measures: fresh clocks for whoever has it now, one for the lead."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import accumulate
from operator import itemgetter
from typing import Final

import pytest
from services.routing.tests.conftest import DAY, START, LeadStory, make, qualified
from services.routing.tests.recipes import shipped_terms

from agreement import Agreement
from events import Event, Fact
from events.body import wire_values
from events.deal_ends import DealJudged
from events.deals import DealOpened
from events.handoffs import LeadAccepted, LeadAssigned, LeadNurtured, LeadReturned, LeadSuppressed, StageChanged
from events.sales import ContactAttempted, LeadHandedOver, LeadReassigned, LeadSalesQualified, RepAvailability
from runtime.values import Input, Timer
from sla_monitor.decide import State, Terms, decide
from sla_monitor.decide.milestones import MILESTONE
from sla_monitor.decide.state import Clock, Lead

HEARD: Final = (LeadAssigned, LeadAccepted, LeadReturned, LeadNurtured, LeadSuppressed, StageChanged, DealJudged)
"""Of what routing says."""


@pytest.fixture(scope="module")
def terms(agreement: Agreement) -> Terms:
    return Terms.of(agreement)


@pytest.fixture
def story() -> LeadStory:
    return LeadStory(shipped_terms())


def heard(facts: Sequence[Fact]) -> list[Event]:
    """These facts of routing as sla-monitor reads them."""
    return [
        make(one.event, one.subject, at=one.time, data=wire_values(one.data)) for one in facts if one.event in HEARD
    ]


def clocks_of(story: LeadStory, terms: Terms, *sales: Event) -> dict[str, Clock]:
    """All clocks as they stand by now: by what was heard of routing and of sales, and with every milestone on time."""
    inputs: list[Input] = in_turn(heard(story.facts), sales)
    state = State()
    while inputs:
        outcome = decide(state, inputs, terms, now=story.now)
        leads = dict(state.leads)
        for clock in outcome.clocks.values():
            before = leads.get(clock.lead, Lead())
            leads[clock.lead] = Lead({**before.clocks, clock.id: clock}, before.touches)
        for lead, touches in outcome.touches.items():
            before = leads.get(lead, Lead())
            leads[lead] = Lead(before.clocks, (*before.touches, *touches))
        state = replace(state, leads=leads)
        due: list[Input] = [
            Timer(lead, MILESTONE, clock.id, clock.next_at)
            for lead, known in leads.items()
            for clock in known.clocks.values()
            if clock.next_at is not None and clock.next_at <= story.now
        ]
        inputs = sorted(due, key=_time)
    return {key: clock for known in state.leads.values() for key, clock in known.clocks.items()}


def in_turn(handoffs: Sequence[Event], sales: Sequence[Event]) -> list[Input]:
    """By time, but those of routing as it said them: one of something that occurred earlier comes no sooner by that."""
    latest = list(accumulate((one.time for one in handoffs), max))
    placed = [*zip(latest, handoffs, strict=True), *((one.time, one) for one in sales)]
    return [one for _, one in sorted(placed, key=itemgetter(0))]


def _time(one: Input) -> datetime:
    return (one.due_at or START) if isinstance(one, Timer) else one.time


def states(clocks: dict[str, Clock], promise: str) -> list[tuple[str | None, str | None, str | None]]:
    """Holder, state and cause of each clock of the promise, in the order in which they began."""
    mine = sorted((one for one in clocks.values() if one.promise == promise), key=lambda one: (one.started, one.id))
    return [(one.holder, one.state, one.cause) for one in mine]


def passed_on(story: LeadStory, how: str) -> None:
    """The work of Ana goes to somebody else two hours after it was offered."""
    story.play(qualified(employees=20))
    assert story.lead().owner == "rep-ana"
    story.pass_to(START + timedelta(hours=2))
    match how:
        case "a rep leaves":
            story.play(make(RepAvailability, "rep-ana", rep="rep-ana", state="left", at=story.now))
            story.pass_to(story.now)
        case "reassigned":
            story.play(make(LeadReassigned, by="rep-grace", to="rep-chloe", at=story.now))
        case "handed over":
            story.play(make(LeadHandedOver, by="rep-ana", to="rep-ben", at=story.now))
        case _:
            story.reject("out_of_territory", region="na")


@pytest.mark.parametrize("how", ["a rep leaves", "reassigned", "handed over", "out of territory"])
def test_with_another_owner_the_clocks_are_fresh_and_the_leads_own_goes_on(
    story: LeadStory, terms: Terms, how: str
) -> None:
    passed_on(story, how)
    now = story.lead().owner
    assert now not in (None, "rep-ana")
    clocks = clocks_of(story, terms)
    accepted = states(clocks, "accepted")
    assert accepted[-1] == (now, "running", None)
    assert accepted[0][:2] in (("rep-ana", "void"), ("rep-ana", "met")), "met: a refusal is an answer"
    first, second = (one for one in clocks.values() if one.promise == "first_touch")
    assert (first.holder, first.state, second.holder, second.state) == ("rep-ana", "void", now, "running")
    assert (first.started, second.started) == (START, START + timedelta(hours=2))
    assert second.due - second.started == first.due - first.started, "no minute of the one before is taken off"
    (own,) = (one for one in clocks.values() if one.promise == "lead_touch")
    assert (own.state, own.started, own.due) == ("running", START, first.due)
    assert [hand.rep for hand in own.hands if hand.rep] == ["rep-ana", now]


@pytest.mark.parametrize("channels", [("email", "call"), ("email", "email")])
def test_fewer_than_three_attempts_by_day_ten_are_a_breach_and_no_recycle(
    story: LeadStory, terms: Terms, channels: tuple[str, ...]
) -> None:
    story.play(qualified(employees=20))
    tried = [
        make(ContactAttempted, by="rep-ana", channel=channel, at=START + day * DAY)
        for day, channel in enumerate(channels)
    ]
    story.play(*tried)
    story.pass_to(START + 10 * DAY)
    assert (story.place(), story.lead().owner) == (("sal", "attempting_contact"), "rep-ana")
    assert story.data(LeadNurtured.Data) == []
    clocks = clocks_of(story, terms, *tried)
    (three,) = (one for one in clocks.values() if one.promise == "three_attempts")
    assert (three.state, three.charged, three.live) == ("breached", "rep-ana", True)
    (touch,) = (one for one in clocks.values() if one.promise == "first_touch")
    assert touch.state == "met", "what was promised of the first of them was kept"


def test_who_is_handed_a_qualified_lead_has_one_business_day(story: LeadStory, terms: Terms) -> None:
    story.play(qualified(employees=20))
    story.accept()
    story.play(make(LeadSalesQualified, by="rep-ana", need=True, budget=True, authority=True))
    (clock,) = (one for one in clocks_of(story, terms).values() if one.promise == "ae_touch")
    assert (clock.holder, clock.target, clock.started, clock.due) == ("rep-dan", "1bd", START, START + DAY)
    called = make(ContactAttempted, by="rep-dan", channel="call", at=START + timedelta(hours=1))
    (clock,) = (one for one in clocks_of(story, terms, called).values() if one.promise == "ae_touch")
    assert (clock.state, clock.stopped) == ("met", called.time)


def test_an_mql_that_waits_for_marketing_has_four_business_hours(story: LeadStory, terms: Terms) -> None:
    story.now = night = START + timedelta(hours=11)
    story.play(qualified(employees=20, at=night))
    assert story.place() == ("mql", "waiting_for_shift")
    (clock,) = (one for one in clocks_of(story, terms).values() if one.promise == "routed")
    assert (clock.state, clock.holder, clock.target) == ("running", "marketing", "4bh")
    assert clock.due == START + timedelta(hours=25), "from nine in New York"


def of_an_opportunity(story: LeadStory, by: str | None, at: datetime) -> DealOpened:
    """A deal of Elena's lead is opened at that instant, and heard of two hours after it was offered to her."""
    story.play(qualified())
    story.play(make(LeadReassigned, by="rep-grace", to="rep-elena"))
    story.pass_to(START + timedelta(hours=2))
    opened = make(DealOpened, deal="d", by=by, at=at)
    story.play(opened)
    story.pass_to(START + 9 * DAY)
    return opened


@pytest.mark.parametrize("hours", [-3, 1, 2])
def test_with_the_owner_of_the_deal_begin_no_clocks_of_a_new_lead_and_the_others_end(
    story: LeadStory, terms: Terms, hours: int
) -> None:
    """Whether it was opened before or after she had the lead: as two leads of one person, or as one."""
    at = START + timedelta(hours=hours)
    clocks = clocks_of(story, terms, of_an_opportunity(story, "rep-dan", at))
    assert story.lead().owner == "rep-dan"
    assert {one.state for one in clocks.values() if one.holder == "rep-elena"} == {"void"}
    mine = [one for one in clocks.values() if one.holder == "rep-dan"]
    assert [(one.started, one.state) for one in mine if one.started > START] == []
    (own,) = (one for one in clocks.values() if one.promise == "lead_touch")
    assert (own.state, own.stopped, own.cause) == ("met", max(at, START), "deal_opened")


@pytest.mark.parametrize("by", [None, "crm-user-17"])
def test_of_an_opportunity_whose_deal_names_nobody_here_the_owners_clocks_have_their_stop(
    story: LeadStory, terms: Terms, by: str | None
) -> None:
    at = START + timedelta(hours=1)
    clocks = clocks_of(story, terms, of_an_opportunity(story, by, at))
    assert story.lead().owner == "rep-elena"
    stopped = {one.promise: (one.state, one.stopped) for one in clocks.values() if one.holder == "rep-elena"}
    assert stopped == dict.fromkeys(("accepted", "first_touch", "three_attempts"), ("met", at))
