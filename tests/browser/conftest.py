"""A real browser, and a house in a process of its own for it to visit."""

import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from testing.house import Process, free_port
from testing.servers import missing
from testing.waiting import until

HERE = Path(__file__).parent
_QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=list(_QUIET))
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose own mistakes fail the test: script errors and refused resources."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert wrong == []


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """`baton up`, shared by the tests of a module, and warm: one lead has gone all the way to a card."""
    one = Process(tmp_path_factory.mktemp("house") / "baton", free_port()).start()
    body, headers = b"email=first@coldstart.io&first_name=Early", {"accept": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{one.url}/f/demo", body, headers)) as answer:
        assert answer.status == 200
    until(lambda: bool(list((one.data / "outbox" / "slack").glob("*.json"))))
    yield one
    assert one.stop() == 0


@pytest.fixture(scope="module")
def segment_sdk() -> Path:
    """The unmodified browser SDK, from npm."""
    bundle = HERE / "node_modules" / "@segment" / "analytics-next" / "dist" / "umd"
    if not bundle.exists():
        npm = shutil.which("npm")
        if npm is None:
            missing("the Segment browser SDK comes through npm: apt-get install npm")
        done = subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, check=False)
        if done.returncode:
            missing("the Segment browser SDK could not be installed: run `npm ci` in tests/browser and see why")
    return bundle
