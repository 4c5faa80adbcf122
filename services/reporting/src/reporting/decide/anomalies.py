"""Days that stand out on their bad side: against the same weekdays before, robustly, and hardly by chance.

Arithmetic only. A channel that fell silent while others went on is an outage of its tracking, and no fall in demand: it
is told by itself, and what it would have brought is left out of what else is judged.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import exp, inf, lgamma, log, sqrt
from statistics import NormalDist, median
from typing import Final, Literal

MetricShape = Literal["count", "share", "median"]
"""What a metric is: how many, how many of how many, or the median of so many seconds."""
WEEK: Final = timedelta(days=7)
EXPLAINING: Final = ("source", "campaign", "region", "band")
"""Dimensions that explain a difference; a door is looked at for outages only."""
_MAD: Final = 1.4826
"""From a median absolute deviation to a standard deviation, of normal values. Source: P. J. Rousseeuw and C. Croux,
Alternatives to the Median Absolute Deviation, Journal of the American Statistical Association 88 (1993), 1273-1283."""
_NORMAL: Final = NormalDist()
_MOST: Final = 0.5
"""A part explains most of a difference from this share on."""
_GO_ON: Final = 0.5
"""The other channels go on while they bring at least this share of what they usually do."""


@dataclass(frozen=True, slots=True)
class DayValue:
    """What one day brought of a metric: `part` of `whole`; of a count both are the count, of a median `value` is it."""

    part: int
    whole: int
    value: float

    @classmethod
    def count(cls, number: int) -> "DayValue":
        """A count of so many."""
        return cls(number, number, float(number))

    @classmethod
    def share(cls, part: int, whole: int) -> "DayValue":
        """A share: `part` of `whole`, which is not 0."""
        return cls(part, whole, part / whole)


Days = Mapping[date, DayValue]
Part = tuple[str, str]
"""A dimension and one of its values: `("source", "google")`."""


@dataclass(frozen=True, slots=True)
class Series:
    """A metric by day, whole and by parts. Of a count a day that is missing is 0; else nothing is known of it."""

    metric: str
    measure: MetricShape
    falls: bool
    """Whether a fall is bad; else a rise."""
    days: Days
    parts: Mapping[Part, Days] = field(default_factory=dict)
    """In this order: of parts that explain as much, the first is named."""
    since: date | None = None
    """The first day of which anything is known; None: of all."""


@dataclass(frozen=True, slots=True)
class OddityLimits:
    """From the agreement (`goals.anomalies`)."""

    weeks: int
    deviations: float
    count_at_least: int


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the same weekdays brought: their median, how far they lie about it, and how many they were."""

    usual: float
    spread: float
    """The median absolute deviation, as a standard deviation."""
    weeks: int


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A day that stands out."""

    kind: Literal["fall", "rise", "outage"]
    metric: str
    day: date
    value: float
    expected: float
    count: int
    deviations: float
    weeks: int
    part: Part | None = None
    """What explains most of it; None: no part does."""
    share: float | None = None
    """How much of the difference, from 0 to 1."""

    @property
    def key(self) -> str:
        """The same for ever: by it an anomaly is said once."""
        silent = f"outage/{self.part[1]}" if self.kind == "outage" and self.part else self.metric
        return f"{silent}/{self.day.isoformat()}"


def baseline(series: Series, days: Days, day: date, limits: OddityLimits) -> Baseline | None:
    """Of the same weekday in the weeks before; None where fewer than half of them are known."""
    before = [day - WEEK * number for number in range(1, limits.weeks + 1)]
    known = [one for one in before if series.since is None or one >= series.since]
    if series.measure == "count":
        values = [days[one].value if one in days else 0.0 for one in known]
    else:
        values = [days[one].value for one in known if one in days and days[one].whole]
    if 2 * len(values) < limits.weeks or not values:
        return None
    usual = median(values)
    return Baseline(usual, _MAD * median(abs(value - usual) for value in values), len(values))


def oddity(series: Series, day: date, limits: OddityLimits) -> Anomaly | None:
    """The day as an anomaly of this metric; None when it is as usual, on its good side, or of too few to say.

    It lies so many deviations off, by its neighbours' spread and by chance alone: the smaller of the two counts.
    """
    nothing = DayValue.count(0) if series.measure == "count" else None
    today = series.days.get(day, nothing)
    usual = baseline(series, series.days, day, limits)
    if today is None or usual is None or not _enough(series, today, usual, limits):
        return None
    gap = usual.usual - today.value if series.falls else today.value - usual.usual
    if gap <= 0:
        return None
    off = min(gap / usual.spread if usual.spread else inf, _by_chance(series, today, usual))
    if off < limits.deviations:
        return None
    part, share = _explanation(series, day, usual, today, limits)
    return Anomaly(
        "fall" if series.falls else "rise", series.metric, day, today.value, usual.usual, today.whole, off,
        usual.weeks, part, share,
    )  # fmt: skip


def _enough(series: Series, today: DayValue, usual: Baseline, limits: OddityLimits) -> bool:
    if series.measure != "count":
        return today.whole >= limits.count_at_least
    return (usual.usual if series.falls else today.value) >= limits.count_at_least


def _by_chance(series: Series, today: DayValue, usual: Baseline) -> float:
    """How many standard deviations a normal value would lie off that is as unlikely as this one, on the bad side.

    Counts by Poisson's law, shares by the binomial's normal approximation; a median has no law of its own.
    """
    match series.measure:
        case "count" if series.falls:
            return _deviations(_poisson(today.part, usual.usual))
        case "count":
            return _deviations(1 - _poisson(today.part - 1, usual.usual)) if usual.usual else inf
        case "share":
            spread = sqrt(max(usual.usual * (1 - usual.usual), 1 / today.whole) / today.whole)
            return abs(today.value - usual.usual) / spread
        case "median":
            return inf if usual.spread else sqrt(today.whole) * abs(today.value - usual.usual) / (usual.usual or 1)


def _deviations(probability: float) -> float:
    return -_NORMAL.inv_cdf(max(probability, 1e-15)) if probability < 1 else 0.0


def _poisson(most: int, mean: float) -> float:
    """The probability of at most so many where `mean` are usual."""
    if mean <= 0:
        return 1.0
    return min(1.0, sum(exp(number * log(mean) - mean - lgamma(number + 1)) for number in range(most + 1)))


def _explanation(
    series: Series, day: date, usual: Baseline, today: DayValue, limits: OddityLimits
) -> tuple[Part | None, float | None]:
    """The part with the largest share of the difference, if that is most of it."""
    best: tuple[float, Part] | None = None
    for part in series.parts:
        if part[0] not in EXPLAINING:
            continue
        share = _share_of(series, part, day, (usual.usual, today), limits)
        if share >= _MOST and (best is None or share > best[0]):
            best = (share, part)
    return (best[1], min(best[0], 1.0)) if best else (None, None)


def _share_of(series: Series, part: Part, day: date, whole: tuple[float, DayValue], limits: OddityLimits) -> float:
    """Which share of the difference is this part's: of a count its own, of a share what it lacks of the usual one.

    `whole`: what is usual, and what the day brought.
    """
    days, (usual, today) = series.parts[part], whole
    if series.measure == "count":
        mine = baseline(series, days, day, limits)
        before = mine.usual if mine else 0.0
        now = days[day].value if day in days else 0.0
        return (before - now) / (usual - today.value)
    if day not in days or not days[day].whole:
        return 0.0
    here = days[day]
    return here.whole * (here.value - usual) / (today.whole * (today.value - usual))


def outages(channels: Series, day: date, limits: OddityLimits) -> list[Anomaly]:
    """Channels (parts of a count) that brought nothing on a day on which they usually do, while the others went on."""
    silent = list[Anomaly]()
    for part, days in sorted(channels.parts.items()):
        usual = baseline(channels, days, day, limits)
        today = days[day].part if day in days else 0
        if (
            usual is None
            or today
            or usual.usual < limits.count_at_least
            or not _others_go_on(channels, part, day, limits)
        ):
            continue
        off = min(usual.usual / usual.spread if usual.spread else inf, _deviations(_poisson(0, usual.usual)))
        if off >= limits.deviations:
            silent.append(Anomaly("outage", channels.metric, day, 0.0, usual.usual, 0, off, usual.weeks, part, 1.0))
    return silent


def _others_go_on(channels: Series, part: Part, day: date, limits: OddityLimits) -> bool:
    """Whether the rest brings at least half of what it usually does: else it is quiet everywhere."""
    rest = without(channels, [part])
    usual = baseline(rest, rest.days, day, limits)
    today = rest.days[day].value if day in rest.days else 0.0
    return usual is not None and today > 0 and today >= _GO_ON * usual.usual


def without(series: Series, silent: Iterable[Part]) -> Series:
    """A count without what these parts bring on any day; other metrics stay as they are."""
    left_out = [series.parts[part] for part in silent if part in series.parts]
    if series.measure != "count" or not left_out:
        return series
    days = {
        day: DayValue.count(max(0, one.part - sum(some[day].part for some in left_out if day in some)))
        for day, one in series.days.items()
    }
    gone = set(silent)
    parts = {part: days for part, days in series.parts.items() if part not in gone}
    return Series(series.metric, series.measure, series.falls, days, parts, series.since)


def judge(
    channels: Series, metrics: Sequence[tuple[Series, date]], day: date, limits: OddityLimits
) -> Iterator[Anomaly]:
    """Outages of `day`, then each metric of its own day, without what the silent channels would have brought."""
    silent = outages(channels, day, limits)
    yield from silent
    gone = [one.part for one in silent if one.part]
    for series, of in metrics:
        found = oddity(without(series, gone) if of == day else series, of, limits)
        if found is not None:
            yield found
