"""Assembly of notifier: the only module that knows all the others."""

import os
from datetime import datetime

from notifier.api import router
from notifier.channels import channels
from notifier.decide import Terms
from notifier.deliver import Deliver
from notifier.handler import OweNotices
from notifier.store import queue
from runtime.service import Components, Context, Service


def build(context: Context) -> Components:
    terms = Terms.of(context.agreement)
    open_ = channels(context.settings, context.agreement.notices, os.environ)

    async def waiting() -> datetime | None:
        async with context.database.begin() as tx:
            return await queue.waiting(tx, [channel.name for channel in open_])

    loops = [Deliver(context, channel, terms) for channel in open_]

    def owing() -> None:
        for loop in loops:
            loop.wake()

    return Components(
        handler=OweNotices(terms, owing),
        routers=[router(context, terms)],
        loops=loops,
        waiting=waiting,
    )


SERVICE = Service("notifier", "notifier", build)
