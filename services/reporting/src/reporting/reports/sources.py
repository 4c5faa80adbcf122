"""Sources: where leads come from, what they cost and bring, by first touch of the leads that became known."""

from collections.abc import Mapping
from typing import Final

from events import Money
from reporting.decide import rates
from reporting.decide.money import Exchange, Total
from reporting.filters import NONE, SourcesQuery, page_of, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope, items_of
from reporting.store import sources as store
from reporting.store.conditions import DatabaseRow

_OF_LEADS: Final = ("segment", "team", "rep", "product")
"""Filters that say nothing of what was spent."""


async def sources(scope: ReportScope, query: SourcesQuery) -> Answer:
    """Raises Malformed. No spend imported: null, never 0. Spend names a source: of traffic classes it is not known."""
    refuse_unknown(query, scope.agreement)
    days = scope.period(query)
    filters = scope.filters(query, by=query.by, currency=scope.currency, first=days.first, until=days.until)
    convert = Exchange.of(scope.agreement, scope.now)
    counts = {row["source"]: row for row in await store.sources(scope.tx, filters)}
    revenue: dict[str | None, Total] = {}
    for row in await store.sold(scope.tx, filters):
        revenue.setdefault(row["source"], Total(convert)).add(row)
    answers: dict[str | None, list[DatabaseRow]] = {}
    for row in await store.self_reported(scope.tx, filters):
        answers.setdefault(row["source"], []).append({"answer": row["answer"], "leads": row["leads"]})
    apart = query.by == "traffic" or any(getattr(query, name) for name in _OF_LEADS)
    spend = {} if apart else await _spend(scope, filters, convert)
    named = {**counts, **dict.fromkeys(spend, None)} if spend else counts
    order = sorted(named, key=lambda name: (-int((counts.get(name) or {}).get("leads") or 0), name is None, name or ""))
    items = [
        _source(
            scope,
            query,
            {"source": name, "self_reported": answers.get(name, []), **(counts.get(name) or {})},
            revenue.get(name) or Total(convert),
            spend,
        )
        for name in order
    ]
    return page_of({**days.parameters, "by": query.by, "currency": scope.currency, "items": items}, query)


async def _spend(scope: ReportScope, filters: DatabaseRow, convert: Exchange) -> dict[str, Total]:
    """What was spent on each source; of a period that the days cut, the part that lies within."""
    spend: dict[str, Total] = {}
    for row in await store.spent(scope.tx, filters):
        one = {"amount": round(row["amount"]), "currency": row["currency"], "closed_at": row["starts"], "deals": 1}
        spend.setdefault(row["source"], Total(convert)).add(one)
    return spend


def _source(
    scope: ReportScope, query: SourcesQuery, row: DatabaseRow, revenue: Total, spent: Mapping[str, Total]
) -> DatabaseRow:
    spend = spent.get(row["source"])
    leads, mqls, sqls, won = (int(row.get(name) or 0) for name in ("leads", "mqls", "sqls", "won"))
    group = {"source": row["source"] or NONE} if query.by == "source" else {"traffic": row["source"] or NONE}
    return {
        "source": row["source"] if query.by == "source" else None,
        "traffic": row["source"] if query.by == "traffic" else None,
        "self_reported": row["self_reported"],
        "leads": leads,
        "mqls": mqls,
        "sqls": sqls,
        "won": won,
        "mql_to_sql": rates.rate(sqls, mqls),
        "revenue": revenue.money,
        "spend": spend.money if spend and (spend.amount or not spend.left_out) else None,
        "cost_per_lead": _each(scope, spend, leads),
        "cost_per_mql": _each(scope, spend, mqls),
        "not_included": {
            "revenue": revenue.not_included,
            "spend": [{**one, "deals": None} for one in spend.not_included] if spend else [],
        },
        "links": {
            name: scope.leads(query, **group, reached=stage, mode="cohort")
            for name, stage in (("leads", "lead"), ("mqls", "mql"), ("sqls", "sql"), ("won", "won"))
        },
    }


def _each(scope: ReportScope, spend: Total | None, count: int) -> Money | None:
    """A share of what was spent; null when no spend was imported, or there is nothing to divide by."""
    return scope.money(spend.amount / count) if spend and count else None


SOURCES = Report(
    "sources",
    SourcesQuery,
    sources,
    columns=(
        Column("source", "Source", "source"),
        Column("traffic"),
        Column("leads", "Leads", "number", link="links.leads"),
        Column("mqls", "MQL", "number", link="links.mqls"),
        Column("sqls", "SQL", "number", link="links.sqls", wide=True),
        Column("won", "Won", "number", link="links.won"),
        Column("mql_to_sql", "MQL to SQL", "percent", wide=True),
        Column("revenue", "Revenue", "money"),
        Column("spend", "Spend", "spend", wide=True),
        Column("cost_per_lead"),
        Column("cost_per_mql", "Per MQL", "money", wide=True),
        Column("currency"),
    ),
    summary="Where leads come from, what they cost and bring",
    title="Where leads come from",
    note="By first touch of the leads that became known in this time; spend of a source without leads is shown too",
    rows=lambda answer: ({**row, "currency": answer["currency"]} for row in items_of(answer)),
    panel="wide",
)
