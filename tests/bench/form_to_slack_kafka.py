"""From a visitor's form to the call at Slack's door, the house on Kafka, beside the traffic of a busy web site.

`baton up` with BATON_KAFKA and its own PostgreSQL; one form a second, measured as in `slack`, while a process of its
own sends 500 page views a second, each a POST of its own, of 1,000 known people whose facts qualify none of them: every
view goes through ingest, scoring and reporting.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from tests.bench.figures import Figure
from tests.bench.form_to_slack import open_slack, submit, summary, surroundings

from testing.broker import open_broker
from testing.house import Process
from testing.json import read
from testing.ports import free_port

EVERY = 1.0
"""Seconds from one form to the next."""


def bench(forms: int, views: int) -> list[Figure]:
    """So many forms, beside so many page views a second."""
    with TemporaryDirectory(prefix="baton-bench-") as folder, open_broker() as kafka:
        return uvloop.run(_bench(Path(folder), kafka, forms, views))


async def _bench(folder: Path, kafka: str, forms: int, views: int) -> list[Figure]:
    async with open_slack() as (slack, url):
        environment = surroundings(folder, forms, url)
        environment |= {"BATON_KAFKA": kafka, "BATON_TOPIC_PREFIX": f"{folder.name}."}
        house = Process(folder / "baton", free_port(), environment=environment)
        await asyncio.to_thread(house.start, 120)
        try:
            with page_views(house.port, house.keys["write_key"], views) as sender:
                assert sender.stdout is not None
                await asyncio.to_thread(sender.stdout.readline)  # everybody has made themselves known
                took = await submit(slack, house.url, forms, EVERY)
                sender.terminate()
                sent = read(dict[str, float], await asyncio.to_thread(sender.stdout.read))
        finally:
            await asyncio.to_thread(house.stop)
    (p50, p99), note = summary(took)
    note += (
        f"; beside them {sent['per_second']:.0f} page views a second were answered in {sent['p50_ms']:.0f} ms (p50), "
        f"{sent['refused']:.0f} were refused"
    )
    what = "form to Slack call on Kafka, beside page views"
    return [
        Figure("form_to_slack_p50_ms_kafka", f"{what}, p50", p50, "ms", 60, note, at_most=True),
        Figure("form_to_slack_p99_ms_kafka", f"{what}, p99", p99, "ms", 150, at_most=True),
    ]


@contextmanager
def page_views(port: int, key: str, rate: int) -> Iterator[subprocess.Popen[bytes]]:
    """Sends until it is terminated; a line on its standard output says that it has begun, the rest what it sent."""
    command = [sys.executable, "-m", "tests.bench.page_views", "--port", str(port), "--key", key, "--rate", str(rate)]
    sender = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        yield sender
    finally:
        if sender.poll() is None:
            sender.kill()
        sender.wait()
