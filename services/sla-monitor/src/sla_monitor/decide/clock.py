"""One clock: its record, the evidence for and against it, and its state machine."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from events import Event, Fact
from events.slas import ClockBreached, ClockCorrected, ClockMet, ClockStarted, ClockVoided
from events.vocabulary import Side

State = Literal["running", "met", "breached", "late", "void"]
Word = Literal["began", "kept", "kept_late", "lapsed", "ended"]
"""What the evidence says: it starts; is stopped by the due time or after it; is overtaken by it; or ends before it."""
Action = Literal["remind", "breach", "repool", "manager"]

_COURSE: Final[dict[tuple[State | None, Word], State]] = {
    (None, "began"): "running",
    ("running", "kept"): "met",
    ("running", "lapsed"): "breached",
    ("running", "ended"): "void",
    ("breached", "kept_late"): "late",
}
_CORRECTIONS: Final[dict[tuple[State | None, Word], State]] = {
    # An earlier stamp, or an earlier end, came late.
    ("breached", "kept"): "met",
    ("breached", "ended"): "void",
    ("late", "kept"): "met",
    ("late", "kept_late"): "late",
    ("late", "lapsed"): "breached",
    ("late", "ended"): "void",
    ("met", "kept"): "met",
    ("met", "ended"): "void",
    ("void", "kept"): "met",
    ("void", "ended"): "void",
}
NEXT: Final = {**_COURSE, **_CORRECTIONS}


@dataclass(frozen=True, slots=True)
class Milestone:
    """At this percentage of the promised time, this is said."""

    percent: int
    at: datetime
    action: Action


@dataclass(frozen=True, slots=True)
class Clock:
    """Carries its own terms: a new agreement does not move a clock that runs."""

    id: str
    lead: str
    promise: str
    level: Literal["lead", "owner"]
    side: Side
    cycle: int
    assignment: str | None
    holder: str | None
    manager: str | None
    team: str | None
    pool: str | None
    target: str
    started: datetime
    due: datetime
    milestones: tuple[Milestone, ...]
    pauses: tuple[tuple[datetime, datetime], ...]
    attempts: int
    """So many attempts stop it; without a number, one."""
    agreement: str
    correlation: str | None
    state: State | None = None
    said: int = 0
    """The last milestone that was said, in per cent."""
    stamp: datetime | None = None
    """Evidence: the earliest known act that stops it."""
    act: str | None = None
    ended: datetime | None = None
    """Evidence: when it was taken from its holder, or its cycle closed."""
    ending: str | None = None
    stopped: datetime | None = None
    """Outcome, as said: when it stopped, why, and who is charged."""
    cause: str | None = None
    charged: str | None = None

    @property
    def live(self) -> bool:
        """Whether milestones may still come."""
        return self.state == "running" or (self.state == "breached" and self.ended is None)

    @property
    def next_at(self) -> datetime | None:
        if not self.live:
            return None
        return next((milestone.at for milestone in self.milestones if milestone.percent > self.said), None)

    def stamped(self, at: datetime, act: str) -> "Clock":
        """The earliest stamp counts; nobody acts before the clock starts."""
        found = max(at, self.started), act
        known = self.stamp is not None and (self.stamp, self.act or "") <= found
        return self if known else replace(self, stamp=found[0], act=act)

    def taken(self, at: datetime, why: str) -> "Clock":
        at = max(at, self.started)
        return self if self.ended is not None and self.ended <= at else replace(self, ended=at, ending=why)

    def record(self) -> dict[str, Any]:
        """The fields that every fact about the clock carries."""
        return {
            "clock": self.id,
            "promise": self.promise,
            "level": self.level,
            "side": self.side,
            "cycle": self.cycle,
            "assignment": self.assignment,
            "holder": self.holder,
            "manager": self.manager,
            "team": self.team,
            "pool": self.pool,
            "target": self.target,
            "started": self.started,
            "due": self.due,
        }


def word_of(clock: Clock) -> Word | None:
    """What the evidence says; None while it says nothing, and time alone may speak."""
    if clock.stamp is not None and (clock.ended is None or clock.stamp <= clock.ended):
        return "kept" if clock.stamp <= clock.due else "kept_late"
    if clock.ended is not None:
        return "ended" if clock.ended <= clock.due else "lapsed"
    return None


def begin(clock: Clock, cause: Event) -> tuple[Clock, list[Fact]]:
    """The clock runs, and stops at once if its stamp was here before it."""
    running = replace(clock, state=NEXT[None, "began"])
    started = ClockStarted.fact(clock.lead, ClockStarted.Data(**clock.record()), time=clock.started, cause=cause)
    settled, facts = settle(running, cause)
    return settled, [started, *facts]


def settle(clock: Clock, cause: Event) -> tuple[Clock, list[Fact]]:
    """Brings the outcome in line with the evidence, and says what changed."""
    word = word_of(clock)
    if word is None:
        return clock, []
    if word == "kept_late" and clock.state == "running":
        breached, first = move(clock, "lapsed", cause)
        late, second = move(breached, word, cause)
        return late, [*first, *second]
    return move(clock, word, cause)


def move(clock: Clock, word: Word, cause: Event | None) -> tuple[Clock, list[Fact]]:
    """One step of the table; a pair that is not in it changes nothing. Without a cause, time itself moves the clock."""
    state = NEXT.get((clock.state, word))
    if state is None:
        return clock, []
    stopped, why = {
        "met": (clock.stamp, clock.act),
        "late": (clock.stamp, clock.act),
        "void": (clock.ended, clock.ending),
    }.get(state, (None, None))
    if (state, stopped, why) == (clock.state, clock.stopped, clock.cause):
        return clock, []
    charged = clock.holder if state in ("breached", "late") else None
    moved = replace(clock, state=state, stopped=stopped, cause=why, charged=charged)
    return moved, [_say(clock, word, moved, cause)]


def _say(before: Clock, word: Word, after: Clock, cause: Event | None) -> Fact:
    """Clocks only exist for live leads, so old news about them is news: always said as live."""
    lead, record = after.lead, after.record()
    reason = after.cause or ""
    if (before.state, word) in _CORRECTIONS and cause is not None:
        corrected = ClockCorrected.Data(
            **record, was=before.state, now=after.state, stopped=after.stopped, cause=reason or "due_passed"
        )
        return ClockCorrected.fact(lead, corrected, time=cause.recordedtime, cause=cause, mode="live")
    if after.state == "breached" or after.stopped is None:
        breached = ClockBreached.Data(**record, charged=after.charged)
        said = ClockBreached.fact(lead, breached, time=after.due, cause=cause, mode="live")
    elif after.state == "void":
        voided = ClockVoided.Data(**record, stopped=after.stopped, cause=reason)
        said = ClockVoided.fact(lead, voided, time=after.stopped, cause=cause, mode="live")
    else:
        met = ClockMet.Data(**record, stopped=after.stopped, cause=reason, late=after.state == "late")
        said = ClockMet.fact(lead, met, time=after.stopped, cause=cause, mode="live")
    return said if cause else replace(said, correlation=after.correlation)
