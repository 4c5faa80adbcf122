"""Who is who, what was accepted. Everything below `lock` runs one transaction at a time, in all processes together."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from events import Event, Fact
from events.body import wire
from events.topics import TYPES
from ingest.decide import Mentions, Outcome, Person, Registry, StoredFact
from ingest.decide.state import Identity
from ingest.store.rejects import forget_rejects
from runtime.database.connection import Connection
from runtime.database.statement import statement

_USED_DAILY: Final = timedelta(days=1)
"""That a name is used is written so often."""
_LOCK = statement("SELECT clock_timestamp() FROM (SELECT FROM door FOR UPDATE) AS held")
_LOAD = statement("""
    WITH seen AS (
        SELECT known.* FROM jsonb_array_elements(CAST(:messages AS jsonb)) AS given(key), LATERAL (
            SELECT source, message_id, at FROM message m
            WHERE m.source = given.key->>0 AND m.message_id = given.key->>1 LIMIT 1) AS known),
    holders AS (
        SELECT given.*, known.person
        FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS given(kind, value), LATERAL (
            SELECT person FROM identity i WHERE i.kind = given.kind AND i.value = given.value LIMIT 1) AS known),
    named AS (
        SELECT id, email, since, into_person FROM person
        WHERE id = ANY (ARRAY(SELECT person FROM holders UNION SELECT * FROM unnest(CAST(:people AS text[]))))),
    people AS (
        SELECT * FROM named
        UNION SELECT winner.* FROM named, LATERAL (
            SELECT id, email, since, into_person FROM person p WHERE p.id = named.into_person LIMIT 1) AS winner
        UNION SELECT id, email, since, into_person FROM person loser
              WHERE CAST(:erasing AS boolean) AND loser.into_person IN (SELECT coalesce(into_person, id) FROM named)),
    names AS (
        SELECT known.* FROM jsonb_array_elements(CAST(:names AS jsonb)) AS given(key), LATERAL (
            SELECT kind, key, written, at FROM name n
            WHERE n.kind = given.key->>0 AND n.key = given.key->>1 LIMIT 1) AS known)
    SELECT 1 AS what, source AS a, message_id AS b, NULL AS c, at FROM seen
    UNION ALL SELECT 2, kind, value, person, NULL FROM holders
    UNION ALL SELECT 3, id, email, into_person, since FROM people
    UNION ALL SELECT 4, kind, key, written, at FROM names
""")
"""LATERAL ... LIMIT 1: one look into the index for each, also by a plan that was made while the table was empty."""
_MEMORY = statement("""
    SELECT place, person, type, time, mode, data, source, message_id FROM fact
    WHERE person = ANY (CAST(:people AS text[])) ORDER BY place
""")
_KNOWN = statement("""
    SELECT person, type, id FROM fact
    JOIN unnest(CAST(:people AS text[]), CAST(:types AS text[]), CAST(:ids AS text[])) AS given(person, type, id)
        USING (person, type)
    WHERE fact.data->>'message_id' = given.id
""")
_FORGET = statement("""
    WITH facts AS (DELETE FROM fact WHERE person = ANY (CAST(:people AS text[]))),
    names AS (DELETE FROM identity WHERE person = ANY (CAST(:people AS text[])) RETURNING kind, value)
    SELECT value FROM names WHERE kind = 'email'
""")
_MOVE = statement("""
    WITH moved AS (SELECT * FROM unnest(CAST(:names AS text[]), CAST(:into AS text[])) AS m(name, target)),
    facts AS (UPDATE fact SET person = target FROM moved WHERE person = name),
    losers AS (UPDATE person SET into_person = target FROM moved WHERE into_person = name)
    UPDATE identity SET person = target FROM moved WHERE person = name
""")
_JUDGE = statement("""
    UPDATE fact SET data = data || CAST(new.verdict AS jsonb)
    FROM unnest(CAST(:places AS bigint[]), CAST(:verdicts AS text[])) AS new(place, verdict)
    WHERE fact.place = new.place
""")
_FORGET_IDENTITIES = statement("""
    DELETE FROM identity USING unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS forgotten(kind, value)
    WHERE identity.kind = forgotten.kind AND identity.value = forgotten.value
""")
_SAVE = statement("""
    WITH people AS (
        INSERT INTO person (id, email, since, into_person)
        SELECT * FROM unnest(CAST(:people AS text[]), CAST(:emails AS text[]), CAST(:sinces AS timestamptz[]),
                             CAST(:intos AS text[]))
        ON CONFLICT (id) DO UPDATE
        SET email = excluded.email, since = excluded.since, into_person = excluded.into_person),
    names AS (
        INSERT INTO identity (kind, value, person)
        SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[]), CAST(:holders AS text[]))
        ON CONFLICT (kind, value) DO UPDATE SET person = excluded.person),
    messages AS (
        INSERT INTO message (source, message_id, at)
        SELECT key->>0, key->>1, CAST(:now AS timestamptz)
        FROM jsonb_array_elements(CAST(:messages AS jsonb)) AS new(key)),
    written AS (
        INSERT INTO name (kind, key, written, at)
        SELECT one->>0, one->>1, one->>2, CAST(:now AS timestamptz)
        FROM jsonb_array_elements(CAST(:written AS jsonb)) AS new(one)
        ON CONFLICT (kind, key) DO NOTHING)
    INSERT INTO fact (person, type, time, mode, data, source, message_id, recorded)
    SELECT one->>0, one->>1, CAST(one->>2 AS timestamptz), one->>3, one->4, one->>5, one->>6, CAST(:now AS timestamptz)
    FROM jsonb_array_elements(CAST(:facts AS jsonb)) WITH ORDINALITY AS new(one, rank)
    ORDER BY rank
""")
"""What is many travels as JSON: asyncpg looks at each value of an array, and needs three times as long."""
_COUNT_AGAIN = statement("""
    UPDATE message SET at = :now
    FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[])) AS again(source, id)
    WHERE message.source = again.source AND message.message_id = again.id
""")
_USE_AGAIN = statement("""
    UPDATE name SET at = :now
    FROM unnest(CAST(:kinds AS text[]), CAST(:keys AS text[])) AS again(kind, key)
    WHERE name.kind = again.kind AND name.key = again.key
""")
_TIDY = statement("""
    WITH old AS (SELECT ctid FROM message WHERE at < CAST(:before AS timestamptz) LIMIT :most),
    rejects AS (DELETE FROM reject WHERE at < CAST(:before AS timestamptz)),
    counts AS (DELETE FROM left_out WHERE last_at < CAST(:before AS timestamptz)),
    names AS (DELETE FROM name WHERE at < CAST(:before AS timestamptz))
    DELETE FROM message WHERE ctid = ANY (ARRAY(SELECT ctid FROM old))
""")


async def lock(tx: Connection) -> datetime:
    """Waits for whoever is inside; returns the database's clock as it is then."""
    moment: datetime = (await tx.execute(_LOCK)).scalar_one()
    return moment


async def load(tx: Connection, mentions: Mentions) -> Registry:
    """The registry without anybody's memory. One statement."""
    times: dict[tuple[str, str], datetime] = {}
    holders: dict[Identity, str] = {}
    people: dict[str, Person] = {}
    written: dict[tuple[str, str], str] = {}
    used: dict[tuple[str, str], datetime] = {}
    given = {
        "messages": _json(list(mentions.messages)),
        "kinds": [kind for kind, _ in mentions.identities],
        "values": [value for _, value in mentions.identities],
        "people": list(mentions.people),
        "erasing": mentions.erasing,
        "names": _json(list(mentions.names)),
    }
    for what, a, b, c, at in await tx.execute(_LOAD, given):
        match what:
            case 1:
                times[a, b] = at
            case 2:
                holders[a, b] = c
            case 4:
                written[a, b], used[a, b] = c, at
            case _:
                people[a] = Person(a, b, at, c)
    return Registry(message_times=times, identities=holders, people=people, names=written, names_used=used)


async def load_memory(tx: Connection, registry: Registry, people: Iterable[str]) -> Registry:
    """The registry with the memory of these people. One statement."""
    memory: dict[str, list[StoredFact]] = {who: [] for who in people}
    for row in await tx.execute(_MEMORY, {"people": sorted(memory)}):
        event = TYPES[row.type]
        fact = Fact(event, row.person, event.data_type().read(row.data), row.time, mode=row.mode)
        memory[row.person].append(StoredFact(row.person, fact, row.source, row.message_id, place=row.place))
    return replace(registry, memory={**registry.memory, **memory})


async def known(tx: Connection, events: Sequence[Event]) -> set[tuple[str, str, str]]:
    """(subject, type, message id) of those of the events that were accepted, whoever sent them. One statement."""
    ids = [getattr(event.data, "message_id", None) for event in events]
    given = {"people": [event.subject for event in events], "types": [event.type for event in events], "ids": ids}
    return {(row.person, row.type, row.id) for row in await tx.execute(_KNOWN, given)}


async def save(tx: Connection, registry: Registry, outcome: Outcome, now: datetime) -> None:
    """What is forgotten first, then what moved, then what is new; `registry` is what the outcome was decided on.

    One statement; at most seven more for what is rare.
    """
    if outcome.erased:
        removed = await tx.execute(_FORGET, {"people": sorted(outcome.erased)})
        addresses = {*removed.scalars(), *(name for (kind, name) in outcome.identities if kind == "email")}
        await forget_rejects(tx, addresses)
    if outcome.verdicts:
        verdicts = [orjson.dumps({"verdict": orjson.Fragment(wire(one))}).decode() for one in outcome.verdicts.values()]
        await tx.execute(_JUDGE, {"places": list(outcome.verdicts), "verdicts": verdicts})
    if outcome.moved:
        await tx.execute(_MOVE, {"names": list(outcome.moved), "into": list(outcome.moved.values())})
    if forgotten := [key for key, who in outcome.identities.items() if who is None]:
        keys = {"kinds": [kind for kind, _ in forgotten], "values": [value for _, value in forgotten]}
        await tx.execute(_FORGET_IDENTITIES, keys)
    if again := [key for key in outcome.message_times if key in registry.message_times]:
        keys = {"sources": [source for source, _ in again], "ids": [message for _, message in again]}
        await tx.execute(_COUNT_AGAIN, {**keys, "now": now})
    if stale := [key for key, used in registry.names_used.items() if now - used > _USED_DAILY]:
        keys = {"kinds": [kind for kind, _ in stale], "keys": [key for _, key in stale]}
        await tx.execute(_USE_AGAIN, {**keys, "now": now})
    if outcome.message_times:
        await tx.execute(_SAVE, _rows(registry, outcome, now))


def _rows(registry: Registry, outcome: Outcome, now: datetime) -> dict[str, Any]:
    people = outcome.people.values()
    names = [(*key, who) for key, who in outcome.identities.items() if who is not None]
    return {
        "now": now,
        "people": [one.id for one in people],
        "emails": [one.email for one in people],
        "sinces": [one.since for one in people],
        "intos": [one.into for one in people],
        "kinds": [kind for kind, _, _ in names],
        "values": [value for _, value, _ in names],
        "holders": [who for _, _, who in names],
        "messages": _json([key for key in outcome.message_times if key not in registry.message_times]),
        "written": _json([(*key, name) for key, name in outcome.names.items()]),
        "facts": _json([_row(one) for one in outcome.stored]),
    }


def _row(stored: StoredFact) -> tuple[Any, ...]:
    fact = stored.fact
    data = orjson.Fragment(wire(fact.data))
    return stored.person, fact.event.type_name(), fact.time, fact.mode, data, stored.source, stored.message_id


def _json(rows: Sequence[Sequence[Any]]) -> bytes:
    return orjson.dumps(rows)


async def tidy(tx: Connection, before: datetime, most: int) -> int:
    """Forgets old message ids, rejects, counts and names that nobody used since; returns how many ids went."""
    return (await tx.execute(_TIDY, {"before": before, "most": most})).rowcount
