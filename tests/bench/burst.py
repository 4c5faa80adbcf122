"""The embedded house under a burst: 20,000 events of 2,000 people, POSTed in batches of a hundred.

`burst_rest_s` counts from the first POST until nothing is unread in any lane of any service (looked up in the house's
database ten times a second), the machine otherwise quiet; `burst_busy_rest_s` is the same in another house while a
process of its own computes without a pause. For `restart_rest_s` a house at rest is killed (SIGKILL), 2,000 accepted
events are put into its database, and it is started again: from the first 200 of `/healthz` until nothing is unread.
"""

import asyncio
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter

import orjson
from tests.bench.figures import Figure
from tests.bench.load import identify, track
from tests.bench.recording import write
from tests.bench.rest import until_rest
from tests.bench.traffic import facts_of_leads

from agreement import load
from runtime.clock import wall
from runtime.database.embedded import EmbeddedPostgres
from runtime.http.client import client as http_client
from testing.house import Process
from testing.ports import free_port
from testing.service import SHIPPED

TOGETHER = 100
"""Messages in one POST."""
SENDERS = 8
PATIENCE = 300.0
_COMPUTE = "while True: pass"


def bench(events: int, behind: int) -> list[Figure]:
    """`events` in each burst; `behind` so many are unread when the killed house starts again."""
    with TemporaryDirectory(prefix="baton-bench-") as folder:
        with _house(Path(folder) / "quiet") as house:
            quiet = asyncio.run(_burst(house, events))
            restart = asyncio.run(_restart(house, behind))
        with _house(Path(folder) / "busy") as house, _computing():
            busy = asyncio.run(_burst(house, events))
    size = f"{events:,} events"
    return [
        Figure("burst_rest_s", f"burst of {size}, until all is at rest", quiet, "s", 10, at_most=True),
        Figure("burst_busy_rest_s", f"burst of {size}, the other core busy", busy, "s", 20, at_most=True),
        Figure("restart_rest_s", f"killed and started with {behind:,} behind, until rest", restart, "s", 3,
               at_most=True),
    ]  # fmt: skip


@contextmanager
def _house(data: Path) -> Iterator[Process]:
    house = Process(data, free_port()).start(PATIENCE)
    try:
        yield house
    finally:
        if house.running is not None and house.running.poll() is None:
            house.stop()


@contextmanager
def _computing() -> Iterator[None]:
    busy = subprocess.Popen([sys.executable, "-c", _COMPUTE])
    try:
        yield
    finally:
        busy.kill()
        busy.wait()


def dsn_of(house: Process) -> str:
    """Its own PostgreSQL, as administrator."""
    return EmbeddedPostgres(house.data).dsn


async def _burst(house: Process, events: int) -> float:
    """Seconds from the first POST to rest."""
    people = max(1, events // 10)
    messages = [identify(n + 1) for n in range(people)] + [track("burst", n, people) for n in range(events - people)]
    bodies = [b'{"batch":[%b]}' % b",".join(messages[at : at + TOGETHER]) for at in range(0, len(messages), TOGETHER)]
    dsn = dsn_of(house)
    await until_rest(dsn, PATIENCE)
    started = perf_counter()
    await _post(house, bodies)
    return await until_rest(dsn, PATIENCE) - started


async def _post(house: Process, bodies: Sequence[bytes]) -> None:
    waiting = iter(bodies)
    key = house.keys["write_key"]

    async def send() -> None:
        for body in waiting:
            answer = await http.post("/v1/batch", content=body, auth=(key, ""), headers=headers)
            if answer.status_code != 200:
                raise RuntimeError(f"a batch was refused: {answer.status_code} {answer.text[:300]}")

    headers = {"content-type": "application/json"}
    async with http_client(base_url=house.url, timeout=PATIENCE) as http:
        await asyncio.gather(*(send() for _ in range(SENDERS)))


async def _restart(house: Process, behind: int) -> float:
    """Seconds from the first 200 of `/healthz` to rest. The killed house's server lives on, as after any kill."""
    dsn, now = dsn_of(house), wall()
    await asyncio.to_thread(house.kill)
    await write(dsn, load(SHIPPED), list(facts_of_leads(behind, max(2, behind // 10), now, Random(9))), now)
    starting = asyncio.create_task(asyncio.to_thread(house.start, PATIENCE))
    alive = await asyncio.to_thread(_until_alive, f"{house.url}/healthz")
    rested = await until_rest(dsn, PATIENCE)
    await starting
    return max(0.0, rested - alive)


def _until_alive(url: str) -> float:
    deadline = perf_counter() + PATIENCE
    while perf_counter() < deadline:
        with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            orjson.loads(answer.read())
            return perf_counter()
    raise TimeoutError(f"{url} does not answer")
