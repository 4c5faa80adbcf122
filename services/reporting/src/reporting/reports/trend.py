"""The trend: one figure by day or week, beside the days before, the goal, and what is still too young to judge."""

from datetime import timedelta

from agreement.months import next_month
from reporting.filters import TrendQuery, refuse_unknown
from reporting.period import Period
from reporting.reports.commitments import mqls_between
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.reports.totals import deals_behind
from reporting.store import trend as store
from reporting.store.conditions import DatabaseRow

TITLES = {"lead": "Leads", "mql": "MQLs", "sal": "Accepted leads", "sql": "SQLs", "opportunity": "Opportunities"}
"""Of the stages; `won` are deals."""


async def trend(scope: ReportScope, query: TrendQuery) -> Answer:
    """A row for each day (of at most 14) or week of the period, Monday to Sunday, the first and last cut by its ends.

    `mature`: its leads had the agreed time to become what is counted. `before`: the same part of the days before, with
    `compare` or without. `goal` is the agreed MQLs of a month, for so many days. Raises Malformed.
    """
    refuse_unknown(query, scope.agreement)
    days = scope.period(query)
    earlier = days.before(query.compare or "prev")
    parts = list(days.parts())
    counts = await _counts(scope, query, days, parts)
    shift = days.first - earlier.first
    past = [Period(one.first - shift, one.until - shift, one.zone) for one in parts]
    before = await _counts(scope, query, earlier, past)
    items: list[DatabaseRow] = [
        {
            **part.parameters,
            "count": counts.get(number, 0),
            "before": before.get(number, 0),
            "goal": _goal(scope, query, part),
            "mature": _mature(scope, query, part),
            "leads": _behind(scope, query, part),
        }
        for number, part in enumerate(parts, 1)
    ]
    whole = sum(row["count"] for row in items)
    if query.mode == "activity" and query.metric != "won":
        whole = (await _counts(scope, query, days, [days])).get(1, 0)
    return {
        **days.parameters,
        "mode": query.mode,
        "metric": query.metric,
        "title": TITLES.get(query.metric, "Deals won"),
        "unit": "deals" if query.metric == "won" else "leads",
        "by": "day" if all(part.until - part.first == timedelta(days=1) for part in parts) else "week",
        "total": whole,
        "total_before": sum(before.values()),
        "earlier": earlier.parameters,
        "leads": _behind(scope, query, days),
        "pace": await _pace(scope, query),
        "items": items,
    }


async def _counts(scope: ReportScope, query: TrendQuery, days: Period, parts: list[Period]) -> dict[int, int]:
    filters = {**query.dimensions(), "start": days.start, "end": days.end}
    starts = [part.start for part in parts]
    if query.metric == "won":
        return await store.won(scope.tx, filters, starts)
    return await store.entries(scope.tx, {**filters, "mode": query.mode, "stage": query.metric}, starts)


def _behind(scope: ReportScope, query: TrendQuery, part: Period) -> str:
    some = query.model_copy(update={"from_": part.first, "to": part.until, "range": None})
    if query.metric == "won":
        return deals_behind(scope, some, state="won")
    return scope.leads(some, reached=query.metric, mode=query.mode)


def _mature(scope: ReportScope, query: TrendQuery, part: Period) -> bool:
    if query.mode == "activity" or query.metric in ("lead", "won"):
        return part.end <= scope.now
    return scope.now >= part.end + scope.agreement.service_levels.commitments.quality.mature_after.timedelta


def _goal(scope: ReportScope, query: TrendQuery, part: Period) -> float | None:
    """The MQLs agreed for a month, for so many days of it; the whole house's: none of a part of it."""
    if query.metric != "mql" or any(query.dimensions().values()):
        return None
    month = part.first.replace(day=1)
    days = (next_month(month) - month).days
    return scope.agreement.service_levels.commitments.volume.per_month * (part.until - part.first).days / days


async def _pace(scope: ReportScope, query: TrendQuery) -> DatabaseRow | None:
    """Of the running month's MQLs, as the commitment counts them: so far, the goal, and where it ends at this pace."""
    if query.metric != "mql" or any(query.dimensions().values()):
        return None
    month = scope.month()
    so_far, _ = await mqls_between(scope, month.start, month.end)
    gone = (scope.now - month.start) / (Period(month.first, next_month(month.first), month.zone).end - month.start)
    goal = scope.agreement.service_levels.commitments.volume.per_month
    return {
        **month.parameters,
        "so_far": so_far,
        "goal": goal,
        "pace": so_far / (goal * gone) if gone else None,
        "projected": round(so_far / gone) if gone > 0 else None,
    }


def _finding(answer: Answer) -> str | None:
    whole, before = answer["total"], answer["total_before"]
    if not whole:
        return None
    title = answer["title"]
    if not before:
        return f"{whole:,} {title}; there were none in the days before"
    if whole == before:
        return f"{whole:,} {title}, as many as in the days before"
    return f"{whole:,} {title}, {abs(whole - before):,} {'more' if whole > before else 'fewer'} than in the days before"


TREND = Report(
    "trend",
    TrendQuery,
    trend,
    columns=(
        Column("from", "From"),
        Column("to"),
        Column("count", "Count", "number", link="leads"),
        Column("before", "In the days before", "number"),
        Column("goal", "Goal", "number"),
        Column("mature"),
    ),
    figures=(Column("total", "in all", "number", link="leads"),),
    summary="One figure by day or week, beside the days before and the goal",
    title="Trend",
    definition=(
        "By week in which the lead became known (cohort) or entered the stage (activity); deals by the day they "
        "closed. Hatched: too young to be judged. Dashed: the days before, same weekdays. Line: the agreed MQLs."
    ),
    chapter="service_levels",
    finding=_finding,
    panel="wide",
    compares=True,
)
