"""What deals are worth: open now, won and lost in a period, each deal once. Every page and report adds up here."""

from agreement.deals import DealState
from reporting.decide.money import Exchange, Total
from reporting.filters import Period
from reporting.reports.report import ReportScope
from reporting.store import deals as store


async def totals_of(scope: ReportScope, days: Period) -> dict[DealState, Total]:
    """`open` now, and `won` and `lost` in the period, in the house's currency; what is in no sum is listed with it."""
    convert = Exchange.of(scope.agreement, scope.now)
    totals: dict[DealState, Total] = {"open": Total(convert), "won": Total(convert), "lost": Total(convert)}
    for row in await store.groups(scope.tx, days.start, days.end, scope.currency):
        totals[row["state"]].add(row)
    return totals
