"""Each service's full job on a real broker (read, decide, keep, ship), and a bare loop that moves the same bytes.

The streams of a whole house are recorded once (20,000 events of 2,000 leads, and what sales answers); then each
service alone, one process with a concurrency of 4 and an empty PostgreSQL, works all that its topics hold, from the
moment lanes are held to the last acknowledgement of the broker; the best of so many rounds, the services in turns. The
bare loop reads the same `leads` with aiokafka and sends as many records of as many bytes as scoring wrote.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import asyncpg
import uvloop
from tests.bench.bare_loop import move
from tests.bench.figures import Figure
from tests.bench.recording import record
from tests.bench.shipping import ship

from agreement import Agreement, load
from events.topics import PARTITIONS, TOPICS
from runtime.chain import links
from runtime.database.embedded import EmbeddedPostgres
from runtime.emit.stored import Stored
from runtime.lanes.worker import Worker
from runtime.process.assembly import Assembly
from runtime.process.collector import calm_collector
from runtime.process.migrate import migrate
from runtime.schema_names import schema_of
from runtime.service import Service
from runtime.settings import Settings
from runtime.transport.kafka_topics import create_topics
from standalone.services import SERVICES
from testing.broker import open_broker
from testing.servers import execute, fresh_database
from testing.service import SHIPPED

PATIENCE = 300.0
CONCURRENCY = 4
SMALL = 10
"""Records of a batch as live traffic has them."""
WORKERS = tuple(service for service in SERVICES if service.name != "ingest")
_runs = count(1)
_UNSHIPPED = "SELECT coalesce(sum(last_seq - shipped_seq), 0) FROM {schema}.lane_output"
_WRITTEN = """
    SELECT coalesce(sum(n), 0)::bigint AS n, coalesce(sum(octet_length(body)), 0)::bigint AS size
    FROM {schema}.stream_batch
"""


@dataclass(frozen=True, slots=True)
class Took:
    """One run of one service over all that its topics hold."""

    events: int
    written: int
    """Facts."""
    size: int
    """Bytes of all facts."""
    seconds: float
    cpu: float
    """Of the worker's process alone, in seconds."""

    @property
    def events_per_second(self) -> float:
        return self.events / self.seconds


@dataclass(frozen=True, slots=True)
class RecordedHouse:
    """Where the runs take place: a server with the template `bench`, a broker, and the recorded streams."""

    server: EmbeddedPostgres
    kafka: str
    agreement: Agreement
    streams: Mapping[str, Sequence[Stored]]

    def count(self, topics: Sequence[str]) -> int:
        """Events of these topics."""
        return sum(len(one.lines) for topic in topics for one in self.streams[topic])


@contextmanager
def open_recorded_house(events: int, leads: int) -> Iterator[RecordedHouse]:
    """Records a house's streams, and opens a broker."""
    with ExitStack() as stack:
        data = stack.enter_context(TemporaryDirectory(prefix="baton-bench-"))
        server = stack.enter_context(EmbeddedPostgres(Path(data)))
        kafka = stack.enter_context(open_broker())
        agreement = load(SHIPPED)
        execute(server.dsn, "CREATE DATABASE bench")
        asyncio.run(migrate(server.dsn_of("bench"), SERVICES, partitions=PARTITIONS))
        with fresh_database(server, "bench") as dsn:
            streams = uvloop.run(record(dsn, agreement, Path(data), events, leads))
        yield RecordedHouse(server, kafka, agreement, streams)


def next_prefix() -> str:
    """Of the topics of one run alone: what it writes is nobody's input."""
    return f"run{next(_runs)}."


async def produce(place: RecordedHouse, service: Service, prefix: str) -> None:
    """Puts what the service reads on topics of this run."""
    await create_topics(place.kafka, list(TOPICS), partitions=PARTITIONS, replication=1, prefix=prefix)
    await ship(place.kafka, prefix, (one for topic in service.reads for one in place.streams[topic]))


def bench(place: RecordedHouse, rounds: int, only: Sequence[str] = ()) -> list[Figure]:
    """The services take turns, so that a busy moment of the machine does not fall on one of them only."""
    calm_collector()
    workers = [service for service in WORKERS if not only or service.name in only]
    took: dict[str, list[Took]] = {service.name: [] for service in workers}
    small: list[Took] = []
    bare: list[float] = []
    for _ in range(rounds):
        for service in workers:
            took[service.name].append(run_service(place, service))
            if service.name == "scoring":
                small.append(run_service(place, service, records=SMALL))
                job = took["scoring"][-1]
                bare.append(uvloop.run(move(place.kafka, place.streams["leads"], job.written, job.size)))
    return [figure for name, runs in took.items() for figure in _figures(name, runs, small, bare)]


def _figures(name: str, runs: Sequence[Took], small: Sequence[Took], bare: Sequence[float]) -> Iterator[Figure]:
    best = max(runs, key=lambda one: one.events_per_second)
    note = (
        f"{best.events:,} events of its own mix in {best.seconds:.1f} s, {best.written:,} written of "
        f"{best.size / max(best.written, 1):,.0f} bytes; processor {best.cpu / best.events * 1e6:.0f} us an event"
    )
    reach = 22_000 if name == "scoring" else 8_000
    key = f"{name.replace('-', '_')}_events_per_s"
    yield Figure(key, f"{name}'s full job, events a second and process", best.events_per_second, "/s", reach, note)
    if name == "scoring":
        yield Figure(
            "scoring_ratio_equal_bytes", "scoring against the bare loop at equal bytes", min(bare) / best.seconds, "",
            0.18, f"the bare loop: {min(bare) / best.events * 1e6:.1f} us an event",
        )  # fmt: skip
        best_small = max(one.events_per_second for one in small)
        yield Figure("scoring_small_batch_events_per_s", "scoring in batches of 10", best_small, "/s", 6_000)


def _written(topic: str, batches: Sequence[Stored]) -> list[str]:
    """The writer's own word for where its streams end: no reader goes past it."""
    last = {one.p: (one.first_seq + len(one.lines) - 1, links(one.prev, one.lines)[-1].hex()) for one in batches}
    table = f"{schema_of(TOPICS[topic].producer)}.lane_output"
    return [
        f"UPDATE {table} SET last_seq = {seq}, shipped_seq = {seq}, last_hash = '\\x{line_hash}' "
        f"WHERE topic = '{topic}' AND p = {p}"
        for p, (seq, line_hash) in last.items()
    ]


def run_service(place: RecordedHouse, service: Service, *, records: int = 500) -> Took:
    """The service alone, on an empty database, from the first record to the last acknowledgement."""
    with fresh_database(place.server, "bench") as dsn:
        prefix = next_prefix()
        execute(dsn, *(one for topic in service.reads for one in _written(topic, place.streams[topic])))
        uvloop.run(produce(place, service, prefix))
        data = place.server.data
        settings = Settings(
            kafka=place.kafka, topic_prefix=prefix, agreement=SHIPPED, data=data, batch_records=records, _env_file=None
        )
        quiet = replace(service, build=lambda context: replace(service.build(context), loops=()))
        assembly = Assembly(settings, place.agreement, dsn, [quiet], concurrency=CONCURRENCY)
        return uvloop.run(_work(assembly, dsn, place.count(service.reads)))


async def _work(assembly: Assembly, dsn: str, events: int) -> Took:
    """From the first fetched record, with lanes held, to the last acknowledgement of the last batch."""
    one = assembly.running[0]
    connection = await asyncpg.connect(dsn.replace("+asyncpg", ""))
    await assembly.start()
    try:
        await _until(lambda: bool(one.worker.lanes and one.worker.transport.fetched()), assembly)
        started, cpu = perf_counter(), process_time()
        await _until(lambda: _events_read(one.worker) >= events, assembly)
        await _until(lambda: not _waits(one.worker), assembly)
        while any(lane.outputs is None for lane in one.worker.lanes.values()) and await connection.fetchval(
            _UNSHIPPED.format(schema=one.service.schema)
        ):
            await asyncio.sleep(0.002)
        seconds, cpu = perf_counter() - started, process_time() - cpu
        row = await connection.fetchrow(_WRITTEN.format(schema=one.service.schema))
        return Took(events, row["n"], row["size"], seconds, cpu)
    finally:
        await connection.close()
        await assembly.stop()


def _waits(worker: Worker) -> bool:
    """Whether something was not acknowledged yet; the database hears of the last of it a moment later, at rest."""
    outputs = [lane.outputs for lane in worker.lanes.values() if lane.outputs is not None]
    return any(one.backlog or any(stream.waiting for stream in one.streams.values()) for one in outputs)


def _events_read(worker: Worker) -> int:
    return sum(progress.last_seq for lane in worker.lanes.values() for progress in lane.progress.values())


async def _until(true: Callable[[], bool], assembly: Assembly) -> None:
    deadline = perf_counter() + PATIENCE
    while not true():
        if assembly.failed or perf_counter() > deadline:
            raise RuntimeError("the worker did not do its job") from assembly.failed
        if faults := [lane.fault for one in assembly.running for lane in one.worker.lanes.values() if lane.fault]:
            raise RuntimeError(f"a lane stopped: {faults[0]}")
        await asyncio.sleep(0.002)
