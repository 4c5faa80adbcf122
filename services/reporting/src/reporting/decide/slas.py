"""Topics `slas` and `notices`: was each promise kept, and who was told."""

from dataclasses import replace

from events import Event
from events.notices import NoticeFailed, NoticeSent, NoticeUnknown
from events.slas import (
    ClockBreached,
    ClockCorrected,
    ClockEscalated,
    ClockMet,
    ClockReminded,
    ClockStarted,
    ClockVoided,
    CommitmentJudged,
)
from reporting.decide.fold import Fold, Reader
from reporting.decide.work_rows import Clock, Commitment, Notice

ClockEvent = ClockStarted | ClockReminded | ClockMet | ClockBreached | ClockEscalated | ClockCorrected | ClockVoided


def started(fold: Fold, event: ClockStarted) -> None:
    fold.put(_clock(fold, event))


def reminded(fold: Fold, event: ClockReminded | ClockEscalated) -> None:
    fold.put(replace(_clock(fold, event), percent=event.data.percent))


def met(fold: Fold, event: ClockMet) -> None:
    said = event.data
    state = "late" if said.late else "met"
    fold.put(replace(_clock(fold, event), state=state, stopped=said.stopped, cause=said.cause))


def breached(fold: Fold, event: ClockBreached) -> None:
    fold.put(replace(_clock(fold, event), state="breached", charged=event.data.charged))


def corrected(fold: Fold, event: ClockCorrected) -> None:
    said = event.data
    clock = replace(_clock(fold, event), state=said.now, stopped=said.stopped, cause=said.cause)
    fold.put(clock if said.now in ("late", "breached") else replace(clock, charged=None))


def voided(fold: Fold, event: ClockVoided) -> None:
    fold.put(replace(_clock(fold, event), state="void", stopped=event.data.stopped, cause=event.data.cause))


def judged(fold: Fold, event: CommitmentJudged) -> None:
    said = event.data
    rest = said.model_dump(include={"name", "side", "target", "actual", "numerator", "denominator", "state"})
    fold.put(Commitment(starts=said.start, ends=said.end, **rest))


def sent(fold: Fold, event: NoticeSent) -> None:
    _noted(fold, event, "sent")


def failed(fold: Fold, event: NoticeFailed) -> None:
    _noted(fold, event, "failed")


def unknown(fold: Fold, event: NoticeUnknown) -> None:
    _noted(fold, event, "unknown")


READS: dict[type[Event], Reader] = {
    ClockStarted: started,
    ClockReminded: reminded,
    ClockMet: met,
    ClockBreached: breached,
    ClockEscalated: reminded,
    ClockCorrected: corrected,
    ClockVoided: voided,
    CommitmentJudged: judged,
    NoticeSent: sent,
    NoticeFailed: failed,
    NoticeUnknown: unknown,
}


def _clock(fold: Fold, event: ClockEvent) -> Clock:
    said = event.data
    old = fold.get(Clock, event.subject, said.clock)
    told = {
        name: getattr(said, name)
        for name in ("promise", "side", "cycle", "assignment", "holder", "team", "target", "started", "due")
    }
    return replace(old, **told) if old else Clock(lead=event.subject, clock=said.clock, **told)


def _noted(fold: Fold, event: NoticeSent | NoticeFailed | NoticeUnknown, state: str) -> None:
    said = event.data
    fold.put(
        Notice(
            lead=event.subject,
            notice=said.notice,
            kind=said.kind,
            channel=said.channel,
            recipient=said.to,
            state=state,
            at=event.time,
            assignment=said.assignment,
            attempt=said.attempt,
            outbox=isinstance(event, NoticeSent) and event.data.outbox,
            error=None if isinstance(event, NoticeSent) else event.data.error,
        )
    )
