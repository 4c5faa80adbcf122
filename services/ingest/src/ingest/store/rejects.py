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
"""Spam is released as it came; what was refused could not be read or lacks something, and is read again."""
LONGEST_REASON: Final = 200
"""Characters of a counted reason: names of events are the sender's."""
_REJECT = statement("""
    INSERT INTO reject (at, kind, source, message_id, reason, raw, submission)
    SELECT CAST(:now AS timestamptz), *
    FROM unnest(CAST(:kinds AS text[]), CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:reasons AS text[]),
                CAST(:raws AS bytea[]), CAST(:submissions AS bytea[]))
""")
_BEFORE: Final = (
    r"(^|[^a-z0-9.'_%+~-]"
    r"|\\\\([nrtbf]|u(00[0-9ab]|20[0-6]|300)[0-9a-f])"  # an escape of JSON
    r"|\\302\\2[0-7]{2}|(\\342|\\343\\200)(\\2[0-7]{2})+"  # a sign that is no letter, as «, “ and 、
    r")[.']*("
)
_AFTER: Final = ")(?![a-z0-9]|[.-]+[a-z0-9])"
"""What stands around an address, in bytes as `encode(.., 'escape')` writes them. What is usual around one in URLs and
texts (=, &, /, quotes, the point of a sentence) ends it, although some of it may stand in an address."""
_FORGET_REJECTS = statement(r"""
    WITH given AS (SELECT lower(address) AS address FROM unnest(CAST(:addresses AS text[])) AS given(address)),
    erased AS (
        SELECT CAST(:before AS text) || regexp_replace(
                   encode(convert_to(address, 'UTF8'), 'escape'), :signs, '\\\&', 'g') || :after AS held,
               CAST(:before AS text) || regexp_replace(
                   translate(address, '-_', '  '), :signs, '\\\&', 'g') || :after AS counted
        FROM given),
    counts AS (DELETE FROM left_out USING erased WHERE translate(lower(reason), '-_', '  ') ~ erased.counted),
    names AS (DELETE FROM name USING erased WHERE encode(convert_to(key, 'UTF8'), 'escape') ~ erased.held)
    DELETE FROM reject USING erased
    WHERE lower(encode(coalesce(raw, '') || '\012' || coalesce(submission, ''), 'escape')) ~ erased.held
""")
"""As text in which every byte counts: what was cut may end in the middle of a letter. People write DANA@Acme.com."""
_SIGNS: Final = r"[][\\.*+?^$(){}|]"
"""What means something in a regular expression."""
_LIST = statement("""
    SELECT id, at, source, message_id, reason, state, decided_at, decided_by, submission, raw FROM reject
    WHERE kind = :kind AND id < :before AND (CAST(:closed AS boolean) OR state IN ('open', 'releasing'))
    ORDER BY id DESC LIMIT :limit
""")
_COUNTS = statement("""
    SELECT 'refused event' AS what, reason, source, count(*) AS count, min(at) AS first_at, max(at) AS last_at
    FROM reject WHERE kind = :kind AND state IN ('open', 'releasing')
    GROUP BY reason, source ORDER BY count DESC, reason, source
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
_CLAIM = statement("""
    UPDATE reject SET state = 'releasing'
    WHERE kind = :kind AND id = :id AND state IN ('open', 'releasing') RETURNING id, at, source, submission, raw
""")
_GIVE_BACK = statement("UPDATE reject SET state = 'open' WHERE kind = :kind AND id = :id AND state = 'releasing'")
_STATE = statement("SELECT state FROM reject WHERE kind = :kind AND id = :id")
_DECIDE = statement("""
    UPDATE reject SET state = :state, decided_at = clock_timestamp(), decided_by = :by, raw = NULL, submission = NULL
    WHERE kind = :kind AND id = :id AND state = :from
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
class ClaimedReject:
    """A row that somebody is releasing."""

    id: int
    at: datetime
    """When it came."""
    source: str
    submission: bytes | None
    """Packed: of what was held back as spam and could be read."""
    raw: bytes | None


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
    """Deletes every reject, count and name that holds one of these addresses, in whatever case; joann@ is not ann@."""
    given = {"addresses": sorted(addresses), "before": _BEFORE, "after": _AFTER, "signs": _SIGNS}
    await tx.execute(_FORGET_REJECTS, given)


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


async def claim_reject(tx: Connection, kind: Kind, identity: int) -> ClaimedReject | None:
    """From here on it can be released, and no more be dropped; None where it is not open.

    Who released it before and did not come to the end may claim it again.
    """
    row = (await tx.execute(_CLAIM, {"kind": kind, "id": identity})).one_or_none()
    return ClaimedReject(row.id, row.at, row.source, row.submission, row.raw) if row else None


async def give_back_reject(tx: Connection, kind: Kind, identity: int) -> None:
    """It could not be taken in, and is open again."""
    await tx.execute(_GIVE_BACK, {"kind": kind, "id": identity})


async def reject_state(tx: Connection, kind: Kind, identity: int) -> str | None:
    """`open`, `releasing`, `released` or `dropped`; None when there is none."""
    row = (await tx.execute(_STATE, {"kind": kind, "id": identity})).one_or_none()
    return row.state if row else None


async def close_reject(
    tx: Connection, kind: Kind, identity: int, state: Literal["released", "dropped"], by: str
) -> bool:
    """A person (`by`) decided; what it holds is forgotten.

    False unless it is claimed for a release, or open for a drop.
    """
    before = "releasing" if state == "released" else "open"
    given = {"kind": kind, "id": identity, "state": state, "from": before, "by": by}
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
