"""What time does to a lead: decay and the closing of its gate, each announced with the instant at which it was due."""

from datetime import datetime

from events import Cause, Event
from runtime.values import Timer
from scoring.decide import ledger
from scoring.decide.ledger import Lines
from scoring.decide.past import note_lines
from scoring.decide.recalculation import Recalculation
from scoring.decide.state import Lead, utc_instant
from scoring.decide.working_set import WorkingSet, next_change


def wake(work: WorkingSet, timer: Timer) -> None:
    """Takes the steps that are due by now, and plans the next. A timer that rings early only plans anew."""
    lead = work.lead(timer.subject)
    if lead.as_of is None:
        return
    lead.wakes_at = None
    pass_time(work, lead, work.now)
    work.plan(lead)


def end_wait(work: WorkingSet, timer: Timer) -> None:
    """The lead has waited for enrichment as long as it may: scoring goes on without the answer."""
    lead = work.lead(timer.subject)
    if lead.wait is not None and lead.wait.until <= work.now:
        work.stop_waiting(lead)


def arrive(work: WorkingSet, lead: Lead, event: Event) -> datetime:
    """Takes the steps that are due by the event and moves `as_of` forward; returns when the event occurred, in UTC.

    A late event, dated before `as_of`, finds these steps taken and moves nothing.
    """
    at = occurred(event)
    if lead.wakes_at is None or at >= lead.wakes_at or lead.restated:
        pass_time(work, lead, at)
    if lead.since is None:
        lead.since = at
    if lead.as_of is None or at > lead.as_of:
        lead.as_of = at
    return at


def occurred(event: Event) -> datetime:
    """When it happened, in UTC: not after it was recorded, whatever a client's clock says."""
    return utc_instant(event.time if event.time <= event.recordedtime else event.recordedtime)


def pass_time(work: WorkingSet, lead: Lead, until: datetime) -> None:
    """Takes each step that is due by `until`, and announces it with the instant at which it became true."""
    terms = work.terms
    while (at := next_change(lead, terms)) is not None and at <= until:
        lead.as_of = max(lead.as_of or at, at)
        lines = Lines()
        ledger.elapse(lead.tally, at, terms, lines)
        note_lines(lead, lines)
        past = work.now - at > terms.historical_after
        cause = Cause(mode="historical" if past else "live")
        work.announce(lead, Recalculation("decay", cause, added=lines), at)
