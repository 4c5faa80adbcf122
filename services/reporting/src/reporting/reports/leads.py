"""The list of leads behind every number. A column of the list stands in COLUMNS, and nowhere else."""

from typing import Any, Final

from reporting.filters import LeadsQuery, cursor, read_cursor, refuse_unknown
from reporting.reports.attribution import credited_leads
from reporting.reports.challenger import contestants
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import leads as store

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
    Column("campaign"),
    Column("first_seen", "First seen", "relative", sort=True, wide=True),
    Column("last_engaged", "Last engaged", "relative", sort=True, wide=True),
    Column("cycle", file=False),
    Column("segment", file=False),
    Column("flag", file=False),
    Column("flags", file=False),
    Column("record", file=False),
    Column("manager", file=False),
)
"""Each is a column of the view `lead_card`: of the JSON, of the file, and with a title of the page."""

_LIST: Final = store.LeadList([column.name for column in COLUMNS])
_IN_PERIOD: Final = (
    *("reached", "stalled", "rejected", "recycled", "answered", "fit_line", "deals", "promise", "rated"),
    "handed_at_least",
)
"""Filters to which the dates of a query belong."""
_PLAIN: Final = (
    *("stage", "status", "band", "owner", "mode", "implied", "kept"),
    *("handed_at_most", "outcome", "passed_by", "traffic"),
    *_IN_PERIOD,
)


async def leads(scope: ReportScope, query: LeadsQuery) -> Answer:
    """One page of the list, in the order of `sort`; `after` continues it. Raises Malformed."""
    after = None
    if query.after:
        key, last = read_cursor(query.after, str if query.sort in ("name", "company") else float, str)
        after = (key, last)
    rows = await _LIST.page(scope.tx, await lead_filters(scope, query), query.sort, query.limit + 1, after)
    items = rows[: query.limit]
    following = cursor(items[-1]["position"], items[-1]["id"]) if len(rows) > query.limit else None
    for row in items:
        del row["position"]
        row["owner_name"] = scope.people.name(row["owner"]) if row["owner"] else None
    return {"items": items, "next": following}


async def count_leads(scope: ReportScope, query: LeadsQuery) -> int:
    """How many leads the whole list has, whatever its page. Raises Malformed."""
    return await store.count(scope.tx, await lead_filters(scope, query))


async def lead_filters(scope: ReportScope, query: LeadsQuery) -> dict[str, Any]:
    """Parameters of the store's list. Dates alone mean the day a lead became known. Raises Malformed."""
    refuse_unknown(query, scope.agreement)
    dated = bool(query.from_ or query.to or query.range)
    behind = query.credited or any(getattr(query, name) is not None for name in _IN_PERIOD)
    like = (query.q or "").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {
        **scope.filters(query, **{name: getattr(query, name) for name in _PLAIN}),
        **contestants(scope.agreement.scoring),
        "q": query.q or None,
        "like": f"%{like}%",
        "among": await credited_leads(scope, query) if query.credited else None,
        "captured": dated and not behind,
    }


LEADS = Report("leads", LeadsQuery, leads, columns=COLUMNS, summary="The list behind every number", title="Leads")
