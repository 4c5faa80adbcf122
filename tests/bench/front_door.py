"""The front door (`POST /v1/track`, and batches of a hundred) against bare ASGI that parses, validates and commits.

Ingest and the bare application are processes of their own on one PostgreSQL; a third keeps 32 connections busy for a
few seconds against one and then the other, in turns; the best of so many rounds counts, in events a second. Every
answer is sent after the commit.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from tests.bench.child import run
from tests.bench.figures import Figure

from ingest.service import SERVICE
from runtime.database.connect import admin
from runtime.database.embedded import EmbeddedPostgres
from runtime.http import access_keys
from runtime.process.migrate import migrate
from testing.broker import listens
from testing.ports import free_port
from testing.servers import execute
from testing.service import SHIPPED

SIZES = {1: ("door_single_ratio", "one POST /v1/track", 0.8), 100: ("door_batch_ratio", "batch of 100", 0.55)}
"""Events in a request: the figure's key, its name, and what it must reach."""
CONNECTIONS = 32
PATIENCE = 120


def bench(seconds: float, rounds: int) -> list[Figure]:
    with ExitStack() as stack:
        data = stack.enter_context(TemporaryDirectory(prefix="baton-bench-"))
        server = stack.enter_context(EmbeddedPostgres(Path(data)))
        execute(server.dsn, "CREATE DATABASE house", "CREATE DATABASE bare")
        house, bare = server.dsn_of("house"), server.dsn_of("bare")
        key = asyncio.run(_open(house))
        ours, theirs = free_port(), free_port()
        settings = {"DATABASE": house, "PORT": str(ours), "AGREEMENT": str(SHIPPED), "DATA": data}
        stack.enter_context(_serving(ours, ["ingest"], {f"BATON_{name}": value for name, value in settings.items()}))
        bare_dsn = bare.replace("+asyncpg", "")
        stack.enter_context(_serving(theirs, ["tests.bench.bare_door", bare_dsn, str(theirs)], {}))
        return _rounds(key, ours, theirs, seconds, rounds)


def _rounds(write_key: str, ours: int, theirs: int, seconds: float, rounds: int) -> list[Figure]:
    figures = []
    for size, (key, what, reach) in SIZES.items():
        measured: dict[int, list[dict[str, float]]] = {ours: [], theirs: []}
        for n in range(rounds):  # in turns, so that a busy moment of the machine does not fall on one side only
            for port, runs in measured.items():
                runs.append(_load(port, write_key, size, seconds, f"{size}-{port}-{n}"))
        best = {port: max(runs, key=lambda one: one["events_per_second"]) for port, runs in measured.items()}
        if refused := sum(one["refused"] for one in measured[ours]):
            raise RuntimeError(f"{refused:.0f} requests were refused")
        house, bare = best[ours], best[theirs]
        ratio = house["events_per_second"] / bare["events_per_second"]
        note = (
            f"{house['events_per_second']:,.0f} events/s, bare ASGI + INSERT {bare['events_per_second']:,.0f}; "
            f"{CONNECTIONS} connections, answered after the commit in {house['p50_ms']:.0f} ms (p50), "
            f"{house['p99_ms']:.0f} ms (p99); bare {bare['p50_ms']:.0f} and {bare['p99_ms']:.0f} ms"
        )
        figures.append(Figure(key, f"{what}, against bare ASGI + INSERT", ratio, "", reach, note))
    return figures


async def _open(dsn: str) -> str:
    await migrate(dsn, [SERVICE], partitions=12)
    async with admin(dsn) as tx, tx.begin():
        _, secret = await access_keys.create(tx, "write", "web", ["write"])
    return secret


@contextmanager
def _serving(port: int, module: list[str], environment: Mapping[str, str]) -> Iterator[None]:
    with TemporaryFile() as log:
        command = [sys.executable, "-m", *module]
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log)
        try:
            if not listens(port, 30, process):
                log.seek(0)
                raise RuntimeError(f"{module[0]} does not listen: {log.read().decode()[-2000:]}")
            yield
        finally:
            process.terminate()
            process.wait(20)


def _load(port: int, key: str, size: int, seconds: float, salt: str) -> dict[str, float]:
    return run("load", PATIENCE, port=port, key=key, size=size, seconds=seconds, salt=salt, connections=CONNECTIONS)
