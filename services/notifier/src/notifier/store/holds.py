"""Who is at work on which notice: holds that run out by themselves, and the mark that a call is about to begin.

A claimed notice keeps its state under a hold: never sent, so whoever finds the hold run out sends it. Only `sending`
says that a call may have begun.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from notifier.store.queue import DueNotice
from runtime.database.connection import Connection
from runtime.database.statement import statement

_HOLD: Final = statement("""
    UPDATE notice SET
        held_until = clock_timestamp() + :hold, state = CASE WHEN state = 'sending' THEN 'pending' ELSE state END
    WHERE id = ANY(CAST(:ids AS text[]))
""")
_BEGIN: Final = statement("""
    WITH given AS (
        SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:attempts AS int[]), CAST(:versions AS int[]),
                             CAST(:digests AS text[]), CAST(:calls AS int[]))
            AS g(id, attempts, version, digest, call)),
    mine AS (
        SELECT n.id, g.call FROM notice n JOIN given g ON g.id = n.id AND g.attempts = n.attempts
        WHERE n.wanted = g.version AND n.next_at IS NOT NULL AND n.state IN ('pending', 'unknown', 'sent')
        ORDER BY n.id FOR UPDATE OF n),
    whole AS (
        SELECT g.call FROM given g LEFT JOIN mine m ON m.id = g.id GROUP BY g.call HAVING count(m.id) = count(*))
    UPDATE notice n SET
        state = CASE WHEN n.state = 'sent' THEN 'sent' ELSE 'sending' END,
        attempts = n.attempts + CASE WHEN n.state = 'sent' THEN 0 ELSE 1 END,
        tried_at = coalesce(n.tried_at, :now), held_until = clock_timestamp() + :hold, digest = g.digest
    FROM given g JOIN whole w ON w.call = g.call WHERE n.id = g.id
    RETURNING n.id
""")
"""A call of which one notice changed meanwhile, or is somebody else's by now, does not begin."""
_RENEW: Final = statement("""
    WITH mine AS (
        SELECT n.id, g.hold
        FROM notice n JOIN unnest(CAST(:ids AS text[]), CAST(:attempts AS int[]), CAST(:holds AS interval[]))
            AS g(id, attempts, hold) ON g.id = n.id AND g.attempts = n.attempts
        WHERE n.held_until IS NOT NULL ORDER BY n.id FOR UPDATE OF n SKIP LOCKED)
    UPDATE notice n SET held_until = clock_timestamp() + mine.hold FROM mine WHERE n.id = mine.id
""")
_GIVE_BACK: Final = statement("""
    WITH mine AS (
        SELECT n.id, g.state
        FROM notice n JOIN unnest(CAST(:ids AS text[]), CAST(:attempts AS int[]), CAST(:states AS text[]))
            AS g(id, attempts, state) ON g.id = n.id AND g.attempts = n.attempts
        WHERE n.held_until IS NOT NULL ORDER BY n.id FOR UPDATE OF n)
    UPDATE notice n SET held_until = NULL, state = CASE WHEN n.state = 'sending' THEN mine.state ELSE n.state END
    FROM mine WHERE n.id = mine.id
""")


async def hold(tx: Connection, ids: Sequence[str], hold: timedelta) -> None:
    """Nobody else claims these until `hold` has passed by the database's clock.

    Their state stays what it was; one that somebody died of (`sending`) may be sent again, and is pending.
    """
    await tx.execute(_HOLD, {"ids": list(ids), "hold": hold})


async def begin_calls(
    tx: Connection, calls: Sequence[Sequence[tuple[DueNotice, str | None]]], *, hold: timedelta, now: datetime
) -> set[str]:
    """Marks notices as being sent, before their calls begin; whoever dies from here on leaves it unknown.

    `calls`: for each call its notices, with the id of the digest that they travel in. Returns the ids of the notices
    whose calls may begin: all of a call's, or none.
    """
    given = [(row, digest, number) for number, call in enumerate(calls) for row, digest in call]
    parameters = {
        "ids": [row.id for row, _, _ in given],
        "attempts": [row.attempts for row, _, _ in given],
        "versions": [row.version for row, _, _ in given],
        "digests": [digest for _, digest, _ in given],
        "calls": [number for _, _, number in given],
    }
    return set((await tx.execute(_BEGIN, {**parameters, "hold": hold, "now": now})).scalars())


async def renew(tx: Connection, held: Sequence[tuple[str, int, timedelta]]) -> None:
    """Ids with attempts and hold: ours for so long from now on, as far as they still are. Waits for nobody."""
    ids, attempts, holds = (list(column) for column in zip(*held, strict=True))
    await tx.execute(_RENEW, {"ids": ids, "attempts": attempts, "holds": holds})


async def give_back(tx: Connection, held: Sequence[tuple[str, int, str]]) -> None:
    """Ids with attempts, and the state in which they were claimed: anybody may claim them again at once."""
    ids, attempts, states = (list(column) for column in zip(*held, strict=True))
    await tx.execute(_GIVE_BACK, {"ids": ids, "attempts": attempts, "states": states})
