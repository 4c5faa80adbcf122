"""What an event costs once a lead's past is long, once there are many leads, and a tick once many timers wait.

`past_growth`: scoring's handler (load, decide, save; rolled back, so that the past stays as it is) works a batch of
one event of each lead, leads with 500 past engagements in turn with as many that have 10; the ratio of the shortest
times. `lead_growth`: the handler works and commits batches of 500 events of as many leads, drawn evenly from all, when
there are 10,000 and again when there are 1,000,000; those beyond a few hundred are copies of these, made in SQL, in
every table of scoring that knows leads. The server has the memory that PostgreSQL's handbook gives one with so much to
hold (a quarter of a machine of 8 GB), so that the figure tells what Baton costs, not what a page from the disk does.
`timer_growth`: the median time of what a worker of sla-monitor does each
second to find work (`Worker.look`: due timers, retries, lost wake-ups) while nothing is due, with 10,000 timers
pending and with 5,000,000.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import NAMESPACE_DNS, uuid5

import uvloop
from tests.bench.bulk import copied, copy_leads, fill_timers
from tests.bench.figures import Figure
from tests.bench.traffic import KINDS, capture, engagement

from agreement import load
from events import Event, Fact
from events.codec import decode, encode
from events.leads import EngagementRecorded, LeadCaptured
from events.topics import PARTITIONS
from runtime.clock import wall
from runtime.database.connection import Connection
from runtime.database.embedded import EmbeddedPostgres
from runtime.process.assembly import Assembly, Running
from runtime.process.collector import calm_collector
from runtime.process.migrate import migrate
from runtime.service import Handler
from runtime.settings import Settings
from runtime.values import Batch
from standalone.services import SERVICES
from testing.service import SHIPPED

SHORT, LONG = 10, 500
"""Past engagements of a lead."""
PAST = timedelta(days=60)
"""Over which they are spread."""
TURNS = 15
TEMPLATES = 250
"""Leads that are copied."""
TOGETHER = 500
"""Events in a batch."""
BATCHES = 8
TICKS = 100
_POSTGRES = {
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",  # no checkpoint of the filling falls into a count
    "shared_buffers": "2GB",
}


def bench(pasts: int, leads: tuple[int, int], timers: tuple[int, int]) -> list[Figure]:
    """`pasts` leads with a long past; from and to how many leads, and timers, the tables grow."""
    calm_collector()
    with (
        TemporaryDirectory(prefix="baton-bench-") as folder,
        EmbeddedPostgres(Path(folder), settings=_POSTGRES) as server,
    ):
        asyncio.run(migrate(server.dsn, SERVICES, partitions=PARTITIONS))
        return uvloop.run(_bench(server.dsn, Path(folder), pasts, leads, timers))


async def _bench(dsn: str, folder: Path, pasts: int, leads: tuple[int, int], timers: tuple[int, int]) -> list[Figure]:
    scoring = _assembly("scoring", dsn, folder)
    try:
        job = await Job.open(scoring.running[0])
        figures = [await _past_growth(job, pasts), await _lead_growth(job, dsn, leads)]
    finally:
        await scoring.stop()
    return [*figures, await _timer_growth(_assembly("sla-monitor", dsn, folder), dsn, timers)]


def _assembly(name: str, dsn: str, folder: Path) -> Assembly:
    settings = Settings(agreement=SHIPPED, data=folder, _env_file=None)
    service = next(service for service in SERVICES if service.name == name)
    return Assembly(settings, load(SHIPPED), dsn, [service])


class Job:
    """Scoring's handler on a connection of its own, without lanes."""

    def __init__(self, handler: Handler, connection: Connection) -> None:
        self._handler, self._connection = handler, connection
        self._places = count(1)

    @classmethod
    async def open(cls, running: Running) -> "Job":
        """Of a service that was built; it need not run."""
        assert running.components.handler is not None
        return cls(running.components.handler, await running.context.database.connect())

    def events(self, facts: Iterable[Fact], now: datetime) -> list[Event]:
        """As they would be read from `leads`."""
        lines = (
            encode(fact, place=f"leads/0/{next(self._places)}", source="ingest", recorded=now, agreement=None)
            for fact in facts
        )
        return [event for line in lines if (event := decode(line)) is not None]

    async def work(self, events: Sequence[Event], now: datetime, *, keep: bool = True) -> float:
        """Seconds of load, decide and save, and of the commit; without it nothing is kept."""
        started = perf_counter()
        async with self._connection.begin() as transaction:
            await self._handler(Batch(0, tuple(events), now), self._connection)
            if not keep:
                seconds = perf_counter() - started
                await transaction.rollback()
                return seconds
        return perf_counter() - started

    async def work_all(self, facts: Sequence[Fact], now: datetime) -> None:
        """In batches, kept."""
        for at in range(0, len(facts), TOGETHER):
            await self.work(self.events(facts[at : at + TOGETHER], now), now)


async def _past_growth(job: Job, pasts: int) -> Figure:
    now = wall()
    groups: dict[int, list[Event]] = {}
    for past in (SHORT, LONG):
        leads = [str(uuid5(NAMESPACE_DNS, f"{n}.past-{past}.example")) for n in range(pasts)]
        await job.work_all(list(_pasts(leads, past, now)), now)
        kinds, chance = list(KINDS), Random(3)
        facts = [_engaged(lead, kinds[n % len(kinds)], n, now, chance) for n, lead in enumerate(leads)]
        groups[past] = job.events(facts, now)
    took: dict[int, list[float]] = {past: [] for past in groups}
    for _ in range(TURNS):
        for past, events in groups.items():
            took[past].append(await job.work(events, now, keep=False))
    short, long = min(took[SHORT]) / pasts * 1e6, min(took[LONG]) / pasts * 1e6
    return Figure(
        "past_growth", f"an event of a lead with {LONG} past engagements, against {SHORT}", long / short, "x", 1.2,
        f"{short:.0f} and {long:.0f} us an event, in batches of {pasts} leads", at_most=True,
    )  # fmt: skip


def _pasts(leads: Sequence[str], past: int, now: datetime) -> Iterator[Fact]:
    """Everybody's past, in order of time."""
    chance = Random(past)
    kinds = chance.choices(list(KINDS), list(KINDS.values()), k=len(leads) * past)
    begin = now - PAST
    for n, lead in enumerate(leads):
        yield LeadCaptured.fact(lead, capture(f"person@{n}.past-{past}.example", begin, chance), time=begin)
    for n, kind in enumerate(kinds):
        at = begin + PAST * (0.01 + 0.98 * n / len(kinds))
        yield _engaged(leads[n % len(leads)], kind, n, at, chance)


def _engaged(lead: str, kind: str, number: int, at: datetime, chance: Random) -> Fact:
    return EngagementRecorded.fact(lead, engagement(kind, number, chance), time=at)


async def _lead_growth(job: Job, dsn: str, leads: tuple[int, int]) -> Figure:
    now = wall()
    templates = [str(uuid5(NAMESPACE_DNS, f"person@{n}.grown.example")) for n in range(TEMPLATES)]
    chance = Random(5)
    facts = [LeadCaptured.fact(id, capture(f"person@{n}.grown.example", now - PAST, chance), time=now - PAST)
             for n, id in enumerate(templates)]  # fmt: skip
    facts += [_engaged(id, "product_page", n, now - PAST / 2, chance) for n, id in enumerate(templates)]
    await job.work_all(facts, now)
    took, copies = list[float](), 1
    for many in leads:
        wanted = max(1, many // TEMPLATES)
        await copy_leads(dsn, "scoring", templates, copies, wanted)
        copies = max(copies, wanted)
        seconds = list[float]()
        for n in range(BATCHES):
            drawn = chance.sample(range(copies * TEMPLATES), TOGETHER)
            ids = [copied(templates[one % TEMPLATES], one // TEMPLATES) for one in drawn]
            facts = [_engaged(id, "site_visit", n * TOGETHER + place, now, chance) for place, id in enumerate(ids)]
            seconds.append(await job.work(job.events(facts, now), now))
        took.append(median(seconds) / TOGETHER * 1e6)
    few, all_of_them = took
    return Figure(
        "lead_growth", f"an event among {leads[1]:,} leads, against {leads[0]:,}", all_of_them / few, "x", 1.2,
        f"{few:.0f} and {all_of_them:.0f} us an event, commit included", at_most=True,
    )  # fmt: skip


async def _timer_growth(assembly: Assembly, dsn: str, timers: tuple[int, int]) -> Figure:
    took, filled = list[float](), 0
    await assembly.start()
    try:
        worker = assembly.running[0].worker
        while not worker.lanes:
            await asyncio.sleep(0.01)
        for many in timers:
            await fill_timers(dsn, "sla_monitor", filled, many, PARTITIONS)
            filled = many
            ticks = list[float]()
            for _ in range(TICKS):
                started = perf_counter()
                await worker.look()
                ticks.append(perf_counter() - started)
            took.append(median(ticks) * 1e3)
    finally:
        await assembly.stop()
    few, all_of_them = took
    return Figure(
        "timer_growth", f"an idle tick with {timers[1]:,} timers pending, against {timers[0]:,}",
        all_of_them / few, "x", 2, f"{few:.2f} and {all_of_them:.2f} ms", at_most=True,
    )  # fmt: skip
