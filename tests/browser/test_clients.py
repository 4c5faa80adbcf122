"""Eleven unmodified clients, each in the middle of its work when the house is restarted: nothing is lost or doubled."""

import asyncio
import contextlib
import shutil
import subprocess
import sys
import threading
import urllib.error
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.browser.conftest import website

from runtime.database.connect import admin
from runtime.database.embedded import EmbeddedPostgres
from runtime.database.statement import statement
from testing.answers import LeadBeginning
from testing.founded_house import FoundedHouse
from testing.house import Process
from testing.ports import free_port
from testing.servers import missing
from testing.waiting import PATIENCE, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SENDERS = Path(__file__).parent / "clients"
PYTHON = ("segment-python", "rudder-python", "cloudevents-python", "form-urlencoded", "form-multipart")
NODE = ("segment-node", "rudder-node", "cloudevents-node")
BROWSER = ("segment-browser", "rudder-browser", "jitsu-browser")
CLIENTS = (*PYTHON, *NODE, *BROWSER)
EVENTS = 40
PAUSE = "400"
"""Milliseconds between two events of a client: the second half of them takes eight seconds, as the restart does."""
AWAY = 4
"""Seconds between the end of the house and its next start, which takes about as long again."""
_KEPT = statement("""
    SELECT split_part(split_part(email, '@', 2), '.', 1) AS client, data->>'asset' AS n
    FROM ingest.fact JOIN ingest.person ON person.id = person
    WHERE type = 'engagement.recorded.v1' AND data->>'kind' = 'case_study'
""")


@dataclass(frozen=True)
class Restarted:
    """What eleven clients have brought to a house that was away in between."""

    up: Process
    kept: dict[str, Counter[str]]
    """By client: how often each of its events was kept."""
    browser: str
    """What the browser said: hosts that were asked, and errors of scripts."""
    logs: dict[str, str]


def kept(up: Process) -> dict[str, Counter[str]]:
    async def read() -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = {client: Counter() for client in CLIENTS}
        async with admin(EmbeddedPostgres(up.data).dsn) as connection:
            for row in await connection.execute(_KEPT):
                found[row.client][row.n] += 1
        return found

    return asyncio.run(read())


def is_known(up: Process, client: str) -> bool:
    """It has said who it is."""
    with contextlib.suppress(urllib.error.HTTPError):
        return bool(up.get(f"/api/leads/kim@{client}.io", LeadBeginning)["id"])
    return False


def shop(node_modules: Path, folder: Path) -> Path:
    """A website with the bundles of three vendors."""
    folder.mkdir()
    shutil.copy(SENDERS / "site.html", folder / "index.html")
    shutil.copytree(node_modules / "@segment" / "analytics-next" / "dist" / "umd", folder / "segment")
    bundled = node_modules / "@rudderstack" / "analytics-js" / "dist" / "npm" / "modern" / "bundled" / "umd"
    shutil.copytree(bundled, folder / "rudder")
    shutil.copytree(node_modules / "@jitsu" / "js" / "dist", folder / "jitsu")
    return folder


def commands(up: Process, site: str, chromium: str, go: Path) -> dict[str, list[str]]:
    """How each sender is started; the browser's is one for three clients."""
    node = shutil.which("node") or missing("clients in Node need it: apt-get install nodejs")
    keys = (up.url, up.keys["write_key"], up.keys["server_key"], str(EVENTS), PAUSE, str(go))
    python, script = sys.executable, str(SENDERS / "python_sender.py")
    started = {client: [python, script, client, *keys] for client in PYTHON}
    started |= {client: [str(node), str(SENDERS / "node_sender.cjs"), client, *keys] for client in NODE}
    given = (site, up.url, up.keys["write_key"], str(EVENTS), PAUSE, str(go), chromium)
    started["browser"] = [python, str(SENDERS / "browser_sender.py"), *given, *BROWSER]
    return started


@pytest.fixture(scope="module")
def restarted(
    tmp_path_factory: pytest.TempPathFactory, founded_house: FoundedHouse, node_modules: Path, chromium: str
) -> Iterator[Restarted]:
    """All at once, one restart: when it is over, every client has had its time to send what was not answered."""
    folder = tmp_path_factory.mktemp("clients")
    up = Process(founded_house.copy_to(folder / "baton"), free_port()).start()
    with ExitStack() as stack:
        stack.callback(lambda: up.stop() if up.running and up.running.poll() is None else None)
        site = stack.enter_context(website(shop(node_modules, folder / "site")))
        for name, command in commands(up, site, chromium, folder / "go").items():
            log = stack.enter_context((folder / f"{name}.log").open("wb"))
            sender = subprocess.Popen(command, stdout=log, stderr=log)
            stack.callback(sender.wait)
            stack.callback(sender.terminate)
        until(lambda: all(is_known(up, client) for client in CLIENTS), PATIENCE, lambda: _state(up, folder))
        (folder / "go-0").touch()
        until(lambda: all(len(some) == EVENTS / 2 for some in kept(up).values()), PATIENCE, lambda: _state(up, folder))
        (folder / "go-1").touch()
        until(lambda: any(len(some) > EVENTS / 2 for some in kept(up).values()))  # they are in the middle of it
        assert up.stop() == 0
        threading.Event().wait(AWAY)
        up.start()
        with contextlib.suppress(TimeoutError):  # each client's own test says what is missing
            until(lambda: all(len(some) == EVENTS for some in kept(up).values()), 4 * PATIENCE)
        logs = {path.stem: path.read_text()[-3000:] for path in folder.glob("*.log")}
        yield Restarted(up, kept(up), (folder / "browser.log").read_text(), logs)


def _state(up: Process, folder: Path) -> object:
    counts = {client: len(some) for client, some in kept(up).items()}
    return counts, {path.stem: path.read_text()[-600:] for path in folder.glob("*.log")}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_restart_loses_and_doubles_nothing(restarted: Restarted, client: str) -> None:
    log = restarted.logs["browser" if client in BROWSER else client]
    assert restarted.kept[client] == Counter(f"asset-{n}" for n in range(EVENTS)), log
    assert is_known(restarted.up, client)


def test_browsers_ask_nobody_but_the_house(restarted: Restarted) -> None:
    """Not the vendors' hosts either: no metrics, no errors, no destinations of theirs."""
    assert {line for line in restarted.browser.splitlines() if line.startswith("asked")} == {"asked 127.0.0.1"}
    assert [line for line in restarted.browser.splitlines() if line.startswith("error")] == []
