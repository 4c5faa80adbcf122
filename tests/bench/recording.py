"""The streams of a whole house after half a day of traffic, recorded once: what each service alone then works."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter

import asyncpg
from tests.bench.traffic import facts_of_leads

from agreement import Agreement
from events import Event, Fact
from events.body import Body
from events.codec import decode
from events.deals import DealOpened, DealWon
from events.handoffs import LeadAssigned
from events.sales import ContactAttempted, ContactConnected, LeadSalesQualified, SalesAccepted, SalesRejected
from events.topics import FLOW, PARTITIONS, TOPICS
from events.vocabulary import Money
from runtime.clock import wall
from runtime.database.connect import Database, admin
from runtime.emit.stored import Stored
from runtime.emit.stream_writer import StreamWriter
from runtime.lanes.lane_status import unread
from runtime.process.assembly import Assembly
from runtime.schema_names import schema_of
from runtime.settings import Settings
from standalone.services import SERVICES
from testing.service import SHIPPED

PATIENCE = 600.0
WRITTEN_TOGETHER = 500
_STREAM = "SELECT p, first_seq, prev, body FROM {schema}.stream_batch WHERE topic = $1 ORDER BY p, first_seq"


async def record(dsn: str, agreement: Agreement, folder: Path, events: int, leads: int) -> dict[str, list[Stored]]:
    """Topic to its stored batches, in order of lane and number.

    `dsn` is a migrated, empty database; `events` so many events of `leads` people enter it as if ingest had accepted
    them, five services work them, then sales answers most offers and they work that.
    """
    settings = Settings(agreement=SHIPPED, data=folder, _env_file=None)
    services = [service for service in SERVICES if service.name not in ("ingest", "reporting")]
    assembly = Assembly(settings, agreement, dsn, services, concurrency=4)
    await assembly.start()
    try:
        now = wall()
        await write(dsn, agreement, list(facts_of_leads(events, leads, now, Random(7))), now)
        await _until_read(assembly, dsn)
        await write(dsn, agreement, list(_answers(await _offers(dsn), Random(8))), wall())
        await _until_read(assembly, dsn)
    finally:
        await assembly.stop()
    return {topic: await _stream(dsn, topic) for topic in TOPICS}


async def write(dsn: str, agreement: Agreement, facts: Sequence[Fact], now: datetime) -> None:
    """Puts facts into the streams of ingest, as if the front door had accepted them."""
    database = Database(dsn, "ingest")
    writer = StreamWriter("ingest", agreement=agreement.version, partitions=PARTITIONS)
    for start in range(0, len(facts), WRITTEN_TOGETHER):
        async with database.begin() as tx:
            await writer.append(tx, facts[start : start + WRITTEN_TOGETHER], now)
    await database.close()


async def _until_read(assembly: Assembly, dsn: str) -> None:
    """Nothing is unread, twice in a row: what was read last may have led to more."""
    deadline, rests = perf_counter() + PATIENCE, 0
    services = [name for name in FLOW if name != "reporting"]
    while rests < 2:
        if assembly.failed or perf_counter() > deadline:
            raise RuntimeError("the house did not come to rest") from assembly.failed
        async with admin(dsn) as connection:
            rests = rests + 1 if not await unread(connection, services) else 0
        await asyncio.sleep(0.5)


async def _offers(dsn: str) -> list[LeadAssigned]:
    events = [decode(line) for stored in await _stream(dsn, "handoffs") for line in stored.lines]
    return [event for event in events if isinstance(event, LeadAssigned)]


def _answers(offers: Sequence[LeadAssigned], chance: Random) -> Iterator[Fact]:
    """Of seven offers in ten: accepted, tried, reached, qualified, a deal, won; fewer at each step."""
    for number, offer in enumerate(offers):
        luck = chance.random()
        if luck < 0.85:
            for shape, data, seconds in _answer(offer, number, luck):
                yield shape.fact(offer.subject, data, time=offer.time + timedelta(seconds=seconds))


def _answer(offer: LeadAssigned, number: int, luck: float) -> Iterator[tuple[type[Event], Body, int]]:
    """Event, what it says, and how many seconds after the offer."""
    rep, assignment, message, deal = offer.data.rep, offer.data.assignment, f"bench-{number}", f"deal-{number}"
    if luck > 0.7:
        reason = "not_icp"
        yield SalesRejected, SalesRejected.Data(assignment=assignment, reason=reason, by=rep, message_id=message), 0
        return
    yield SalesAccepted, SalesAccepted.Data(assignment=assignment, by=rep, message_id=message), 0
    yield ContactAttempted, ContactAttempted.Data(channel="call", by=rep), 10
    if luck < 0.5:
        yield ContactConnected, ContactConnected.Data(channel="call", by=rep), 20
        yield LeadSalesQualified, LeadSalesQualified.Data(need=True, budget=True, authority=True, by=rep), 30
    if luck < 0.3:
        amount = Money(amount=(10 + number % 890) * 100_00, currency="USD")
        yield DealOpened, DealOpened.Data(deal=deal, amount=amount, by=rep), 40
        if luck < 0.1:
            yield DealWon, DealWon.Data(deal=deal, amount=amount, by=rep), 50


async def _stream(dsn: str, topic: str) -> list[Stored]:
    connection = await asyncpg.connect(dsn.replace("+asyncpg", ""))
    try:
        rows = await connection.fetch(_STREAM.format(schema=schema_of(TOPICS[topic].producer)), topic)
    finally:
        await connection.close()
    return [Stored(topic, row["p"], row["first_seq"], row["prev"], row["body"]) for row in rows]
