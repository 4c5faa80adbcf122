"""Routing defects: leads that were sent to the wrong place, where they went, and where the reps say they belong."""

from collections import Counter

from reporting.filters import ListQuery, page_of, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import rejections as store


async def defects(scope: ReportScope, query: ListQuery) -> Answer:
    """Each defect, the newest first; `regions` counts them by where they went and belong. Raises Malformed."""
    refuse_unknown(query, scope.agreement)
    rows = await store.defects(scope.tx, scope.filters(query))
    items = [{**row, "rep_name": scope.people.name(row["rep"])} for row in rows]
    counts = Counter((row["region_from"], row["region"]) for row in rows)
    return page_of(
        {
            **scope.period(query).parameters,
            "regions": [
                {"region_from": before, "region": named, "count": count}
                for (before, named), count in counts.most_common()
            ],
            "items": items,
        },
        query,
    )


DEFECTS = Report(
    "routing-defects",
    ListQuery,
    defects,
    columns=(
        Column("assignment"),
        Column("lead"),
        Column("name", "Name", "lead"),
        Column("company", "Company", wide=True),
        Column("reason", "Reason", "words"),
        Column("rep_name", "Refused by"),
        Column("pool", "Pool", "pool", wide=True),
        Column("region_from", "Routed as"),
        Column("region", "Belongs to"),
        Column("at", "When", "relative"),
    ),
    summary="Leads that were sent to the wrong place",
    title="Routing defects",
    note="Where leads were sent, and where the reps say they belong",
    panel="wide",
    idle=lambda answer: not answer["items"],
)
