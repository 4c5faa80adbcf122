"""The state machine of one clock: what its evidence says, and what changes by it."""

from datetime import datetime
from typing import Final, Literal, cast

from msgspec.structs import replace

from events import Event, Fact
from events.slas import (
    ClockBreached,
    ClockCorrected,
    ClockEnd,
    ClockMet,
    ClockMoved,
    ClockStarted,
    ClockState,
    ClockVoided,
)
from sla_monitor.decide.state import Clock

Evidence = Literal["began", "kept", "kept_late", "lapsed", "ended"]
"""What is known of a clock, and moves it to another state.

`began`: it starts. `kept`: the promise was kept by the due time. `kept_late`: it was kept after it. `lapsed`: the due
time passed, and it was not kept by then. `ended`: it was over before it was due, and had not been kept.
"""

_COURSE: Final[dict[tuple[ClockState | None, Evidence], ClockState]] = {
    (None, "began"): "running",
    ("running", "kept"): "met",
    ("running", "lapsed"): "breached",
    ("running", "ended"): "void",
    ("breached", "kept_late"): "late",
}
_CORRECTIONS: Final[dict[tuple[ClockState | None, Evidence], ClockState]] = {
    # An earlier stop, or an earlier end, was heard of late.
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


def evidence_of(clock: Clock) -> Evidence | None:
    """What its earliest stop and its earliest end say together; None while there is neither, and only time decides."""
    if clock.stopped_at_evidence is not None and (clock.ended is None or clock.stopped_at_evidence <= clock.ended):
        return "kept" if clock.stopped_at_evidence <= clock.due else "kept_late"
    if clock.ended is not None:
        return "ended" if clock.ended <= clock.due else "lapsed"
    return None


def begin(clock: Clock, cause: Event) -> tuple[Clock, list[Fact]]:
    """The clock runs, and stops at once if its evidence was here before it."""
    running = replace(clock, state=NEXT[None, "began"])
    started = ClockStarted.fact(clock.lead, ClockStarted.Data(**clock.record()), time=clock.started, cause=cause)
    settled, facts = apply_evidence(running, cause)
    return settled, [started, *facts]


def apply_evidence(clock: Clock, cause: Event) -> tuple[Clock, list[Fact]]:
    """Brings the state, and who is charged, in line with the evidence; facts for what changed by it."""
    moved, facts = _apply_state(clock, cause)
    charged, more = _apply_charge(moved, cause, cause.recordedtime)
    return charged, [*facts, *more]


def apply_leave(before: Clock, after: Clock, at: datetime, cause: Event | None) -> tuple[Clock, list[Fact]]:
    """The same clock, of whose holder's leave something else is known now (`promises.reckoned`); and the fact.

    Where its due time moved, all that was said of it gives way to what its evidence says of the new one: one fact says
    so. Of a clock that is over either way nothing is said. `at`: when that is decided. `cause` is None when time itself
    wakes the clock; what follows is never dated before it.
    """
    time = at if cause or after.next_at is None else min(at, after.next_at)
    if after.due == before.due:
        return _apply_charge(after, cause, time)
    reminded = [one.percent for one in before.milestones if one.percent < min(before.last_percent + 1, 100)]
    afresh = replace(
        after,
        state=NEXT[None, "began"],
        last_percent=max(reminded, default=0),
        **dict.fromkeys(("stopped", "cause", "charged")),
    )
    clock, _ = _apply_state(afresh, None)
    if {before.state, clock.state} <= {"met", "void"}:
        return clock, []
    data = ClockMoved.Data(
        **clock.record(),
        due_before=before.due,
        was=cast(ClockState, before.state),
        now=cast(ClockState, clock.state),
        stopped=clock.stopped,
        cause=clock.cause,
        charged=clock.charged,
    )
    fact = ClockMoved.fact(clock.lead, data, time=time, cause=cause, mode="live")
    return clock, [fact if cause else replace(fact, correlation=clock.correlation)]


def _apply_charge(clock: Clock, cause: Event | None, time: datetime) -> tuple[Clock, list[Fact]]:
    debtor = _charged(clock)
    if clock.state not in ("breached", "late") or clock.charged == debtor:
        return clock, []
    on_leave = debtor == clock.side and clock.hand.rep is not None
    why = {clock.charged: "reached", debtor: "channels_failed"}.get(clock.unreached, "leave" if on_leave else "hand")
    charged = replace(clock, charged=debtor)
    return charged, [_correction(charged, cast(ClockEnd, clock.state), why, cause, time)]


def _charged(clock: Clock) -> str | None:
    return clock.debtor or clock.holder


def _apply_state(clock: Clock, cause: Event | None) -> tuple[Clock, list[Fact]]:
    evidence = evidence_of(clock)
    if evidence is None:
        return clock, []
    if evidence == "kept_late" and clock.state == "running":
        breached, first = move(clock, "lapsed", cause)
        late, second = move(breached, evidence, cause)
        return late, [*first, *second]
    return move(clock, evidence, cause)


def move(clock: Clock, evidence: Evidence, cause: Event | None) -> tuple[Clock, list[Fact]]:
    """One step of NEXT; a pair that is not in it changes nothing. `cause` is None when time itself moves the clock."""
    state = NEXT.get((clock.state, evidence))
    if state is None:
        return clock, []
    stopped, why = {
        "met": (clock.stopped_at_evidence, clock.stop_name),
        "late": (clock.stopped_at_evidence, clock.stop_name),
        "void": (clock.ended, clock.ended_why),
    }.get(state, (None, None))
    if (state, stopped, why) == (clock.state, clock.stopped, clock.cause):
        return clock, []
    charged = _charged(clock) if state in ("breached", "late") else None
    moved = replace(clock, state=state, stopped=stopped, cause=why, charged=charged)
    return moved, [_fact(clock, evidence, moved, cause)]


def _fact(before: Clock, evidence: Evidence, after: Clock, cause: Event | None) -> Fact:
    """Clocks only exist for live leads, so old news about them is news: the mode is always live."""
    lead, record = after.lead, after.record()
    reason = after.cause or ""
    if (before.state, evidence) in _CORRECTIONS and cause is not None:
        return _correction(after, cast(ClockEnd, before.state), reason or "due_passed", cause, cause.recordedtime)
    if after.state == "breached" or after.stopped is None:
        breached = ClockBreached.Data(**record, charged=after.charged)
        fact = ClockBreached.fact(lead, breached, time=after.due, cause=cause, mode="live")
    elif after.state == "void":
        voided = ClockVoided.Data(**record, stopped=after.stopped, cause=reason)
        fact = ClockVoided.fact(lead, voided, time=after.stopped, cause=cause, mode="live")
    else:
        met = ClockMet.Data(**record, stopped=after.stopped, cause=reason, late=after.state == "late")
        fact = ClockMet.fact(lead, met, time=after.stopped, cause=cause, mode="live")
    return fact if cause else replace(fact, correlation=after.correlation)


def _correction(clock: Clock, was: ClockEnd, why: str, cause: Event | None, time: datetime) -> Fact:
    """What the clock is now, as the table of corrections has it."""
    now = cast(ClockEnd, clock.state)
    data = ClockCorrected.Data(
        **clock.record(), was=was, now=now, stopped=clock.stopped, cause=why, charged=clock.charged
    )
    fact = ClockCorrected.fact(clock.lead, data, time=time, cause=cause, mode="live")
    return fact if cause else replace(fact, correlation=clock.correlation)
