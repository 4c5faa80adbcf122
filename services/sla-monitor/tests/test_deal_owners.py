"""The survey of a deal's end is asked of who had the deal, whoever has the lead by then."""

import dataclasses
from collections.abc import Callable

import pytest

from agreement import Agreement
from agreement.service_levels import Promise
from events import Event
from events.deal_ends import DealJudged
from events.handoffs import LeadAssigned, LeadReturned, StageChanged
from sla_monitor.decide import Outcome, State, Terms, decide
from sla_monitor.decide.state import Clock
from testing.events import EventBuilder

After = Callable[[State, Outcome], State]
AT_WORK: dict[str, object] = {
    "stage": "opportunity",
    "stage_from": "sql",
    "status": "connected",
    "owner": "rep-ana",
    "deal": "d-1",
}
CHANGES: dict[str, tuple[type[Event], dict[str, object]]] = {
    "goes on with another deal": (StageChanged, AT_WORK),
    "is won by another deal": (StageChanged, {**AT_WORK, "stage": "won", "closed": True, "deal_judged": True}),
    "is offered to somebody": (LeadAssigned, {"rep": "rep-ana"}),
    "is given back": (LeadReturned, {"rep": "rep-ana"}),
}


def leads_own(promise: Promise) -> Promise:
    return promise.model_copy(update={"level": "lead"}) if promise.name == "survey" else promise


@pytest.fixture(params=["owner", "lead"])
def levels(terms: Terms, request: pytest.FixtureRequest) -> Terms:
    """An agreement may make the survey the promise of an owner, as the shipped one does, or of sales for the lead."""
    if request.param == "owner":
        return terms
    promises = tuple(map(leads_own, terms.levels.promises))
    return dataclasses.replace(terms, levels=terms.levels.model_copy(update={"promises": promises}))


@pytest.mark.parametrize("change", CHANGES)
def test_the_survey_of_a_deal_stays_with_who_had_the_deal_when_its_lead(
    lead: EventBuilder, levels: Terms, after: After, change: str
) -> None:
    ended = {"cycle": 1, "deal": "d-2", "state": "won", "owner": "rep-ben", "team": "new-york"}
    event, data = CHANGES[change]
    log = [lead.make(DealJudged, ended, at=lead.at(1)), lead.make(event, data, at=lead.at(2))]
    state = after(State(), decide(State(), log, levels, now=lead.at(2)))
    (clock,) = (one for one in state.leads["lead-1"].clocks.values() if one.promise == "survey")
    assert (clock.state, owner_of(clock)) == ("running", "rep-ben")


def owner_of(clock: Clock) -> str | None:
    """Who is charged when it breaks."""
    return clock.hand.rep


@pytest.mark.parametrize(
    ("change", "hands"),
    [
        ({"stage": "mql", "status": "assigned"}, []),
        ({"stage": "sql", "status": "connected"}, [("rep-ben", None)]),
        ({"stage": "sql", "status": "nurture"}, []),
        ({"stage": "sql", "status": "connected", "owner": None}, []),
        ({"stage": "won", "status": "connected", "closed": True}, []),
        ({"stage": "sql", "status": "connected", "cycle": 2}, []),
    ],
    ids=["offered", "taken unasked", "not in work", "by nobody", "closed", "in another cycle"],
)
def test_who_took_a_lead_unasked_has_its_clocks_and_of_an_offer_the_offer_says_it(
    lead: EventBuilder, agreement: Agreement, after: After, change: dict[str, object], hands: list[object]
) -> None:
    moved = lead.make(StageChanged, {"owner": "rep-ben", "deal_judged": True, **change}, at=lead.at(1))
    log = [lead.make(LeadAssigned, at=lead.at(0)), moved]
    state = after(State(), decide(State(), log, Terms.of(agreement), now=lead.at(1)))
    (own,) = (one for one in state.leads["lead-1"].clocks.values() if one.promise == "lead_touch")
    assert [(hand.rep, hand.assignment) for hand in own.hands] == [("rep-ana", "lead-1.1"), *hands]
