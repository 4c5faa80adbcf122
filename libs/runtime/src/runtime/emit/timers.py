"""Wake-ups: planned in the transaction that decided them, fired by the lane of their subject."""

from collections.abc import Sequence
from datetime import datetime

import orjson

from events.topics import partition
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.values import Timer

_PLAN = statement("""
    INSERT INTO timer AS t (p, kind, key, subject, due_at, payload)
    SELECT * FROM unnest(CAST(:p AS int[]), CAST(:kind AS text[]), CAST(:key AS text[]), CAST(:subject AS text[]),
                         CAST(:due AS timestamptz[]), CAST(:payload AS jsonb[]))
        AS planned(p, kind, key, subject, due_at, payload)
    ORDER BY p, kind, key, subject
    ON CONFLICT (p, kind, key, subject) DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload
    WHERE (t.due_at, t.payload) IS DISTINCT FROM (excluded.due_at, excluded.payload)
""")
_CANCEL = statement("""
    DELETE FROM timer USING unnest(CAST(:p AS int[]), CAST(:kind AS text[]), CAST(:key AS text[]),
                                   CAST(:subject AS text[])) AS gone(p, kind, key, subject)
    WHERE timer.p = gone.p AND timer.kind = gone.kind AND timer.key = gone.key AND timer.subject = gone.subject
""")
_NEXT = statement("""
    SELECT min(due_at) FROM lane, LATERAL (SELECT due_at FROM timer WHERE timer.p = lane.p ORDER BY due_at LIMIT 1) AS t
""")
_TAKE = statement("""
    DELETE FROM timer WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM timer WHERE p = :p AND due_at <= :now
        ORDER BY due_at, kind, key, subject LIMIT :most FOR UPDATE))
    RETURNING subject, kind, key, due_at, payload
""")


class Timers:
    """Planning for one service; the lane of a timer is the lane of its subject."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions

    async def plan(self, tx: Connection, timers: Sequence[Timer]) -> None:
        """Two statements at most. The last of several timers with one (subject, kind, key) wins."""
        last = {(t.subject, t.kind, t.key): t for t in timers}.values()
        planned = [t for t in last if t.due_at is not None]
        cancelled = [t for t in last if t.due_at is None]
        if planned:
            await tx.execute(
                _PLAN,
                {
                    **self._keys(planned),
                    "due": [t.due_at for t in planned],
                    "payload": [orjson.dumps(dict(t.payload)).decode() for t in planned],
                },
            )
        if cancelled:
            await tx.execute(_CANCEL, self._keys(cancelled))

    def _keys(self, timers: Sequence[Timer]) -> dict[str, list[int] | list[str]]:
        return {
            "p": [partition(t.subject, self._partitions) for t in timers],
            "kind": [t.kind for t in timers],
            "key": [t.key for t in timers],
            "subject": [t.subject for t in timers],
        }


async def take_due(tx: Connection, lane: int, now: datetime, most: int = 500) -> list[Timer]:
    """Removes and returns the oldest due timers of a lane."""
    rows = (await tx.execute(_TAKE, {"p": lane, "now": now, "most": most})).all()
    timers = [Timer(r.subject, r.kind, r.key, r.due_at, r.payload) for r in rows]
    return sorted(timers, key=lambda t: (t.due_at, t.kind, t.key, t.subject))


async def next_due(tx: Connection) -> datetime | None:
    """When the service's earliest timer is due; for the laboratory and for metrics."""
    moment: datetime | None = (await tx.execute(_NEXT)).scalar_one()
    return moment
