"""Newcomers of one company, worked in two lanes at one instant: one of them names it, and the other hears of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import pytest

from events import Fact
from events.codec import decode
from events.leads import KnownFact, LeadCaptured
from events.scores import LeadScored
from events.topics import PARTITIONS, partition
from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.emit.stream_writer import StreamWriter
from runtime.errors import Stale
from runtime.lanes.batch import BatchProcessor
from runtime.lanes.lane import Lane
from runtime.lanes.recovery import isolate_poison
from runtime.service import Components, Context, Service
from runtime.transport.postgres import PostgresTransport
from runtime.values import Batch
from scoring.decide import State, Terms
from scoring.handler import ScoreLeads
from scoring.service import SERVICE
from testing.events import NOON
from testing.statements import statements_of

FIRST: Final = "ann"
SECOND: Final = "bob"
WORDS: Final = ("Alpha", "Beta", "Gamma", "Delta")
MANY_WORDS: Final = tuple(f"{one}{other.lower()}" for one in WORDS for other in WORDS)
FORMS: Final = ("", " Inc", " GmbH", ", Ltd.")


def captured(lead: str, company: str, domain: str = "small-relay.example") -> Fact:
    facts = (KnownFact(name="company", value=company, source="form", at=NOON),)
    data = LeadCaptured.Data(email=f"{lead}@{domain}", facts=facts, channel="form:demo")
    return LeadCaptured.fact(lead, data, time=NOON)


class Overtaken(ScoreLeads):
    """Another lane works a whole batch between what this one loads and what it saves, once; or all load before any
    saves."""

    meanwhile: "WorkedLane | None" = None
    together: asyncio.Barrier | None = None

    async def load(self, batch: Batch, tx: Connection) -> State:
        state = await super().load(batch, tx)
        other, self.meanwhile = self.meanwhile, None
        if other is not None:
            await other.work()
        if self.together is not None:
            await self.together.wait()
        return state


@dataclass
class WorkedLane:
    """A lane of scoring on a connection of its own."""

    processor: BatchProcessor
    handler: Overtaken
    lane: Lane
    connection: Connection
    records: int | None = None
    """So many at once at most."""

    async def work(self, *, one_by_one: bool = False) -> None:
        """One batch, as a worker works it; `one_by_one`: as after one with poison in it."""
        async with self.connection.begin():
            await self.lane.learn(self.connection, alone=True)
        if one_by_one:
            read = await self.processor.read(self.connection, self.lane)
            await isolate_poison(self.processor, self.connection, self.lane, read)
        else:
            read = await self.processor.read(self.connection, self.lane, self.records)
            await self.processor.process(self.connection, self.lane, read=read)


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture
def service_dsn(house_dsn: str) -> str:
    """That of the whole house: scoring reads what ingest says there."""
    return house_dsn


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


def in_lanes(lanes: int, people: int) -> list[list[str]]:
    """So many leads of each of so many lanes."""
    of: dict[int, list[str]] = {}
    for number in range(10_000):
        of.setdefault(partition(f"p{number}"), []).append(f"p{number}")
        if sum(len(some) >= people for some in of.values()) >= lanes:
            break
    return [some[:people] for some in of.values() if len(some) >= people][:lanes]


async def test_of_many_lanes_that_name_the_same_companies_one_is_done_in_each_round(
    house_dsn: str, database: Database, context: Context
) -> None:
    """Two of a batch are of one company, and each of its two companies is named in another lane, too."""
    lanes = in_lanes(4, 3)
    domains = [f"relay{n}.example" for n in range(4)]
    for n, (one, two, three) in enumerate(lanes):
        here, there = domains[n], domains[(n + 1) % 4]
        await write(
            house_dsn,
            context,
            captured(one, f"{WORDS[n]} GmbH", here),
            captured(two, f"{WORDS[n]} GmbH", here),
            captured(three, f"{WORDS[n]} GmbH", there),
        )
    async with AsyncExitStack() as stack:
        waiting = [await stack.enter_async_context(working(context, some[0])) for some in lanes]
        rounds = 0
        while waiting:
            together = asyncio.Barrier(len(waiting))
            for lane in waiting:
                lane.handler.together = together
            results = await asyncio.gather(*(lane.work() for lane in waiting), return_exceptions=True)
            assert all(result is None or isinstance(result, Stale) for result in results), results
            assert None in results, "nobody waits for ever"
            waiting = [lane for lane, result in zip(waiting, results, strict=True) if result is not None]
            rounds += 1
    assert 2 <= rounds <= len(lanes)
    async with database.begin() as tx:
        rows = (await tx.execute(statement("SELECT domain, name FROM company_name"))).all()
    names: dict[str, str] = {row.domain: row.name for row in rows}
    assert names.keys() == set(domains)
    for n, (one, two, three) in enumerate(lanes):
        for lead, domain in ((one, domains[n]), (two, domains[n]), (three, domains[(n + 1) % 4])):
            contradicts = names[domain] != f"{WORDS[n]} GmbH"
            assert (await unclear(database, lead))[-1] == (("company",) if contradicts else ()), lead


def spelled(lanes: Sequence[Sequence[str]]) -> list[Fact]:
    """An import sorted by company: each has a newcomer in each lane, and each lane spells the names in its own way."""
    return [
        captured(some[n], f"{word}{form}", f"{word.lower()}.example")
        for n, word in enumerate(MANY_WORDS)
        for some, form in zip(lanes, FORMS, strict=False)
    ]


async def test_who_is_overtaken_at_each_try_is_refused_once_a_newcomer_and_seldom_in_a_row(
    house_dsn: str, database: Database, context: Context
) -> None:
    """The other lane names one company more each time that this one has loaded: nothing worse can come."""
    lanes = in_lanes(2, len(MANY_WORDS))
    await write(house_dsn, context, *spelled(lanes))
    async with working(context, lanes[0][0]) as ours, working(context, lanes[1][0]) as theirs:
        theirs.records = 1
        refused, in_a_row = 0, 0
        while len(await unclear(database, lanes[0][-1])) == 0:
            ours.handler.meanwhile = theirs
            try:
                await ours.work()
            except Stale:
                refused += 1
                ours.lane.failures += 1  # as its worker counts them: what was too much at once is cut
                in_a_row = max(in_a_row, ours.lane.failures)
    assert 2 <= refused <= len(MANY_WORDS)
    assert in_a_row <= context.settings.batch_records.bit_length()
    for lead in lanes[0]:
        assert await unclear(database, lead) == [()], "a spelling is no contradiction"


async def test_an_import_that_spells_each_company_in_each_lane_anew_is_refused_once_a_lane(
    house_dsn: str, database: Database, context: Context
) -> None:
    """All load before any saves, round by round: who was refused once follows the others, and meets no new name."""
    lanes = in_lanes(len(FORMS), len(MANY_WORDS))
    await write(house_dsn, context, *spelled(lanes))
    async with AsyncExitStack() as stack:
        waiting = [await stack.enter_async_context(working(context, some[0])) for some in lanes]
        refused = 0
        last = {lane.lane.p: some[-1] for lane, some in zip(waiting, lanes, strict=True)}
        while waiting:
            together = asyncio.Barrier(len(waiting))
            for lane in waiting:
                lane.handler.together, lane.records = together, 4
            results = await asyncio.gather(*(lane.work() for lane in waiting), return_exceptions=True)
            assert all(result is None or isinstance(result, Stale) for result in results), results
            refused += sum(result is not None for result in results)
            waiting = [lane for lane in waiting if not await unclear(database, last[lane.lane.p])]
    assert 1 <= refused < len(FORMS)
