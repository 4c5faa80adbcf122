"""The clocks of one lead while its inputs are decided: start, stop, end; and which touches of sales stop which."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final

from msgspec.structs import replace

from agreement.deals import survey_counts
from agreement.leave import away_at
from agreement.service_levels import ClockStop
from events import Event, Fact
from sla_monitor.decide.absences import Absences
from sla_monitor.decide.clocks import apply_evidence, apply_leave, begin
from sla_monitor.decide.promises import ON_THE_LEADS_WAY, closing_id, reckoned
from sla_monitor.decide.state import Clock, Lead, SalesTouch, TouchKind
from sla_monitor.decide.terms import Terms

_order: Final = attrgetter("order")
_BEGINS: Final[dict[str, TouchKind]] = {"handed_on": "qualified"}
"""The act that begins a clock, where it has another name than the start."""


class LeadClocks:
    """One lead: what is loaded, and what changed of it."""

    def __init__(self, lead: Lead, facts: list[Fact], terms: Terms, absences: Absences) -> None:
        """Facts are appended to the given list, in the order in which they are decided."""
        self.loaded = lead.clocks
        self.clocks = dict(lead.clocks)
        self.changed: dict[str, Clock] = {}
        self.new_touches: list[SalesTouch] = []
        self._touches = list(lead.touches)
        self._facts, self._terms, self._absences = facts, terms, absences

    def start(self, clocks: Iterable[Clock], event: Event) -> None:
        """Begins each clock that is not known yet. Old news starts none (domain, section 7)."""
        for clock in () if event.historical else tuple(clocks):
            if clock.outlives_the_lead:
                self._start_closing(clock, event)
            elif clock.id not in self.clocks:
                self.put(*begin(self._with_touches(clock), event))

    def _start_closing(self, clock: Clock, event: Event) -> None:
        """A clock for each ending of a deal: one that ended otherwise before, or at another instant, or was taken
        back, asks for no survey; nor does one of which other surveys are counted now.

        To hear of an ending once more starts none; nor does an ending that names no deal, where the cycle has one.
        """
        mine = [one for one in self.clocks.values() if one.outlives_the_lead and one.promise == clock.promise]
        here = [one for one in mine if one.cycle == clock.cycle]
        standing = [one for one in mine if one.deal == clock.deal and one.ended is None]
        if any(_same_end(one, clock) for one in standing) or (clock.deal is None and here):
            return
        for one in standing:
            self._apply(_taken_back(one, clock), event)
        new = replace(clock, id=closing_id(clock.id, len(here) + 1)) if here else clock
        self.put(*begin(self._with_touches(new), event))

    def stop(self, name: ClockStop, event: Event, which: Callable[[Clock], bool]) -> None:
        """The event is this stop, for those of the clocks that wait for it."""
        for clock in list(self.clocks.values()):
            if name in clock.stops and which(clock):
                self._apply(clock.stopped_by(event.time, name), event)

    def end(self, why: str, event: Event, which: Callable[[Clock], bool]) -> None:
        """These clocks are over, whether or not their promise was kept."""
        for clock in list(self.clocks.values()):
            if which(clock):
                self._apply(clock.ended_by(event.time, why), event)

    def hand_to(self, rep: str | None, assignment: str | None, event: Event, cycle: int) -> None:
        """The lead changes hands (nobody: no rep): its own clocks of the cycle keep who had it since when.

        What the end of a deal began stays with who had the deal.
        """
        for clock in list(self.clocks.values()):
            if clock.cycle == cycle and not clock.outlives_the_lead:
                self._apply(self._with_debtor(clock.handed(event.time, rep, assignment)), event)

    def touch(self, touch: SalesTouch, event: Event) -> None:
        """Sales acted: stops the clocks that are here, and is remembered for those that are not."""
        self._touches.append(touch)
        self.new_touches.append(touch)
        for clock in list(self.clocks.values()):
            self._apply(self._with_touches(clock), event)

    def reckon(self, event: Event) -> None:
        """Takes what is known now of leave into account, in all clocks, before the event is decided on."""
        for clock in list(self.clocks.values()):
            moved = self._with_debtor(self._reckoned(clock))
            if moved is not clock:
                self.put(*apply_leave(clock, moved, event.recordedtime, event))

    def wake(self, clock: Clock, at: datetime) -> tuple[Clock, list[Fact]]:
        """The same for one clock whose timer has fired; touches are not loaded then, and what they say stays."""
        moved = self._reckoned(clock)
        if moved.debtor is None or moved.debtor != moved.unreached:
            moved = _with(moved, _debtor_of(moved, (), self._absences))
        return (clock, []) if moved is clock else apply_leave(clock, moved, at, None)

    def _reckoned(self, clock: Clock) -> Clock:
        return reckoned(clock, self._terms, self._absences.of(clock.holder))

    def put(self, clock: Clock, facts: Sequence[Fact]) -> None:
        """Puts the clock as it is now in place of the one before, and appends the facts."""
        self.clocks[clock.id] = self.changed[clock.id] = clock
        self._facts.extend(facts)

    def _apply(self, clock: Clock, event: Event) -> None:
        if clock is not self.clocks[clock.id]:
            self.put(*apply_evidence(clock, event))

    def _with_touches(self, clock: Clock) -> Clock:
        clock = self._with_debtor(with_touches(clock, self._touches))
        if clock.begun_by not in ON_THE_LEADS_WAY:
            return clock
        same = (one.started for one in self.clocks.values() if _same_promise(one, clock))
        return _with_earlier(clock, self._touches, min((clock.started, *same)))

    def _with_debtor(self, clock: Clock) -> Clock:
        return _with(clock, _debtor_of(clock, self._touches, self._absences))


def _with(clock: Clock, debtor: str | None) -> Clock:
    return clock if debtor == clock.debtor else replace(clock, debtor=debtor)


def _debtor_of(clock: Clock, touches: Iterable[SalesTouch], absences: Absences) -> str | None:
    """Who had the lead when it was due; `clock.unreached`, when no channel had reached that rep by then and one failed.

    The side, when that rep was on leave at that instant. None: the holder of the clock.
    """
    hand = clock.hand
    offer = (hand.assignment or "", hand.rep)
    heard = [one for one in touches if (one.about, one.by) == offer]
    reached = min((one.at for one in heard if one.kind == "reached"), default=None)
    failed = any(one.kind == "unreached" for one in heard)
    if failed and clock.unreached and (reached is None or reached > clock.due):
        return clock.unreached
    return clock.side if away_at(absences.of(hand.rep), clock.due) else hand.rep


def with_touches(clock: Clock, touches: Iterable[SalesTouch]) -> Clock:
    """The clock with the earliest stop that these touches give it; of attempts, the nth as its promise says.

    The same rep, channel and instant are one attempt, however often it was reported.
    """
    counted = {_attempt(touch): touch for touch in touches if touch.kind in clock.stops and _counts(touch, clock)}
    if not counted:
        return clock
    mine = sorted(counted.values(), key=_order)
    stops: list[SalesTouch] = []
    for kind in clock.stops:
        nth = clock.attempts if kind == "attempted" else 1
        stops += [touch for touch in mine if touch.kind == kind][nth - 1 : nth]
    first = min(stops, key=_order, default=None)
    return clock if first is None else clock.stopped_by(first.at, first.kind)


def _attempt(touch: SalesTouch) -> tuple[str | datetime | None, ...]:
    """The same for touches that are one; what was kept before touches had a channel stands alone."""
    one = touch.kind == "attempted" and touch.about is not None
    return (touch.kind, touch.by, touch.about, touch.at) if one else (touch.event,)


def _counts(touch: SalesTouch, clock: Clock) -> bool:
    """Of an owner's clock the holder's touches, and those of nobody named; of a lead's own clock, everybody's.

    At the instant of the start, what nobody is named for may have begun the clock, and is not its stop; nor is, of a
    lead's own clock, an act of the kind that begins it. A survey counts whoever answered it, as `survey_counts` says.
    """
    if touch.kind == "survey":
        ending = clock.endings[-1] if clock.endings else None
        about = clock.deal is None or clock.deal == touch.about
        return about and survey_counts(touch.outcome, touch.at, ending, clock.surveys_from)
    if clock.level == "owner" and touch.by != clock.holder:
        return touch.by is None and touch.at > clock.started
    acts = (clock.begun_by, _BEGINS.get(clock.begun_by))
    began = clock.level == "lead" and (touch.by is None or touch.kind in acts)
    return touch.at > clock.started if began else touch.at >= clock.started


def _same_promise(one: Clock, other: Clock) -> bool:
    return (one.promise, one.cycle, one.begun_by) == (other.promise, other.cycle, other.begun_by)


def _same_end(one: Clock, other: Clock) -> bool:
    """Of one deal; older clocks do not say how it has ended, or have it last."""
    same = (one.endings[-1:], one.started, one.surveys_from) == (other.endings, other.started, other.surveys_from)
    return not one.endings or same


def _taken_back(one: Clock, other: Clock) -> Clock:
    """The clock of an end that gave way to that of the other, which knows since when surveys are about itself.

    An end of another kind that began just then is what took back the one before it: it lasted until the other. What
    gave way before it began never was: nothing keeps its promise.
    """
    again, alike = other.surveys_from, one.endings[-1:] == other.endings
    if again and (one.started < again or (alike and one.started == again)):
        return one.ended_by(again, "deal_reopened")
    if other.started <= one.started:
        one = replace(one, stops=(), stopped_at_evidence=None, stop_name=None)
    return one.ended_by(other.started, "deal_ended_otherwise")


def _with_earlier(clock: Clock, touches: Iterable[SalesTouch], since: datetime) -> Clock:
    """For a clock that started fresh with a new owner: what the lead had reached before that ends it as it begins.

    `since`: when the promise began for the first of its owners in this cycle.
    """
    for touch in touches:
        if touch.kind in ON_THE_LEADS_WAY and touch.kind in clock.stops and since <= touch.at < clock.started:
            clock = clock.ended_by(clock.started, touch.kind)
    return clock
