"""Words that the parts of a pack share."""

from events import Money
from reporting.figures import short_money
from reporting.reports.report import ReportScope


def short(scope: ReportScope, amount: float) -> str:
    """Minor units of the house's currency, for a tile."""
    return short_money(Money(amount=round(amount), currency=scope.currency))
