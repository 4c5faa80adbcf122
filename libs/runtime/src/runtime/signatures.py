"""The agreement that is in force, where edits wait for signatures: what was signed, by whom, and what was agreed last.

It is in the database, so that all processes agree and a restart forgets nothing. A house whose agreement asks for no
signature keeps nothing here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

import orjson
from pydantic import TypeAdapter, ValidationError

from agreement import Agreement
from agreement.changes import Change, changes
from events.vocabulary import Side
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.errors import Misconfigured, Refused

_LAST = statement("SELECT hash, text FROM house.agreement ORDER BY in_force_at DESC LIMIT 1")
_NEXT: Final = """greatest(clock_timestamp(), (
    SELECT max(at) FROM (SELECT in_force_at AS at FROM house.agreement UNION ALL SELECT at FROM house.signature) known
) + interval '1 microsecond')"""
"""Now, and later than all that is known: what came first decides, also where the server's clock was put right."""
_TAKE = statement(f"""
    INSERT INTO house.agreement (hash, text, in_force_at) VALUES (:hash, :text, {_NEXT})
    ON CONFLICT (hash) DO UPDATE SET in_force_at = excluded.in_force_at
    WHERE agreement.in_force_at < (SELECT max(in_force_at) FROM house.agreement)
""")  # noqa: S608
_ONE_BY_ONE = statement("SELECT pg_advisory_xact_lock(hashtext('baton agreement'))")
_SIGN = statement(f"INSERT INTO house.signature (hash, side, who, at) VALUES (:hash, :side, :who, {_NEXT})")  # noqa: S608
_SIGNED = statement("""
    SELECT side, who, at FROM house.signature
    WHERE hash = :hash AND at > coalesce((SELECT max(in_force_at) FROM house.agreement), '-infinity')
    ORDER BY at, side
""")
_SIDES: Final[TypeAdapter[tuple[Side, ...]]] = TypeAdapter(tuple[Side, ...])


class AlreadySigned(Refused):
    """Each side signs for itself: whoever has signed for one side does not sign for the other."""

    status = 403


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


async def last_agreed(tx: Connection, folder: Agreement) -> Agreement:
    """The agreement that came into force last; the folder's where none is kept.

    Where this code cannot read what is kept, the folder's, too, once all have signed it who are to. Raises
    Misconfigured before that: a house that cannot go by what was signed does not open by what was not.
    """
    row = await _last(tx)
    if row is None:
        return folder
    agreed = _agreement(row)
    if agreed is None and (waits := await _missing(tx, folder, _sides(row))):
        raise Misconfigured(
            f"the agreement in force (version {row['hash'][:12]}) was written by other code "
            f"and cannot be read, and that of the folder (version {folder.version}) is not signed: start the code "
            f"of before, or sign with `baton sign ADDRESS SIDE` for {' and for '.join(waits)}, by one person each"
        )
    return agreed or folder


async def _last(tx: Connection) -> Mapping[str, str] | None:
    return next(iter((await tx.execute(_LAST)).mappings()), None)


def _agreement(row: Mapping[str, str]) -> Agreement | None:
    try:
        return Agreement.model_validate_json(row["text"])
    except ValidationError:
        return None


def _is(agreement: Agreement, row: Mapping[str, str] | None) -> bool:
    """Whether this is kept there. Other code that wrote it has another hash of the same terms, if it knew fewer."""
    if row is None or agreement.hash == row["hash"]:
        return row is not None
    kept = _agreement(row)
    return kept is not None and kept.hash == agreement.hash


def _sides(row: Mapping[str, str]) -> tuple[Side, ...]:
    """Who signs an edit of the agreement that is kept, also where this code cannot read the rest of it; else all."""
    try:
        return _SIDES.validate_python(orjson.loads(row["text"])["definitions"]["house"]["signed_by"])
    except (ValueError, KeyError, TypeError):  # neither JSON nor sides: ValueError
        return get_args(Side)


async def _missing(tx: Connection, edited: Agreement, sides: Sequence[Side]) -> list[Side]:
    signed = {one.side for one in await signatures(tx, edited)}
    return [side for side in sides if side not in signed]


async def unsigned(tx: Connection, edited: Agreement, agreed: Agreement) -> WaitingEdit | None:
    """None for an edit that counts: nobody is to sign it, or all have; one in force for another process is in force.

    Who is to sign says the agreement in force, as the database has it: this process may not have followed yet, and
    `agreed`, under which it works, counts only where none is kept.
    """
    last = await _last(tx)
    sides, in_force = agreed.signed_by, agreed.hash
    if last is not None and last["hash"] != agreed.hash:
        agreed = _agreement(last) or agreed
        sides, in_force = _sides(last), last["hash"]
    if _is(edited, last) or edited.hash == in_force or not await _missing(tx, edited, sides):
        return None
    return WaitingEdit(edited, in_force, sides, tuple(changes(agreed, edited)))


async def take(tx: Connection, edited: Agreement, agreed: Agreement) -> bool:
    """Keeps that this agreement is in force now; nothing where neither it nor the one before asks for a signature, nor
    where it is kept already: also the code that wrote it must be able to read it.

    False, and nothing is kept, where it does not count (any more): another came into force meanwhile.
    """
    await tx.execute(_ONE_BY_ONE)
    if await unsigned(tx, edited, agreed) is not None:
        return False
    if (edited.signed_by or agreed.signed_by) and not _is(edited, await _last(tx)):
        await tx.execute(_TAKE, {"hash": edited.hash, "text": edited.model_dump_json()})
    return True


async def sign(tx: Connection, edited: Agreement, side: Side, who: str) -> None:
    """Adds the signature of a side; of several the first counts. Raises AlreadySigned for who signed for another."""
    await tx.execute(_ONE_BY_ONE)
    other = next((one.side for one in await signatures(tx, edited) if one.who == who and one.side != side), None)
    if other is not None:
        raise AlreadySigned(f"{who} has signed for {other}: for {side} somebody else signs")
    await tx.execute(_SIGN, {"hash": edited.hash, "side": side, "who": who})


async def signatures(tx: Connection, edited: Agreement) -> Sequence[Signature]:
    """Who has signed this edit since the agreement in force became that: an older signature was for another change.

    Of each side, and of each person, the first counts: nobody signs for two sides.
    """
    counting: list[Signature] = []
    for row in (await tx.execute(_SIGNED, {"hash": edited.hash})).mappings():
        if all(row["side"] != one.side and row["who"] != one.who for one in counting):
            counting.append(Signature(row["side"], row["who"], row["at"]))
    return counting
