"""A real browser, and a house in a process of its own for it to visit."""

import fcntl
import functools
import http.server
import json
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.browser.report import offer_of

from testing.founded_house import FoundedHouse
from testing.house import Process
from testing.ports import free_port
from testing.servers import missing
from testing.waiting import PATIENCE, until

HERE = Path(__file__).parent
_QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE * 1000)
        opened = playwright.chromium.launch(executable_path=chromium, args=list(_QUIET))
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose own mistakes fail the test: script errors and refused resources."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE * 1000)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert wrong == []


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory, founded_house: FoundedHouse) -> Iterator[Process]:
    """`baton up`, shared by the tests of a module, and warm: one lead has gone all the way to a card and the report."""
    one = Process(founded_house.copy_to(tmp_path_factory.mktemp("house") / "baton"), free_port()).start()
    body, headers = b"email=first@coldstart.io&first_name=Early", {"accept": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{one.url}/f/demo", body, headers)) as answer:
        assert answer.status == 200
    until(lambda: bool(list((one.data / "outbox" / "slack").glob("*.json"))))
    offer_of(one, "first@coldstart.io")
    yield one
    assert one.stop() == 0


@pytest.fixture(scope="module")
def node_modules() -> Path:
    """The unmodified SDKs, from npm."""
    folder = HERE / "node_modules"
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    with (HERE / "package.json").open() as lock:  # workers of a run share the folder
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all((folder / name).exists() for name in wanted):
            npm = shutil.which("npm")
            if npm is None:
                missing("SDKs of browsers and of Node come through npm: apt-get install npm")
            done = subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, check=False)
            if done.returncode:
                missing("the SDKs could not be installed: run `npm ci` in tests/browser and see why")
    return folder


@pytest.fixture(scope="module")
def segment_sdk(node_modules: Path) -> Path:
    """Segment's bundle for a browser."""
    return node_modules / "@segment" / "analytics-next" / "dist" / "umd"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
            return
        super().do_GET()


@contextmanager
def website(folder: Path) -> Iterator[str]:
    """The address of a site on a port of its own, which serves this folder."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
