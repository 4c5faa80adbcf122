"""What filters offer: the days, in words; and values in use, read at most once a minute for all who see the same."""

from datetime import timedelta
from time import monotonic
from typing import Final

from reporting.pages.fragments import sight
from reporting.pages.page_router import PageRouter
from reporting.period import Period
from reporting.reports.report import open_scope
from reporting.store.choices import choices

RANGES: Final = (
    ("7d", "7 days"),
    ("30d", "30 days"),
    ("90d", "90 days"),
    ("mtd", "Month so far"),
    ("qtd", "Quarter so far"),
    ("prev_quarter", "Last quarter"),
)
"""What `range` may be, with its words."""
_SECONDS: Final = 60


async def choices_of(pages: PageRouter) -> dict[str, list[str]]:
    """By filter its values in use. It reads every lead: a new campaign may be missing for a minute."""

    async def read() -> dict[str, list[str]]:
        async with open_scope(pages.context) as scope:
            return await choices(scope.tx)

    return await pages.fragments.get(("choices", sight(), int(monotonic()) // _SECONDS), read)


def days_in_words(days: Period) -> str:
    """`1 to 5 August 2026`, both included."""
    first, last = days.first, days.until - timedelta(days=1)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {last:%-d %B %Y}" if first != last else f"{last:%-d %B %Y}"
    if first.year == last.year:
        return f"{first:%-d %B} to {last:%-d %B %Y}"
    return f"{first:%-d %B %Y} to {last:%-d %B %Y}"
