"""One batch while it is decided: what was loaded, and what has changed so far."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from events import Event, Fact
from runtime.values import Timer
from sla_monitor.decide.absences import Absences
from sla_monitor.decide.lead_clocks import LeadClocks
from sla_monitor.decide.state import Lead, MonthKey, MonthTally, Mql, State
from sla_monitor.decide.terms import Terms

LEAVE: Final = "leave"
"""Kind of the timer of a clock that waits behind a leave: of that, something else may have been said meanwhile."""


class Draft:
    """The functions of HANDLES read from it and write to it, one input after the other."""

    def __init__(self, state: State, terms: Terms, now: datetime) -> None:
        self.terms = terms
        self.now = now
        self.facts: list[Fact] = []
        """Caused by events, in the order in which they were decided."""
        self.facts_of_time: list[Fact] = []
        """Caused by time: milestones and judgements."""
        self.timers: list[Timer] = []
        self.woken: set[str] = set()
        """Clocks whose timer has fired: it is planned no more."""
        self.mqls: dict[tuple[str, int], Mql] = {}
        self.tallies: dict[MonthKey, MonthTally] = {}
        self.absences = Absences(state.words)
        self._state = state
        self._leads: dict[str, LeadClocks] = {}

    def lead(self, subject: str) -> LeadClocks:
        """The clocks of this lead as they stand now."""
        found = self._leads.get(subject)
        if found is None:
            lead = self._state.leads.get(subject, Lead())
            found = self._leads[subject] = LeadClocks(lead, self.facts, self.terms, self.absences)
        return found

    def look_again(self, lead: str, clock: str) -> None:
        """Wakes the clock now, in the lane of its lead, to take into account what is known of leave by then."""
        timer = Timer(lead, LEAVE, clock, self.now)
        if timer not in self.timers:
            self.timers.append(timer)

    def waiting(self, rep: str) -> Iterable[tuple[str, str]]:
        """Lead and id of the clocks that wait behind leave of this rep: as the batch has left them, where it did."""
        before = [(lead, clock) for lead, clock in self._state.waiting.get(rep, ()) if lead not in self._leads]
        here = [
            (name, one.id) for name, lead in self._leads.items() for one in lead.clocks.values() if one.waits_for == rep
        ]
        return [*before, *here]

    def reckon(self, event: Event) -> None:
        """Takes what is known now of leave into account, before the event is decided on."""
        if self.absences:
            self.lead(event.subject).reckon(event)

    @property
    def leads(self) -> Iterable[tuple[str, LeadClocks]]:
        """All that an input of the batch was about."""
        return self._leads.items()

    def mql(self, lead: str, cycle: int) -> Mql | None:
        """The lead's MQL of this cycle as it stands now."""
        return self.mqls.get((lead, cycle)) or self._state.mqls.get((lead, cycle))

    def mqls_of(self, lead: str) -> list[Mql]:
        """The lead's MQLs of all its cycles as they stand now, the earliest cycle first."""
        known = {**self._state.mqls, **self.mqls}
        return [known[key] for key in sorted(known) if key[0] == lead]

    def add(self, counter: str, period: date, n: int, event: Event) -> None:
        """Counts `n` more (or fewer) in this period, because of the event."""
        tally = self.tallies.setdefault((counter, period), MonthTally())
        tally.n += n
        tally.live = tally.live or not event.historical
        tally.at = event.time

    def total(self, counter: str, period: date) -> int:
        """Over all lanes, with what the batch has added."""
        added = self.tallies.get((counter, period))
        return self._state.sums.get((counter, period), 0) + (added.n if added else 0)

    @property
    def newly_live(self) -> set[MonthKey]:
        """Periods that this lane counts something live in for the first time."""
        return {period for period, tally in self.tallies.items() if tally.live} - self._state.live
