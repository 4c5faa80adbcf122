"""Who is charged with a breach: who had the lead at that instant; the system, when no channel had reached that rep."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from agreement import Agreement
from agreement.service_levels import Promise
from events import Event, Fact
from events.handoffs import LeadAssigned, LeadReturned, StageChanged
from events.notices import NoticeFailed, NoticeSent, NoticeUnknown
from events.sales import ContactAttempted, ContactConnected
from events.slas import ClockBreached, ClockCorrected
from runtime.values import Input
from sla_monitor.decide import Outcome, State, Terms, decide
from sla_monitor.decide.state import Clock
from testing.events import EventBuilder, of_type

Run = Callable[[Sequence[Input]], tuple[State, list[Fact]]]
Fire = Callable[[State, str, float], tuple[State, Outcome]]
After = Callable[[State, Outcome], State]

TOUCH = "lead-1/1/first_touch/lead-1.1"


def touch(state: State) -> Clock:
    return state.leads["lead-1"].clocks[TOUCH]


def charged(facts: Sequence[Fact]) -> list[str | None]:
    return [data.charged for data in of_type(list(facts), ClockBreached.Data)]


def test_a_breach_is_the_systems_when_every_channel_failed(lead: EventBuilder, run: Run, fire: Fire) -> None:
    state, _ = run(
        [
            lead.make(LeadAssigned, at=lead.at(0)),
            lead.make(NoticeFailed, at=lead.at(0.1), channel="slack"),
            lead.make(NoticeFailed, at=lead.at(0.2), channel="email"),
        ]
    )
    state, outcome = fire(state, TOUCH, 4)
    assert (charged(outcome.facts), touch(state).charged) == (["system"], "system")


@pytest.mark.parametrize("kind", [NoticeSent, NoticeUnknown])
def test_one_channel_that_may_have_reached_the_rep_is_enough(
    lead: EventBuilder, run: Run, fire: Fire, kind: type[NoticeSent]
) -> None:
    word = lead.make(kind, at=lead.at(1), channel="email")
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0)), lead.make(NoticeFailed, at=lead.at(0.1)), word])
    assert charged(fire(state, TOUCH, 4)[1].facts) == ["rep-ana"]


def test_a_word_that_came_after_the_due_time_is_too_late(lead: EventBuilder, run: Run) -> None:
    word = lead.make(NoticeSent, at=lead.at(4.5))
    late = lead.make(ContactAttempted, at=lead.at(5))
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0)), lead.make(NoticeFailed, at=lead.at(0.1)), word, late])
    assert (touch(state).state, touch(state).charged) == ("late", "system")


def test_a_failure_that_is_heard_of_late_takes_the_charge_back(
    lead: EventBuilder, run: Run, fire: Fire, terms: Terms, after: After
) -> None:
    """A channel is tried for a day before it is given up; the breach comes earlier."""
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0))])
    state, outcome = fire(state, TOUCH, 4)
    assert charged(outcome.facts) == ["rep-ana"]
    outcome = decide(state, [lead.make(NoticeFailed, at=lead.at(24))], terms, now=lead.at(24))
    (fact,) = of_type(outcome.facts, ClockCorrected.Data)
    assert (fact.promise, fact.was, fact.now) == ("first_touch", "breached", "breached")
    assert (fact.charged, fact.cause) == ("system", "channels_failed")
    state = after(state, outcome)
    word = lead.make(NoticeSent, at=lead.at(3))
    (fact,) = of_type(decide(state, [word], terms, now=lead.at(25)).facts, ClockCorrected.Data)
    assert (fact.charged, fact.cause) == ("rep-ana", "reached")


@pytest.mark.parametrize(
    "other",
    [
        {"to": "manager:rep-ana"},
        {"to": "rep-ben"},
        {"assignment": "lead-1.2"},
        {"kind": "reminder"},
        {"assignment": None},
    ],
)
def test_only_the_word_of_the_offer_to_its_rep_counts(
    lead: EventBuilder, run: Run, fire: Fire, other: dict[str, str | None]
) -> None:
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0)), lead.make(NoticeFailed, other, at=lead.at(0.1))])
    assert charged(fire(state, TOUCH, 4)[1].facts) == ["rep-ana"]


def test_the_word_may_come_before_the_clock(lead: EventBuilder, run: Run, fire: Fire) -> None:
    """Topics have no order between them."""
    state, _ = run([lead.make(NoticeFailed, at=lead.at(0.1)), lead.make(LeadAssigned, at=lead.at(0))])
    assert charged(fire(state, TOUCH, 4)[1].facts) == ["system"]


def test_the_shipped_agreement_has_such_a_clock(agreement: Agreement) -> None:
    own = agreement.service_levels.by_name["lead_touch"]
    assert (own.level, own.target, own.starts, own.repools) == ("lead", None, ("assigned",), False)


@pytest.mark.parametrize("turned", [False, True], ids=["the offer first", "the call first"])
def test_a_call_at_the_instant_of_the_offer_keeps_the_owners_and_the_leads_own_clock(
    lead: EventBuilder, agreement: Agreement, turned: bool
) -> None:
    inputs = [lead.make(LeadAssigned, at=lead.at(0)), lead.make(ContactConnected, at=lead.at(0))]
    outcome = decide(State(), inputs[::-1] if turned else inputs, Terms.of(agreement), now=lead.at(0))
    states = {clock.promise: clock.state for clock in outcome.clocks.values()}
    assert (states["first_touch"], states["lead_touch"]) == ("met", "met")


OWN = Promise.model_validate(
    {"name": "own", "title": "Own", "side": "sales", "level": "lead", "target": "6bh"}
    | {"starts": ("assigned",), "stops": ("attempted",)}
)
"""Of the lead, across its owners."""
ANA, BEN = {"assignment": "lead-1.1", "rep": "rep-ana"}, {"assignment": "lead-1.2", "rep": "rep-ben", "version": 2}
TAKEN = {"stage_from": "mql", "stage": "sal", "status": "assigned", "owner": "rep-kate", "why": "taken"}
"""By somebody who had no offer: only the change of stage says so."""


@pytest.mark.parametrize(
    ("hands", "debtor"),
    [
        ([(LeadAssigned, 0, ANA)], "rep-ana"),
        ([(LeadAssigned, 0, ANA), (LeadAssigned, 5, BEN)], "rep-ben"),
        ([(LeadAssigned, 0, ANA), (LeadAssigned, 7, BEN)], "rep-ana"),
        ([(LeadAssigned, 0, ANA), (LeadReturned, 3, ANA)], "sales"),
        ([(LeadAssigned, 0, ANA), (LeadReturned, 3, ANA), (LeadAssigned, 3, BEN)], "rep-ben"),
        ([(LeadAssigned, 0, ANA), (LeadReturned, 3, ANA), (StageChanged, 4, TAKEN)], "rep-kate"),
        ([(LeadAssigned, 0, ANA), (LeadReturned, 3, ANA), (StageChanged, 7, TAKEN)], "sales"),
        ([(LeadAssigned, 0, ANA), (NoticeFailed, 0.1, {})], "system"),
        ([(LeadAssigned, 0, ANA), (NoticeFailed, 0.1, {}), (LeadAssigned, 5, BEN)], "rep-ben"),
    ],
)
def test_the_leads_own_clock_runs_through_and_charges_who_had_the_lead_when_it_was_due(
    lead: EventBuilder,
    terms: Terms,
    after: After,
    hands: list[tuple[type[Event], float, dict[str, object]]],
    debtor: str,
) -> None:
    rules = replace(terms, levels=terms.levels.model_copy(update={"promises": (OWN,)}))
    events: list[Event] = [lead.make(kind, data, at=lead.at(hours)) for kind, hours, data in hands]
    late = lead.make(ContactAttempted, at=lead.at(8), by="rep-kate")
    state = after(State(), decide(State(), [*events, late], rules, now=lead.at(8)))
    (clock,) = state.leads["lead-1"].clocks.values()
    assert (clock.started, clock.due, clock.state) == (lead.at(0), lead.at(6), "late")
    assert (clock.holder, clock.charged, clock.agreement) == ("sales", debtor, terms.version)
