"""Topics `handoffs` and `slas`: what each event changes of the offers and of the clocks beside them."""

from typing import Any, Final

from events.body import fields_of
from events.handoffs import AttemptCounted, LeadAccepted, LeadAssigned, LeadReturned, OwnerTold, StageChanged
from events.slas import (
    ClockBreached,
    ClockCorrected,
    ClockData,
    ClockMet,
    ClockMoved,
    ClockReminded,
    ClockStarted,
    ClockState,
    ClockVoided,
)
from notifier.decide.deals import deal_moved
from notifier.decide.state import Handoff, HandoffClock, Offer

_COPIED: Final = tuple(name for name in fields_of(LeadAssigned.Data) if name in Offer.__struct_fields__)


def lead_assigned(handoff: Handoff, event: LeadAssigned) -> Handoff:
    """The open offers of this cycle now belong to somebody else."""
    data = event.data
    overtaken = {
        offer.assignment: offer.replaced(successor=data.rep)
        for offer in _open_offers(handoff, data.cycle)
        if offer.assignment != data.assignment
    }
    return _put_offers(handoff, {**overtaken, data.assignment: _offer(event)})


def lead_accepted(handoff: Handoff, event: LeadAccepted) -> Handoff:
    """The offer is accepted, since the event's time."""
    return _change_offer(handoff, event.data.assignment, answer="accepted", answered_at=event.time)


def lead_returned(handoff: Handoff, event: LeadReturned) -> Handoff:
    """The offer has come back, with its reason and what follows."""
    data = event.data
    end = {"answer": "returned", "answered_at": event.time, "reason": data.reason, "then": data.then}
    return _change_offer(handoff, data.assignment, **end)


def stage_changed(handoff: Handoff, event: StageChanged) -> Handoff:
    """The deal by which the lead moved is open, won or lost; the open offer of the cycle shows stage and flags."""
    handoff = deal_moved(handoff, event)
    data, offer = event.data, _current_offer(handoff, event.data.cycle)
    if offer is None:
        return handoff
    flags = offer.flags if data.flags is None else data.flags
    return _change_offer(handoff, offer.assignment, stage=data.stage, status=data.status, flags=flags)


def attempt_counted(handoff: Handoff, event: AttemptCounted) -> Handoff:
    """The next step on the card of the open offer is another one."""
    offer = _current_offer(handoff, event.data.cycle)
    return _change_offer(handoff, offer.assignment, attempts=event.data.attempts) if offer else handoff


def owner_told(handoff: Handoff, event: OwnerTold) -> Handoff:
    """What the person did since stands on the card of the rep who has the lead."""
    data = event.data
    offer = _current_offer(handoff, data.cycle)
    if data.why != "already_owned" or offer is None or offer.rep != data.rep:
        return handoff
    return _change_offer(handoff, offer.assignment, snapshot=data.snapshot)


def clock_started(handoff: Handoff, event: ClockStarted) -> Handoff:
    """The clock runs."""
    return _put_clock(handoff, event.data, "running")


def clock_reminded(handoff: Handoff, event: ClockReminded) -> Handoff:
    """The card says how much of the time is gone, as long as the clock runs."""
    clock = handoff.clocks.get(event.data.clock)
    if clock is None or clock.state != "running":
        return handoff
    reminded = max(clock.reminded, event.data.percent)
    return handoff.replaced(clocks={**handoff.clocks, event.data.clock: clock.replaced(reminded=reminded)})


def clock_met(handoff: Handoff, event: ClockMet) -> Handoff:
    """The clock was stopped, in time or late."""
    return _put_clock(handoff, event.data, "late" if event.data.late else "met", event.data.stopped)


def clock_breached(handoff: Handoff, event: ClockBreached) -> Handoff:
    """The clock's due time passed first."""
    return _put_clock(handoff, event.data, "breached")


def clock_voided(handoff: Handoff, event: ClockVoided) -> Handoff:
    """The clock ended without a verdict."""
    return _put_clock(handoff, event.data, "void", event.data.stopped)


def clock_corrected(handoff: Handoff, event: ClockCorrected) -> Handoff:
    """The clock has the state that it was corrected to."""
    return _put_clock(handoff, event.data, event.data.now, event.data.stopped)


def clock_moved(handoff: Handoff, event: ClockMoved) -> Handoff:
    """The clock is due at another time; a reminder that was shown is forgotten."""
    return _put_clock(handoff, event.data, event.data.now, event.data.stopped)


def _offer(event: LeadAssigned) -> Offer:
    """Equal names are copied; what an offer does not show is ignored."""
    return Offer(at=event.time, **{name: getattr(event.data, name) for name in _COPIED})


def _open_offers(handoff: Handoff, cycle: int) -> list[Offer]:
    return [offer for offer in handoff.offers.values() if offer.cycle == cycle and offer.successor is None]


def _current_offer(handoff: Handoff, cycle: int) -> Offer | None:
    return max(_open_offers(handoff, cycle), key=lambda offer: offer.version, default=None)


def _change_offer(handoff: Handoff, assignment: str, **changes: Any) -> Handoff:
    """An answer to an offer that is not known here (history) changes nothing."""
    offer = handoff.offers.get(assignment)
    return _put_offers(handoff, {assignment: offer.replaced(**changes)}) if offer else handoff


def _put_offers(handoff: Handoff, changed: dict[str, Offer]) -> Handoff:
    return handoff.replaced(offers={**handoff.offers, **changed})


def _put_clock(handoff: Handoff, data: ClockData, state: ClockState, stopped: Any = None) -> Handoff:
    clock = HandoffClock(
        promise=data.promise,
        assignment=data.assignment,
        target=data.target,
        due=data.due,
        state=state,
        stopped=stopped,
    )
    return handoff.replaced(clocks={**handoff.clocks, data.clock: clock})
