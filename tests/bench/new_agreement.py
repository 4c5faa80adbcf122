"""From a saved edit of the agreement to the instant at which it is in force, in the embedded house as shipped.

A file of the folder is edited ten times, one edit after the other is in force; how long each took is seen by asking the
house for its version every 25 ms. The house is empty, so that nothing is rescored: what counts is noticing the edit,
reading and checking it, and the change of the assembly.
"""

import asyncio
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import uvloop
from tests.bench.figures import Figure

from agreement import load
from runtime.http.client import client as http_client
from testing.house import Process
from testing.ports import free_port
from testing.service import SHIPPED

PATIENCE = 60.0
LOOK = 0.025
RULE = "{kind: whitepaper, points: "


def bench(edits: int) -> list[Figure]:
    with TemporaryDirectory(prefix="baton-bench-") as folder:
        took = sorted(uvloop.run(_bench(Path(folder), edits)))
    note = f"{len(took)} edits, the quickest {took[0]:.2f} s, the middle one {took[len(took) // 2]:.2f} s"
    return [
        Figure("agreement_in_force_s", "edit of the agreement until in force", took[-1], "s", 2, note, at_most=True)
    ]


async def _bench(folder: Path, edits: int) -> list[float]:
    terms = folder / "agreement"
    shutil.copytree(SHIPPED, terms)
    house = Process(folder / "baton", free_port(), environment={"BATON_AGREEMENT": str(terms)})
    await asyncio.to_thread(house.start)
    try:
        return [await _edit(house, terms, points) for points in range(100, 100 + edits)]
    finally:
        await asyncio.to_thread(house.stop)


async def _edit(house: Process, terms: Path, points: int) -> float:
    """Seconds until the house says the version of the folder as it is after this edit."""
    path = terms / "scoring.yaml"
    before, mark, rest = path.read_text().partition(RULE)
    saved, began = f"{before}{mark}{points},{rest.partition(',')[2]}", perf_counter()
    path.write_text(saved)
    wanted = load(terms).version
    headers = {"authorization": f"Bearer {house.keys['server_key']}"}
    async with asyncio.timeout(PATIENCE), http_client(base_url=house.url) as http:
        while (await http.get("/api/lanes", headers=headers)).json()["versions"]["agreement"] != wanted:
            await asyncio.sleep(LOOK)
    return perf_counter() - began
