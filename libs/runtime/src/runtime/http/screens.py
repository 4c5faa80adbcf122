"""Addresses for screens on a wall: each opens one page by its own filters, until it is withdrawn."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.http.access_keys import digest
from runtime.http.tokens import draw

_FIND = statement("SELECT query FROM house.screen WHERE digest = :digest AND withdrawn_at IS NULL")
_ADD = statement("INSERT INTO house.screen (id, digest, query, made_by) VALUES (:id, :digest, :query, :made_by)")
_LIST = statement("""
    SELECT id, query, made_by, made_at FROM house.screen WHERE withdrawn_at IS NULL ORDER BY made_at DESC, id LIMIT 500
""")
_WITHDRAW = statement(
    "UPDATE house.screen SET withdrawn_at = clock_timestamp() WHERE id = :id AND withdrawn_at IS NULL"
)
LONGEST: Final = 2000
"""Characters of the filters."""


@dataclass(frozen=True, slots=True)
class Screen:
    """One that is in force, without its address: the house keeps only a digest of that."""

    id: str
    query: str
    """Its filters, as the part of an address after `?`."""
    made_by: str
    made_at: datetime


async def make_screen(tx: Connection, query: str, made_by: str) -> tuple[str, str]:
    """Id and secret, which is the last part of the address and shown once."""
    identity, secret = secrets.token_hex(4), draw()
    await tx.execute(_ADD, {"id": identity, "digest": digest(secret), "query": query, "made_by": made_by})
    return identity, secret


async def find_screen(tx: Connection, secret: str) -> str | None:
    """The filters of the screen with this secret; None where there is none, or it was withdrawn."""
    query: str | None = (await tx.execute(_FIND, {"digest": digest(secret)})).scalar_one_or_none()
    return query


async def screens(tx: Connection) -> list[Screen]:
    """Those in force, the newest first."""
    return [Screen(**row) for row in (await tx.execute(_LIST)).mappings()]


async def withdraw_screen(tx: Connection, identity: str) -> bool:
    """It opens nothing from now on. False when there is no such screen in force."""
    return (await tx.execute(_WITHDRAW, {"id": identity})).rowcount == 1
