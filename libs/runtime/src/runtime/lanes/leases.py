"""Who tries which lane. A lease is a courtesy between workers; safety is the token, checked in every transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil

from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.database.statement import statement

_SEEN = statement("""
    INSERT INTO worker (id, seen_at) VALUES (:me, clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
""")
_LIVE = statement("""
    WITH gone AS (DELETE FROM worker WHERE seen_at < clock_timestamp() - make_interval(secs => 10 * :lease))
    SELECT count(*) FILTER (WHERE seen_at > clock_timestamp() - make_interval(secs => :lease)),
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
                ORDER BY p LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING p, token, crashes
""")
_RELEASE = statement("""
    UPDATE lane SET owner = NULL, lease_until = '-infinity' WHERE p = :p AND token = :token
""")
_LEAVE = statement("DELETE FROM worker WHERE id = :me")


_VOID = "UPDATE {schema}.lane SET lease_until = '-infinity' WHERE owner IS NOT NULL"


async def void_all(tx: Connection, schemas: Iterable[str]) -> None:
    """For a house that knows itself alone with its database: what a killed one held is free at once."""
    for schema in schemas:
        await tx.execute(statement(_VOID.format(schema=schema)))


@dataclass(frozen=True, slots=True)
class HeldLane:
    """A lane that this worker has just taken, and the token that proves it."""

    p: int
    token: str
    crashes: int = 0
    """How often in a row a worker died holding this lane without finishing a batch."""


@dataclass(frozen=True, slots=True)
class Beat:
    """What one heartbeat found: lanes taken, lanes lost to others, and how many to give back."""

    gained: tuple[HeldLane, ...] = ()
    lost_lanes: frozenset[int] = frozenset()
    surplus: int = 0
    """How many lanes to give back so that everybody has a fair share."""
    live: int = 1
    """Workers of this service that were seen within the last lease."""


@dataclass(slots=True)
class Leases:
    """Of one worker on one service's lanes."""

    database: Database
    me: str
    lease: float
    held: dict[int, str] = field(default_factory=dict)

    async def beat(self) -> Beat:
        """Renew what I know to be mine, notice what is not, take what is free up to ceil(lanes / live workers).

        A lane taken by a beat whose commit was never answered is not renewed: it runs out and is taken again.
        """
        async with self.database.begin() as tx:
            await tx.execute(_SEEN, {"me": self.me})
            given = {"me": self.me, "lease": self.lease, "ps": [*self.held], "tokens": [*self.held.values()]}
            await tx.execute(_RENEW, given)
            mine = {row.p: row.token for row in await tx.execute(_MINE, {"me": self.me})}
            live, lanes = (await tx.execute(_LIVE, {"lease": self.lease})).one()
            share = ceil(lanes / max(live, 1))
            renewed = {p: token for p, token in self.held.items() if mine.get(p) == token}
            gained = await self._take(tx, share - len(renewed)) if len(renewed) < share else ()
        lost_lanes = frozenset(self.held.keys() - renewed.keys())
        self.held = {**renewed, **{h.p: h.token for h in gained}}
        return Beat(gained, lost_lanes, max(0, len(self.held) - share), live)

    async def _take(self, tx: Connection, most: int) -> tuple[HeldLane, ...]:
        rows = await tx.execute(_TAKE, {"me": self.me, "lease": self.lease, "most": most})
        return tuple(HeldLane(row.p, row.token, row.crashes) for row in rows)

    async def release(self, lanes: Mapping[int, str]) -> None:
        """Give lanes back: the next beat of anybody takes them at once."""
        async with self.database.begin() as tx:
            for p, token in sorted(lanes.items()):
                await tx.execute(_RELEASE, {"p": p, "token": token})
                self.held.pop(p, None)

    async def leave(self) -> None:
        """Gives back all lanes and takes this worker off the list; the others' shares grow with their next beat."""
        await self.release(dict(self.held))
        async with self.database.begin() as tx:
            await tx.execute(_LEAVE, {"me": self.me})
