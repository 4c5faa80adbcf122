"""Wake-ups: planned in the transaction that decided them, fired by the lane of their subject."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import orjson

from events.topics import partition
from runtime.database.connection import Connection
from runtime.database.parts import save
from runtime.database.statement import statement
from runtime.values import Parts, Timer

_PLAN: Final = """
    INSERT INTO timer AS t (p, kind, key, subject, due_at, payload)
    SELECT * FROM unnest(CAST(:plan_ps AS int[]), CAST(:plan_kinds AS text[]), CAST(:plan_keys AS text[]),
                         CAST(:plan_subjects AS text[]), CAST(:plan_dues AS timestamptz[]),
                         CAST(:plan_payloads AS jsonb[]))
        AS planned(p, kind, key, subject, due_at, payload)
    ORDER BY p, kind, key, subject
    ON CONFLICT (p, kind, key, subject) DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload
    WHERE (t.due_at, t.payload) IS DISTINCT FROM (excluded.due_at, excluded.payload)
"""
_CANCEL: Final = """
    DELETE FROM timer USING unnest(CAST(:cancel_ps AS int[]), CAST(:cancel_kinds AS text[]),
                                   CAST(:cancel_keys AS text[]), CAST(:cancel_subjects AS text[]))
        AS gone(p, kind, key, subject)
    WHERE timer.p = gone.p AND timer.kind = gone.kind AND timer.key = gone.key AND timer.subject = gone.subject
"""
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
        """One statement, none without timers. The last of several timers with one (subject, kind, key) wins."""
        await save(tx, self.parts(timers))

    def parts(self, timers: Sequence[Timer]) -> Parts:
        """The same as parts of a statement, of which no other one changes timers."""
        parts = Parts()
        if not timers:
            return parts
        last = {(t.subject, t.kind, t.key): t for t in timers}.values()
        planned = [t for t in last if t.due_at is not None]
        cancelled = [t for t in last if t.due_at is None]
        if planned:
            parts.expressions["planned_timers"] = _PLAN
            parts.values.update(self._keys("plan", planned))
            parts.values["plan_dues"] = [t.due_at for t in planned]
            parts.values["plan_payloads"] = [orjson.dumps(dict(t.payload)) for t in planned]
        if cancelled:
            parts.expressions["cancelled_timers"] = _CANCEL
            parts.values.update(self._keys("cancel", cancelled))
        return parts

    def _keys(self, what: str, timers: Sequence[Timer]) -> dict[str, list[int] | list[str]]:
        return {
            f"{what}_ps": [partition(t.subject, self._partitions) for t in timers],
            f"{what}_kinds": [t.kind for t in timers],
            f"{what}_keys": [t.key for t in timers],
            f"{what}_subjects": [t.subject for t in timers],
        }


async def take_due(tx: Connection, lane: int, now: datetime, most: int = 500) -> list[Timer]:
    """Removes and returns the oldest due timers of a lane."""
    rows = (await tx.execute(_TAKE, {"p": lane, "now": now, "most": most})).all()
    timers = [Timer(r.subject, r.kind, r.key, r.due_at, r.payload) for r in rows]
    return sorted(timers, key=lambda t: (t.due_at, t.kind, t.key, t.subject))
