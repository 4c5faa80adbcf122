"""SQL of the operator's commands."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from events.topics import FLOW
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.errors import Misconfigured
from runtime.schema_names import schema_of
from runtime.settings import Settings

T = TypeVar("T")
Work = Callable[[Connection, Settings], Awaitable[T]]

_ENTER = "SET search_path TO {schema}"
_OLDEST = statement("SELECT min(first_seq) FROM stream_batch WHERE topic = :topic AND p = :p")
_REWIND = statement("""
    UPDATE lane_output SET shipped_seq = least(shipped_seq, (
        SELECT max(first_seq) - 1 FROM stream_batch WHERE topic = :topic AND p = :p AND first_seq <= :seq))
    WHERE topic = :topic AND p = :p
""")


async def enter(tx: Connection, service: str) -> None:
    """From here on the connection's table names are those of this service's schema."""
    if service not in FLOW:
        raise Misconfigured(f"no service {service}: there are {', '.join(FLOW)}")
    await tx.execute(statement(_ENTER.format(schema=schema_of(service))))


async def rewind_shipping(tx: Connection, topic: str, p: int, seq: int) -> int | None:
    """Sets the stream back, so that all from `seq` on is shipped again. Returns the oldest number still kept."""
    oldest: int | None = (await tx.execute(_OLDEST, {"topic": topic, "p": p})).scalar_one()
    if oldest is not None and oldest <= seq:
        await tx.execute(_REWIND, {"topic": topic, "p": p, "seq": seq})
    return oldest
