"""All SQL of the front door. Everything below `enter` runs one transaction at a time, in all processes together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from events import Fact
from events.topics import TYPES
from ingest.decide import Book, Kept, Names, Outcome, Person

_ENTER = text("SELECT FROM door FOR UPDATE")
_SEEN = text("""
    SELECT source, message_id, at FROM message
    JOIN unnest(CAST(:sources AS text[]), CAST(:ids AS text[])) AS asked(source, message_id) USING (source, message_id)
""")
_IDENTITIES = text("""
    SELECT kind, value, person FROM identity
    JOIN unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS asked(kind, value) USING (kind, value)
""")
_PEOPLE = text("""
    WITH asked AS (SELECT * FROM person WHERE id = ANY (CAST(:ids AS text[])))
    SELECT * FROM asked
    UNION SELECT winner.* FROM asked JOIN person winner ON winner.id = asked.into_person
    UNION SELECT loser.* FROM person loser
          WHERE CAST(:erasing AS boolean) AND loser.into_person IN (SELECT coalesce(into_person, id) FROM asked)
""")
_MEMORY = text("""
    SELECT place, person, type, time, mode, data, source, message_id FROM fact
    WHERE person = ANY (CAST(:people AS text[])) ORDER BY place
""")
_FORGET = text("""
    WITH facts AS (DELETE FROM fact WHERE person = ANY (CAST(:people AS text[]))),
    names AS (DELETE FROM identity WHERE person = ANY (CAST(:people AS text[])) RETURNING kind, value)
    SELECT value FROM names WHERE kind = 'email'
""")
_FORGET_REJECTS = text("""
    DELETE FROM reject USING unnest(CAST(:addresses AS text[])) AS gone(address)
    WHERE position(convert_to(gone.address, 'UTF8') IN reject.raw) > 0
""")
_MOVE = text("""
    WITH moved AS (SELECT * FROM unnest(CAST(:names AS text[]), CAST(:into AS text[])) AS m(name, target)),
    facts AS (UPDATE fact SET person = target FROM moved WHERE person = name),
    losers AS (UPDATE person SET into_person = target FROM moved WHERE into_person = name)
    UPDATE identity SET person = target FROM moved WHERE person = name
""")
_SAVE_PEOPLE = text("""
    INSERT INTO person (id, email, since, into_person)
    SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:emails AS text[]), CAST(:since AS timestamptz[]),
                         CAST(:into AS text[]))
    ON CONFLICT (id) DO UPDATE
    SET email = excluded.email, since = excluded.since, into_person = excluded.into_person
""")
_SAVE_IDENTITIES = text("""
    WITH asked AS (SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[]), CAST(:people AS text[]))
                   AS a(kind, value, person)),
    gone AS (DELETE FROM identity USING asked
             WHERE identity.kind = asked.kind AND identity.value = asked.value AND asked.person IS NULL)
    INSERT INTO identity (kind, value, person) SELECT * FROM asked WHERE person IS NOT NULL
    ON CONFLICT (kind, value) DO UPDATE SET person = excluded.person
""")
_SAVE_SEEN = text("""
    INSERT INTO message (source, message_id, at)
    SELECT * FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:at AS timestamptz[]))
    ON CONFLICT (source, message_id) DO UPDATE SET at = excluded.at
""")
_KEEP = text("""
    INSERT INTO fact (person, type, time, mode, data, source, message_id, recorded, raw)
    SELECT person, type, time, mode, data, source, message_id, CAST(:now AS timestamptz), raw
    FROM unnest(CAST(:people AS text[]), CAST(:types AS text[]), CAST(:times AS timestamptz[]), CAST(:modes AS text[]),
                CAST(:data AS jsonb[]), CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:raws AS bytea[]))
         WITH ORDINALITY AS new(person, type, time, mode, data, source, message_id, raw, rank)
    ORDER BY rank
""")
_REJECT = text("""
    INSERT INTO reject (at, source, message_id, reason, raw)
    SELECT CAST(:now AS timestamptz), *
    FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:reasons AS text[]), CAST(:raws AS bytea[]))
""")
_TIDY = text("""
    WITH old AS (SELECT ctid FROM message WHERE at < CAST(:before AS timestamptz) LIMIT :most),
    rejects AS (DELETE FROM reject WHERE at < CAST(:before AS timestamptz))
    DELETE FROM message WHERE ctid = ANY (ARRAY(SELECT ctid FROM old))
""")


@dataclass(frozen=True, slots=True)
class Reject:
    """What was turned away, kept for who asks why."""

    source: str
    message_id: str | None
    reason: str
    raw: bytes | None


async def enter(tx: AsyncConnection) -> None:
    """Waits for whoever is inside."""
    await tx.execute(_ENTER)


async def open_book(tx: AsyncConnection, names: Names) -> Book:
    """Three statements."""
    messages, identities = sorted(names.messages), sorted(names.identities)
    asked = {"sources": [source for source, _ in messages], "ids": [message for _, message in messages]}
    seen = {(row.source, row.message_id): row.at for row in await tx.execute(_SEEN, asked)}
    found = await tx.execute(
        _IDENTITIES, {"kinds": [kind for kind, _ in identities], "values": [value for _, value in identities]}
    )
    held = {(row.kind, row.value): row.person for row in found}
    people = await tx.execute(_PEOPLE, {"ids": sorted(names.people | set(held.values())), "erasing": names.erasing})
    return Book(
        seen=seen,
        identities=held,
        people={row.id: Person(row.id, row.email, row.since, row.into_person) for row in people},
    )


async def recall(tx: AsyncConnection, book: Book, people: Iterable[str]) -> Book:
    """The book with the memory of these people."""
    memory: dict[str, list[Kept]] = {who: [] for who in people}
    for row in await tx.execute(_MEMORY, {"people": sorted(memory)}):
        event = TYPES[row.type]
        body = event.model_fields["data"].annotation
        assert body is not None  # noqa: S101
        fact = Fact(event, row.person, body.model_validate(row.data), row.time, mode=row.mode)
        memory[row.person].append(Kept(row.person, fact, row.source, row.message_id, place=row.place))
    return replace(book, memory={**book.memory, **memory})


async def write(tx: AsyncConnection, outcome: Outcome, now: datetime) -> None:
    """What is forgotten first, then what moved, then what is new: at most eight statements."""
    if outcome.erased:
        gone = await tx.execute(_FORGET, {"people": sorted(outcome.erased)})
        addresses = {*gone.scalars(), *(name for (kind, name) in outcome.identities if kind == "email")}
        await tx.execute(_FORGET_REJECTS, {"addresses": sorted(addresses)})
    if outcome.moved:
        await tx.execute(_MOVE, {"names": list(outcome.moved), "into": list(outcome.moved.values())})
    if outcome.people:
        await _save_people(tx, list(outcome.people.values()))
    if outcome.identities:
        await _save_identities(tx, outcome.identities)
    if outcome.seen:
        keys = sorted(outcome.seen)
        values = {"sources": [s for s, _ in keys], "ids": [m for _, m in keys], "at": [outcome.seen[k] for k in keys]}
        await tx.execute(_SAVE_SEEN, values)
    if outcome.kept:
        await _keep(tx, outcome.kept, now)


async def _save_people(tx: AsyncConnection, people: Sequence[Person]) -> None:
    await tx.execute(
        _SAVE_PEOPLE,
        {
            "ids": [person.id for person in people],
            "emails": [person.email for person in people],
            "since": [person.since for person in people],
            "into": [person.into for person in people],
        },
    )


async def _save_identities(tx: AsyncConnection, identities: Mapping[tuple[str, str], str | None]) -> None:
    await tx.execute(
        _SAVE_IDENTITIES,
        {
            "kinds": [kind for kind, _ in identities],
            "values": [value for _, value in identities],
            "people": list(identities.values()),
        },
    )


async def _keep(tx: AsyncConnection, kept: Sequence[Kept], now: datetime) -> None:
    await tx.execute(
        _KEEP,
        {
            "now": now,
            "people": [row.person for row in kept],
            "types": [row.fact.event.type_name() for row in kept],
            "times": [row.fact.time for row in kept],
            "modes": [row.fact.mode for row in kept],
            "data": [row.fact.data.model_dump_json(exclude_none=True) for row in kept],
            "sources": [row.source for row in kept],
            "ids": [row.message_id for row in kept],
            "raws": [row.raw for row in kept],
        },
    )


async def reject(tx: AsyncConnection, rejects: Sequence[Reject], now: datetime) -> None:
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


async def tidy(tx: AsyncConnection, before: datetime, most: int) -> int:
    """Forgets old message ids and rejects; returns how many ids went."""
    return (await tx.execute(_TIDY, {"before": before, "most": most})).rowcount
