"""Recycled leads: what brought them back, and how many became an opportunity again, beside the usual rates."""

from typing import Final

from events.vocabulary import humanize_first
from reporting.decide import rates
from reporting.filters import ReportQuery, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import recycling as store

_OWN: Final = ("lost_deal", "job_change")
"""Triggers with a usual rate of their own; all others are events of a company."""
_STAGES: Final = {"sql": "sql", "opportunities": "opportunity", "won": "won"}


async def recycling(scope: ReportScope, query: ReportQuery) -> Answer:
    """A row for each trigger of the agreement, those that brought nobody back too. Raises Malformed."""
    refuse_unknown(query, scope.agreement)
    found = {row["trigger"]: row for row in await store.cycles(scope.tx, scope.filters(query))}
    terms = scope.agreement.routing.recycling
    names = dict.fromkeys((*_OWN, *terms.company_events, *sorted(found)))
    items = []
    for name in names:
        row = found.get(name) or dict.fromkeys(("cycles", "leads", *_STAGES), 0)
        usual = getattr(terms.usual_rates, name if name in _OWN else "company_event")
        items.append(
            {
                "trigger": name,
                "title": humanize_first(name),
                "cycles": row["cycles"],
                "count": row["leads"],
                **{count: row[count] for count in _STAGES},
                "success": rates.rate(row["opportunities"], row["leads"]),
                "usual": {"at_least": usual.at_least / 100, "at_most": usual.at_most / 100},
                "usual_text": f"{usual.at_least}-{usual.at_most} %",
                "leads": scope.leads(query, recycled=name),
                "links": {count: scope.leads(query, recycled=name, came_to=stage) for count, stage in _STAGES.items()},
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
        Column("cycles"),
        Column("count", "Leads", "number", link="leads", better="more"),
        Column("sql", "Again SQL", "number", link="links.sql"),
        Column("opportunities", "Again opportunity", "number", link="links.opportunities"),
        Column("won", "Won", "number", link="links.won", better="more"),
        Column("success", "Success", "percent", better="more"),
        Column("usual_text", "Usual"),
    ),
    summary="Recycled leads by what brought them back, with success beside the usual rates",
    title="Leads that came back",
    note="Leads by what brought them back; success: became an opportunity again.",
    panel="wide",
    idle=lambda answer: not any(row["cycles"] for row in answer["items"]),
    key=("trigger",),
)
