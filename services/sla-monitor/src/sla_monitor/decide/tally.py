"""What counts towards the commitments: rollups, so that an event costs the same however many came before it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from events import Event
from events.handoffs import StageChanged
from events.sales import FeedbackGiven
from runtime.values import Timer
from sla_monitor.decide.periods import FEEDBACK, due_of, end_of, period_of
from sla_monitor.decide.start import Terms

JUDGE: Final = "judge"
AGAIN: Final = "judge_again"
NAMES: Final = {
    "mql": ("volume", "completeness", "quality", "conversion", FEEDBACK),
    "complete": ("completeness",),
    "sql": ("quality", "conversion"),
    FEEDBACK: (FEEDBACK,),
}
"""Counter to the commitments that are judged by it, or that begin with it."""
Period = tuple[str, date]
"""Counter (or commitment) and first day."""


@dataclass(frozen=True, slots=True)
class Mql:
    """One MQL that counts: cycle 1, or a later one long enough after the last."""

    lead: str
    cycle: int
    at: datetime
    month: date
    complete: bool
    converted: bool = False
    withdrawn: bool = False


@dataclass(slots=True)
class Tally:
    n: int = 0
    live: bool = False
    """Old news is counted, but nobody is told of months long gone."""
    at: datetime | None = None


@dataclass(slots=True)
class Counted:
    mqls: dict[tuple[str, int], Mql] = field(default_factory=dict)
    tallies: dict[Period, Tally] = field(default_factory=dict)

    def add(self, counter: str, period: date, n: int, event: Event) -> None:
        tally = self.tallies.setdefault((counter, period), Tally())
        tally.n += n
        tally.live = tally.live or not event.historical
        tally.at = event.time


def count(mqls: Mapping[tuple[str, int], Mql], events: Iterable[Event], terms: Terms) -> Counted:
    counted = Counted()
    for event in events:
        match event:
            case StageChanged():
                key = event.subject, event.data.cycle
                _stage(counted, event, counted.mqls.get(key) or mqls.get(key), terms)
            case FeedbackGiven():
                counted.add(FEEDBACK, period_of(FEEDBACK, event.time, terms), 1, event)
            case _:
                pass
    return counted


def _stage(counted: Counted, event: StageChanged, mql: Mql | None, terms: Terms) -> None:
    data, goals = event.data, terms.levels.commitments
    key = event.subject, data.cycle
    if mql is None:
        if data.stage == "mql" and not (data.re_engaged or data.withdrawn):
            complete = data.completeness is not None and data.completeness >= goals.completeness.score
            month = period_of("volume", event.time, terms)
            counted.mqls[key] = Mql(event.subject, data.cycle, event.time, month, complete)
            counted.add("mql", month, 1, event)
            counted.add("complete", month, int(complete), event)
    elif data.withdrawn and not mql.withdrawn:
        counted.mqls[key] = replace(mql, withdrawn=True)
        for counter, n in (("mql", 1), ("complete", int(mql.complete)), ("sql", int(mql.converted))):
            counted.add(counter, mql.month, -n, event)
    elif _converts(data) and not (mql.converted or mql.withdrawn):
        mature = mql.at + timedelta(seconds=goals.quality.mature_after.seconds)
        if event.time <= mature:
            counted.mqls[key] = replace(mql, converted=True)
            counted.add("sql", mql.month, 1, event)


def _converts(data: StageChanged.Data) -> bool:
    return data.stage in ("sql", "opportunity", "won") or "sql" in data.implied


def timers(tallies: Mapping[Period, Tally], fresh: Iterable[Period], now: datetime, terms: Terms) -> list[Timer]:
    """The first live count of a period plans its judgement; one that comes after it has it judged again."""
    first, wanted = set(fresh), list[Timer]()
    for (counter, month), tally in tallies.items():
        for name in NAMES[counter] if tally.live else ():
            period = month
            if name == FEEDBACK and counter != FEEDBACK and tally.at is not None:
                period = period_of(FEEDBACK, tally.at, terms)
            if (counter, month) in first:
                wanted.append(timer_of(name, period, terms))
            elif (name == FEEDBACK) == (counter == FEEDBACK) and due_of(name, period, terms) <= now:
                wanted.append(timer_of(name, period, terms, AGAIN))
    return wanted


def timer_of(name: str, period: date, terms: Terms, kind: str = JUDGE) -> Timer:
    return Timer(name, kind, f"{name}/{period.isoformat()}", due_of(name, period, terms))


def period_in(timer: Timer) -> date:
    return date.fromisoformat(timer.key.rpartition("/")[2])


def following(due: Sequence[Timer], terms: Terms) -> list[Timer]:
    """A period without a single lead is judged too."""
    return [
        timer_of(timer.subject, end_of(timer.subject, period_in(timer), terms), terms)
        for timer in due
        if timer.kind == JUDGE
    ]
