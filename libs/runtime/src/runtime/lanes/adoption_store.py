"""SQL of adoption: positions of one stream's writer and readers, its batches, and what was orphaned."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from events.topics import FLOW, TOPICS
from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement
from runtime.lanes.sequence import Progress
from runtime.schema_names import schema_of

_HERE = statement("SELECT to_regclass(:table) IS NOT NULL")
_LANES = "SELECT p FROM {schema}.lane_output WHERE topic = :topic ORDER BY p"
_WRITER = "SELECT last_seq, last_hash, generation FROM {schema}.lane_output WHERE topic = :topic AND p = :p {lock}"
_READER = "SELECT last_seq, last_hash, generation, next_offset FROM {schema}.lane_input WHERE topic = :topic AND p = :p"
_BATCHES = """
    SELECT first_seq, n, prev, body FROM {schema}.stream_batch
    WHERE topic = :topic AND p = :p AND first_seq > :after AND first_seq + n - 1 > :least ORDER BY first_seq LIMIT 100
"""
_OLDEST = "SELECT first_seq, prev FROM {schema}.stream_batch WHERE topic = :topic AND p = :p ORDER BY first_seq LIMIT 1"
_TAKE = """
    UPDATE {schema}.lane SET token = substr(replace(gen_random_uuid()::text, '-', ''), 1, 16), owner = NULL,
                             lease_until = '-infinity', stopped = NULL
    WHERE p = :p
"""
_RENEW_BATCHES = """
    UPDATE {schema}.stream_batch SET generation = :generation
    WHERE topic = :topic AND p = :p AND first_seq + n - 1 > :after
"""
_RENEW_WRITER = """
    UPDATE {schema}.lane_output SET generation = :generation, shipped_seq = least(shipped_seq, :after)
    WHERE topic = :topic AND p = :p
"""
_RENEW_READER = """
    UPDATE {schema}.lane_input SET last_seq = CAST(:seq AS bigint), last_hash = :hash,
        generation = :generation, next_offset = CASE WHEN :ships THEN next_offset ELSE coalesce((
            SELECT max(first_seq) FROM {writer}.stream_batch
            WHERE topic = :topic AND p = :p AND first_seq <= CAST(:seq AS bigint) + 1), 0) END
    WHERE topic = :topic AND p = :p
"""
_NOTE = """
    INSERT INTO {schema}.orphan (topic, p, "offset", seq, generation, subject, type, message_id)
    VALUES (:topic, :p, :offset, :seq, :generation, :subject, :type, :message) ON CONFLICT DO NOTHING
"""
_FORGET = "DELETE FROM {schema}.orphan WHERE at < clock_timestamp() - make_interval(days => :days)"
_ORPHANS = """
    SELECT topic, p, "offset", seq, generation, subject, type, message_id, fate FROM {schema}.orphan
    WHERE topic = :topic ORDER BY p, "offset"
"""
_FATE = 'UPDATE {schema}.orphan SET fate = :fate WHERE topic = :topic AND p = :p AND "offset" = :offset'


@dataclass(frozen=True, slots=True)
class Writer:
    """Where the writer of a stream stands."""

    topic: str
    p: int
    last_seq: int
    last_hash: bytes
    generation: int


@dataclass(frozen=True, slots=True)
class Reader:
    """Where one reader of a stream stands."""

    service: str
    seq: int
    hash: bytes
    generation: int
    offset: int


@dataclass(frozen=True, slots=True)
class Orphan:
    """A record that the writer's database does not know."""

    topic: str
    p: int
    offset: int
    """Where it lies on Kafka."""
    seq: int
    generation: int
    subject: str | None
    type: str | None
    message_id: str | None
    """The sender's own id, where the event carries it."""
    fate: str | None = None
    """What `baton adopt --take-back` made of it; None: nothing yet."""


def _of(template: str, topic: str, **names: str) -> Statement:
    return statement(template.format(schema=schema_of(TOPICS[topic].producer), **names))


async def services(tx: Connection) -> list[str]:
    """Those whose schemas are in this database."""
    there = {name: await tx.execute(_HERE, {"table": f"{schema_of(name)}.lane_output"}) for name in FLOW}
    return [name for name, found in there.items() if found.scalar_one()]


async def topics(tx: Connection) -> list[str]:
    """Those whose writers are in this database, in map order."""
    here = await services(tx)
    return [name for name, topic in TOPICS.items() if topic.producer in here]


async def lanes(tx: Connection, topic: str) -> list[int]:
    """The partitions that a topic's writer has."""
    return list((await tx.execute(_of(_LANES, topic), {"topic": topic})).scalars())


async def writer(tx: Connection, topic: str, p: int, *, lock: bool = False) -> Writer:
    """Where a stream stands; with `lock`, nothing is written to it until the transaction ends."""
    reading = _of(_WRITER, topic, lock="FOR UPDATE" if lock else "")
    row = (await tx.execute(reading, {"topic": topic, "p": p})).one()
    return Writer(topic, p, row.last_seq, row.last_hash, row.generation)


async def readers(tx: Connection, here: Collection[str], topic: str, p: int) -> list[Reader]:
    """Those of these services that read a stream."""
    found = []
    for service in (name for name in TOPICS[topic].readers if name in here):
        statement_of = statement(_READER.format(schema=schema_of(service)))
        row = (await tx.execute(statement_of, {"topic": topic, "p": p})).one_or_none()
        if row is not None:
            found.append(Reader(service, row.last_seq, row.last_hash, row.generation, row.next_offset))
    return found


async def batches(tx: Connection, topic: str, p: int, after: int, least: int) -> list[tuple[int, int, bytes, bytes]]:
    """Some of the kept batches that end after `least` and begin after `after`, oldest first.

    First number, number of lines, hash before them, bytes. None left: [].
    """
    given = {"topic": topic, "p": p, "after": after, "least": least}
    return [(row.first_seq, row.n, row.prev, row.body) for row in await tx.execute(_of(_BATCHES, topic), given)]


async def oldest(tx: Connection, topic: str, p: int) -> tuple[int, bytes] | None:
    """First number of the oldest batch that is kept, and the hash before it."""
    row = (await tx.execute(_of(_OLDEST, topic), {"topic": topic, "p": p})).one_or_none()
    return (row.first_seq, row.prev) if row else None


async def take_lanes(tx: Connection, here: Collection[str], topic: str, p: int) -> None:
    """From whoever holds them, of the writer and of all readers: what they have under way cannot be committed."""
    for service in sorted({TOPICS[topic].producer, *TOPICS[topic].readers} & set(here)):
        await tx.execute(statement(_TAKE.format(schema=schema_of(service))), {"p": p})


async def begin_generation(tx: Connection, writer: Writer, generation: int, after: int) -> None:
    """From now on the writer writes in it, and what it wrote after this number is sent again in it."""
    given = {"topic": writer.topic, "p": writer.p, "generation": generation, "after": after}
    await tx.execute(_of(_RENEW_BATCHES, writer.topic), given)
    await tx.execute(_of(_RENEW_WRITER, writer.topic), given)


async def set_readers(
    tx: Connection, writer: Writer, generation: int, places: Mapping[str, Progress], *, ships: bool
) -> None:
    """Each reader goes on after its place, in this generation only."""
    for service, place in places.items():
        renewing = _RENEW_READER.format(schema=schema_of(service), writer=schema_of(TOPICS[writer.topic].producer))
        given = {"topic": writer.topic, "p": writer.p, "generation": generation, "ships": ships}
        await tx.execute(statement(renewing), {**given, "seq": place.last_seq, "hash": place.last_hash})


async def note(tx: Connection, writer: Writer, orphans: Sequence[Orphan]) -> None:
    """Keeps the list for as long as the records can be read, without their content."""
    await tx.execute(_of(_FORGET, writer.topic), {"days": TOPICS[writer.topic].keep_days})
    for one in orphans:
        await tx.execute(
            _of(_NOTE, one.topic),
            {
                "topic": one.topic,
                "p": one.p,
                "offset": one.offset,
                "seq": one.seq,
                "generation": one.generation,
                "subject": one.subject,
                "type": one.type,
                "message": one.message_id,
            },
        )


async def orphans(tx: Connection, topic: str) -> list[Orphan]:
    """All that are noted of a topic, in the order in which they lie on Kafka."""
    rows = await tx.execute(_of(_ORPHANS, topic), {"topic": topic})
    return [Orphan(*row) for row in rows]


async def note_fate(tx: Connection, orphan: Orphan, fate: str) -> None:
    """Notes what became of an orphan."""
    given = {"topic": orphan.topic, "p": orphan.p, "offset": orphan.offset, "fate": fate}
    await tx.execute(_of(_FATE, orphan.topic), given)
