"""Records that cannot be worked, kept with their reason; the lead's later events follow them, in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from runtime.carrier import Record

_BURY = text("""
    INSERT INTO dead_letter (p, topic, seq, subject, type, reason, body, follows)
    SELECT :p, * FROM unnest(CAST(:topics AS text[]), CAST(:seqs AS bigint[]), CAST(:subjects AS text[]),
                             CAST(:types AS text[]), CAST(:reasons AS text[]), CAST(:bodies AS bytea[]),
                             CAST(:follows AS bool[]))
    ON CONFLICT (p, topic, seq) DO NOTHING
""")
_RUN = text("UPDATE lane SET poison_run = :run WHERE p = :p")
_ASKED = text("""
    SELECT DISTINCT p FROM dead_letter WHERE state = 'retry'
""")
_FOLLOW = text("""
    UPDATE dead_letter SET state = 'retry'
    WHERE p = :p AND state = 'open' AND follows
      AND subject IN (SELECT subject FROM dead_letter WHERE p = :p AND state = 'retry')
""")
_RETRY = text("""
    SELECT id, subject, body FROM dead_letter WHERE p = :p AND state = 'retry' ORDER BY id LIMIT 100
""")
_BLOCKED = text("""
    SELECT EXISTS (SELECT 1 FROM dead_letter
                   WHERE p = :p AND subject = :subject AND id < :id AND state IN ('open', 'retry'))
""")
_WAITING = text("""
    SELECT DISTINCT subject FROM dead_letter
    WHERE p = :p AND state IN ('open', 'retry') AND subject = ANY (CAST(:subjects AS text[]))
""")
_CLOSE = text("UPDATE dead_letter SET state = 'done' WHERE id = :id AND state = 'retry' RETURNING id")
_AGAIN = text("UPDATE dead_letter SET state = 'open', reason = :reason WHERE id = :id AND state = 'retry'")
_LIST = text("""
    SELECT id, p, topic, seq, subject, type, reason, follows, state, at FROM dead_letter
    WHERE (CAST(:all AS bool) OR state IN ('open', 'retry')) ORDER BY id LIMIT :most
""")
_SHOW = text("SELECT * FROM dead_letter WHERE id = :id")
_MARK = text("""
    UPDATE dead_letter SET state = 'retry'
    WHERE state = 'open' AND (id = ANY (CAST(:ids AS bigint[]))
       OR (follows AND subject IN (SELECT subject FROM dead_letter WHERE id = ANY (CAST(:ids AS bigint[])))))
    RETURNING id
""")
_DROP = text("""
    UPDATE dead_letter SET state = 'dropped', note = :note
    WHERE state IN ('open', 'retry') AND id = ANY (CAST(:ids AS bigint[])) RETURNING id
""")


FOLLOWS: Final = "an earlier event of this lead lies here"


@dataclass(frozen=True, slots=True)
class Dead:
    record: Record
    subject: str | None
    type: str | None
    reason: str
    follows: bool = False
    """Nothing wrong with it, but an earlier event of its lead lies here."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A dead letter whose retry was asked for."""

    id: int
    subject: str | None
    body: bytes


async def bury(tx: AsyncConnection, p: int, dead: Sequence[Dead]) -> None:
    if dead:
        await tx.execute(
            _BURY,
            {
                "p": p,
                "topics": [d.record.topic for d in dead],
                "seqs": [d.record.seq for d in dead],
                "subjects": [d.subject for d in dead],
                "types": [d.type for d in dead],
                "reasons": [d.reason[:2000].replace("\x00", "\\x00") for d in dead],
                "bodies": [d.record.value for d in dead],
                "follows": [d.follows for d in dead],
            },
        )


async def note_run(tx: AsyncConnection, p: int, run: int) -> None:
    """How many poison records in a row: past a limit the lane stops instead of burying the whole stream."""
    await tx.execute(_RUN, {"p": p, "run": run})


async def asked(tx: AsyncConnection) -> Sequence[int]:
    """Lanes with dead letters to be tried again."""
    return list((await tx.execute(_ASKED)).scalars())


async def to_retry(tx: AsyncConnection, p: int) -> list[Asked]:
    """The oldest hundred, with all that follow them."""
    await tx.execute(_FOLLOW, {"p": p})
    return [Asked(r.id, r.subject, r.body) for r in await tx.execute(_RETRY, {"p": p})]


async def blocked(tx: AsyncConnection, p: int, letter: Asked) -> bool:
    """Does an earlier event of the same lead still lie here?"""
    given = {"p": p, "subject": letter.subject, "id": letter.id}
    return bool((await tx.execute(_BLOCKED, given)).scalar_one())


async def waiting(tx: AsyncConnection, p: int, subjects: Sequence[str]) -> set[str]:
    """Those of the subjects that have an open dead letter."""
    return set((await tx.execute(_WAITING, {"p": p, "subjects": list(subjects)})).scalars())


async def close(tx: AsyncConnection, identity: int) -> bool:
    """False when somebody dropped it meanwhile."""
    return (await tx.execute(_CLOSE, {"id": identity})).scalar_one_or_none() is not None


async def reopen(tx: AsyncConnection, identity: int, reason: str) -> None:
    await tx.execute(_AGAIN, {"id": identity, "reason": reason[:2000].replace("\x00", "\\x00")})


async def every(tx: AsyncConnection, *, closed: bool = False, most: int = 500) -> list[dict[str, object]]:
    return [dict(row) for row in (await tx.execute(_LIST, {"all": closed, "most": most})).mappings()]


async def show(tx: AsyncConnection, identity: int) -> dict[str, object] | None:
    row = (await tx.execute(_SHOW, {"id": identity})).mappings().one_or_none()
    return dict(row) if row else None


async def ask(tx: AsyncConnection, ids: Sequence[int]) -> list[int]:
    """Marks letters for retry, with those that followed them; the lane picks them up within a second."""
    return list((await tx.execute(_MARK, {"ids": list(ids)})).scalars())


async def drop(tx: AsyncConnection, ids: Sequence[int], note: str) -> list[int]:
    return list((await tx.execute(_DROP, {"ids": list(ids), "note": note})).scalars())
