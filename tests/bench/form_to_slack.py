"""From a visitor's form to the call at Slack's door: the whole embedded house as shipped, and a Slack of our own.

Forms one after the other, each of another person, from the POST until chat.postMessage arrives at a Slack on loopback;
in between ingest, scoring, routing and notifier each commit once or more. Every form meets another rep, because Slack
takes one message a second and member. Five forms go first and are not counted.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import orjson
import uvloop
from ruamel.yaml import YAML
from tests.bench.figures import Figure

from runtime.clock import wall
from runtime.http.client import client as http_client
from testing.house import Process
from testing.ports import free_port
from testing.service import SHIPPED

WARM_UP = 5
PATIENCE = 60.0
SHIFTS = {day: ["00:00-12:00", "12:00-23:59"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


class Slack:
    """Answers every call with ok; knows when which member was first written to."""

    def __init__(self) -> None:
        self.cards: dict[str, asyncio.Future[float]] = {}
        self._ts = 0

    def expect(self, name: str) -> "asyncio.Future[float]":
        return self.cards.setdefault(name, asyncio.get_running_loop().create_future())

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
                body = await reader.readexactly(int(length or 0))
                answer = orjson.dumps(self._answer(head.split(b" ", 2)[1], body, perf_counter()))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
                writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(answer), answer))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, path: bytes, body: bytes, at: float) -> dict[str, object]:
        channel = orjson.loads(body).get("channel", "") if body.startswith(b"{") else ""
        if path.endswith(b"/chat.postMessage") and channel.startswith("U"):
            for name, seen in self.cards.items():
                if not seen.done() and name.encode() in body:
                    seen.set_result(at)
        self._ts += 1
        return {"ok": True, "channel": channel, "ts": f"1700000000.{self._ts:06d}"}


@asynccontextmanager
async def open_slack() -> AsyncIterator[tuple[Slack, str]]:
    """A Slack on loopback, and the address for `BATON_SLACK_URL`."""
    slack = Slack()
    server = await asyncio.start_server(slack.talk, "127.0.0.1", 0)
    async with server:
        yield slack, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/"


def bench(forms: int) -> list[Figure]:
    with TemporaryDirectory(prefix="baton-bench-") as folder:
        return uvloop.run(_bench(Path(folder), forms))


async def _bench(folder: Path, forms: int) -> list[Figure]:
    async with open_slack() as (slack, url):
        house = Process(folder / "baton", free_port(), environment=surroundings(folder, forms, url))
        await asyncio.to_thread(house.start)
        try:
            took = await submit(slack, house.url, forms)
        finally:
            await asyncio.to_thread(house.stop)
    (p50, p99), note = summary(took)
    return [
        Figure("form_to_slack_p50_ms", "form to Slack call, p50", p50, "ms", 30, note, at_most=True),
        Figure("form_to_slack_p99_ms", "form to Slack call, p99", p99, "ms", 60, at_most=True),
    ]


def surroundings(folder: Path, forms: int, slack: str) -> dict[str, str]:
    """Environment of a house that sends to this Slack, with a rep for each form."""
    terms = _agreement(folder, forms + WARM_UP)
    return {"BATON_SLACK_TOKEN": "xoxb-bench", "BATON_SLACK_URL": slack, "BATON_AGREEMENT": str(terms)}


def summary(took: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], str]:
    """p50 and p99 to the card in ms, and a note about the answers."""
    answered, called = (sorted(column) for column in zip(*took, strict=True))
    p50, p99 = (called[len(called) * part // 100] for part in (50, 99))
    return (p50, p99), f"{len(took)} forms, each answered in {answered[len(answered) // 2]:.0f} ms (p50)"


async def submit(slack: Slack, url: str, forms: int, every: float = 0.0) -> list[tuple[float, float]]:
    """Milliseconds to the answer and to the card, for each form; one begins `every` so many seconds at the soonest."""
    took: list[tuple[float, float]] = []
    async with http_client(base_url=url, timeout=PATIENCE) as http:
        begun = perf_counter()
        for n in range(forms + WARM_UP):
            await asyncio.sleep(max(0.0, begun + n * every - perf_counter()))
            name = f"Visitor{n:04d}"
            person = {"email": f"{name}@company{n}.example".lower(), "first_name": "Sam", "last_name": name}
            about = {"company": f"Company {n}", "title": "CEO", "country": "US", "employees": "20"}
            card = slack.expect(name)
            started = perf_counter()
            answer = await http.post("/f/demo", data=person | about, headers={"accept": "application/json"})
            answered = perf_counter()
            if answer.status_code != HTTPStatus.OK:
                raise RuntimeError(f"the form was refused: {answer.text}")
            arrived = await asyncio.wait_for(card, PATIENCE)
            took.append(((answered - started) * 1000, (arrived - started) * 1000))
    return took[WARM_UP:]


def _agreement(folder: Path, reps: int) -> Path:
    """The shipped one with a rep for each form, all of them always on shift."""
    copy = folder / "agreement"
    shutil.copytree(SHIPPED, copy)
    yaml = YAML(typ="safe")
    teams = yaml.load((copy / "teams.yaml").read_text())
    today = [wall().date() + timedelta(days=n) for n in (-1, 0, 1)]
    for team in teams["teams"]:
        team["shifts"] = SHIFTS
        team["holidays"]["worked"] = today
    more = [{"id": f"rep-{n}", "name": f"Rep {n}", "email": f"rep{n}@northwind.example", "slack_user": f"U0{n:04d}",
             "team": "new-york", "role": "sdr", "weight": 1} for n in range(reps)]  # fmt: skip
    teams["reps"] += more
    next(pool for pool in teams["pools"] if pool["id"] == "smb-na")["members"] = [rep["id"] for rep in more]
    with (copy / "teams.yaml").open("w") as file:
        yaml.dump(teams, file)
    return copy
