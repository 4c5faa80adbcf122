"""The operator's way in: facts that the database has forgotten, from the records that still lie on Kafka."""

import asyncio
from collections.abc import Sequence
from typing import Final

from events import Event
from ingest import store
from ingest.decide.take_back import resubmitted
from ingest.intake import Intake
from runtime.http.problems import Malformed
from runtime.service import Context

ACCEPTED: Final = "accepted"
KNOWN: Final = "known"
"""Somebody sent it again meanwhile, or it was taken back before."""
LEFT: Final = "left"
"""Not of what enters at the door: it follows from something else that is taken back."""
_TOGETHER: Final = 200


async def take_back(context: Context, lost: Sequence[tuple[Event, str]]) -> list[str]:
    """Accepts events of `leads` and `sales` once more, oldest first; each comes with an id that no other has.

    Returns what became of each: ACCEPTED, KNOWN, LEFT, or why it was refused. Harmless to repeat; raises Overloaded
    when the database is away.
    """
    intake, fates = Intake(context), list[str]()
    for first in range(0, len(lost), _TOGETHER):
        some = lost[first : first + _TOGETHER]
        async with context.database.begin() as tx:
            known = await store.known(tx, [event for event, _ in some])
        fates += await asyncio.gather(*(_one(intake, event, mark, known) for event, mark in some))
    return fates


async def _one(intake: Intake, event: Event, mark: str, known: set[tuple[str, str, str]]) -> str:
    submission = resubmitted(event, mark)
    if submission is None:
        return LEFT
    if (event.subject, event.type, getattr(event.data, "message_id", None) or "") in known:
        return KNOWN
    try:
        receipt = await intake.submit([submission])
    except Malformed as refusal:
        return "; ".join(one["detail"] for one in refusal.errors) or refusal.detail
    return ACCEPTED if receipt.accepted else KNOWN
