"""The reps' calendar feeds: when each was read last, and which leave was handed in from it."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from ingest.decide.absences import Absence
from runtime.database.connection import Connection
from runtime.database.statement import statement

_CLAIM = statement("""
    INSERT INTO calendar AS c (rep, read_at)
    SELECT rep, CAST(:now AS timestamptz) FROM unnest(CAST(:reps AS text[])) AS given (rep)
    ON CONFLICT (rep) DO UPDATE SET read_at = excluded.read_at WHERE c.read_at <= CAST(:before AS timestamptz)
    RETURNING rep, leave_from, leave_until, open
""")
_BEGIN = statement("""
    UPDATE calendar SET
        leave_from = CAST(:since AS timestamptz), leave_until = CAST(:until AS timestamptz), open = true,
        turn = turn + CASE WHEN open AND leave_from IS NOT DISTINCT FROM CAST(:since AS timestamptz)
                                AND leave_until IS NOT DISTINCT FROM CAST(:until AS timestamptz) THEN 0 ELSE 1 END
    WHERE rep = :rep RETURNING turn
""")
_KEEP = statement("UPDATE calendar SET open = false WHERE rep = :rep")
_EARLIEST = statement("""
    SELECT count(*) AS known, min(read_at) AS read_at FROM calendar WHERE rep = ANY (CAST(:reps AS text[]))
""")


class Feed(Struct, frozen=True):
    """A feed that is due to be read, and the leave that was handed in from it."""

    rep: str
    leave: Absence | None
    open: bool = False
    """Somebody began to hand it in, and may have died over it."""


async def claim(tx: Connection, reps: Sequence[str], now: datetime, before: datetime) -> list[Feed]:
    """Those of the reps whose feed was not read since `before`; no other process gets them until then."""
    rows = await tx.execute(_CLAIM, {"reps": sorted(reps), "now": now, "before": before})
    return [
        Feed(
            row.rep,
            Absence(row.leave_from, row.leave_until) if row.leave_from and row.leave_until else None,
            row.open,
        )
        for row in rows
    ]


async def begin(tx: Connection, rep: str, leave: Absence | None) -> int:
    """The leave that is about to be handed in, or that there is none; returns which turn it is.

    Begun again after a crash, the same leave has the same turn: the door knows the fact already, if it was handed in.
    """
    values = {"since": leave.since if leave else None, "until": leave.until if leave else None}
    turn: int = (await tx.execute(_BEGIN, {"rep": rep, **values})).scalar_one()
    return turn


async def keep(tx: Connection, rep: str) -> None:
    """What was begun was handed in."""
    await tx.execute(_KEEP, {"rep": rep})


async def earliest(tx: Connection, reps: Sequence[str]) -> datetime | None:
    """When the feed was read that was read longest ago; None when one was never read."""
    (row,) = (await tx.execute(_EARLIEST, {"reps": list(reps)})).mappings()
    return row["read_at"] if row["known"] == len(set(reps)) else None
