"""Events and due timers that cannot be worked, kept with their reason; the lead's later inputs follow, in order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

import orjson

from events.codec import Unreadable, decode
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.transport.base import NO_NUMBER, Record
from runtime.values import Input, Timer

_STORE = statement("""
    INSERT INTO dead_letter (p, topic, generation, seq, subject, type, reason, body, follows)
    SELECT :p, * FROM unnest(CAST(:topics AS text[]), CAST(:generations AS int[]), CAST(:seqs AS bigint[]),
                             CAST(:subjects AS text[]), CAST(:types AS text[]), CAST(:reasons AS text[]),
                             CAST(:bodies AS bytea[]), CAST(:follows AS bool[]))
    ON CONFLICT (p, topic, generation, seq) DO NOTHING
""")
_RUN = statement("UPDATE lane SET poison_run = :run WHERE p = :p")
_FOLLOW = statement("""
    UPDATE dead_letter SET state = 'retry'
    WHERE p = :p AND state = 'open' AND follows
      AND subject IN (SELECT subject FROM dead_letter WHERE p = :p AND state = 'retry')
""")
_RETRY = statement("""
    SELECT id, topic, subject, body FROM dead_letter WHERE p = :p AND state = 'retry' ORDER BY id LIMIT 100
""")
_BLOCKED = statement("""
    SELECT EXISTS (SELECT 1 FROM dead_letter
                   WHERE p = :p AND subject = :subject AND id < :id AND state IN ('open', 'retry'))
""")
_WAITING = statement("""
    SELECT DISTINCT subject FROM dead_letter
    WHERE p = :p AND state IN ('open', 'retry') AND subject = ANY (CAST(:subjects AS text[]))
""")
_CLOSE = statement("UPDATE dead_letter SET state = 'done' WHERE id = :id AND state = 'retry' RETURNING id")
_AGAIN = statement("UPDATE dead_letter SET state = 'open', reason = :reason WHERE id = :id AND state = 'retry'")
_ERASE = statement("""
    UPDATE dead_letter SET state = 'erased', body = '', note = NULL, reason = 'the person asked to be forgotten'
    WHERE p = :p AND subject = ANY (CAST(:subjects AS text[]))
""")
_FORGET = statement("""
    DELETE FROM dead_letter
    WHERE state NOT IN ('open', 'retry') AND at < clock_timestamp() - make_interval(days => :days)
""")
_EMPTY = statement("""
    UPDATE dead_letter SET body = ''
    WHERE state IN ('open', 'retry') AND body <> '' AND at < clock_timestamp() - make_interval(days => :days)
""")
_LIST = statement("""
    SELECT id, p, topic, seq, subject, type, reason, follows, state, at FROM dead_letter
    WHERE (CAST(:all AS bool) OR state IN ('open', 'retry')) ORDER BY id LIMIT :most
""")
_SHOW = statement("SELECT * FROM dead_letter WHERE id = :id")
_MARK = statement("""
    UPDATE dead_letter SET state = 'retry'
    WHERE state = 'open' AND (id = ANY (CAST(:ids AS bigint[]))
       OR (follows AND subject IN (SELECT subject FROM dead_letter WHERE id = ANY (CAST(:ids AS bigint[])))))
    RETURNING id
""")
_LIKE = statement("""
    SELECT other.id FROM dead_letter one JOIN dead_letter other
        ON other.reason = one.reason AND other.type IS NOT DISTINCT FROM one.type
    WHERE one.id = :id AND other.state = 'open' ORDER BY other.id
""")
_DROP = statement("""
    UPDATE dead_letter SET state = 'dropped', note = :note
    WHERE state IN ('open', 'retry') AND id = ANY (CAST(:ids AS bigint[])) RETURNING id
""")


KEEP_DAYS: Final = 28
"""How long a closed letter is kept, and the body of an open one: it may name a person, and erasure has a month."""
FOLLOWS: Final = "an earlier event of this lead lies here"
KILLED: Final = "this input killed every process that tried it"
TIMER: Final = "timer"
"""Stands in place of a topic: the letter is a due timer, and has no number."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One input that was not worked, as it is stored: bytes of the record, or the timer as JSON."""

    topic: str
    """Or TIMER."""
    seq: int | None
    """None for a timer, and for a record without a number."""
    subject: str | None
    type: str | None
    """Wire type of the event, kind of the timer; None when it could not be read."""
    reason: str
    body: bytes
    follows: bool = False
    """Nothing wrong with it, but an earlier input of its lead lies here."""
    generation: int = 1
    """Of its stream: after a fork a number may come again."""

    @classmethod
    def of_record(
        cls, record: Record, subject: str | None, type_name: str | None, reason: str, *, follows: bool = False
    ) -> Self:
        """The letter of a record from a stream; its body is the record's bytes."""
        number = None if record.seq == NO_NUMBER else record.seq
        return cls(record.topic, number, subject, type_name, reason, record.value, follows, record.generation)

    @classmethod
    def of_timer(cls, timer: Timer, reason: str, *, follows: bool = False) -> Self:
        """The letter of a due timer; its body is the timer as JSON."""
        body = orjson.dumps(
            {
                "subject": timer.subject,
                "kind": timer.kind,
                "key": timer.key,
                "due_at": timer.due_at,
                "payload": dict(timer.payload),
            }
        )
        return cls(TIMER, None, timer.subject, timer.kind, reason, body, follows)


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A dead letter whose retry an operator asked for."""

    id: int
    topic: str
    subject: str | None
    body: bytes

    @property
    def input(self) -> Input | None:
        """The event (None for a type this reader does not know) or the timer. Raises Unreadable."""
        if not self.body:
            raise Unreadable(f"its body was kept for {KEEP_DAYS} days and is gone; it can only be dropped")
        if self.topic != TIMER:
            return decode(self.body)
        timer = orjson.loads(self.body)
        due_at = datetime.fromisoformat(timer["due_at"]) if timer["due_at"] else None
        return Timer(timer["subject"], timer["kind"], timer["key"], due_at, timer["payload"])


async def store(tx: Connection, p: int, letters: Sequence[DeadLetter]) -> None:
    """Inserts the letters of a lane, open, in the transaction that passed over their inputs; one statement at most."""
    if letters:
        await tx.execute(
            _STORE,
            {
                "p": p,
                "topics": [letter.topic for letter in letters],
                "generations": [letter.generation for letter in letters],
                "seqs": [letter.seq for letter in letters],
                "subjects": [letter.subject for letter in letters],
                "types": [letter.type for letter in letters],
                "reasons": [_cut(letter.reason) for letter in letters],
                "bodies": [letter.body for letter in letters],
                "follows": [letter.follows for letter in letters],
            },
        )


def _cut(reason: str) -> str:
    """As PostgreSQL takes it, and no longer than a person reads."""
    return reason[:2000].replace("\x00", "\\x00")


async def note_run(tx: Connection, p: int, run: int) -> None:
    """How many poison inputs in a row: past a limit the lane stops instead of dead-lettering the whole stream."""
    await tx.execute(_RUN, {"p": p, "run": run})


async def follow(tx: Connection, p: int) -> None:
    """Marks for retry what came to follow a letter after its retry was asked for."""
    await tx.execute(_FOLLOW, {"p": p})


async def to_retry(tx: Connection, p: int) -> list[StoredLetter]:
    """The oldest hundred letters of a lane that are to be tried again."""
    return [StoredLetter(r.id, r.topic, r.subject, r.body) for r in await tx.execute(_RETRY, {"p": p})]


async def blocked(tx: Connection, p: int, letter: StoredLetter) -> bool:
    """Does an earlier input of the same lead still lie here?"""
    given = {"p": p, "subject": letter.subject, "id": letter.id}
    return bool((await tx.execute(_BLOCKED, given)).scalar_one())


async def waiting(tx: Connection, p: int, subjects: Sequence[str]) -> set[str]:
    """Those of the subjects that have an open dead letter."""
    return set((await tx.execute(_WAITING, {"p": p, "subjects": list(subjects)})).scalars())


async def close(tx: Connection, identity: int) -> bool:
    """False when somebody dropped it meanwhile."""
    return (await tx.execute(_CLOSE, {"id": identity})).scalar_one_or_none() is not None


async def reopen(tx: Connection, identity: int, reason: str) -> None:
    """A retry failed: the letter is open again, with the new reason."""
    await tx.execute(_AGAIN, {"id": identity, "reason": _cut(reason)})


async def erase(tx: Connection, p: int, subjects: Collection[str]) -> None:
    """Closes all letters of these subjects in a lane and empties their bodies; no statement without a subject."""
    if subjects:
        await tx.execute(_ERASE, {"p": p, "subjects": sorted(subjects)})


async def prune(tx: Connection) -> None:
    """After KEEP_DAYS closed letters go; open ones stay, without their bodies, until somebody drops them."""
    await tx.execute(_FORGET, {"days": KEEP_DAYS})
    await tx.execute(_EMPTY, {"days": KEEP_DAYS})


async def every(tx: Connection, *, closed: bool = False, most: int = 500) -> list[dict[str, object]]:
    """Letters for operators, oldest first: open ones and those to be retried; with `closed` all."""
    return [dict(row) for row in (await tx.execute(_LIST, {"all": closed, "most": most})).mappings()]


async def show(tx: Connection, identity: int) -> dict[str, object] | None:
    """One letter with its body, for operators; None when there is no such id."""
    row = (await tx.execute(_SHOW, {"id": identity})).mappings().one_or_none()
    return dict(row) if row else None


async def request_retry(tx: Connection, ids: Sequence[int]) -> list[int]:
    """Marks letters for retry, with those that followed them; the lane picks them up within a second."""
    return list((await tx.execute(_MARK, {"ids": list(ids)})).scalars())


async def like(tx: Connection, identity: int) -> list[int]:
    """Open letters of the same type that lie here for the same reason as this one, itself included; oldest first."""
    return list((await tx.execute(_LIKE, {"id": identity})).scalars())


async def drop(tx: Connection, ids: Sequence[int], note: str) -> list[int]:
    """Closes letters without working them, with the operator's note; returns the ids that were still open."""
    return list((await tx.execute(_DROP, {"ids": list(ids), "note": note})).scalars())
