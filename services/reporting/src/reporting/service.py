"""Assembles reporting: the views' handler, the JSON API, the pages."""

from reporting.api import routes as api
from reporting.decide.fold import Terms
from reporting.handler import FoldIntoViews
from reporting.pages import routes as pages
from reporting.pages.live import Pulse
from reporting.store import work
from runtime.service import Parts, Service, Surroundings


def build(around: Surroundings) -> Parts:
    agreed = around.agreement

    async def look() -> int:
        async with around.database.begin() as tx:
            return await work.freshness(tx)

    pulse = Pulse(look)
    return Parts(
        handler=FoldIntoViews(Terms(agreed.definitions, agreed.events, agreed.routing, agreed.teams)),
        routers=[api.router(around), pages.router(around, pulse)],
        loops=[pulse.run],
    )


SERVICE = Service("reporting", "reporting", build)
