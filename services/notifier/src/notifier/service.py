"""Assembly of notifier: the only module that knows all the others."""

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from notifier.api import router
from notifier.channels import channels
from notifier.decide import Terms
from notifier.deliver import DeliveryLoop, HandOver, Library
from notifier.handler import MakeNotices
from notifier.store import leads, queue
from runtime.service import Components, Context, Service

LINGER: Final[Mapping[str, float]] = {"leads": 0.2, "handoffs": 0.2}
"""Seconds: a card waits for its clocks, which come last (`slas`); then the person and the offer are read with them."""


def build(context: Context) -> Components:
    """The parts of the notifier: handler, API, and one delivery loop for each channel."""
    terms, library = Terms.of(context.agreement), Library()
    ways_out = channels(context.settings, context.agreement.notices, os.environ)
    loops = [DeliveryLoop(context, channel, terms, library) for channel in ways_out]

    async def dues() -> tuple[datetime, Mapping[str, datetime]]:
        async with context.database.lane() as tx:
            now = await context.clock.now(tx)
            return now, await queue.earliest_due(tx, [channel.name for channel in ways_out])

    async def waiting() -> datetime | None:
        _, due = await dues()
        return min(due.values(), default=None)

    async def catch_up() -> bool:
        now, due = await dues()
        return any([await loop.round() for loop in loops if loop.channel in due and due[loop.channel] <= now])

    async def catch_up_views() -> None:
        async with context.database.begin() as tx:
            await leads.redraw(tx, await context.clock.now(tx))
        while await catch_up():
            pass

    hand_over = HandOver(loops)
    return Components(
        handler=MakeNotices(terms, hand_over, library, redraws=not context.driven),
        routers=[router(context, terms, hand_over)],
        loops=loops,
        joins=True,
        linger=LINGER,
        waiting=waiting,
        catch_up=catch_up,
        catch_up_views=catch_up_views,
    )


SERVICE = Service("notifier", "notifier", build)
