"""Topic `slas`: was each promise kept."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import ClassVar, Final

from events.slas import (
    ClockBreached,
    ClockCorrected,
    ClockEscalated,
    ClockMet,
    ClockMoved,
    ClockReminded,
    ClockStarted,
    ClockVoided,
    CommitmentJudged,
    StatusUpdateJudged,
)
from reporting.decide.rows import Row, row, update
from reporting.decide.state import Fold, Handle
from runtime.values import Key

ClockEvent = (
    ClockStarted | ClockReminded | ClockMet | ClockBreached | ClockEscalated | ClockCorrected | ClockMoved | ClockVoided
)


class Clock(Row, frozen=True):
    """One promise about one lead."""

    table: ClassVar[str] = "clock"
    key: ClassVar[tuple[str, ...]] = ("lead", "clock")
    lead: str
    clock: str
    promise: str
    side: str
    cycle: int
    assignment: str | None
    holder: str | None
    team: str | None
    target: str
    started: datetime
    due: datetime
    state: str = "running"
    stopped: datetime | None = None
    cause: str | None = None
    charged: str | None = None
    percent: int | None = None
    """The last reminder's share of the promise's time."""
    level: str | None = None
    """`lead` or `owner`; null of older ones."""
    agreement: str | None = None
    """Version of the agreement under which it began; null of older ones."""
    deal: str | None = None
    """That was closed as it began."""


class StatusUpdate(Row, frozen=True):
    """One fact of sales: recorded in time, or late. Never changes."""

    table: ClassVar[str] = "status_update"
    key: ClassVar[tuple[str, ...]] = ("lead", "fact", "promise")
    lead: str
    fact: str
    promise: str
    side: str
    kind: str
    by: str | None
    team: str | None
    target: str
    occurred: datetime
    recorded: datetime
    due: datetime
    late: bool


class Commitment(Row, frozen=True):
    """A monthly commitment as last judged."""

    table: ClassVar[str] = "commitment"
    key: ClassVar[tuple[str, ...]] = ("name", "starts", "side")
    name: str
    starts: date
    side: str
    ends: date
    target: float
    actual: float | None
    numerator: int
    denominator: int
    state: str


def on_running(fold: Fold, event: ClockStarted | ClockReminded | ClockEscalated) -> None:
    """Begins, or goes on: the state stays what it was."""
    _put(fold, event)


def on_met(fold: Fold, event: ClockMet) -> None:
    """The clock was kept: `met`, or `late` when its due time had passed."""
    _put(fold, event, state="late" if event.data.late else "met")


def on_breached(fold: Fold, event: ClockBreached) -> None:
    """The due time passed: `breached`, with who is charged."""
    _put(fold, event, state="breached")


def on_corrected(fold: Fold, event: ClockCorrected) -> None:
    """Nobody is charged any more once the promise turns out to be kept, or void."""
    state = event.data.now
    if state in ("late", "breached"):
        charged = {"charged": event.data.charged} if event.data.charged else {}
        _put(fold, event, state=state, **charged)
    else:
        _put(fold, event, state=state, charged=None)


def on_moved(fold: Fold, event: ClockMoved) -> None:
    """The clock as it is with its new due time, whatever was said of it before."""
    _put(fold, event, state=event.data.now)


def on_voided(fold: Fold, event: ClockVoided) -> None:
    """The clock ended without a result: `void`."""
    _put(fold, event, state="void")


def on_judged(fold: Fold, event: CommitmentJudged) -> None:
    """Overwrites the commitment's judgement of that period."""
    fold.put(row(Commitment, event, starts=event.data.start, ends=event.data.end))


def on_status_update(fold: Fold, event: StatusUpdateJudged) -> None:
    """Puts the verdict on one fact."""
    fold.put(row(StatusUpdate, event))


ROWS: Final = (Clock, Commitment, StatusUpdate)
HANDLES: Final[Mapping[Key, Handle]] = {
    ClockStarted: on_running,
    ClockReminded: on_running,
    ClockMet: on_met,
    ClockBreached: on_breached,
    ClockEscalated: on_running,
    ClockCorrected: on_corrected,
    ClockMoved: on_moved,
    ClockVoided: on_voided,
    CommitmentJudged: on_judged,
    StatusUpdateJudged: on_status_update,
}


def _put(fold: Fold, event: ClockEvent, **more: object) -> None:
    """Every event of a clock carries its whole record."""
    old = fold.get(Clock, event.subject, event.data.clock)
    fold.put(update(old, event, **more) if old else row(Clock, event, **more))
