"""POST /api/nurture/may-send: asked before each mail, answered when all that the door took before is counted."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from events.leads import lead_id
from events.topics import partition
from reporting.reports.may_send import may_send
from reporting.reports.report import Answer, open_scope
from reporting.store import lead as leads
from runtime.database.driver_errors import SchemaError
from runtime.http.access import require
from runtime.http.lazy_route import LazyRoute
from runtime.http.problems import Overloaded
from runtime.lanes.lane_status import written_and_read
from runtime.service import Context

WAY: Final = (
    *(("leads", "scoring"), ("scores", "routing"), ("sales", "routing")),
    *(("leads", "reporting"), ("scores", "reporting"), ("handoffs", "reporting")),
)
"""Topics and their readers, in the order in which an answer depends on them: consent reaches it by way of scoring."""
PATIENCE: Final = 3.0
"""Seconds that a question waits for the views; then the mail tool is asked to come again."""
_LOOK: Final = 0.02


class PlannedMail(BaseModel):
    """A mail that the mail tool is about to send."""

    email: Annotated[str, Field(max_length=1000)]
    campaign: Annotated[str | None, Field(max_length=200)] = None
    """For the mail tool's own records: all campaigns count alike."""


def router(context: Context) -> APIRouter:
    """The one route; it changes nothing."""
    routes = APIRouter(
        route_class=LazyRoute, prefix="/api/nurture", tags=["reporting"], dependencies=[Depends(require("read"))]
    )

    @routes.post("/may-send", summary="May marketing write to this person now? Changes nothing")
    async def ask(mail: PlannedMail) -> Answer:
        await _catch_up(context, mail.email)
        async with open_scope(context) as scope:
            return await may_send(scope, mail.email)

    return routes


async def _catch_up(context: Context, email: str) -> None:
    """Waits until what the door took of this person has gone its whole way. Raises Overloaded when that takes too long.

    Where the services have databases of their own nothing is known of it: then nobody waits.
    """
    async with context.database.begin() as tx:
        card = await leads.card(tx, email) if "@" in email else None
    p = partition(card["id"] if card else lead_id(email.strip().lower()), context.settings.partitions)
    end = asyncio.get_running_loop().time() + PATIENCE
    try:
        for topic, reader in WAY:
            goal: int | None = None
            while True:
                async with context.database.begin() as tx:
                    written, read = await written_and_read(tx, topic, p, reader)
                goal = written if goal is None else goal
                if read >= goal:
                    break
                if asyncio.get_running_loop().time() > end:
                    raise Overloaded("the views are behind", retry_after=5)
                await asyncio.sleep(_LOOK)
    except SchemaError:
        return
