"""The database goes away, or its answer to COMMIT is lost: nothing is lost, nothing is done twice."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from probe.bench import Bench, engagement
from probe.oracle import verify
from probe.proxy import Proxy
from runtime.database.embedded import EmbeddedPostgres
from testing.waiting import eventually

pytestmark = pytest.mark.busy


@pytest.fixture
async def proxy(postgres_server: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Proxy]:
    async with Proxy(postgres_server.data / "socket", tmp_path / "s") as found:
        yield found


@pytest.mark.fault("F08")
async def test_a_lost_answer_to_commit_is_not_executed_twice(bench: Bench, proxy: Proxy) -> None:
    facts_sent = []
    async with replace(bench, dsn=proxy.dsn(bench.dsn)).running() as assembly:
        for round_ in range(8):
            proxy.lose_commits = 1
            facts = [engagement(f"lead-{n % 5}", round_ * 5 + n, "wake" if n == 0 else "page_view") for n in range(5)]
            await bench.write(*facts)
            facts_sent += facts

            async def swallowed(times: int = round_ + 1) -> bool:
                return proxy.lost >= times

            await eventually(swallowed)
        await bench.drain()
        assert all(held.fault is None for one in assembly.running for held in one.worker.lanes.values())
    assert proxy.lost == 8
    await verify(bench, facts_sent)


async def test_work_resumes_when_the_database_is_back(bench: Bench, proxy: Proxy) -> None:
    facts_sent = [engagement(f"lead-{n % 5}", n) for n in range(40)]
    async with replace(bench, dsn=proxy.dsn(bench.dsn)).running() as assembly:
        await bench.write(*facts_sent[:20])
        await bench.drain()
        proxy.away()
        await bench.write(*facts_sent[20:])

        async def noticed() -> bool:
            return await assembly._database_ready() is not None

        await eventually(noticed)
        proxy.back()
        await bench.drain()
    await verify(bench, facts_sent)


@pytest.mark.fault("F08")
async def test_connections_that_break_in_the_middle_lose_nothing(bench: Bench, proxy: Proxy) -> None:
    facts_sent = [engagement(f"lead-{n % 5}", n) for n in range(60)]
    async with replace(bench, dsn=proxy.dsn(bench.dsn)).running():
        for start in range(0, 60, 10):
            await bench.write(*facts_sent[start : start + 10])
            proxy.cut()
        await bench.drain()
    await verify(bench, facts_sent)
