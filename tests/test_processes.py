"""A service as a process of its own, and the house as one: how they refuse to start, end by a bug, and are stopped."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agreement import load
from events.topics import TOPICS
from runtime.database.connect import admin
from runtime.database.embedded import EmbeddedPostgres
from runtime.database.statement import statement
from runtime.transport.kafka_topics import create_topics
from testing.house import ROOT, Process
from testing.ports import free_port
from testing.servers import execute
from testing.service import SHIPPED
from testing.waiting import PATIENCE, until

BUG = "ALTER TABLE scoring.worker RENAME TO gone"
REASON = "UndefinedTableError"


@dataclass
class Scoring:
    """`python -m scoring`."""

    dsn: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "BATON_DATABASE": self.dsn.replace("+asyncpg", ""),
            "BATON_AGREEMENT": str(SHIPPED),
            "BATON_DATA": str(self.folder),
            "BATON_PORT": str(self.port),
            **self.environment,
        }
        with self.path.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "scoring"], env=environment, stdout=log, stderr=log, cwd=ROOT
            )
        return self.process

    def ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=PATIENCE) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    @property
    def path(self) -> Path:
        return self.folder / "scoring.log"

    @property
    def log(self) -> str:
        return self.path.read_text()


@pytest.fixture
def scoring(house_dsn: str, tmp_path: Path) -> Iterator[Scoring]:
    one = Scoring(house_dsn, tmp_path)
    yield one
    if one.process is not None and one.process.poll() is None:
        one.process.kill()
        one.process.wait(PATIENCE)


@pytest.mark.slow
def test_a_service_that_ends_by_a_bug_says_why_and_exits_with_1(scoring: Scoring) -> None:
    process = scoring.start()
    until(scoring.ready, 2 * PATIENCE, lambda: scoring.log)
    execute(scoring.dsn, BUG)
    assert process.wait(2 * PATIENCE) == 1
    assert REASON in scoring.log


@pytest.mark.slow
def test_a_second_interrupt_is_noted_and_prints_no_trace(scoring: Scoring) -> None:
    """Somebody holds the rows of the lanes, so that the stop takes its time."""
    process = scoring.start()
    until(scoring.ready, 2 * PATIENCE, lambda: scoring.log)

    async def interrupt_twice() -> None:
        async with admin(scoring.dsn) as connection, connection.begin():
            await connection.execute(statement("SELECT 1 FROM scoring.lane FOR UPDATE"))
            process.send_signal(signal.SIGINT)
            await asyncio.to_thread(until, lambda: not scoring_listens(scoring))
            process.send_signal(signal.SIGINT)
            await asyncio.to_thread(until, lambda: "stopping already" in scoring.log, PATIENCE, lambda: scoring.log)

    asyncio.run(interrupt_twice())
    assert process.wait(2 * PATIENCE) == 0
    assert "Traceback" not in scoring.log


def scoring_listens(scoring: Scoring) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{scoring.port}/healthz", timeout=PATIENCE):
            return True
    except OSError:
        return False


@pytest.mark.slow
def test_a_service_refuses_another_partition_count_than_the_database_was_founded_with(scoring: Scoring) -> None:
    scoring.environment = {"BATON_PARTITIONS": "5"}
    assert scoring.start().wait(2 * PATIENCE) == 2
    assert "founded with 12 partitions, but BATON_PARTITIONS says 5" in scoring.log
    assert "Traceback" not in scoring.log


@pytest.mark.slow
@pytest.mark.chaos
@pytest.mark.kafka
def test_a_service_refuses_topics_with_another_partition_count(scoring: Scoring, kafka: str) -> None:
    prefix = f"few-{os.getpid()}-"
    asyncio.run(create_topics(kafka, ["scores"], partitions=5, replication=1, prefix=prefix))
    scoring.environment = {"BATON_KAFKA": kafka, "BATON_TOPIC_PREFIX": prefix}
    assert scoring.start().wait(2 * PATIENCE) == 2
    assert f"topic {prefix}scores has 5 partitions, this house was founded with 12" in scoring.log
    assert "Traceback" not in scoring.log


@pytest.mark.slow
@pytest.mark.kafka
def test_a_process_on_kafka_takes_an_edited_agreement(scoring: Scoring, kafka: str, tmp_path: Path) -> None:
    """It is loaded, without a restart; how fast is a figure of `make bench` (`agreement_in_force_s`)."""
    prefix, folder = f"edited-{os.getpid()}-", tmp_path / "agreement"
    shutil.copytree(SHIPPED, folder)
    asyncio.run(create_topics(kafka, list(TOPICS), partitions=12, replication=1, prefix=prefix))
    scoring.environment = {
        "BATON_KAFKA": kafka,
        "BATON_TOPIC_PREFIX": prefix,
        "BATON_AGREEMENT": str(folder),
        "BATON_LOG_JSON": "true",
    }
    process = scoring.start()
    until(scoring.ready, 60, lambda: scoring.log)
    path = folder / "scoring.yaml"
    path.write_text(path.read_text().replace("{kind: whitepaper, points: 5", "{kind: whitepaper, points: 9", 1))
    version = load(folder).version
    until(lambda: f'"version":"{version}"' in scoring.log.replace('": "', '":"'), 60, lambda: scoring.log)
    assert "agreement in force" in scoring.log
    until(scoring.ready, 60, lambda: scoring.log)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


@pytest.mark.slow
def test_a_house_that_ends_by_a_bug_says_why_and_exits_with_1(process: Process) -> None:
    process.start()
    execute(EmbeddedPostgres(process.data).dsn, BUG)
    assert process.running is not None
    assert process.running.wait(2 * PATIENCE) == 1
    assert REASON in (process.data.parent / f"{process.data.name}.log").read_text()
