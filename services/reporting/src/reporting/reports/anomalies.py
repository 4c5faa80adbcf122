"""Days that stand out on their bad side, and channels that fell silent: what was said, and how they are found."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from agreement.goals import AnomalyMetric
from agreement.months import midnight
from events.packs import AnomalySeen
from events.vocabulary import humanize
from reporting.decide.anomalies import (
    EXPLAINING,
    WEEK,
    Anomaly,
    DayValue,
    MetricShape,
    OddityLimits,
    Part,
    Series,
    judge,
)
from reporting.figures import duration, number, percent
from reporting.filters import DIMENSIONS, OFFERS, OUTCOMES, ReportQuery, link, link_to_entered
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import anomalies as store
from reporting.store.conditions import DatabaseRow

TITLES: Final[Mapping[AnomalyMetric, str]] = {
    "leads": "Leads",
    "mqls": "MQLs",
    "acceptance_rate": "Accepted offers",
    "mql_to_sql": "MQLs that became SQL",
    "won": "Deals won",
    "rejections": "Rejected offers",
    "breaches": "Leads with a broken promise",
    "response_time": "Typical response time",
    "machine_share": "Engagements by machines",
}
_READ: Final[Mapping[AnomalyMetric, tuple[str, MetricShape]]] = {
    "leads": ("leads", "count"),
    "mqls": ("mqls", "count"),
    "acceptance_rate": ("answers", "share"),
    "mql_to_sql": ("mql_to_sql", "share"),
    "won": ("won", "count"),
    "rejections": ("answers", "count"),
    "breaches": ("breaches", "count"),
    "response_time": ("response_time", "median"),
    "machine_share": ("touches", "share"),
}
"""What of the store a metric is made of."""
_REGION: Final = "region"
_CHANNELS: Final = ("channel", "source")
"""What may fall silent."""


async def anomalies(scope: ReportScope, query: ReportQuery) -> Answer:
    """What was said of days of the period, the latest first."""
    days = scope.period(query)
    rows = await store.seen(scope.tx, days.first, days.until)
    items = [{**row, "title": TITLES.get(row["metric"], row["metric"]), "said_at": row["at"]} for row in rows]
    return {**days.parameters, "items": items, "next": None}


async def found_on(scope: ReportScope, day: date) -> list[AnomalySeen.Data]:
    """What stands out on a day that is over, in words."""
    terms, since = scope.agreement.goals.anomalies, await store.first_live_lead(scope.tx)
    if since is None:
        return []
    limits = OddityLimits(terms.weeks, terms.deviations, terms.count_at_least)
    metrics = [
        await _series(scope, metric, day, falls=falls, since=since)
        for names, falls in ((terms.falling, True), (terms.rising, False))
        for metric in names
    ]
    channels = await _channels(scope, day, since)
    found = judge(channels, [pair for pair in metrics if pair is not None], day, limits)
    return [_data(one, await _list(scope, one)) for one in found]


async def _series(
    scope: ReportScope, metric: AnomalyMetric, day: date, *, falls: bool, since: datetime
) -> tuple[Series, date] | None:
    """The metric by the weekdays before and the day that is judged: of leads that need time, the day that had it."""
    mature = scope.agreement.service_levels.commitments.quality.mature_after.timedelta
    promise = scope.agreement.service_levels.speed_to_lead
    if metric == "response_time" and promise is None:
        return None
    judged = day - timedelta(days=-(-mature // timedelta(days=1))) if metric == "mql_to_sql" else day
    name, measure = _READ[metric]
    rows = await store.by_day(
        scope.tx, name, _days(scope, judged), matures=mature, promise=promise.name if promise else None
    )
    regions = {country: region.name for region in scope.agreement.routing.regions for country in region.countries}
    rows = [{**row, _REGION: regions.get(row["country"])} for row in rows]
    whole = _measured(rows, metric, measure)
    parts: dict[Part, dict[date, DayValue]] = {}
    for dimension in (*EXPLAINING, "channel"):
        for value in sorted({row[dimension] for row in rows if row[dimension]}):
            parts[dimension, value] = _measured([row for row in rows if row[dimension] == value], metric, measure)
    first = since.astimezone(ZoneInfo(scope.zone)).date() + timedelta(days=1)
    return Series(metric, measure, falls, whole, parts, first), judged


async def _channels(scope: ReportScope, day: date, since: datetime) -> Series:
    """What people do, by the door it comes through and by source: a door or source that falls silent is seen here."""
    rows = await store.by_day(scope.tx, "touches", _days(scope, day))
    parts: dict[Part, dict[date, DayValue]] = {}
    for dimension in _CHANNELS:
        for value in sorted({row[dimension] for row in rows if row[dimension]}):
            parts[dimension, value] = _measured([row for row in rows if row[dimension] == value], "leads", "count")
    first = since.astimezone(ZoneInfo(scope.zone)).date() + timedelta(days=1)
    return Series("leads", "count", True, _measured(rows, "leads", "count"), parts, first)


def _days(scope: ReportScope, day: date) -> list[tuple[date, datetime, datetime]]:
    """The day, and the same weekday of the weeks before, each with its instants."""
    weeks = range(scope.agreement.goals.anomalies.weeks + 1)
    some = [day - WEEK * number for number in weeks]
    return [(one, midnight(one, scope.zone), midnight(one + timedelta(days=1), scope.zone)) for one in some]


def _measured(rows: Sequence[DatabaseRow], metric: str, measure: MetricShape) -> dict[date, DayValue]:
    """By day, what its groups of rows make of the metric."""
    by_day: dict[date, list[DatabaseRow]] = {}
    for row in rows:
        by_day.setdefault(row["day"], []).append(row)
    return {day: _day(some, metric, measure) for day, some in by_day.items()}


def _day(rows: Sequence[DatabaseRow], metric: str, measure: MetricShape) -> DayValue:
    whole, part = (sum(row[name] for row in rows) for name in ("whole", "part"))
    if measure == "median":
        seconds = [one for row in rows for one in row["seconds"] or ()]
        return DayValue(len(seconds), len(seconds), median(seconds) if seconds else 0.0)
    if measure == "share":
        return DayValue.share(part, whole)
    return DayValue.count(whole - part if metric == "rejections" else whole)


def _data(one: Anomaly, behind: str | None) -> AnomalySeen.Data:
    dimension, value = one.part or (None, None)
    return AnomalySeen.Data(
        anomaly=one.key,
        kind=one.kind,
        metric=one.metric,
        day=one.day,
        value=one.value,
        expected=one.expected,
        count=one.count,
        deviations=round(min(one.deviations, 99.0), 2),
        weeks=one.weeks,
        dimension=dimension,
        part=value,
        share=one.share,
        text=in_words(one),
        link=behind,
    )


def in_words(one: Anomaly) -> str:
    """`MQLs fell on Tue 24 Nov: 3 where 14 are usual; google (source) explains 92 % of it.`"""
    day = f"{one.day:%a} {one.day.day} {one.day:%b}"
    if one.kind == "outage" and one.part:
        dimension, value = one.part
        return (
            f"Nothing came from {value} ({dimension}) on {day}, where {number(one.expected)} engagements are usual, "
            "and the others went on: an outage of its tracking rather than a drop in demand."
        )
    title, text = TITLES.get(one.metric, one.metric), _WRITTEN.get(one.metric, number)  # type: ignore[call-overload]
    verb = "fell" if one.kind == "fall" else "rose"
    usual = f"{text(one.expected)} {'are' if text is number else 'is'} usual"
    sentence = f"{title} {verb} on {day}: {text(one.value)} where {usual}"
    if one.part and one.share is not None:
        sentence += f"; {humanize(one.part[1])} ({one.part[0]}) explains {percent(one.share)} of it"
    return f"{sentence}."


_WRITTEN: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("acceptance_rate", "mql_to_sql", "machine_share"), percent),
    "response_time": duration,
}


async def _list(scope: ReportScope, one: Anomaly) -> str | None:
    """The address of what the day brought; of a source or campaign, of it alone."""
    if one.metric == "breaches":
        start, end = midnight(one.day, scope.zone), midnight(one.day + timedelta(days=1), scope.zone)
        return link("/api/leads", ids=",".join(await store.breached(scope.tx, start, end)))
    days = {"from": one.day.isoformat(), "to": (one.day + timedelta(days=1)).isoformat()}
    part = {one.part[0]: one.part[1]} if one.part and one.part[0] in ("source", "campaign") else {}
    if one.metric in ("mqls", "mql_to_sql"):
        return link_to_entered("mql", {**days, **part})
    path, more = _LISTS[one.metric]
    promise = scope.agreement.service_levels.speed_to_lead
    about = {"promise": promise.name} if promise and one.metric == "response_time" else {}
    return link(path, **days, **part, **more, **about)


_LISTS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "leads": ("/api/leads", {}),
    "machine_share": ("/api/leads", {}),
    "acceptance_rate": (OFFERS, {"answered": "any"}),
    "rejections": (OFFERS, {"answered": "rejected"}),
    "won": ("/api/deals", {"state": "won"}),
    "response_time": (OUTCOMES, {"kept": "judged"}),
}


def _finding(answer: Answer) -> str | None:
    items = answer["items"]
    return str(items[0]["text"]).rstrip(".") if items else None


ANOMALIES: Final[Report[Any]] = Report(
    "anomalies",
    ReportQuery,
    anomalies,
    columns=(
        Column("day", "Day"),
        Column("text", "What stands out", link="link"),
        Column("anomaly"),
        Column("kind"),
        Column("metric"),
        Column("title"),
        Column("value"),
        Column("expected"),
        Column("count"),
        Column("deviations"),
        Column("weeks"),
        Column("dimension"),
        Column("part"),
        Column("share"),
        Column("said_at"),
    ),
    summary="Days that stand out on their bad side, each said once, and channels that fell silent",
    title="What stands out",
    definition=(
        "Each day is compared with the same weekday of the weeks before, by median and median absolute deviation, on "
        "the bad side only; what chance alone would do, what is of too few, and leads too young to be judged, are "
        "left out. A channel that fell silent while the others went on is told as an outage, and counts in no fall."
    ),
    chapter="goals",
    finding=_finding,
    panel="half",
    page=True,
    ignores=DIMENSIONS,
    idle=lambda answer: not answer["items"],
)
