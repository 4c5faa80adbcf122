"""What a pack expects of the week that begins, and what the pack before had expected of the week that ended."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from math import floor
from typing import Final

from agreement.months import month_of
from events.packs import PackFigure, PackPart
from reporting.decide import forecast, rates
from reporting.decide.forecast import DealSpan, Expectation
from reporting.decide.money import Exchange
from reporting.figures import number
from reporting.period import Period
from reporting.reports.commitments import mqls_by_part
from reporting.reports.pack_words import short
from reporting.reports.report import ReportScope
from reporting.store.conditions import DatabaseRow

_WEEKS_BACK: Final = 8


def span_of(convert: Exchange, row: DatabaseRow) -> DealSpan:
    """The deal, worth what it was at the end, in minor units of the house's currency."""
    amount = convert(row["amount"], row["currency"], row["closed_at"])
    return DealSpan(row["opened_at"], row["closed_at"], row["state"] == "won", amount.amount if amount else 0)


def span_of_group(row: DatabaseRow, end: datetime) -> DealSpan:
    """Deals that were over long before `end`, as one that became as old as they did."""
    opened = end - row["age"] * forecast.WEEK
    return DealSpan(opened, opened + row["length"] * forecast.WEEK, row["won"], alike=row["deals"])


def worth_when_opened(convert: Exchange, row: DatabaseRow) -> int:
    """The same when it was opened; as it was at the end when nobody said so then."""
    first = convert(row["first_amount"], row["first_currency"], row["opened_at"])
    return first.amount if first else span_of(convert, row).amount


async def forecast_part(
    scope: ReportScope, days: Period, spans: Sequence[DealSpan], metrics: PackPart, before: DatabaseRow | None
) -> PackPart:
    """The week after: what is expected, and how the week before had been expected."""
    weeks = [count for _, count, _ in await mqls_by_part(scope, days.weeks_up_to(_WEEKS_BACK))]
    first = next((number for number, count in enumerate(weeks) if count), len(weeks))
    mqls = forecast.of_weeks(weeks[first:])
    end = days.end
    then = [as_of(span, end) for span in spans]
    wins = forecast.of_pipeline(then, end)
    coverage, note = await _coverage(scope, days, then)
    enough = scope.agreement.goals.coverage.at_least
    figures = [
        _expected("forecast_mqls", "MQLs expected", mqls, number, _MQL_NOTE),
        _expected("forecast_deals", "Deals to be won", wins.deals if wins else None, _tenths, _DEAL_NOTE),
        _expected("forecast_won", "To be won", wins.amount if wins else None, partial(short, scope), _DEAL_NOTE),
        PackFigure(
            name="coverage",
            title="Coverage",
            value=coverage,
            text="–" if coverage is None else f"{floor(coverage * 10) / 10:.1f}×",
            note=note,
            target=enough,
            state=None if coverage is None else "good" if coverage >= enough else "bad",
        ),
    ]
    return PackPart(name="forecast", title="This week", figures=tuple(figures), sentences=_what_came(metrics, before))


_MQL_NOTE: Final = "from the weeks before"
_DEAL_NOTE: Final = "by the age of each open deal"


def as_of(span: DealSpan, end: datetime) -> DealSpan:
    """The deal as it stood then: what closed later was open."""
    return (
        span
        if span.closed is not None and span.closed < end
        else DealSpan(span.opened, None, won=False, amount=span.amount)
    )


async def _coverage(scope: ReportScope, days: Period, spans: Sequence[DealSpan]) -> tuple[float | None, str]:
    """Open pipeline over what the month that begins, or goes on, still needs."""
    terms = scope.agreement.goals.coverage
    month = Period(month_of(days.end, scope.zone), days.until, scope.zone)
    start = month.start
    so_far = sum(span.amount for span in spans if span.won and span.closed and span.closed >= start)
    missing = rates.backwards(scope.agreement.goals)["revenue"]["amount"] - so_far
    open_ = sum(span.amount for span in spans if span.closed is None)
    agreed = f"{terms.at_least:g} to {terms.at_most:g} times agreed"
    if missing <= 0:
        return None, f"this month's goal is reached; {agreed}"
    return open_ / missing, f"{short(scope, open_)} open over {short(scope, missing)} to go; {agreed}"


def _expected(name: str, title: str, one: Expectation | None, text: Callable[[float], str], note: str) -> PackFigure:
    if one is None:
        return PackFigure(name=name, title=title, text="–", note="too little is known yet")
    between = f"{text(one.low)} to {text(one.high)} in 8 of 10 weeks, {note}"
    return PackFigure(name=name, title=title, value=one.value, text=text(one.value), note=between)


def _tenths(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _what_came(metrics: PackPart, before: DatabaseRow | None) -> tuple[str, ...]:
    """What the pack before had expected of this week, and what came."""
    expected = {one.name: one for part in before["parts"] for one in part.figures} if before else {}
    came = {one.name: one for one in metrics.figures}
    pairs = (("forecast_mqls", "mqls", "MQLs were expected"), ("forecast_won", "won", "were expected to be won"))
    return tuple(
        f"Last week {expected[then].text} {words} ({expected[then].note.partition(' in 8')[0]}); {came[now].text} came."
        for then, now, words in pairs
        if then in expected and expected[then].value is not None
    )
