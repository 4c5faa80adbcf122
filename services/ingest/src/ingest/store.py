"""All SQL of ingest. Everything below `lock` runs one transaction at a time, in all processes together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from events import Event, Fact
from events.body import wire
from events.topics import TYPES
from ingest.decide import Mentions, Outcome, Person, Registry, StoredFact
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.database.upsert import Upsert

_LOCK = statement("SELECT FROM door FOR UPDATE")
_SEEN = statement("""
    SELECT source, message_id, at FROM message
    JOIN unnest(CAST(:sources AS text[]), CAST(:ids AS text[])) AS given(source, message_id) USING (source, message_id)
""")
_IDENTITIES = statement("""
    SELECT kind, value, person FROM identity
    JOIN unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS given(kind, value) USING (kind, value)
""")
_PEOPLE = statement("""
    WITH named AS (SELECT * FROM person WHERE id = ANY (CAST(:ids AS text[])))
    SELECT * FROM named
    UNION SELECT winner.* FROM named JOIN person winner ON winner.id = named.into_person
    UNION SELECT loser.* FROM person loser
          WHERE CAST(:erasing AS boolean) AND loser.into_person IN (SELECT coalesce(into_person, id) FROM named)
""")
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
_FORGET_REJECTS = statement("""
    DELETE FROM reject USING unnest(CAST(:addresses AS text[])) AS erased(address)
    WHERE position(convert_to(erased.address, 'UTF8') IN reject.raw) > 0
""")
_MOVE = statement("""
    WITH moved AS (SELECT * FROM unnest(CAST(:names AS text[]), CAST(:into AS text[])) AS m(name, target)),
    facts AS (UPDATE fact SET person = target FROM moved WHERE person = name),
    losers AS (UPDATE person SET into_person = target FROM moved WHERE into_person = name)
    UPDATE identity SET person = target FROM moved WHERE person = name
""")
_FORGET_IDENTITIES = statement("""
    DELETE FROM identity USING unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS forgotten(kind, value)
    WHERE identity.kind = forgotten.kind AND identity.value = forgotten.value
""")
_SAVE_PEOPLE = Upsert("person", ["id"], {"id": "text", "email": "text", "since": "timestamptz", "into_person": "text"})
_SAVE_IDENTITIES = Upsert("identity", ["kind", "value"], {"kind": "text", "value": "text", "person": "text"})
_SAVE_SEEN = Upsert("message", ["source", "message_id"], {"source": "text", "message_id": "text", "at": "timestamptz"})
_APPEND = statement("""
    INSERT INTO fact (person, type, time, mode, data, source, message_id, recorded, raw)
    SELECT person, type, time, mode, data, source, message_id, CAST(:now AS timestamptz), raw
    FROM unnest(CAST(:people AS text[]), CAST(:types AS text[]), CAST(:times AS timestamptz[]), CAST(:modes AS text[]),
                CAST(:data AS jsonb[]), CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:raws AS bytea[]))
         WITH ORDINALITY AS new(person, type, time, mode, data, source, message_id, raw, rank)
    ORDER BY rank
""")
_REJECT = statement("""
    INSERT INTO reject (at, source, message_id, reason, raw)
    SELECT CAST(:now AS timestamptz), *
    FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:reasons AS text[]), CAST(:raws AS bytea[]))
""")
_TIDY = statement("""
    WITH old AS (SELECT ctid FROM message WHERE at < CAST(:before AS timestamptz) LIMIT :most),
    rejects AS (DELETE FROM reject WHERE at < CAST(:before AS timestamptz))
    DELETE FROM message WHERE ctid = ANY (ARRAY(SELECT ctid FROM old))
""")


@dataclass(frozen=True, slots=True)
class Reject:
    """What was turned away, with its reason, kept for who asks why."""

    source: str
    message_id: str | None
    reason: str
    raw: bytes | None


async def lock(tx: Connection) -> None:
    """Waits for whoever is inside."""
    await tx.execute(_LOCK)


async def load(tx: Connection, mentions: Mentions) -> Registry:
    """The registry without anybody's memory. Three statements."""
    messages, identities = sorted(mentions.messages), sorted(mentions.identities)
    keys = {"sources": [source for source, _ in messages], "ids": [message for _, message in messages]}
    seen = {(row.source, row.message_id): row.at for row in await tx.execute(_SEEN, keys)}
    rows = await tx.execute(
        _IDENTITIES, {"kinds": [kind for kind, _ in identities], "values": [value for _, value in identities]}
    )
    holders = {(row.kind, row.value): row.person for row in rows}
    ids = sorted(mentions.people | set(holders.values()))
    people = await tx.execute(_PEOPLE, {"ids": ids, "erasing": mentions.erasing})
    return Registry(
        message_times=seen,
        identities=holders,
        people={row.id: Person(row.id, row.email, row.since, row.into_person) for row in people},
    )


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


async def save(tx: Connection, outcome: Outcome, now: datetime) -> None:
    """What is forgotten first, then what moved, then what is new: at most eight statements."""
    if outcome.erased:
        removed = await tx.execute(_FORGET, {"people": sorted(outcome.erased)})
        addresses = {*removed.scalars(), *(name for (kind, name) in outcome.identities if kind == "email")}
        await tx.execute(_FORGET_REJECTS, {"addresses": sorted(addresses)})
    if outcome.moved:
        await tx.execute(_MOVE, {"names": list(outcome.moved), "into": list(outcome.moved.values())})
    await _SAVE_PEOPLE(tx, [(one.id, one.email, one.since, one.into) for one in outcome.people.values()])
    if forgotten := [key for key, who in outcome.identities.items() if who is None]:
        keys = {"kinds": [kind for kind, _ in forgotten], "values": [value for _, value in forgotten]}
        await tx.execute(_FORGET_IDENTITIES, keys)
    await _SAVE_IDENTITIES(tx, [(*key, who) for key, who in outcome.identities.items() if who is not None])
    await _SAVE_SEEN(tx, [(*key, at) for key, at in outcome.message_times.items()])
    if outcome.stored:
        await _append(tx, outcome.stored, now)


async def _append(tx: Connection, rows: Sequence[StoredFact], now: datetime) -> None:
    await tx.execute(
        _APPEND,
        {
            "now": now,
            "people": [row.person for row in rows],
            "types": [row.fact.event.type_name() for row in rows],
            "times": [row.fact.time for row in rows],
            "modes": [row.fact.mode for row in rows],
            "data": [wire(row.fact.data).decode() for row in rows],
            "sources": [row.source for row in rows],
            "ids": [row.message_id for row in rows],
            "raws": [row.raw for row in rows],
        },
    )


async def save_rejects(tx: Connection, rejects: Sequence[Reject], now: datetime) -> None:
    """Keeps what was turned away, with its reason; one statement."""
    await tx.execute(
        _REJECT,
        {
            "now": now,
            "sources": [one.source for one in rejects],
            "ids": [one.message_id for one in rejects],
            "reasons": [one.reason for one in rejects],
            "raws": [one.raw for one in rejects],
        },
    )


async def tidy(tx: Connection, before: datetime, most: int) -> int:
    """Forgets old message ids and rejects; returns how many ids went."""
    return (await tx.execute(_TIDY, {"before": before, "most": most})).rowcount
