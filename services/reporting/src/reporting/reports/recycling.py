"""Recycled leads: what brought them back, and how many became an opportunity again, beside the usual rates."""

from typing import Final

from events.vocabulary import humanize_first
from reporting.decide import rates
from reporting.filters import ReportQuery, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import recycling as store

_OWN: Final = ("lost_deal", "job_change")
"""Triggers with a usual rate of their own; all others are events of a company."""


async def recycling(scope: ReportScope, query: ReportQuery) -> Answer:
    """A row for each trigger of the agreement, those that brought nobody back too. Raises Malformed."""
    refuse_unknown(query, scope.agreement)
    found = {row["trigger"]: row for row in await store.cycles(scope.tx, scope.filters(query))}
    terms = scope.agreement.routing.recycling
    names = dict.fromkeys((*_OWN, *terms.company_events, *sorted(found)))
    items = []
    for name in names:
        row = found.get(name, {"cycles": 0, "sql": 0, "opportunities": 0, "won": 0})
        usual = getattr(terms.usual_rates, name if name in _OWN else "company_event")
        items.append(
            {
                "trigger": name,
                "title": humanize_first(name),
                "cycles": row["cycles"],
                "sql": row["sql"],
                "opportunities": row["opportunities"],
                "won": row["won"],
                "success": rates.rate(row["opportunities"], row["cycles"]),
                "usual": {"at_least": usual.at_least / 100, "at_most": usual.at_most / 100},
                "usual_text": f"{usual.at_least}-{usual.at_most} %",
                "leads": scope.leads(query, recycled=name),
            }
        )
    return {**scope.period(query).parameters, "items": items}


RECYCLING = Report(
    "recycling",
    ReportQuery,
    recycling,
    columns=(
        Column("trigger"),
        Column("title", "Brought back by"),
        Column("cycles", "New cycles", "number", link="leads"),
        Column("sql", "SQLs", "number"),
        Column("opportunities", "Opportunities", "number"),
        Column("won", "Won", "number"),
        Column("success", "Success", "percent"),
        Column("usual_text", "Usual"),
    ),
    summary="Recycled leads by what brought them back, with success beside the usual rates",
    title="Leads that came back",
    note="Success: became an opportunity again.",
    panel="wide",
)
