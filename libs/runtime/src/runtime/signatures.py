"""The agreement that is in force, where edits wait for signatures: what was signed, by whom, and what was agreed last.

It is in the database, so that all processes agree and a restart forgets nothing. A house whose agreement asks for no
signature keeps nothing here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from pydantic import ValidationError

from agreement import Agreement
from agreement.changes import Change, changes
from events.vocabulary import Side
from runtime.database.connection import Connection
from runtime.database.statement import statement

log = structlog.get_logger()
_LAST = statement("SELECT hash, text FROM house.agreement ORDER BY in_force_at DESC LIMIT 1")
_TAKE = statement("""
    INSERT INTO house.agreement (hash, text) VALUES (:hash, :text)
    ON CONFLICT (hash) DO UPDATE SET in_force_at = excluded.in_force_at
    WHERE agreement.in_force_at < (SELECT max(in_force_at) FROM house.agreement)
""")
_ONE_BY_ONE = statement("SELECT pg_advisory_xact_lock(hashtext('baton agreement'))")
_SIGN = statement("INSERT INTO house.signature (hash, side, who) VALUES (:hash, :side, :who)")
_SIGNED = statement("""
    SELECT DISTINCT ON (side) side, who, at FROM house.signature
    WHERE hash = :hash AND at > coalesce((SELECT max(in_force_at) FROM house.agreement), '-infinity')
    ORDER BY side, at
""")


@dataclass(frozen=True, slots=True)
class Signature:
    """One side agrees to an edit."""

    side: Side
    who: str
    """Id of a user of the agreement, or `somebody at this machine`."""
    at: datetime


@dataclass(frozen=True, slots=True)
class WaitingEdit:
    """An edited agreement that is well, and not in force before these sides have signed it."""

    agreement: Agreement
    was: str
    """Hash of the agreement in force, which it changes."""
    sides: tuple[Side, ...]
    changes: tuple[Change, ...]

    @classmethod
    def of(cls, edited: Agreement, agreed: Agreement) -> "WaitingEdit":
        """An edit of the agreement in force, whose sides sign it."""
        return cls(edited, agreed.hash, agreed.signed_by, tuple(changes(agreed, edited)))


async def last_agreed(tx: Connection) -> Agreement | None:
    """The agreement that came into force last; None where none is kept, or this code cannot read it any more."""
    row = next(iter((await tx.execute(_LAST)).mappings()), None)
    return _agreement(row) if row is not None else None


def _agreement(row: Mapping[str, str]) -> Agreement | None:
    try:
        return Agreement.model_validate_json(row["text"])
    except ValidationError:
        log.warning("the agreement in force was written by other code: that of the folder counts", hash=row["hash"])
        return None


async def unsigned(tx: Connection, edited: Agreement, agreed: Agreement) -> WaitingEdit | None:
    """None for an edit that counts: nobody is to sign it, or all have; one in force for another process is in force.

    Who is to sign says the agreement in force, as the database has it: this process may not have followed yet, and
    `agreed`, under which it works, counts only where none is kept.
    """
    last = next(iter((await tx.execute(_LAST)).mappings()), None)
    if last is not None and last["hash"] != agreed.hash:
        agreed = _agreement(last) or agreed
    if not agreed.signed_by or edited.hash in (agreed.hash, last["hash"] if last is not None else None):
        return None
    waits = set(agreed.signed_by) - {one.side for one in await signatures(tx, edited)}
    return WaitingEdit.of(edited, agreed) if waits else None


async def take(tx: Connection, edited: Agreement, agreed: Agreement) -> bool:
    """Keeps that this agreement is in force now; nothing where neither it nor the one before asks for a signature.

    False, and nothing is kept, where it does not count (any more): another came into force meanwhile.
    """
    await tx.execute(_ONE_BY_ONE)
    if await unsigned(tx, edited, agreed) is not None:
        return False
    if edited.signed_by or agreed.signed_by:
        await tx.execute(_TAKE, {"hash": edited.hash, "text": edited.model_dump_json()})
    return True


async def sign(tx: Connection, edited: Agreement, side: Side, who: str) -> None:
    """Adds the signature of a side; of several the first counts."""
    await tx.execute(_SIGN, {"hash": edited.hash, "side": side, "who": who})


async def signatures(tx: Connection, edited: Agreement) -> Sequence[Signature]:
    """Who has signed this edit since the agreement in force became that: an older signature was for another change."""
    rows = (await tx.execute(_SIGNED, {"hash": edited.hash})).mappings()
    return [Signature(row["side"], row["who"], row["at"]) for row in rows]
