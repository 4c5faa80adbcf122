"""How far a new agreement has come through all leads."""

from runtime.database.connection import Connection
from runtime.database.statement import statement
from scoring.decide import RESCORE

_BEGIN_RESCORING = statement("""
    INSERT INTO rescoring (version)
    SELECT CAST(:version AS text) WHERE NOT EXISTS (SELECT FROM rescoring WHERE version = CAST(:version AS text))
    ON CONFLICT (only_row) DO UPDATE SET version = excluded.version, after = '', finished = false
""")
_RESCORED_UNTIL = statement(
    "SELECT after FROM rescoring WHERE version = :version AND NOT finished FOR UPDATE SKIP LOCKED"
)
_IS_RESCORED = statement("SELECT EXISTS (SELECT FROM rescoring WHERE version = :version AND finished)")
_IS_RESCORING = statement("""
    SELECT EXISTS (SELECT FROM lane, LATERAL (SELECT FROM timer WHERE timer.p = lane.p AND kind = :kind LIMIT 1) AS t)
""")
_LEADS_AFTER = statement("SELECT lead FROM lead WHERE lead > :after AND gone IS NULL ORDER BY lead LIMIT :most")
_SAVE_RESCORING = statement("UPDATE rescoring SET after = :after, finished = :finished")


async def begin_rescoring(tx: Connection, version: str) -> None:
    """From the first lead on, unless this agreement has begun already."""
    await tx.execute(_BEGIN_RESCORING, {"version": version})


async def rescored_until(tx: Connection, version: str) -> str | None:
    """The last lead that had its turn, locked; None when all had, or when it is somebody else's to go on."""
    until: str | None = (await tx.execute(_RESCORED_UNTIL, {"version": version})).scalar_one_or_none()
    return until


async def is_rescored(tx: Connection, version: str) -> bool:
    """Whether all leads had their turn."""
    done: bool = (await tx.execute(_IS_RESCORED, {"version": version})).scalar_one()
    return done


async def is_rescoring(tx: Connection) -> bool:
    """Whether leads that were given their turn still wait for their lane."""
    waits: bool = (await tx.execute(_IS_RESCORING, {"kind": RESCORE})).scalar_one()
    return waits


async def leads_after(tx: Connection, after: str, most: int) -> list[str]:
    """Ids of the next leads that are still there, in order."""
    return [row.lead for row in (await tx.execute(_LEADS_AFTER, {"after": after, "most": most})).all()]


async def save_rescoring(tx: Connection, after: str, *, finished: bool) -> None:
    """Keeps how far it has come."""
    await tx.execute(_SAVE_RESCORING, {"after": after, "finished": finished})
