"""The first part of a pack: what the period brought against target, each figure counted by when it occurred."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from events.packs import PackFigure, PackPart
from reporting.decide import rates
from reporting.decide.forecast import DealSpan
from reporting.decide.periods import PackPeriod
from reporting.figures import count_of, number, percent
from reporting.filters import ReportQuery, link_to_entered
from reporting.period import Period
from reporting.reports.commitments import mqls_between
from reporting.reports.pack_words import short
from reporting.reports.report import ReportScope
from reporting.reports.totals import deals_behind
from reporting.store import goals as goal_store

FLOW_DAYS: Final = timedelta(days=91)
"""The rates are those of so many days up to the period's end: of one week they would be of too few."""
_RATES: Final = (
    ("mql_to_sql", "mql", "sql", "MQL to SQL"),
    ("sql_to_opportunity", "sql", "opportunity", "SQL to opportunity"),
    ("opportunity_to_won", "opportunity", "won", "Opportunity to won"),
)
_A_MONTH: Final = 52 / 12
"""Weeks."""


async def metrics_part(
    scope: ReportScope, period: PackPeriod, days: Period, deals: Sequence[DealSpan], created: Sequence[int]
) -> PackPart:
    """MQLs, the three rates, pipeline created and won. `created`: what deals opened in the period were worth."""
    mqls, _ = await mqls_between(scope, days.start, days.end)
    goal = _mql_goal(scope, period)
    flow = Period(days.until - FLOW_DAYS, days.until, scope.zone)
    entered = await goal_store.entries(scope.tx, flow.start, flow.end)
    start, end = days.start, days.end
    won = [span for span in deals if span.won and span.closed and start <= span.closed < end]
    wanted = rates.backwards(scope.agreement.goals)["revenue"]["amount"] * _months(period)
    revenue = sum(span.amount for span in won)
    query = ReportQuery(from_=days.first, to=days.until)
    figures = [
        PackFigure(
            name="mqls", title="MQLs", value=mqls, text=number(mqls), target=goal,
            note=f"{number(goal)} agreed, {percent(mqls / goal)}", state="good" if mqls >= goal else "bad",
            link=link_to_entered("mql", days.parameters),
        )
    ]  # fmt: skip
    figures += [_rate(scope, one, entered, flow) for one in _RATES]
    figures += [
        PackFigure(
            name="pipeline_created", title="Pipeline created", value=sum(created), text=short(scope, sum(created)),
            note=count_of(len(created), "deal"), link=None,
        ),
        PackFigure(
            name="won", title="Won", value=revenue, text=short(scope, revenue), target=wanted,
            note=f"{count_of(len(won), 'deal')}; {short(scope, wanted)} needed",
            state="good" if revenue >= wanted else "bad", link=deals_behind(scope, query, state="won"),
        ),
    ]  # fmt: skip
    return PackPart(name="metrics", title=_METRICS[period.kind], figures=tuple(figures), sentences=_headline(figures))


_METRICS: Final = {"week": "Last week against target", "month": "The month against target"} | {
    "quarter": "The quarter against target"
}


def _headline(figures: Sequence[PackFigure]) -> tuple[str, ...]:
    """How many of the figures with a target reached it, and which one is the furthest off."""
    judged = [one for one in figures if one.state is not None and one.value is not None and one.target]
    if not judged:
        return ()
    good = [one for one in judged if one.state == "good"]
    if len(good) == len(judged):
        return (f"All {len(judged)} targets were reached.",)
    worst = min((one for one in judged if one.state == "bad"), key=lambda one: (one.value or 0) / (one.target or 1))
    return (f"{len(good)} of {len(judged)} targets were reached; {worst.title} is the furthest off: {worst.text}.",)


def _rate(scope: ReportScope, rate: tuple[str, str, str, str], entered: Mapping[str, int], flow: Period) -> PackFigure:
    """How many entered a stage for each that entered the one before, in the same days; never over 100 %."""
    name, start, end, title = rate
    target = getattr(scope.agreement.goals.conversions, name) / 100
    part, whole = entered.get(end, 0), entered.get(start, 0)
    value = rates.share(part, whole)
    return PackFigure(
        name=name, title=title, value=value, text=percent(value), of=whole, target=target,
        note=f"{percent(target)} agreed; {number(part)} against {number(whole)} in 13 weeks",
        state=None if value is None else "good" if value >= target else "bad",
        link=link_to_entered(end, flow.parameters),
    )  # fmt: skip


def _months(period: PackPeriod) -> float:
    return {"week": 1 / _A_MONTH, "month": 1, "quarter": 3}[period.kind]


def _mql_goal(scope: ReportScope, period: PackPeriod) -> int:
    """The agreed MQLs of a month, for so long: of a week a month's by 4.33, rounded up."""
    exact = scope.agreement.service_levels.commitments.volume.per_month * _months(period)
    return -int(-exact // 1)
