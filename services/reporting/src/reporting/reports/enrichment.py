"""What enrichment providers did not tell: counts by provider and reason."""

from datetime import timedelta
from typing import Final

from reporting.filters import NoQuery
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import lookups as store

DAYS: Final = 30


async def enrichment(scope: ReportScope, query: NoQuery) -> Answer:
    """Of the last 30 days; `providers` are those of the agreement that are asked."""
    items = await store.failures(scope.tx, scope.now - timedelta(days=DAYS))
    names = [one.name for one in scope.agreement.definitions.enrichment.providers if one.kind == "http"]
    return {"providers": names, "failed": sum(row["count"] for row in items), "items": items}


ENRICHMENT = Report(
    "enrichment",
    NoQuery,
    enrichment,
    columns=(
        Column("provider", "Provider"),
        Column("reason", "Why"),
        Column("count", "Times", "number"),
        Column("companies", "Companies", "number"),
        Column("last_at", "Last", "relative"),
        Column("last_company", "Last company"),
    ),
    summary="What enrichment providers did not tell, by provider and reason",
    title="Failed lookups",
)
