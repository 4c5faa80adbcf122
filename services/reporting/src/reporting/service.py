"""Assembles reporting: the views' handler, the JSON API, the pages."""

from reporting.api import routes as api
from reporting.decide import Terms
from reporting.handler import FoldIntoViews
from reporting.pages import routes as pages
from reporting.pages.live import Pulse
from reporting.store import work
from runtime.service import Components, Context, Service


def build(context: Context) -> Components:
    async def look() -> int:
        async with context.database.begin() as tx:
            return await work.freshness(tx)

    pulse = Pulse(look)
    return Components(
        handler=FoldIntoViews(Terms.of(context.agreement)),
        routers=[api.router(context), pages.router(context, pulse)],
        loops=[pulse.run],
    )


SERVICE = Service("reporting", "reporting", build)
