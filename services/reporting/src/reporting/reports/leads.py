"""The list of leads behind every number. A column of the list stands in COLUMNS, and nowhere else."""

from datetime import datetime
from typing import Any, Final

from reporting.filters import cursor, malformed, read_cursor, read_instant, refuse_unknown
from reporting.leads_query import LeadsQuery
from reporting.reports.attribution import credited_leads
from reporting.reports.challenger import contestants
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import leads as store
from reporting.store.content import spellings
from runtime.http.problems import Malformed

COLUMNS: Final = (
    Column("id"),
    Column("email"),
    Column("name", "Name", "lead", sort=True),
    Column("company", "Company", sort=True, wide=True),
    Column("stage", "Stage", "stage"),
    Column("status"),
    Column("fit"),
    Column("engagement"),
    Column("total", "Score", "score", sort=True),
    Column("band"),
    Column("owner", "Owner", "rep", wide=True),
    Column("source", "Source", wide=True),
    Column("campaign", "Campaign", wide=True),
    Column("first_seen", "First seen", "relative", sort=True, wide=True),
    Column("last_engaged", "Last engaged", "relative", sort=True, wide=True),
    Column("cycle", "Cycle", "number", wide=True, file=False),
    Column("segment", "Segment", wide=True, file=False),
    Column("flag", file=False),
    Column("flags", file=False),
    Column("record", file=False),
    Column("manager", file=False),
)
"""Each is a column of the view `lead_card`: of the JSON, of the file, and with a title of the page."""

_LIST: Final = store.LeadList([column.name for column in COLUMNS])
_IN_PERIOD: Final = (
    *("reached", "stalled", "again", "rejected", "recycled", "answered", "fit_line", "deals", "promise", "rated"),
    *("handed_at_least", "handed_at_most"),
)
"""Filters to which the dates of a query belong."""
_PLAIN: Final = (
    *("stage", "status", "band", "owner", "mode", "implied", "kept"),
    *("outcome", "passed_by", "traffic", "ended", "came_to", "persona"),
    *("partner", "programme"),
    *("offered", "touched", "flag", "came_back"),
    *_IN_PERIOD,
)
_FEW: Final = 1000
_WITH_OTHERS: Final = ("rejected", "answered", "fit_line", "promise")
"""Filters with which `team` and `rep` are who had the offer or the promise, not to whom the lead was first handed."""


async def leads(scope: ReportScope, query: LeadsQuery) -> Answer:
    """One page of the list, in the order of `sort`; `after` continues it. Raises Malformed."""
    after = _position(query) if query.after else None
    upwards = None if query.order is None else query.order == "asc"
    filters = await lead_filters(scope, query)
    rows = await _LIST.page(scope.tx, filters, query.sort, query.limit + 1, after, ascending=upwards)
    items = rows[: query.limit]
    following = cursor(_written(items[-1]["position"]), items[-1]["id"]) if len(rows) > query.limit else None
    for row in items:
        del row["position"]
        row["owner_name"] = scope.people.name(row["owner"]) if row["owner"] else None
    return {"items": items, "next": following}


def _position(query: LeadsQuery) -> store.ListPosition:
    """After which lead the page begins. Raises Malformed."""
    after = query.after or ""
    timed = query.sort in ("first_seen", "last_engaged")
    for kind in (type(None), int if query.sort == "total" else str):
        try:
            key, last = read_cursor(after, kind, str)
            return (read_instant(key) if timed and key is not None else key), last
        except (Malformed, ValueError):
            continue
    raise malformed("after", "is not a cursor of this list")


def _written(position: Any) -> Any:
    """A key as a cursor holds it: instants as text."""
    return position.isoformat() if isinstance(position, datetime) else position


async def count_leads(scope: ReportScope, query: LeadsQuery) -> int:
    """How many leads the whole list has, whatever its page. Raises Malformed."""
    return await store.count(scope.tx, await lead_filters(scope, query))


async def lead_filters(scope: ReportScope, query: LeadsQuery) -> dict[str, Any]:
    """Parameters of the store's list. Dates alone mean the day a lead became known. Raises Malformed."""
    refuse_unknown(query, scope.agreement)
    dated = bool(query.from_ or query.to or query.range)
    behind = query.credited or any(getattr(query, name) is not None for name in _IN_PERIOD)
    named = await store.named(scope.tx, query.q, _FEW) if query.q else None
    return {
        **scope.filters(query, **{name: getattr(query, name) for name in _PLAIN}),
        **contestants(scope.agreement.scoring),
        "asset": await spellings(scope.tx, query.asset) if query.asset else None,
        "q": query.q if named is None else None,
        "named": named,
        "among": await credited_leads(scope, query) if query.credited else None,
        "ids": query.ids.split(",") if query.ids else None,
        "captured": dated and not behind,
        "others": any(getattr(query, name) is not None for name in _WITH_OTHERS),
    }


LEADS = Report("leads", LeadsQuery, leads, columns=COLUMNS, summary="The list behind every number", title="Leads")
