"""The button of the first page: a make-believe company's house in the place of one's own, and back, on one socket."""

import os
import re
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from agreement import load
from runtime.settings import Settings
from standalone.alone import settings_alone, terms_alone
from standalone.demo import OwnDemo
from testing.answers import LeadsAnswer
from testing.house import Process
from testing.ports import free_port
from testing.quarter import SimulatedMonths, fortnight
from testing.service import SHIPPED
from testing.waiting import until

__all__ = ["fortnight"]


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Process]:
    """`baton up` on a folder of its own."""
    house = Process(tmp_path / "baton", free_port())
    yield house
    if house.running is not None and house.running.poll() is None:
        house.stop()


def copied(source: Path, to: Path) -> None:
    """With the owners of its files: the embedded server may run under an account of its own."""
    shutil.copytree(source, to, ignore=shutil.ignore_patterns("socket"))
    for path in [to, *to.rglob("*")]:
        of = (source / path.relative_to(to)).stat()
        os.chown(path, of.st_uid, of.st_gid)


def page(house: Process, path: str) -> str:
    request = urllib.request.Request(house.url + path, headers={"accept": "text/html"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(answer.read().decode())


def press(house: Process, to: str, origin: str | None = None) -> str:
    """What the page says on which one waits."""
    headers = {"origin": origin or house.url, "content-type": "application/x-www-form-urlencoded"}
    body = urllib.parse.urlencode({"to": to}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{house.url}/demo-house", body, headers), timeout=60) as answer:
        return str(answer.read().decode())


def shown(house: Process, words: str, path: str = "/") -> None:
    """Waits until the page says so; between two houses nobody answers."""

    def says() -> bool:
        try:
            return words in page(house, path)
        except OSError:
            return False

    until(says, 120)


@pytest.mark.chaos  # some minutes: behind `make chaos`
def test_one_button_swaps_to_the_demo_and_one_swaps_back(up: Process, fortnight: SimulatedMonths) -> None:
    up.start()
    copied(fortnight.data, up.data / "demo")  # its months were lived before
    assert "Open the make-believe company" in page(up, "/")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        press(up, "demo", origin="https://evil.example")
    press(up, "demo")
    shown(up, "Back to your own house")
    key = re.search(r'"server_key": "([^"]+)"', (up.data / "demo" / "keys.json").read_text())
    assert key
    bearer = {"authorization": f"Bearer {key[1]}"}
    with urllib.request.urlopen(urllib.request.Request(f"{up.url}/api/leads?limit=500", headers=bearer)) as answer:
        assert answer.status == 200
    press(up, "own")
    shown(up, "Open the make-believe company")
    assert up.get("/api/leads", LeadsAnswer)["items"] == []
    assert up.stop() == 0


@pytest.mark.chaos
def test_the_months_are_lived_while_the_house_serves_on(up: Process) -> None:
    up.start()
    assert "Fill with 90 days of a make-believe company" in page(up, "/")
    waiting = press(up, "demo")
    assert "Living 90 days" in waiting
    assert '<progress max="1"' in waiting
    assert "how far they are" in page(up, "/"), "its own pages are there meanwhile"
    assert (up.data / "demo").exists() is False, "nothing half made is served"
    assert up.stop() == 0, "and the house stops when it is told to"


def test_a_house_that_others_use_has_no_demo(tmp_path: Path) -> None:
    own = Settings(data=tmp_path, agreement=SHIPPED, _env_file=None)
    assert OwnDemo.beside(own) is not None
    for elsewhere in (
        {"database": "postgresql://db/baton"},
        {"kafka": "broker:9092"},
        {"host": "0.0.0.0"},
        {"public_url": "https://baton.example.com"},
        {"laboratory": True},
    ):
        assert OwnDemo.beside(own.model_copy(update=elsewhere)) is None, elsewhere


def test_a_make_believe_company_touches_nothing_outside() -> None:
    given = {"smtp": "smtp://mail", "slack_token": "xoxb-1", "kafka": "b:9092", "database": "postgresql://db/x"}
    alone = settings_alone(Settings(agreement=SHIPPED, _env_file=None).model_copy(update=given))
    assert [getattr(alone, name) for name in given] == [None] * 4
    shipped = load(SHIPPED)
    hooks = tuple(hook.model_copy(update={"enabled": True}) for hook in shipped.notices.webhooks)
    notices = shipped.notices.model_copy(update={"webhooks": hooks})
    wired = shipped.model_copy(update={"notices": notices})
    assert wired.notices.receivers
    terms = terms_alone(wired)
    assert terms.notices.receivers == ()
    assert terms.definitions.enrichment.providers == ()
    assert terms.version == wired.version
