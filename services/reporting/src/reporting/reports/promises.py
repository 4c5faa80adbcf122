"""How often one promise was kept in a period, and how long it took: for every report that shows a figure of it."""

from reporting.decide.tallies import STATES, counted, with_quantiles
from reporting.filters import ReportQuery
from reporting.reports.report import ReportScope
from reporting.store import service_levels as store
from reporting.store.conditions import DatabaseRow

_NONE: DatabaseRow = {**dict.fromkeys(STATES, 0), "median_seconds": None, "p90_seconds": None}


async def kept(scope: ReportScope, query: ReportQuery, promise: str) -> DatabaseRow:
    """How many are in each state, and median and ninth decile of the seconds that those that were kept took."""
    days, by = scope.period(query), ("promise",)
    time = (days.start, days.end)
    tallies = await store.timed_tallies(scope.tx, query.dimensions(), time, time, promise)
    return with_quantiles(counted(tallies, (1,), by), tallies, by).get((promise,), _NONE)


async def counts_by_promise(scope: ReportScope, query: ReportQuery) -> dict[str, DatabaseRow]:
    """Of each promise with one in the period: how many are in each state."""
    days = scope.period(query)
    rows = await store.counts(scope.tx, query.dimensions(), days.start, days.end)
    counts = counted(({**row, "part": 1} for row in rows), (1,), ("promise",))
    return {promise: row for (promise,), row in counts.items()}
