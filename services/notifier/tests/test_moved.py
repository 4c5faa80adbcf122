"""A promise whose due time moved behind a leave: its card, and what need not be said any more."""

from datetime import timedelta

from services.notifier.tests.conftest import LeadLog

from events.slas import ClockBreached, ClockMoved
from notifier.decide import State, Terms, decide, is_stale
from testing.events import NOON


def test_a_promise_that_moved_behind_a_leave_is_late_no_more(terms: Terms, story: LeadLog) -> None:
    """The card is drawn anew with the new due time, and nobody hears of a breach that is none."""
    later = NOON + timedelta(days=2)
    moved = story.clock(ClockMoved, due_before=NOON, due=later, was="breached", now="running")
    outcome = decide(State(), [*story.offer(), story.clock(ClockBreached), moved], terms, now=NOON)
    lead = outcome.leads[story.lead]
    reasons = {n.kind: is_stale(n.kind, n.about, n.assignment, lead) for n in outcome.notices}
    assert reasons["breach"] is not None
    (accepted,) = [clock for clock in lead.handoff.clocks.values() if clock.promise == "accepted"]
    assert (accepted.state, accepted.due, accepted.reminded) == ("running", later, 0)
