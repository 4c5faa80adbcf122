"""Folds handoffs and sales into clocks: the same outcome however the two topics interleave."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from events import Event, Fact
from events.handoffs import LeadAccepted, LeadAssigned, LeadNurtured, LeadReturned, LeadSuppressed, StageChanged
from events.sales import ContactAttempted, ContactConnected, DealOpened, FeedbackGiven, LeadSalesQualified
from runtime.values import Timer
from sla_monitor.decide import start
from sla_monitor.decide.clock import Clock, begin, settle
from sla_monitor.decide.start import Terms, clock_id

MILESTONE: Final = "milestone"
NO_ANSWER: Final = frozenset({"accept_timeout", "rep_left", "withdrawn", "merged", "closed"})
"""Reasons of lead.returned that are not the rep's answer."""
TOUCHED: Final = frozenset({"first_touch", "three_attempts", "ae_touch"})
AFTER_CLOSING: Final = "survey"
"""The one promise that begins when everything else ends."""


@dataclass(frozen=True, slots=True, order=True)
class Touch:
    """A stamp by sales, kept because the clock it stops may not have arrived yet."""

    at: datetime
    kind: Literal["attempted", "connected", "feedback"]
    event: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Lead:
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    touches: tuple[Touch, ...] = ()


@dataclass(slots=True)
class Outcome:
    """What changed, in the order it was decided."""

    clocks: dict[str, Clock] = field(default_factory=dict)
    touches: dict[str, list[Touch]] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)

    @property
    def timers(self) -> list[Timer]:
        """One for each changed clock: its next milestone, or none."""
        return [timer_of(clock) for clock in self.clocks.values()]


def timer_of(clock: Clock) -> Timer:
    return Timer(clock.lead, MILESTONE, clock.id, clock.next_at)


def decide(leads: Mapping[str, Lead], events: Iterable[Event], terms: Terms) -> Outcome:
    outcome = Outcome()
    working: dict[str, _Fold] = {}
    for event in events:
        fold = working.get(event.subject)
        if fold is None:
            fold = working[event.subject] = _Fold(leads.get(event.subject, Lead()), terms, outcome)
        fold.apply(event)
    return outcome


class _Fold:
    """One lead, event after event."""

    def __init__(self, lead: Lead, terms: Terms, outcome: Outcome) -> None:
        self._clocks = dict(lead.clocks)
        self._touches = list(lead.touches)
        self._terms = terms
        self._outcome = outcome

    def apply(self, event: Event) -> None:
        match event:
            case LeadAssigned():
                self._assigned(event)
            case LeadAccepted():
                self._stamp(event, self._id(event, "accepted"), "accepted")
            case LeadReturned():
                self._returned(event)
            case StageChanged():
                self._stage_changed(event)
            case LeadNurtured():
                self._close(event, event.data.cycle, "nurtured")
            case LeadSuppressed():
                self._close(event, event.data.cycle, "suppressed")
            case ContactAttempted():
                self._touched(event, "attempted", event.data.by)
            case ContactConnected() | LeadSalesQualified() | DealOpened():
                self._touched(event, "connected", event.data.by)
            case FeedbackGiven():
                self._touched(event, "feedback", event.data.by)
            case _:
                pass

    def _assigned(self, event: LeadAssigned) -> None:
        data = event.data
        self._stamp(event, clock_id(event.subject, data.cycle, "routed"), "assigned")
        self._take(
            event, "reassigned", lambda clock: clock.assignment is not None and clock.assignment != data.assignment
        )
        if not event.historical:
            self._start(event, start.of_owner(event, self._terms))

    def _returned(self, event: LeadReturned) -> None:
        if event.data.reason not in NO_ANSWER:
            self._stamp(event, self._id(event, "accepted"), "rejected")
        self._take(event, event.data.reason, lambda clock: clock.assignment == event.data.assignment)

    def _stage_changed(self, event: StageChanged) -> None:
        data = event.data
        if data.closed or data.withdrawn:
            self._close(event, data.cycle, "withdrawn" if data.withdrawn else data.why)
        elif start.becomes_mql(data) and not event.historical:
            self._start(event, [start.routed(event, self._terms)])
        if data.closed and data.stage in ("won", "lost") and not event.historical:
            self._start(event, [start.survey(event, self._terms)])

    def _close(self, event: Event, cycle: int, why: str) -> None:
        self._take(event, why, lambda clock: clock.cycle <= cycle and clock.promise != AFTER_CLOSING)

    def _touched(self, event: Event, kind: Literal["attempted", "connected", "feedback"], by: str | None) -> None:
        """Old news counts too; nobody has touched anyone in the future."""
        touch = Touch(min(event.time, event.recordedtime), kind, event.id, by)
        self._touches.append(touch)
        self._outcome.touches.setdefault(event.subject, []).append(touch)
        for clock in list(self._clocks.values()):
            self._settle(with_touches(clock, self._touches), event)

    def _start(self, event: Event, wanted: Sequence[Clock | None]) -> None:
        """A clock starts once."""
        for clock in wanted:
            if clock is not None and clock.id not in self._clocks:
                self._keep(*begin(with_touches(clock, self._touches), event))

    def _stamp(self, event: Event, clock: str, act: str) -> None:
        found = self._clocks.get(clock)
        if found is not None:
            self._settle(found.stamped(event.time, act), event)

    def _take(self, event: Event, why: str, which: Callable[[Clock], bool]) -> None:
        for clock in list(self._clocks.values()):
            if which(clock):
                self._settle(clock.taken(event.time, why), event)

    def _settle(self, clock: Clock, event: Event) -> None:
        if clock is not self._clocks[clock.id]:
            self._keep(*settle(clock, event))

    def _keep(self, clock: Clock, facts: Sequence[Fact]) -> None:
        self._clocks[clock.id] = self._outcome.clocks[clock.id] = clock
        self._outcome.facts.extend(facts)

    def _id(self, event: LeadAccepted | LeadReturned, promise: str) -> str:
        return clock_id(event.subject, event.data.cycle, promise, event.data.assignment)


def with_touches(clock: Clock, touches: Iterable[Touch]) -> Clock:
    """The clock with the earliest stamp that these touches give it."""
    mine = sorted(touch for touch in touches if _counts(touch, clock))
    if clock.promise in TOUCHED:
        stops = [touch for touch in mine if touch.kind == "connected"][:1]
        stops += [touch for touch in mine if touch.kind == "attempted"][clock.attempts - 1 : clock.attempts]
    elif clock.promise == AFTER_CLOSING:
        stops = [touch for touch in mine if touch.kind == "feedback"][:1]
    else:
        stops = []
    first = min(stops, default=None)
    return clock if first is None else clock.stamped(first.at, first.kind)


def _counts(touch: Touch, clock: Clock) -> bool:
    """The holder's, and those of nobody named; of these not what happened as the clock began, and may have begun it."""
    return touch.at >= clock.started if touch.by == clock.holder else touch.by is None and touch.at > clock.started
