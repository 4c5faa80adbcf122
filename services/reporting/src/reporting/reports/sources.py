"""Sources: where leads come from, what they cost and bring, by first touch of the leads that became known."""

from collections.abc import Mapping
from typing import Final

from events import Money
from reporting.decide import rates
from reporting.decide.money import Exchange, Total
from reporting.figures import money
from reporting.filters import NONE, SourcesQuery, page_of, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope, items_of
from reporting.reports.totals import deals_behind
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
    order = sorted(named, key=lambda name: (-_sold(revenue, name), -_leads(counts, name), name is None, name or ""))
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


def _sold(revenue: Mapping[str | None, Total], name: str | None) -> int:
    return revenue[name].amount if name in revenue else 0


def _leads(counts: Mapping[str | None, DatabaseRow], name: str | None) -> int:
    return int((counts.get(name) or {}).get("leads") or 0)


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
    group = {query.by: row["source"] or NONE}
    terms = scope.agreement.service_levels.commitments.quality
    return {
        **{by: row["source"] if query.by == by else None for by in ("source", "campaign", "traffic")},
        "group": row["source"],
        "by": query.by,
        "self_reported": row["self_reported"],
        "leads": leads,
        "mqls": mqls,
        "sqls": sqls,
        "won": won,
        **rates.mql_quality(sqls, mqls, terms),
        "revenue": revenue.money,
        "deals": revenue.deals,
        "return": rates.rate(revenue.amount, spend.amount) if spend else None,
        "spend": spend.money if spend and (spend.amount or not spend.left_out) else None,
        "cost_per_lead": _each(scope, spend, leads),
        "cost_per_mql": _each(scope, spend, mqls),
        "cost_per_sql": _each(scope, spend, sqls),
        "not_included": {
            "revenue": revenue.not_included,
            "spend": [{**one, "deals": None} for one in spend.not_included] if spend else [],
        },
        "links": {
            name: scope.leads(query, **group, reached=stage, mode="cohort")
            for name, stage in (("leads", "lead"), ("mqls", "mql"), ("sqls", "sql"), ("won", "won"))
        }
        | {"deals": deals_behind(scope, query, **group, state="won", cohort="true")},
    }


def _each(scope: ReportScope, spend: Total | None, count: int) -> Money | None:
    """A share of what was spent; null when no spend was imported, or there is nothing to divide by."""
    return scope.money(spend.amount / count) if spend and count else None


def _finding(answer: Answer) -> str | None:
    """The one that brings most revenue, and the dearest SQL where spend is known."""
    sold = sorted((one for one in answer["items"] if one["deals"]), key=lambda one: -one["revenue"].amount)
    dear = [one for one in answer["items"] if one["cost_per_sql"]]
    if not sold:
        return None
    best = f"{sold[0]['group'] or 'Not known'} brings the most: {money(sold[0]['revenue'])}"
    if len(dear) < 2:
        return best
    dearest = max(dear, key=lambda one: one["cost_per_sql"].amount)
    return f"{best}; an SQL of {dearest['group']} is the dearest, {money(dearest['cost_per_sql'])}"


SOURCES = Report(
    "sources",
    SourcesQuery,
    sources,
    columns=(
        Column("source"),
        Column("campaign"),
        Column("traffic"),
        Column("group", "Where from", "source"),
        Column("spend", "Spend", "spend", wide=True),
        Column("leads", "Leads", "number", link="links.leads", better="more"),
        Column("mqls", "MQL", "number", link="links.mqls", better="more"),
        Column("sqls", "SQL", "number", link="links.sqls", better="more"),
        Column("mql_to_sql", "MQL to SQL", "percent", better="more"),
        Column("low"),
        Column("high"),
        Column("won", "Leads won", "number", link="links.won", wide=True, better="more"),
        Column("deals", "Deals won", "number", link="links.deals", better="more"),
        Column("revenue", "Revenue", "money", better="more"),
        Column("cost_per_lead"),
        Column("cost_per_mql", "Spend per MQL", "money", wide=True, better="less"),
        Column("cost_per_sql", "Spend per SQL", "money", wide=True, better="less"),
        Column("currency"),
    ),
    summary="Where leads come from, what they cost and bring",
    title="Where leads come from",
    note="By first touch of the leads that became known in this time; spend of a source without leads is shown too",
    definition=(
        "Leads of these days, followed to where they are now. The share of MQLs that became SQL stands with its "
        "interval; below the agreed number of MQLs it is too few to say. Spend is known by source and campaign only: "
        "by traffic, or with another filter, there is none. Revenue is that of all deals won with these leads so far, "
        "by primary contact."
    ),
    finding=_finding,
    key=("group",),
    rows=lambda answer: ({**row, "currency": answer["currency"]} for row in items_of(answer)),
    panel="wide",
)
