"""The six services, each process as production runs it; some services twice, so that lanes change hands."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.soak.soak_house import SoakHouse

from events.topics import FLOW
from runtime.schema_names import schema_of
from testing.house import ROOT
from testing.ports import free_port

LEASE: Final = 4.0
"""Seconds; a process is frozen for longer than that."""
TWICE: Final = ("ingest", "scoring", "routing")


@dataclass(slots=True)
class Member:
    """One process of a service; it keeps name, port and log over its lives."""

    service: str
    name: str
    """`scoring-1`; the second of a service is never killed: its memory is watched from the beginning to the end."""
    port: int
    log: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    life: int = 0
    began: float = 0.0
    """`time.monotonic` of its last start."""
    ends: list[int] = field(default_factory=list)
    """Exit codes of lives that nobody ended."""

    @property
    def url(self) -> str:
        """Its address on loopback."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        return self.process.pid if self.process is not None and self.process.poll() is None else None

    def start(self) -> None:
        """Begins another life; returns at once."""
        self.life += 1
        self.began = time.monotonic()
        command = [sys.executable, "-m", schema_of(self.service)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, cwd=ROOT, start_new_session=True
            )

    def kill(self) -> None:
        """As a power cut would. Nothing happens when it does not run."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait(10)

    def signal(self, number: signal.Signals) -> None:
        """Nothing happens when it does not run."""
        if self.process is not None:
            self.process.send_signal(number)

    def ended(self) -> int | None:
        """The exit code, once, when it has ended without being killed by us."""
        code = self.process.poll() if self.process is not None else None
        if code is not None:
            self.process = None
            self.ends.append(code)
        return code

    def stop(self, timeout: float = 60) -> int | None:
        """Its exit code after a polite request; None when it did not run. Killed when it takes longer."""
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(10)


@contextmanager
def open_fleet(house: SoakHouse) -> Iterator[list[Member]]:
    """All members, started; whoever still lives at the end is killed."""
    members = [_member(house, name, number) for name in FLOW for number in range(1, 2 + (name in TWICE))]
    try:
        for member in members:
            member.start()
        yield members
    finally:
        for member in members:
            member.signal(signal.SIGCONT)
            member.kill()


def _member(house: SoakHouse, service: str, number: int) -> Member:
    port, name = free_port(), f"{service}-{number}"
    environment = {
        **os.environ,
        "BATON_DATABASE": house.dsn.replace("+asyncpg", ""),
        "BATON_KAFKA": house.kafka,
        "BATON_TOPIC_PREFIX": house.prefix,
        "BATON_REPLICATION": str(len(house.brokers)),
        "BATON_AGREEMENT": str(house.agreement),
        "BATON_DATA": str(house.folder / "data"),
        "BATON_LEASE_SECONDS": f"{LEASE:g}",
        "BATON_PORT": str(port),
    }
    return Member(service, name, port, house.folder / f"{name}.log", environment)
