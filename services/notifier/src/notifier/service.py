"""Assembly of notifier: the only module that knows all the others."""

import os
from datetime import datetime

from notifier.api import router
from notifier.channels import channels
from notifier.decide import Terms
from notifier.deliver import DeliveryLoop, HandOver
from notifier.handler import MakeNotices
from notifier.store import queue
from runtime.service import Components, Context, Service


def build(context: Context) -> Components:
    """The parts of the notifier: handler, API, and one delivery loop for each channel."""
    terms = Terms.of(context.agreement)
    ways_out = channels(context.settings, context.agreement.notices, os.environ)
    loops = [DeliveryLoop(context, channel, terms) for channel in ways_out]

    async def waiting() -> datetime | None:
        async with context.database.begin() as tx:
            return await queue.earliest_due(tx, [channel.name for channel in ways_out])

    return Components(
        handler=MakeNotices(terms, HandOver(loops)),
        routers=[router(context, terms)],
        loops=loops,
        waiting=waiting,
    )


SERVICE = Service("notifier", "notifier", build)
