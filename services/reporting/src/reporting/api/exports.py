"""`/api/export/*.csv`: what the pages show, as a file."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response

from reporting.answers import credit, leads, reports
from reporting.answers.sheets import sheet
from reporting.asked import Asked, AskedAttribution, AskedFunnel, AskedLeads, period
from runtime.service import Context

_LEADS: Final = [
    "id",
    "email",
    "name",
    "company",
    "stage",
    "status",
    "fit",
    "engagement",
    "total",
    "band",
    "owner",
    "source",
    "campaign",
    "first_seen",
    "last_engaged",
]
_FUNNEL: Final = [
    "group",
    "stage",
    "count",
    "implied",
    "from_previous",
    "from_previous_of",
    "from_first",
    "from_first_of",
    "median_seconds",
    "p90_seconds",
]
_SOURCES: Final = [
    *("source", "leads", "mqls", "sqls", "won", "mql_to_sql", "revenue", "spend", "cost_per_lead", "cost_per_mql"),
    "currency",
]
_REJECTIONS: Final = ["reason", "title", "count", "offers", "share", "credited", "owed_by_marketing"]
_LEVELS: Final = ["side", "name", "title", "target", "actual", "met", "total", "state"]
_CREDIT: Final = ["model", "side", "source", "kind", "amount", "currency", "touches", "deals"]
_ROWS: Final = 10_000
"""Most rows of one file; the list itself goes on behind its cursor."""


def routes(router: APIRouter, context: Context) -> None:
    agreed = context.agreement

    @router.get("/export/leads.csv", summary="Leads as CSV", response_class=Response)
    async def leads_csv(asked: Annotated[AskedLeads, Query()]) -> Response:
        rows: list[dict[str, Any]] = []
        async with context.database.begin() as tx:
            now = await context.clock.now(tx)
            after = asked.after
            while len(rows) < _ROWS:
                found = await leads.listed(tx, agreed, asked.model_copy(update={"limit": 500, "after": after}), now)
                rows += found["items"]
                after = found["next"]
                if after is None:
                    break
        window = period(asked, now, agreed.definitions.house.zone)
        return _file(f"leads-{window.first}-{window.until}", sheet(_LEADS, rows))

    @router.get("/export/funnel.csv", summary="The funnel as CSV", response_class=Response)
    async def funnel_csv(asked: Annotated[AskedFunnel, Query()]) -> Response:
        async with context.database.begin() as tx:
            found = await reports.funnel(tx, agreed, asked, await context.clock.now(tx))
        rows = [{"group": "all", **stage} for stage in found["stages"]]
        rows += [{"group": group["key"], **stage} for group in found["groups"] for stage in group["stages"]]
        name = f"funnel-{found['mode']}-{found['cohort']['from']}-{found['cohort']['to']}"
        return _file(name, sheet(_FUNNEL, rows))

    _reports(router, context)


def _reports(router: APIRouter, context: Context) -> None:
    agreed = context.agreement

    @router.get("/export/sources.csv", summary="Sources as CSV", response_class=Response)
    async def sources_csv(asked: Annotated[Asked, Query()]) -> Response:
        async with context.database.begin() as tx:
            found = await reports.sources(tx, agreed, asked, await context.clock.now(tx))
        currency = agreed.definitions.house.currency
        rows = [
            {**{name: _plain(value) for name, value in row.items()}, "currency": currency} for row in found["items"]
        ]
        return _file(_named("sources", found), sheet(_SOURCES, rows))

    @router.get("/export/rejections.csv", summary="Rejections as CSV", response_class=Response)
    async def rejections_csv(asked: Annotated[Asked, Query()]) -> Response:
        async with context.database.begin() as tx:
            found = await reports.rejections(tx, agreed, asked, await context.clock.now(tx))
        return _file(_named("rejections", found), sheet(_REJECTIONS, found["reasons"]))

    @router.get("/export/service-levels.csv", summary="Service levels as CSV", response_class=Response)
    async def levels_csv(asked: Annotated[Asked, Query()]) -> Response:
        async with context.database.begin() as tx:
            found = await reports.service_levels(tx, agreed, asked, await context.clock.now(tx))
        return _file(_named("service-levels", found), sheet(_LEVELS, found["marketing"] + found["sales"]))

    @router.get("/export/attribution.csv", summary="Attribution as CSV", response_class=Response)
    async def attribution_csv(asked: Annotated[AskedAttribution, Query()]) -> Response:
        async with context.database.begin() as tx:
            found = await credit.attribution(tx, agreed, asked, await context.clock.now(tx))
        also = {"model": found["model"], "currency": found["currency"]}
        rows = [{**row, **also, "amount": _plain(row["amount"])} for row in found["items"]]
        return _file(_named(f"attribution-{found['model']}", found), sheet(_CREDIT, rows))


def _plain(value: Any) -> Any:
    """Money as its number of minor units: the currency has a column of its own."""
    return value["amount"] if isinstance(value, dict) and "amount" in value else value


def _named(report: str, found: dict[str, Any]) -> str:
    return f"{report}-{found['from']}-{found['to']}"


def _file(name: str, text: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "X-Content-Type-Options": "nosniff"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
