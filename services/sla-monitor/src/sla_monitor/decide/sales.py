"""Topic `sales`: each event is the stop of the same name, remembered as a touch; and judged: recorded in time?"""

from typing import Final

from agreement.leave import word_of
from agreement.types import Span
from events.deals import DealChanged, DealLost, DealOpened, DealWon, SurveyAnswered
from events.sales import (
    ContactAttempted,
    ContactConnected,
    FeedbackGiven,
    LeadSalesDisqualified,
    LeadSalesQualified,
    RepAvailability,
    SalesAccepted,
    SalesRejected,
)
from events.slas import StatusUpdateJudged
from events.vocabulary import Side
from sla_monitor.decide.draft import Draft
from sla_monitor.decide.state import SalesTouch, TouchKind
from sla_monitor.decide.tallies import count_feedback

TouchEvent = ContactAttempted | ContactConnected | LeadSalesQualified | DealOpened | FeedbackGiven | SurveyAnswered
ReportedFact = TouchEvent | SalesAccepted | SalesRejected | LeadSalesDisqualified | DealChanged | DealWon | DealLost
KINDS: Final[dict[type[TouchEvent], TouchKind]] = {
    ContactAttempted: "attempted",
    ContactConnected: "connected",
    LeadSalesQualified: "qualified",
    DealOpened: "deal_opened",
    FeedbackGiven: "feedback",
    SurveyAnswered: "survey",
}


def on_touch(draft: Draft, event: TouchEvent) -> None:
    """Stops the clocks that wait for this touch, and remembers it for those to come; historical touches count too.

    A touch is dated at `event.occurred`, so that a client's clock that is fast cannot put it into the future; equal
    attempts are one by the same rule (`ContactAttempted.attempt`).
    """
    outcome = event.data.outcome if isinstance(event, SurveyAnswered) else None
    touch = SalesTouch(event.occurred, KINDS[type(event)], event.id, event.data.by, _about(event), outcome)
    draft.lead(event.subject).touch(touch, event)
    on_status_update(draft, event)


def _about(event: TouchEvent) -> str | None:
    if isinstance(event, SurveyAnswered):
        return event.data.deal
    return event.data.channel if isinstance(event, ContactAttempted) else None


def on_feedback(draft: Draft, event: FeedbackGiven) -> None:
    """A touch like the others, and one count more for the feedback of its period."""
    on_touch(draft, event)
    count_feedback(draft, event)


def on_availability(draft: Draft, event: RepAvailability) -> None:
    """Remembers what is said of the rep's leave; the clocks are in the lanes of their leads, and are reckoned there.

    Those that wait behind leave are woken, for they may be due at once; the others wake before they are due anyhow.
    """
    draft.absences.hear(event.data.rep, word_of(event))
    for lead, clock in draft.waiting(event.data.rep):
        draft.look_again(lead, clock)


def on_status_update(draft: Draft, event: ReportedFact) -> None:
    """Was it recorded in time? Judged by itself, once: an import was nobody's to report, a merge says it once more."""
    if event.data.backfill or getattr(event.data, "merged", False):
        return
    for promise in draft.terms.begun_by.get("sales_fact_occurs", ()):
        if promise.target is not None:
            judged = _judge(event, promise.name, promise.side, promise.target, draft)
            draft.facts.append(StatusUpdateJudged.fact(event.subject, judged, time=event.recordedtime, cause=event))


def _judge(event: ReportedFact, promise: str, side: Side, target: Span, draft: Draft) -> StatusUpdateJudged.Data:
    """Due in the hours of the rep who reported it; of nobody named, in those of the house."""
    rep, occurred, recorded = event.data.by, event.occurred, event.recordedtime
    team = draft.terms.people.team(rep)
    due = draft.terms.calendar(rep, team, None, draft.absences.of(rep)).add(occurred, target)
    return StatusUpdateJudged.Data(
        promise=promise,
        side=side,
        fact=event.id,
        kind=event.type.rpartition(".")[0],
        by=rep,
        team=team,
        target=str(target),
        occurred=occurred,
        recorded=recorded,
        due=due,
        late=recorded > due,
    )
