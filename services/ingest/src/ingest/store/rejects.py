"""What was turned away or left out: rows that a person may look at and release, and counts by reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import orjson

from ingest.decide import Submission
from ingest.decide.resubmission import packed
from runtime.database.connection import Connection
from runtime.database.statement import statement

Kind = Literal["spam", "refused"]
"""Spam can be released by a person; what was refused could not be read or lacks something."""
LONGEST_REASON: Final = 200
"""Characters of a counted reason: names of events are the sender's."""
_REJECT = statement("""
    INSERT INTO reject (at, kind, source, message_id, reason, raw, submission)
    SELECT CAST(:now AS timestamptz), *
    FROM unnest(CAST(:kinds AS text[]), CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:reasons AS text[]),
                CAST(:raws AS bytea[]), CAST(:submissions AS bytea[]))
""")
_FORGET_REJECTS = statement("""
    WITH erased AS (SELECT * FROM unnest(CAST(:addresses AS text[])) AS given(address)),
    counts AS (DELETE FROM left_out USING erased
               WHERE position(translate(lower(address), '-_', '  ') IN translate(lower(reason), '-_', '  ')) > 0)
    DELETE FROM reject USING erased
    WHERE position(lower(encode(convert_to(erased.address, 'UTF8'), 'escape'))
                   IN lower(encode(coalesce(raw, '') || coalesce(submission, ''), 'escape'))) > 0
""")
"""As text in which every byte counts: what was cut may end in the middle of a letter. People write DANA@Acme.com."""
_LIST = statement("""
    SELECT id, at, source, message_id, reason, state, decided_at, submission, raw FROM reject
    WHERE kind = :kind AND id < :before AND (CAST(:closed AS boolean) OR state = 'open')
    ORDER BY id DESC LIMIT :limit
""")
_COUNTS = statement("""
    SELECT 'refused event' AS what, reason, source, count(*) AS count, min(at) AS first_at, max(at) AS last_at
    FROM reject WHERE kind = :kind AND state = 'open' GROUP BY reason, source ORDER BY count DESC, reason, source
""")
_LEFT_OUT = statement("""
    SELECT what, reason, source, count, first_at, last_at FROM left_out ORDER BY count DESC, what, reason, source
    LIMIT :most
""")
_COUNT = statement("""
    INSERT INTO left_out (what, reason, source, count, first_at, last_at)
    SELECT *, CAST(:now AS timestamptz), CAST(:now AS timestamptz)
    FROM unnest(CAST(:whats AS text[]), CAST(:reasons AS text[]), CAST(:sources AS text[]), CAST(:counts AS bigint[]))
    ON CONFLICT (what, reason, source) DO UPDATE
    SET count = left_out.count + excluded.count, last_at = excluded.last_at
""")
_ONE = statement("SELECT state, submission FROM reject WHERE kind = :kind AND id = :id")
_DECIDE = statement("""
    UPDATE reject SET state = :state, decided_at = clock_timestamp(), raw = NULL, submission = NULL
    WHERE kind = :kind AND id = :id AND state = 'open'
""")


@dataclass(frozen=True, slots=True)
class Reject:
    """What was turned away, with its reason, kept for who asks why."""

    source: str
    message_id: str | None
    reason: str
    raw: bytes | None
    """As it came, where it could not be read."""
    kind: Kind = "refused"
    submission: Submission | None = None
    """What a release hands in."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What was not kept, or is worth nothing, one by one: only counted. The sender may never learn it."""

    what: str
    reason: str
    source: str


async def save_rejects(tx: Connection, rejects: Sequence[Reject], now: datetime) -> None:
    """Keeps what was turned away, with its reason; one statement."""
    await tx.execute(
        _REJECT,
        {
            "now": now,
            "kinds": [one.kind for one in rejects],
            "sources": [one.source for one in rejects],
            "ids": [one.message_id for one in rejects],
            "reasons": [one.reason for one in rejects],
            "raws": [one.raw for one in rejects],
            "submissions": [packed(one.submission) if one.submission else None for one in rejects],
        },
    )


async def forget_rejects(tx: Connection, addresses: Iterable[str]) -> None:
    """Deletes every reject and count that holds one of these addresses, in whatever case. One statement."""
    await tx.execute(_FORGET_REJECTS, {"addresses": sorted(addresses)})


async def save_left_out(tx: Connection, counts: Mapping[LeftOut, int], now: datetime) -> None:
    """Adds to the counts. One statement."""
    given = {
        "whats": [one.what for one in counts],
        "reasons": [one.reason[:LONGEST_REASON] for one in counts],
        "sources": [one.source for one in counts],
        "counts": list(counts.values()),
    }
    await tx.execute(_COUNT, {**given, "now": now})


async def rejects(
    tx: Connection, kind: Kind, *, limit: int, before: int, closed: bool = False
) -> Sequence[Mapping[str, Any]]:
    """Rows of one kind with an id below `before`, the newest first; also those released or dropped if `closed`."""
    given = {"kind": kind, "limit": limit, "before": before, "closed": closed}
    return [_shown(row) for row in (await tx.execute(_LIST, given)).mappings()]


async def counts(tx: Connection, kind: Kind, most: int) -> Sequence[Mapping[str, Any]]:
    """How many open rows of a kind for each reason and source, the most first; with `refused` also what is left out."""
    found = [dict(row) for row in (await tx.execute(_COUNTS, {"kind": kind})).mappings()]
    if kind == "spam":
        return [{**row, "what": "spam"} for row in found]
    return found + [dict(row) for row in (await tx.execute(_LEFT_OUT, {"most": most})).mappings()]


async def open_reject(tx: Connection, kind: Kind, identity: int) -> tuple[str, bytes | None] | None:
    """State and packed submission of one; None when there is none."""
    row = (await tx.execute(_ONE, {"kind": kind, "id": identity})).one_or_none()
    return (row.state, row.submission) if row else None


async def close_reject(tx: Connection, kind: Kind, identity: int, state: Literal["released", "dropped"]) -> bool:
    """A person decided; what it holds is forgotten. False when there is no open one."""
    given = {"kind": kind, "id": identity, "state": state}
    return (await tx.execute(_DECIDE, given)).rowcount == 1


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row, with what it holds as JSON where that can be read, else as text."""
    shown = dict(row)
    submission, raw = shown.pop("submission"), shown.pop("raw")
    return {**shown, "content": _readable(submission if submission is not None else raw)}


def _readable(content: bytes | None) -> Any:
    if content is None:
        return None
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return content.decode(errors="replace")
