"""Sources: where leads come from, what they cost and bring, by first touch of the leads that became known."""

from typing import Any

from events import Money
from reporting.decide import rates
from reporting.filters import NONE, ListQuery, page_of, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope, items_of
from reporting.store import sources as store
from reporting.store.conditions import DatabaseRow


async def sources(scope: ReportScope, query: ListQuery) -> Answer:
    """Raises Malformed. No spend imported: null, never 0."""
    refuse_unknown(query, scope.agreement)
    days = scope.period(query)
    filters = scope.filters(query, currency=scope.currency, first=days.first, until=days.until)
    items = [_source(scope, query, row) for row in await store.sources(scope.tx, filters)]
    return page_of({**days.parameters, "currency": scope.currency, "items": items}, query)


def _source(scope: ReportScope, query: ListQuery, row: DatabaseRow) -> DatabaseRow:
    leads, mqls, sqls, won = (int(row[name] or 0) for name in ("leads", "mqls", "sqls", "won"))
    return {
        "source": row["source"],
        "leads": leads,
        "mqls": mqls,
        "sqls": sqls,
        "won": won,
        "mql_to_sql": rates.rate(sqls, mqls),
        "revenue": scope.money(row["revenue"]),
        "spend": scope.money(row["spend"]),
        "cost_per_lead": _each(scope, row["spend"], leads),
        "cost_per_mql": _each(scope, row["spend"], mqls),
        "links": {
            name: scope.leads(query, source=row["source"] or NONE, reached=stage, mode="cohort")
            for name, stage in (("leads", "lead"), ("mqls", "mql"), ("sqls", "sql"), ("won", "won"))
        },
    }


def _each(scope: ReportScope, amount: Any, count: int) -> Money | None:
    """A share of an amount in minor units; null when there is no amount, or nothing to divide by."""
    return scope.money(amount / count) if amount is not None and count else None


SOURCES = Report(
    "sources",
    ListQuery,
    sources,
    columns=(
        Column("source", "Source", "source"),
        Column("leads", "Leads", "number", link="links.leads"),
        Column("mqls", "MQL", "number", link="links.mqls"),
        Column("sqls", "SQL", "number", link="links.sqls", wide=True),
        Column("won", "Won", "number", link="links.won"),
        Column("mql_to_sql", "MQL to SQL", "percent", wide=True),
        Column("revenue", "Revenue", "money"),
        Column("spend", "Spend", "money", wide=True),
        Column("cost_per_lead"),
        Column("cost_per_mql", "Per MQL", "money", wide=True),
        Column("currency"),
    ),
    summary="Where leads come from, what they cost and bring",
    title="Where leads come from",
    note="By first touch of the leads that became known in this time; a dash means no spend was imported",
    rows=lambda answer: ({**row, "currency": answer["currency"]} for row in items_of(answer)),
    panel="wide",
)
