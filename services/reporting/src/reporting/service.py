"""Assembles reporting: the views' handler, the JSON API, the pages."""

from typing import Final

from agreement import in_force
from reporting.api import may_send
from reporting.api import routes as api
from reporting.decide import Terms
from reporting.handler import FoldIntoViews
from reporting.pages import routes as pages
from reporting.pages.live import LiveUpdates
from reporting.store.freshness import freshness
from runtime.service import Components, Context, Service

LINGER: Final = 0.1
"""Seconds: what becomes of a form arrives as six pieces one after the other, while others decide; two reads take it."""


def build(context: Context) -> Components:
    """What reporting consists of in this context: its API, its pages, and the live updates in the background."""

    async def look() -> int:
        async with context.database.begin() as tx:
            return await freshness(tx)

    updates = LiveUpdates(look)
    return Components(
        handler=FoldIntoViews(Terms.of(context.agreement)),
        routers=[
            api.router(context),
            may_send.router(context),
            pages.router(context, updates, mark=in_force.mark),
        ],
        loops=[updates.run],
        linger=LINGER,
    )


SERVICE = Service("reporting", "reporting", build)
