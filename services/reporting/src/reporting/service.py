"""Assembles reporting: the views' handler, the JSON API, the pages."""

from reporting.api import routes as api
from reporting.decide.fold import Terms
from reporting.handler import FoldIntoViews
from reporting.pages import routes as pages
from reporting.pages.live import Pulse
from reporting.store import work
from runtime.service import Components, Context, Service


def build(context: Context) -> Components:
    agreed = context.agreement

    async def look() -> int:
        async with context.database.begin() as tx:
            return await work.freshness(tx)

    pulse = Pulse(look)
    return Components(
        handler=FoldIntoViews(Terms(agreed.definitions, agreed.events, agreed.routing, agreed.teams)),
        routers=[api.router(context), pages.router(context, pulse)],
        loops=[pulse.run],
    )


SERVICE = Service("reporting", "reporting", build)
