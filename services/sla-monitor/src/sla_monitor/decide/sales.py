"""Topic `sales`: each event is the stop of the same name; what sales did is remembered as a touch."""

from typing import Final

from events.sales import ContactAttempted, ContactConnected, DealOpened, FeedbackGiven, LeadSalesQualified
from sla_monitor.decide.draft import Draft
from sla_monitor.decide.state import SalesTouch, TouchKind
from sla_monitor.decide.tallies import count_feedback

SalesEvent = ContactAttempted | ContactConnected | LeadSalesQualified | DealOpened | FeedbackGiven
KINDS: Final[dict[type[SalesEvent], TouchKind]] = {
    ContactAttempted: "attempted",
    ContactConnected: "connected",
    LeadSalesQualified: "qualified",
    DealOpened: "deal_opened",
    FeedbackGiven: "feedback",
}


def on_touch(draft: Draft, event: SalesEvent) -> None:
    """Stops the clocks that wait for this touch, and remembers it for those to come; historical touches count too.

    A touch is dated at `event.occurred`, so that a client's clock that is fast cannot put it into the future.
    """
    touch = SalesTouch(event.occurred, KINDS[type(event)], event.id, event.data.by)
    draft.lead(event.subject).touch(touch, event)


def on_feedback(draft: Draft, event: FeedbackGiven) -> None:
    """A touch like the others, and one count more for the feedback of its period."""
    on_touch(draft, event)
    count_feedback(draft, event)
