"""The queue in `notice`: what is due, and recording what became of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from runtime.database.connection import Connection
from runtime.database.statement import statement

_READY: Final = """
    (NOT n.personal OR EXISTS (SELECT FROM person WHERE person.lead = n.lead))
"""
_SELECT_DUE: Final = f"""
    SELECT n.id, n.lead, n.kind, n.about, n.recipient, n.channel, n.address, n.assignment, n.cause, n.correlation,
           n.payload, n.state, n.attempts, n.lost AS lost_answers, n.tried_at, n.wanted AS version,
           n.reference, n.digest, n.body, coalesce(n.place, card.place, pace.found) AS place, card.reference AS thread
    FROM notice n LEFT JOIN pace ON pace.place = n.channel || ':' || n.address
         LEFT JOIN notice card ON card.id = n.card AND card.state = 'sent'
    WHERE n.channel = ANY(CAST(:channels AS text[])) AND n.next_at <= :now
      AND (n.held_until IS NULL OR n.held_until < clock_timestamp())
      AND coalesce(pace.free_at <= :now, true)
      AND NOT EXISTS (SELECT FROM pace wide WHERE wide.place = n.channel AND wide.free_at > :now)
      AND {_READY}
"""  # noqa: S608
_IN_TURN: Final = "ORDER BY n.next_at, n.id LIMIT :most FOR UPDATE OF n SKIP LOCKED"
_DUE: Final = statement(f"{_SELECT_DUE} AND n.id <> ALL(CAST(:ours AS text[])) {_IN_TURN}")
_DUE_OF_LEADS: Final = statement(
    f"{_SELECT_DUE} AND n.lead = ANY(CAST(:leads AS text[])) AND n.state = 'pending' AND n.digest IS NULL {_IN_TURN}"
)
_RECENT: Final = statement("""
    SELECT address, count(*) AS notices, min(at) AS since FROM notice
    WHERE channel = :channel AND address = ANY(CAST(:addresses AS text[])) AND kind = ANY(CAST(:kinds AS text[]))
          AND state = 'sent' AND at > :since
    GROUP BY address
""")
_GATHER: Final = statement("""
    UPDATE notice n SET digest = g.digest, next_at = g.until
    FROM unnest(CAST(:ids AS text[]), CAST(:digests AS text[]), CAST(:until AS timestamptz[])) AS g(id, digest, until)
    WHERE n.id = g.id
""")
_SENT_DIGESTS: Final = statement("""
    SELECT DISTINCT digest FROM notice
    WHERE digest = ANY(CAST(:digests AS text[])) AND state IN ('sending', 'sent', 'unknown')
""")
_SEND_OTHERWISE: Final = statement("""
    INSERT INTO notice (id, lead, kind, about, recipient, channel, address, assignment, cause, correlation, personal,
                        payload, state, next_at, made_at, at)
    SELECT o.id, n.lead, n.kind, n.about, n.recipient, o.channel, o.address, n.assignment, n.cause, n.correlation,
           n.personal, n.payload, 'pending', :now, :now, :now
    FROM unnest(CAST(:failed AS text[]), CAST(:id AS text[]), CAST(:channel AS text[]), CAST(:address AS text[]))
         AS o(failed, id, channel, address) JOIN notice n ON n.id = o.failed
    ORDER BY 1
    ON CONFLICT DO NOTHING
""")
_SEND_AGAIN: Final = statement("""
    UPDATE notice SET state = 'pending', next_at = :now, tried_at = NULL, digest = NULL, error = NULL,
                      reference = coalesce(reference, '')
    WHERE id = :id AND channel <> 'webhook' AND payload <> '{}' AND state IN ('sent', 'failed', 'unknown', 'dropped')
          AND (held_until IS NULL OR held_until < clock_timestamp())
    RETURNING id
""")
"""With a reference, though it be empty, it counts as one that was wanted, and is not dropped as overtaken."""
_TAKE_PLACES: Final = statement("""
    INSERT INTO pace (place, free_at) SELECT place, :free_at FROM unnest(CAST(:places AS text[])) AS place ORDER BY 1
    ON CONFLICT (place) DO UPDATE SET free_at = excluded.free_at WHERE pace.free_at <= :now
    RETURNING place
""")
_RECORD: Final = statement("""
    WITH made AS (
        SELECT * FROM unnest(
            CAST(:id AS text[]), CAST(:attempts AS int[]), CAST(:state AS text[]), CAST(:next_at AS timestamptz[]),
            CAST(:version AS int[]), CAST(:lost_answers AS int[]), CAST(:place AS text[]), CAST(:reference AS text[]),
            CAST(:body AS jsonb[]), CAST(:error AS text[]))
            AS m(id, attempts, state, next_at, shown, lost, place, reference, body, error)),
    mine AS (
        SELECT n.id, coalesce(person.body ? 'gone', false) AS removed
        FROM notice n JOIN made USING (id, attempts) LEFT JOIN person USING (lead) ORDER BY n.id FOR UPDATE OF n)
    UPDATE notice n SET
        state = m.state, held_until = NULL, shown = coalesce(m.shown, n.shown), lost = n.lost + m.lost,
        next_at = CASE WHEN m.state = 'sent' AND m.next_at IS NULL AND n.wanted > coalesce(m.shown, n.shown)
                       THEN :now ELSE m.next_at END,
        place = coalesce(m.place, n.place), reference = coalesce(m.reference, n.reference),
        outbox = n.outbox OR (:outbox AND m.state = 'sent'),
        body = CASE WHEN mine.removed THEN NULL ELSE coalesce(m.body, n.body) END,
        error = m.error, at = CASE WHEN n.state = 'sent' AND m.state = 'sent' THEN n.at ELSE :now END
    FROM mine JOIN made m USING (id) WHERE n.id = mine.id
    RETURNING n.id
""")
_PACE: Final = statement("""
    INSERT INTO pace AS p (place, free_at, stopped, found)
    SELECT * FROM unnest(CAST(:place AS text[]), CAST(:free_at AS timestamptz[]), CAST(:stopped AS text[]),
                         CAST(:provider_place AS text[])) ORDER BY 1
    ON CONFLICT (place) DO UPDATE SET
        free_at = greatest(p.free_at, excluded.free_at), stopped = excluded.stopped,
        found = coalesce(excluded.found, p.found)
    WHERE p.stopped IS DISTINCT FROM excluded.stopped OR excluded.free_at > p.free_at
       OR (excluded.found IS NOT NULL AND p.found IS DISTINCT FROM excluded.found)
""")
_WAITING: Final = statement(f"""
    SELECT n.channel, min(greatest(n.next_at, pace.free_at, wide.free_at)) AS due
    FROM notice n
    LEFT JOIN pace ON pace.place = n.channel || ':' || n.address
    LEFT JOIN pace wide ON wide.place = n.channel
    WHERE n.next_at IS NOT NULL AND n.channel = ANY(CAST(:channels AS text[])) AND {_READY}
    GROUP BY n.channel
""")  # noqa: S608
_SOONEST: Final = statement("""
    SELECT least(
        (SELECT min(next_at) FROM notice WHERE channel = :channel AND next_at > :now),
        (SELECT min(free_at) FROM pace WHERE free_at > :now AND split_part(place, ':', 1) = :channel))
""")


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A row of `notice` that is due."""

    id: str
    lead: str
    kind: str
    about: str
    recipient: str
    channel: str
    address: str
    assignment: str | None
    cause: str | None
    correlation: str | None
    payload: dict[str, Any]
    state: str
    attempts: int
    lost_answers: int
    """How many calls left it unknown whether it was delivered."""
    tried_at: datetime | None
    version: int
    """Of what it is to show; every change of the lead is a new one."""
    reference: str | None
    digest: str | None
    body: Any
    place: str | None
    thread: str | None = None
    """The provider's id of the card to which it belongs, when that was sent."""

    @property
    def is_redraw(self) -> bool:
        """It was delivered before; what is due is a new look."""
        return self.state == "sent"


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """What became of one attempt."""

    id: str
    attempts: int
    state: str
    next_at: datetime | None = None
    version: int | None = None
    """Which one is shown now; None: unchanged."""
    lost_answers: int = 0
    """More of them by this attempt."""
    place: str | None = None
    reference: str | None = None
    body: Any = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """When a place may be used again; `stopped` says why nothing gets through there."""

    place: str
    free_at: datetime
    stopped: str | None = None
    provider_place: str | None = None
    """What the provider calls the place."""


@dataclass(frozen=True, slots=True)
class OtherWay:
    """A notice for another channel, in place of one that failed for good."""

    failed: str
    id: str
    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class RecentNotices:
    """What one address had lately: how many notices, the first of them at `since`."""

    notices: int
    since: datetime


async def recent(
    tx: Connection, channel: str, addresses: Collection[str], kinds: Collection[str], since: datetime
) -> dict[str, RecentNotices]:
    """Notices of these kinds that reached these addresses after `since`, by address."""
    given = {"channel": channel, "addresses": sorted(addresses), "kinds": sorted(kinds), "since": since}
    return {row.address: RecentNotices(row.notices, row.since) for row in await tx.execute(_RECENT, given)}


async def gather(tx: Connection, gathered: Sequence[tuple[str, str | None, datetime]]) -> None:
    """Notices (id, digest, when): they wait until then, and travel in that digest, if one is named."""
    ids, digests, until = zip(*gathered, strict=True)
    await tx.execute(_GATHER, {"ids": list(ids), "digests": list(digests), "until": list(until)})


async def sent_digests(tx: Connection, digests: Collection[str]) -> set[str]:
    """Those of which something has gone out, or may have."""
    return set((await tx.execute(_SENT_DIGESTS, {"digests": sorted(digests)})).scalars())


async def send_again(tx: Connection, identity: str, now: datetime) -> bool:
    """The notice is due once more, by itself, however it reads now; False when it is on its way, or was emptied."""
    return (await tx.execute(_SEND_AGAIN, {"id": identity, "now": now})).one_or_none() is not None


async def send_otherwise(tx: Connection, others: Sequence[OtherWay], now: datetime) -> None:
    """Notices that failed are made once more for another channel; one that is there already stays as it is."""
    columns = {name: [getattr(one, name) for one in others] for name in OtherWay.__dataclass_fields__}
    await tx.execute(_SEND_OTHERWISE, {**columns, "now": now})


async def load_due(tx: Connection, channel: str, now: datetime, most: int, ours: Collection[str]) -> list[DueNotice]:
    """At most so many notices of a channel that are due and nobody holds, locked, in order of due time.

    `ours`: ids that this process is at work on, whatever became of their holds.
    """
    parameters = {"channels": [channel], "now": now, "most": most, "ours": list(ours)}
    return [DueNotice(**row) for row in (await tx.execute(_DUE, parameters)).mappings()]


async def load_due_of(
    tx: Connection, leads: Collection[str], channels: Sequence[str], now: datetime, most: int
) -> list[DueNotice]:
    """The same of these leads and channels, as far as they were never sent and belong to no digest."""
    parameters = {"leads": sorted(leads), "channels": list(channels), "now": now, "most": most}
    return [DueNotice(**row) for row in (await tx.execute(_DUE_OF_LEADS, parameters)).mappings()]


async def take_places(tx: Connection, places: Sequence[str], now: datetime, pace: timedelta) -> set[str]:
    """Those of the places whose turn it is; nobody else may use them before the pace has passed."""
    parameters = {"places": sorted(places), "now": now, "free_at": now + pace}
    return set((await tx.execute(_TAKE_PLACES, parameters)).scalars())


async def record(tx: Connection, records: Sequence[AttemptRecord], *, outbox: bool, now: datetime) -> set[str]:
    """Ids that were still ours: somebody may have taken over what we held too long."""
    columns = {
        name: [getattr(r, name) for r in records] for name in AttemptRecord.__dataclass_fields__ if name != "body"
    }
    bodies = [None if r.body is None else orjson.dumps(r.body).decode() for r in records]
    return set((await tx.execute(_RECORD, {**columns, "body": bodies, "outbox": outbox, "now": now})).scalars())


async def save_paces(tx: Connection, paces: Sequence[Pace]) -> None:
    """The last of each place counts."""
    last = {pace.place: pace for pace in paces}.values()
    await tx.execute(_PACE, {name: [getattr(p, name) for p in last] for name in Pace.__dataclass_fields__})


async def earliest_due(tx: Connection, channels: Sequence[str]) -> dict[str, datetime]:
    """By channel the earliest instant at which something is to be sent."""
    return {row.channel: row.due for row in await tx.execute(_WAITING, {"channels": list(channels)})}


async def next_change(tx: Connection, channel: str, now: datetime) -> datetime | None:
    """The next instant at which time alone makes something due in this channel: a notice, or a place that is free."""
    moment: datetime | None = (await tx.execute(_SOONEST, {"channel": channel, "now": now})).scalar_one()
    return moment
