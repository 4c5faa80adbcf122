"""Newcomers of one company, worked in two lanes at one instant: one of them names it, and the other hears of it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from agreement import Agreement
from events import Fact
from events.codec import decode
from events.leads import KnownFact, LeadCaptured
from events.scores import LeadScored
from events.topics import PARTITIONS, partition
from runtime.clock import LaboratoryClock
from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.emit.stream_writer import StreamWriter
from runtime.emit.timers import Timers
from runtime.errors import Stale
from runtime.lanes.batch import BatchProcessor
from runtime.lanes.lane import Lane
from runtime.lanes.recovery import isolate_poison
from runtime.service import Components, Context
from runtime.settings import Settings
from runtime.transport.postgres import PostgresTransport
from runtime.values import Batch
from scoring.decide import State, Terms
from scoring.handler import ScoreLeads
from scoring.service import SERVICE
from testing.events import NOON
from testing.service import SHIPPED
from testing.statements import statements_of

FIRST: Final = "ann"
SECOND: Final = "bob"


def captured(lead: str, company: str) -> Fact:
    facts = (KnownFact(name="company", value=company, source="form", at=NOON),)
    data = LeadCaptured.Data(email=f"{lead}@small-relay.example", facts=facts, channel="form:demo")
    return LeadCaptured.fact(lead, data, time=NOON)


class Overtaken(ScoreLeads):
    """Another lane works a whole batch between what this one loads and what it saves, once."""

    meanwhile: "WorkedLane | None" = None

    async def load(self, batch: Batch, tx: Connection) -> State:
        state = await super().load(batch, tx)
        other, self.meanwhile = self.meanwhile, None
        if other is not None:
            await other.work()
        return state


@dataclass
class WorkedLane:
    """A lane of scoring on a connection of its own."""

    processor: BatchProcessor
    handler: Overtaken
    lane: Lane
    connection: Connection

    async def work(self, *, one_by_one: bool = False) -> None:
        """One batch, as a worker works it; `one_by_one`: as after one with poison in it."""
        async with self.connection.begin():
            await self.lane.learn(self.connection, alone=True)
        if one_by_one:
            read = await self.processor.read(self.connection, self.lane)
            await isolate_poison(self.processor, self.connection, self.lane, read)
        else:
            await self.processor.process(self.connection, self.lane)


@pytest.fixture
async def database(house_dsn: str) -> AsyncIterator[Database]:
    database_ = Database(house_dsn, SERVICE.schema)
    yield database_
    await database_.close()


@pytest.fixture
def context(database: Database, agreement: Agreement, tmp_path: Path) -> Context:
    return Context(
        settings=Settings(data=tmp_path, agreement=SHIPPED, laboratory=True, _env_file=None),
        agreement=agreement,
        database=database,
        clock=LaboratoryClock(NOON),
        writer=StreamWriter(SERVICE.name, agreement=agreement.version, partitions=PARTITIONS),
        timers=Timers(PARTITIONS),
    )


async def write(dsn: str, context: Context, *facts: Fact) -> None:
    """What ingest says."""
    ingest = Database(dsn, "ingest")
    try:
        async with ingest.begin() as tx:
            writer = StreamWriter("ingest", agreement=context.agreement.version, partitions=PARTITIONS)
            await writer.append(tx, facts, NOON)
    finally:
        await ingest.close()


@asynccontextmanager
async def working(context: Context, lead: str) -> AsyncIterator[WorkedLane]:
    """The lane of this lead."""
    handler = Overtaken(Terms.of(context.agreement), context.timers)
    processor = BatchProcessor(
        SERVICE, Components(handler=handler, joins=True), context, PostgresTransport(SERVICE.reads)
    )
    lane = Lane(partition(lead), f"worker of {lead}")
    connection = await context.database.connect()
    try:
        token = statement("UPDATE lane SET token = :token WHERE p = :p")
        await connection.execute(token, {"p": lane.p, "token": lane.token})
        yield WorkedLane(processor, handler, lane, connection)
    finally:
        await connection.close()


async def unclear(database: Database, lead: str) -> list[Sequence[str]]:
    """What could not be read of the lead, as scoring said it each time."""
    query = statement("SELECT body FROM stream_batch WHERE topic = 'scores' AND p = :p ORDER BY first_seq")
    async with database.begin() as tx:
        bodies = (await tx.execute(query, {"p": partition(lead)})).scalars()
    events = [decode(line) for body in bodies for line in body.split(b"\n")]
    scores = [one.data for one in events if isinstance(one, LeadScored) and one.subject == lead]
    return [one.standing.facts.unclear for one in scores if one.standing is not None]


@pytest.mark.parametrize("one_by_one", [False, True])
async def test_of_two_at_the_same_instant_one_names_the_company_and_the_other_contradicts(
    house_dsn: str, database: Database, context: Context, one_by_one: bool
) -> None:
    """Also where a batch is saved before its last statement."""
    await write(house_dsn, context, captured(FIRST, "Alpha GmbH"), captured(SECOND, "Beta Inc"))
    async with working(context, FIRST) as ours, working(context, SECOND) as theirs:
        assert ours.lane.p != theirs.lane.p
        ours.handler.meanwhile = theirs
        with pytest.raises(Stale):
            await ours.work(one_by_one=one_by_one)
        assert await unclear(database, FIRST) == [], "nothing was kept"
        await ours.work(one_by_one=one_by_one)
    assert (await unclear(database, FIRST), await unclear(database, SECOND)) == ([("company",)], [()])


async def test_who_says_the_same_name_at_the_same_instant_waits_for_nobody(
    house_dsn: str, database: Database, context: Context
) -> None:
    await write(house_dsn, context, captured(FIRST, "Alpha GmbH"), captured(SECOND, "Alpha GmbH"))
    async with working(context, FIRST) as ours, working(context, SECOND) as theirs:
        ours.handler.meanwhile = theirs
        with statements_of(ours.connection) as statements:
            await ours.work()
    assert sum("INSERT INTO company_name" in one for one in statements) == 1
    assert (await unclear(database, FIRST), await unclear(database, SECOND)) == ([()], [()])
