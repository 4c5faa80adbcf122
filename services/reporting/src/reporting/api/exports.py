"""`/api/export/*.csv`: what the pages show, as a file."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response

from reporting.answers import leads, reports
from reporting.answers.sheets import sheet
from reporting.asked import AskedFunnel, AskedLeads, period
from runtime.service import Surroundings

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
_ROWS: Final = 10_000
"""Most rows of one file; the list itself goes on behind its cursor."""


def routes(router: APIRouter, around: Surroundings) -> None:
    agreed = around.agreement

    @router.get("/export/leads.csv", summary="Leads as CSV", response_class=Response)
    async def leads_csv(asked: Annotated[AskedLeads, Query()]) -> Response:
        rows: list[dict[str, Any]] = []
        async with around.database.begin() as tx:
            now = await around.clock.now(tx)
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
        async with around.database.begin() as tx:
            found = await reports.funnel(tx, agreed, asked, await around.clock.now(tx))
        rows = [{"group": "all", **stage} for stage in found["stages"]]
        rows += [{"group": group["key"], **stage} for group in found["groups"] for stage in group["stages"]]
        name = f"funnel-{found['mode']}-{found['cohort']['from']}-{found['cohort']['to']}"
        return _file(name, sheet(_FUNNEL, rows))


def _file(name: str, text: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "X-Content-Type-Options": "nosniff"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
