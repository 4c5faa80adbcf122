"""Assembles reporting: the views' handler, the JSON API, the pages, and what only time brings."""

from typing import Final

from agreement import in_force
from events.topics import reads
from reporting.api import may_send
from reporting.api import routes as api
from reporting.crediting import CreditingLoop
from reporting.decide import Terms
from reporting.forget import forgetting
from reporting.freezing import FreezingLoop
from reporting.handler import FoldIntoViews
from reporting.pages import audit
from reporting.pages import routes as pages
from reporting.pages.docs import docs_page
from reporting.pages.live import LiveUpdates, SubjectReader
from reporting.store.freshness import freshness
from runtime.service import Components, Context, Service

LINGER: Final = {topic: 0.3 if topic in ("leads", "scores") else 0.1 for topic in reads("reporting")}
"""Seconds: what becomes of a form arrives as six pieces one after the other, while others decide; two reads take it.
What people only look at comes by the thousands, and is seen a moment later."""


def build(context: Context) -> Components:
    """What reporting consists of in this context: its API, its pages, and the live updates in the background."""

    async def look() -> int:
        async with context.database.begin() as tx:
            return await freshness(tx)

    updates = LiveUpdates(look, SubjectReader(context.database))
    freezing = FreezingLoop(context)
    shown = pages.page_router(context, updates, mark=in_force.mark)
    return Components(
        handler=FoldIntoViews(Terms.of(context.agreement)),
        routers=[
            api.router(context),
            may_send.router(context),
            audit.router(context),
            shown.routes,
        ],
        refusal_page=shown.refusal,
        docs_page=docs_page(shown),
        loops=[
            updates.run,
            freezing,
            CreditingLoop(context),
            forgetting(context.database, context.settings.audit_days),
        ],
        waiting=freezing.waiting,
        catch_up=freezing.round,
        linger=LINGER,
    )


SERVICE = Service("reporting", "reporting", build)
