"""The agreement that is in force, where edits wait for signatures: what was signed, by whom, and what was agreed last.

It is in the database, so that all processes agree and a restart forgets nothing. A house whose agreement asks for no
signature keeps nothing here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from typing import Final, get_args

import orjson
from pydantic import TypeAdapter, ValidationError

from agreement import Agreement
from agreement.changes import Change, changes
from agreement.people import People
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
    """Each side signs for itself, by a person of its own: whoever has signed does not sign for the other, too."""

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
    signers: Mapping[str, frozenset[Side]] = field(default_factory=dict)
    """By the id of a user of the agreement in force, the sides for which that one may sign."""


def signers_of(agreement: Agreement) -> dict[str, frozenset[Side]]:
    """By the id of each user, the sides for which that one may sign."""
    sides: tuple[Side, ...] = get_args(Side)
    return {
        user.id: frozenset(side for side in sides if user.signs_for(side)) for user in People(agreement.teams).users()
    }


def cover(
    given: Sequence[Signature], sides: Sequence[Side], signers: Mapping[str, frozenset[Side]]
) -> dict[Side, Signature]:
    """Which signature counts for which side: for as many sides as can be, each by another person.

    Who may sign for several sides counts for the one where it is needed; where that leaves a choice, for the one that
    was signed for, and of several signatures the first.
    """
    ways = [
        [
            *(one for one in given if one.side == side),
            *(one for one in given if one.side != side and side in signers.get(one.who, ())),
            None,
        ]
        for side in sides
    ]
    best: dict[Side, Signature] = {}
    for way in product(*ways):
        counted = {side: one for side, one in zip(sides, way, strict=True) if one}
        if len(counted) > len(best) and len({one.who for one in counted.values()}) == len(counted):
            best = counted
    return best


def wanted(
    given: Sequence[Signature], sides: Sequence[Side], signers: Mapping[str, frozenset[Side]], who: str = ""
) -> tuple[Side, ...]:
    """Sides for which the signature of somebody who has not signed yet (`who`: of this user) brings it further."""
    if any(one.who == who for one in given):
        return ()
    covered, at = len(cover(given, sides, signers)), datetime.max.replace(tzinfo=UTC)
    return tuple(side for side in sides if len(cover([*given, Signature(side, who, at)], sides, signers)) > covered)


def in_words(given: Sequence[Signature], sides: Sequence[Side], signers: Mapping[str, frozenset[Side]]) -> str:
    """What is missing: `for marketing and for sales, by one person each`; empty when nothing is."""
    open_sides = len(sides) - len(cover(given, sides, signers))
    further = wanted(given, sides, signers)
    by = "one more person" if given else "one person"
    if open_sides > 1:
        return f"for {' and for '.join(further)}, by one person each"
    return f"for {' or for '.join(further)}, by {by}" if open_sides else ""


async def last_agreed(tx: Connection, folder: Agreement) -> Agreement:
    """The agreement that came into force last; the folder's where none is kept.

    Where this code cannot read what is kept, the folder's, too, once all have signed it who are to. Raises
    Misconfigured before that: a house that cannot go by what was signed does not open by what was not.
    """
    row = await _last(tx)
    if row is None:
        return folder
    agreed = _agreement(row)
    sides, signers = _sides(row), signers_of(folder)
    if agreed is None and (missing := in_words(await signatures(tx, folder), sides, signers)):
        raise Misconfigured(
            f"the agreement in force (version {row['hash'][:12]}) was written by other code "
            f"and cannot be read, and that of the folder (version {folder.version}) is not signed: start the code "
            f"of before, or sign with `baton sign ADDRESS SIDE` {missing}"
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
    if _is(edited, last) or edited.hash == in_force:
        return None
    signers = signers_of(agreed)
    if not in_words(await signatures(tx, edited), sides, signers):
        return None
    return WaitingEdit(edited, in_force, sides, tuple(changes(agreed, edited)), signers)


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
    """Adds the signature of a side; a second one of the same person changes nothing.

    Raises AlreadySigned for who signed for another side: that signature counts for either, where it is needed.
    """
    await tx.execute(_ONE_BY_ONE)
    mine = {one.side for one in await signatures(tx, edited) if one.who == who}
    if mine - {side}:
        raise AlreadySigned(f"{who} has signed for {min(mine - {side})}: for {side} somebody else signs")
    if not mine:
        await tx.execute(_SIGN, {"hash": edited.hash, "side": side, "who": who})


async def signatures(tx: Connection, edited: Agreement) -> Sequence[Signature]:
    """All under this edit since the agreement in force became that, in order: an older one was for another change."""
    rows = (await tx.execute(_SIGNED, {"hash": edited.hash})).mappings()
    return [Signature(row["side"], row["who"], row["at"]) for row in rows]
