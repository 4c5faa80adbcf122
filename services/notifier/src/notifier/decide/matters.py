"""Folds `handoffs` and `slas` into what a card shows: offers with their answers, and the clocks beside them."""

from typing import Any, Literal

from events import Event
from events.handoffs import LeadAccepted, LeadAssigned, LeadReturned, OwnerTold, StageChanged
from events.slas import ClockBreached, ClockCorrected, ClockMet, ClockStarted, ClockVoided
from events.slas import ClockData as ClockSaid
from notifier.decide.state import Clock, Matter, Offer

State = Literal["running", "met", "late", "breached", "void"]


def fold_matter(matter: Matter, event: Event) -> Matter:
    match event:
        case LeadAssigned(data=data):
            return _offers(matter, {**_succeeded(matter, data), data.assignment: _offer(event)})
        case LeadAccepted(data=data):
            return _answered(matter, data.assignment, answer="accepted", answered_at=event.time)
        case LeadReturned(data=data):
            ended = {"answer": "returned", "answered_at": event.time, "reason": data.reason, "then": data.then}
            return _answered(matter, data.assignment, **ended)
        case StageChanged(data=data):
            current = _current(matter, data.cycle)
            return _answered(matter, current.assignment, stage=data.stage) if current else matter
        case OwnerTold(data=data) if data.why == "already_owned":
            current = _current(matter, data.cycle)
            theirs = current is not None and current.rep == data.rep
            return _answered(matter, current.assignment, snapshot=data.snapshot) if current and theirs else matter
    return _timed(matter, event)


def _timed(matter: Matter, event: Event) -> Matter:
    match event:
        case ClockStarted(data=data):
            return _clock(matter, data, "running")
        case ClockMet(data=data):
            return _clock(matter, data, "late" if data.late else "met", data.stopped)
        case ClockBreached(data=data):
            return _clock(matter, data, "breached")
        case ClockVoided(data=data):
            return _clock(matter, data, "void", data.stopped)
        case ClockCorrected(data=data):
            return _clock(matter, data, data.now, data.stopped)
    return matter


def _offer(event: LeadAssigned) -> Offer:
    data = event.data
    return Offer(
        assignment=data.assignment,
        version=data.version,
        cycle=data.cycle,
        rep=data.rep,
        team=data.team,
        pool=data.pool,
        rule=data.rule,
        flag=data.flag,
        flags=data.flags,
        kind=data.kind,
        touch=data.touch,
        snapshot=data.snapshot,
        at=event.time,
    )


def _succeeded(matter: Matter, data: LeadAssigned.Data) -> dict[str, Offer]:
    """The open offers of this cycle now belong to somebody else."""
    return {
        offer.assignment: offer.model_copy(update={"successor": data.rep})
        for offer in _open(matter, data.cycle)
        if offer.assignment != data.assignment
    }


def _open(matter: Matter, cycle: int) -> list[Offer]:
    return [offer for offer in matter.offers.values() if offer.cycle == cycle and offer.successor is None]


def _current(matter: Matter, cycle: int) -> Offer | None:
    return max(_open(matter, cycle), key=lambda offer: offer.version, default=None)


def _answered(matter: Matter, assignment: str, **changes: Any) -> Matter:
    """An answer to an offer we were never told of (history) changes nothing."""
    offer = matter.offers.get(assignment)
    return _offers(matter, {assignment: offer.model_copy(update=changes)}) if offer else matter


def _offers(matter: Matter, changed: dict[str, Offer]) -> Matter:
    return matter.model_copy(update={"offers": {**matter.offers, **changed}})


def _clock(matter: Matter, said: ClockSaid, state: State, stopped: Any = None) -> Matter:
    clock = Clock(
        promise=said.promise,
        assignment=said.assignment,
        target=said.target,
        due=said.due,
        state=state,
        stopped=stopped,
    )
    return matter.model_copy(update={"clocks": {**matter.clocks, said.clock: clock}})
