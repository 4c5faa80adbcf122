"""Status kept up to date: each fact of sales is judged by when it was recorded; no clock runs for it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from events import Event, Fact
from events.deals import DealChanged, DealLost, DealWon
from events.sales import ContactAttempted, LeadHandedOver, LeadSalesDisqualified, SalesAccepted, SalesRejected
from events.slas import StatusUpdateJudged
from runtime.values import Input
from sla_monitor.decide import HANDLES, State
from testing.events import EventBuilder, of_type

Run = Callable[[Sequence[Input]], tuple[State, list[Fact]]]


def new_york(day: int, hour: int, minute: int = 0) -> datetime:
    """In the summer of 2026; 4 to 8 September are Friday to Tuesday, and Monday is Labor Day."""
    return datetime(2026, 9, day, hour + 4, minute, tzinfo=UTC)


def judged(run: Run, *events: Event) -> list[StatusUpdateJudged.Data]:
    return of_type(run(events)[1], StatusUpdateJudged.Data)


@pytest.mark.parametrize(
    ("occurred", "recorded", "due", "late"),
    [
        (new_york(2, 10), new_york(2, 10), new_york(3, 10), False),
        (new_york(2, 10), new_york(3, 10), new_york(3, 10), False),
        (new_york(2, 10), new_york(3, 10, 1), new_york(3, 10), True),
        (new_york(4, 16), new_york(8, 15), new_york(8, 16), False),  # the weekend and Labor Day
        (new_york(4, 19), new_york(9, 10), new_york(9, 9), True),  # from the next opening
        (new_york(3, 10), new_york(2, 10), new_york(3, 10), False),  # a client's clock was fast
    ],
)
def test_a_fact_is_late_one_business_day_after_it_occurred(
    lead: EventBuilder, run: Run, occurred: datetime, recorded: datetime, due: datetime, late: bool
) -> None:
    (verdict,) = judged(run, lead.make(ContactAttempted, at=occurred, recorded=recorded))
    assert (verdict.due, verdict.late, verdict.recorded) == (due, late, recorded)
    assert (verdict.promise, verdict.side, verdict.by, verdict.team) == (
        "status_updated",
        "sales",
        "rep-ana",
        "new-york",
    )
    assert (verdict.kind, verdict.target) == ("contact.attempted", "1bd")


def test_what_came_more_than_a_day_late_is_history_and_still_judged(lead: EventBuilder, run: Run) -> None:
    """Old news starts no clock; but that it is old news is what this promise is about."""
    event = lead.make(DealWon, at=lead.at(0), recorded=lead.at(72), mode="historical", deal="d-1", by="rep-ana")
    state, facts = run([event])
    assert [one.late for one in of_type(facts, StatusUpdateJudged.Data)] == [True]
    assert not state.leads.get("lead-1") or not state.leads["lead-1"].clocks


def test_an_import_is_nobodys_to_report(lead: EventBuilder, run: Run) -> None:
    old = {"at": lead.at(0), "recorded": lead.at(720), "mode": "historical", "deal": "d-1", "by": "rep-ana"}
    assert judged(run, lead.make(DealWon, {"backfill": True, **old})) == []


def test_what_a_merge_says_once_more_is_judged_once(lead: EventBuilder, run: Run) -> None:
    deal = {"deal": "d-1", "by": "rep-ana"}
    assert len(judged(run, lead.make(DealWon, deal), lead.make(DealWon, {**deal, "merged": True}))) == 1


def test_a_fact_of_nobody_named_is_judged_in_the_hours_of_the_house(lead: EventBuilder, run: Run) -> None:
    (verdict,) = judged(run, lead.make(DealChanged, at=lead.at(0), recorded=lead.at(1), deal="d-1"))
    assert (verdict.by, verdict.team, verdict.late) == (None, None, False)


def test_all_that_changes_where_a_lead_stands_is_judged_and_a_managers_decision_is_not() -> None:
    assert {SalesAccepted, SalesRejected, LeadSalesDisqualified, DealChanged, DealWon, DealLost} <= HANDLES.keys()
    assert LeadHandedOver not in HANDLES
