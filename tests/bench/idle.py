"""A house with nothing to do: its memory, and the processor time it takes all the same.

First the embedded house, then six processes (`python -m SERVICE`) on one PostgreSQL and one Kafka; each rests for a
while after its start, then processor time is counted over a minute, in percent of one core, and memory is read at its
end. `memory_embedded_mb` and `idle_embedded_percent` include the house's PostgreSQL: PSS of its server, whose
processes share memory, and RSS of the house itself, because the bench that measures maps the same libraries and would
take half of them in PSS. `memory_process_mb` is the PSS of the largest of the six, `idle_six_percent` the time of all
six; PostgreSQL and Kafka are not theirs. Linux only.
"""

import asyncio
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.figures import Figure
from tests.bench.linux_process import descendants, memory, processor_seconds

from events.topics import PARTITIONS, TOPICS
from runtime.database.embedded import EmbeddedPostgres
from runtime.process.migrate import migrate
from runtime.schema_names import schema_of
from runtime.transport.kafka_topics import create_topics
from standalone.services import SERVICES
from testing.broker import open_broker
from testing.house import ROOT, Process
from testing.ports import free_port
from testing.service import SHIPPED

MB = 1_000_000
PATIENCE = 120.0


def bench(rest: float, seconds: float) -> list[Figure]:
    """`rest` seconds after the start, over `seconds`."""
    return _embedded(rest, seconds) + _six(rest, seconds)


def _embedded(rest: float, seconds: float) -> list[Figure]:
    with TemporaryDirectory(prefix="baton-bench-") as folder:
        house = Process(Path(folder) / "baton", free_port()).start(PATIENCE)
        assert house.running is not None
        try:
            pid = house.running.pid
            time.sleep(rest)
            own, theirs = _percent([lambda: [pid], lambda: descendants(pid)], seconds)
            size, shared = memory(pid, "Rss") / MB, sum(memory(one, "Pss") for one in descendants(pid)) / MB
        finally:
            house.stop()
    return [
        Figure("memory_embedded_mb", "idle embedded house with its PostgreSQL, memory", size + shared, "MB", 180,
               f"{size:.0f} MB the house, {shared:.0f} MB its PostgreSQL", at_most=True),
        Figure("idle_embedded_percent", "the same, processor time", own + theirs, "%", 3,
               f"{own:.1f} % the house, {theirs:.1f} % its PostgreSQL, over {seconds:.0f} s", at_most=True),
    ]  # fmt: skip


def _six(rest: float, seconds: float) -> list[Figure]:
    with _fleet() as fleet:
        time.sleep(rest)
        percent = dict(zip(fleet, _percent([partial(_alone, one) for one in fleet.values()], seconds), strict=True))
        sizes = {name: memory(one.pid, "Pss") / MB for name, one in fleet.items()}
    largest = max(sizes, key=lambda name: sizes[name])
    return [
        Figure("memory_process_mb", "the largest of six idle processes, memory", sizes[largest], "MB", 90,
               _each(sizes, "MB"), at_most=True),
        Figure("idle_six_percent", "six idle processes together, processor time", sum(percent.values()), "%", 5,
               f"{_each(percent, '%')}; over {seconds:.0f} s", at_most=True),
    ]  # fmt: skip


def _each(values: dict[str, float], unit: str) -> str:
    return ", ".join(f"{name} {value:.{0 if unit == 'MB' else 1}f} {unit}" for name, value in values.items())


def _alone(process: subprocess.Popen[bytes]) -> list[int]:
    return [process.pid]


def _percent(groups: Sequence[Callable[[], Sequence[int]]], seconds: float) -> list[float]:
    """Processor time of each group of processes over so many seconds from now, in percent of one core.

    What a child began and ended meanwhile counts at its parent.
    """
    before = [sum(map(processor_seconds, group())) for group in groups]
    began = time.monotonic()
    time.sleep(seconds)
    after = [sum(map(processor_seconds, group())) for group in groups]
    took = time.monotonic() - began
    return [100 * (now - was) / took for was, now in zip(before, after, strict=True)]


@contextmanager
def _fleet() -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Six services by name, ready, each a process of its own."""
    with ExitStack() as stack:
        data = Path(stack.enter_context(TemporaryDirectory(prefix="baton-bench-")))
        server = stack.enter_context(EmbeddedPostgres(data / "server"))
        kafka = stack.enter_context(open_broker())
        prefix = f"{data.name}."
        asyncio.run(migrate(server.dsn, SERVICES, partitions=PARTITIONS))
        asyncio.run(create_topics(kafka, list(TOPICS), partitions=PARTITIONS, replication=1, prefix=prefix))
        given = {"DATABASE": server.dsn.replace("+asyncpg", ""), "KAFKA": kafka, "TOPIC_PREFIX": prefix,
                 "AGREEMENT": str(SHIPPED), "DATA": str(data), "SECRET": "only for this bench"}  # fmt: skip
        environment = {**os.environ, **{f"BATON_{name}": value for name, value in given.items()}}
        fleet = {
            service.name: stack.enter_context(_process(service.name, environment, data / f"{service.name}.log"))
            for service in SERVICES
        }
        for name, (process, port) in fleet.items():
            _until_ready(name, process, port)
        yield {name: process for name, (process, _) in fleet.items()}


def _until_ready(name: str, process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
            return
        time.sleep(0.2)
    raise RuntimeError(f"{name} is not ready")


@contextmanager
def _process(name: str, environment: dict[str, str], log: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    command = [sys.executable, "-m", schema_of(name)]
    with log.open("wb") as file:
        running = subprocess.Popen(
            command, env={**environment, "BATON_PORT": str(port)}, stdout=file, stderr=file, cwd=ROOT
        )
    try:
        yield running, port
    finally:
        running.terminate()
        with suppress(subprocess.TimeoutExpired):
            running.wait(30)
        running.kill()
