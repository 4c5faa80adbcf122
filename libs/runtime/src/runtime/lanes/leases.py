"""Who tries which lane. A lease is a courtesy between workers; safety is the token, checked in every transaction."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import ceil, inf
from typing import Any, Final

from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.lanes.look import LookAnswer

_SEEN = statement("""
    INSERT INTO worker (id, seen_at) VALUES (:me, clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
""")
_LIVE = statement("""
    WITH gone AS (
        DELETE FROM worker WHERE abs(extract(epoch FROM clock_timestamp() - seen_at)) > 10 * CAST(:lease AS float8))
    SELECT count(*) FILTER (WHERE abs(extract(epoch FROM clock_timestamp() - seen_at)) < CAST(:lease AS float8)),
           (SELECT count(*) FROM lane)
    FROM worker
""")
_MINE = statement("SELECT p, token FROM lane WHERE owner = :me")
_RENEW = statement("""
    UPDATE lane SET lease_until = clock_timestamp() + make_interval(secs => :lease)
    WHERE p IN (SELECT l.p FROM lane l
                JOIN unnest(CAST(:ps AS int[]), CAST(:tokens AS text[])) AS held(p, token) USING (p, token)
                WHERE l.owner = :me ORDER BY l.p FOR UPDATE OF l SKIP LOCKED)
""")
_TAKE = statement("""
    UPDATE lane SET token = substr(replace(gen_random_uuid()::text, '-', ''), 1, 16), owner = :me,
                    lease_until = clock_timestamp() + make_interval(secs => :lease),
                    crashes = CASE WHEN owner IS NULL THEN 0 ELSE crashes + 1 END
    WHERE p IN (SELECT p FROM lane WHERE lease_until < clock_timestamp()
                   OR lease_until > clock_timestamp() + make_interval(secs => 2 * CAST(:lease AS float8))
                ORDER BY p LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING p, token, crashes
""")
_TAKE_ANEW = statement("""
    UPDATE lane SET token = substr(replace(gen_random_uuid()::text, '-', ''), 1, 16),
                    lease_until = clock_timestamp() + make_interval(secs => :lease)
    WHERE p IN (SELECT l.p FROM lane l
                JOIN unnest(CAST(:ps AS int[]), CAST(:tokens AS text[])) AS held(p, token) USING (p, token)
                WHERE l.owner = :me ORDER BY l.p FOR UPDATE OF l SKIP LOCKED)
    RETURNING p, token, crashes
""")
_RELEASE = statement("""
    UPDATE lane SET owner = NULL, lease_until = '-infinity' WHERE p = :p AND token = :token
""")
_LEAVE = statement("DELETE FROM worker WHERE id = :me")


_VOID = "UPDATE {schema}.lane SET lease_until = '-infinity' WHERE owner IS NOT NULL"
_FORGET = "DELETE FROM {schema}.worker"
_RENEWALS: Final = 5
"""A lease is renewed so many times before it would run out."""


async def void_all(tx: Connection, schemas: Iterable[str]) -> None:
    """For a house that knows itself alone with its database: what a killed one held is free at once, all of it.

    The killed workers are forgotten too: while they count as live, the shares of the others are too small.
    """
    for schema in schemas:
        await tx.execute(statement(_VOID.format(schema=schema)))
        await tx.execute(statement(_FORGET.format(schema=schema)))


@dataclass(frozen=True, slots=True)
class HeldLane:
    """A lane that this worker has, and the token that proves it."""

    p: int
    token: str
    crashes: int = 0
    """How often in a row a worker died holding this lane without finishing a batch."""


@dataclass(slots=True)
class Leases:
    """Of one worker on one service's lanes. What it says it has is what the worker works: nothing is handed over."""

    database: Database
    me: str
    lease: float
    held: dict[int, HeldLane] = field(default_factory=dict)
    doubted: set[int] = field(default_factory=set)
    """Lanes to be taken anew at the next beat: a connection was lost, and perhaps the server lost commits of ours."""
    renewed_at: float = -inf
    """Of the last beat, by the event loop's clock."""
    share: float = inf
    """How many lanes are fairly mine, as of the last beat."""

    @property
    def surplus(self) -> int:
        """How many lanes to give back so that everybody has a fair share."""
        return int(max(0, len(self.held) - self.share))

    @property
    def rhythm(self) -> float:
        """Seconds from one beat to the next."""
        return self.lease / _RENEWALS

    def is_due(self, seen: LookAnswer, now: float) -> bool:
        """Whether a beat is needed: a fifth of the lease is over, or what was seen is not as it should be."""
        if now - self.renewed_at >= self.rhythm or self.doubted & self.held.keys():
            return True
        if any(seen.lanes[p].token != one.token for p, one in self.held.items() if p in seen.lanes):
            return True
        share = ceil(len(seen.lanes) / max(seen.live, 1))
        free = any(not one.held for p, one in seen.lanes.items() if p not in self.held)
        return len(self.held) > share or (free and len(self.held) < share)

    async def beat(self, connection: Connection | None = None) -> None:
        """Renew what I know to be mine, notice what is not, take what is free up to ceil(lanes / live workers).

        On this connection, or on one of the pool.

        A lane taken by a beat whose commit was never answered is not renewed: it runs out and is taken again.
        Doubted lanes of mine get a fresh token.
        """
        async with self._begin(connection) as tx:
            await tx.execute(_SEEN, {"me": self.me})
            await tx.execute(_RENEW, self._given(self.held.values()))
            anew = await self._take_anew(tx) if self.doubted else ()
            mine = {row.p: row.token for row in await tx.execute(_MINE, {"me": self.me})}
            live, lanes = (await tx.execute(_LIVE, {"lease": self.lease})).one()
            share = ceil(lanes / max(live, 1))
            known = {**self.held, **{one.p: one for one in anew}}
            renewed = {p: one for p, one in known.items() if mine.get(p) == one.token}
            taken = await self._take(tx, share - len(renewed)) if len(renewed) < share else ()
        self.doubted -= {one.p for one in anew} | (self.held.keys() - renewed.keys())
        self.held = {**renewed, **{one.p: one for one in taken}}
        self.share = share
        self.renewed_at = asyncio.get_running_loop().time()

    @asynccontextmanager
    async def _begin(self, connection: Connection | None) -> AsyncIterator[Connection]:
        if connection is None:
            async with self.database.begin() as tx:
                yield tx
        else:
            async with connection.begin():
                yield connection

    async def _take_anew(self, tx: Connection) -> tuple[HeldLane, ...]:
        """Skips a lane that is being worked at this moment: it stays doubted."""
        rows = await tx.execute(_TAKE_ANEW, self._given(one for p, one in self.held.items() if p in self.doubted))
        return tuple(HeldLane(row.p, row.token, row.crashes) for row in rows)

    def _given(self, lanes: Iterable[HeldLane]) -> dict[str, Any]:
        tokens = {one.p: one.token for one in lanes}
        return {"me": self.me, "lease": self.lease, "ps": [*tokens], "tokens": [*tokens.values()]}

    async def _take(self, tx: Connection, most: int) -> tuple[HeldLane, ...]:
        rows = await tx.execute(_TAKE, {"me": self.me, "lease": self.lease, "most": most})
        return tuple(HeldLane(row.p, row.token, row.crashes) for row in rows)

    async def release(self, lanes: Mapping[int, str]) -> None:
        """Give lanes back, by number and token: the next beat of anybody takes them at once."""
        async with self.database.begin() as tx:
            for p, token in sorted(lanes.items()):
                await tx.execute(_RELEASE, {"p": p, "token": token})
                self.forget(p, token)

    def forget(self, p: int, token: str) -> None:
        """Somebody else has it, if it is not mine by another token."""
        if p in self.held and self.held[p].token == token:
            del self.held[p]

    async def leave(self) -> None:
        """Gives back all lanes and takes this worker off the list; the others' shares grow with their next beat."""
        await self.release({p: one.token for p, one in self.held.items()})
        async with self.database.begin() as tx:
            await tx.execute(_LEAVE, {"me": self.me})
