"""PostgreSQL dies under load, again and again, or runs out of disk: nothing is lost, and work goes on by itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from probe.bench import Bench
from probe.oracle import verify
from probe.traffic import Traffic
from runtime.database.embedded import EmbeddedPostgres
from runtime.errors import Misconfigured
from testing.disk import SmallDisk, small_disk
from testing.waiting import PATIENCE, eventually

pytestmark = pytest.mark.chaos


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    with small_disk(megabytes=400) as found:
        yield found


@pytest.fixture
async def server(disk: SmallDisk) -> AsyncIterator[EmbeddedPostgres]:
    """On a disk of its own, with small files of log."""
    settings = {"max_wal_size": "48MB", "min_wal_size": "32MB"}
    async with EmbeddedPostgres(disk.path / "data", settings=settings) as found:
        yield found


@pytest.mark.fault("F08")
async def test_a_server_that_dies_fifteen_times(mortal_bench: Bench, server: EmbeddedPostgres) -> None:
    bench = mortal_bench
    traffic = Traffic(bench)
    worker = bench.spawn()
    await bench.up(worker)
    for _ in range(15):
        await traffic.some(30)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
    await traffic.some()
    await bench.drain(within=60)
    assert await bench.stop(worker) == 0
    await verify(bench, traffic.written)


@pytest.mark.fault("F12")
async def test_a_disk_that_is_full_and_has_space_again(
    mortal_bench: Bench, server: EmbeddedPostgres, disk: SmallDisk
) -> None:
    """Data and log: the server refuses, or dies of it and is started again. What was refused was not written."""
    bench = mortal_bench
    traffic = Traffic(bench)
    async with bench.running() as assembly:
        await traffic.some(30)
        await bench.drain()
        disk.fill()

        async def refused() -> bool:
            try:
                await traffic.some(200)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                return True
            return False

        await eventually(refused, within=60, what="the disk is full")
        assert all(lane.fault is None for one in assembly.running for lane in one.worker.lanes.values())
        disk.empty()
        await asyncio.to_thread(again, server)
        await traffic.some(30)
        await bench.drain(within=90)
    await verify(bench, traffic.written)


def again(server: EmbeddedPostgres) -> None:
    """As whoever looks after the server would: if the full log has killed it, it is started."""
    ended = server._server is None or server._server.poll() is not None
    if ended or not answers(server):
        server.kill()
        with contextlib.suppress(Misconfigured):
            server.start()


def answers(server: EmbeddedPostgres) -> bool:
    async def ask() -> None:
        connection = await asyncpg.connect(server.dsn.replace("+asyncpg", ""), timeout=PATIENCE)
        await connection.close()

    try:
        asyncio.run(ask())
    except (OSError, asyncpg.PostgresError):
        return False
    return True
