"""A partner's journey in a real browser: the own page and leads, a word to us, the answer; nothing of others."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from testing.founded_house import FoundedHouse
from testing.house import Process
from testing.ports import free_port
from testing.waiting import until


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory, founded_house: FoundedHouse) -> Iterator[Process]:
    one = Process(founded_house.copy_to(tmp_path_factory.mktemp("house") / "baton"), free_port()).start()
    yield one
    assert one.stop() == 0


def post(up: Process, path: str, body: Mapping[str, object]) -> None:
    headers = {"content-type": "application/json", "authorization": f"Bearer {up.keys['server_key']}"}
    request = urllib.request.Request(up.url + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        assert answer.status == 200


def scored(up: Process, email: str) -> bool:
    """The lead has its score, by which it is known whose it is. Raises HTTPError while it is not known."""
    with urllib.request.urlopen(f"{up.url}/api/leads/{quote(email)}") as answer:
        shown: dict[str, object] = json.loads(answer.read())
    return shown["score"] is not None


def play(page: Page, up: Process, name: str) -> None:
    """Be this person, as on one's own machine one may."""
    page.goto(f"{up.url}/leads")
    page.locator(".me").click()
    page.get_by_role("button", name=name).first.click()
    expect(page.locator(".me b")).to_have_text(name.split(" partner", maxsplit=1)[0])


@pytest.mark.slow
def test_a_partner_sees_the_own_leads_and_both_sides_talk(up: Process, page: Page) -> None:
    for email, name, partner in (
        ("olive@ours.example", "Olive Ours", "adventure-works"),
        ("fay@foreign.example", "Fay Foreign", "litware"),
    ):
        post(up, "/f/demo", {"email": email, "name": name, "company": "Co", "message": "hello", "partner": partner})
        until(lambda email=email: scored(up, email), 60)  # type: ignore[misc]
    play(page, up, "Piet de Vries")
    page.goto(f"{up.url}/partners")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Adventure Works")
    expect(page.locator(".briefing")).to_contain_text("Who we look for")
    page.get_by_label("What should we know?").fill("Olive waits for a call")
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_url(f"{up.url}/partners/adventure-works")
    shown = page.locator(".notes")
    until(lambda: page.goto(page.url) is not None and shown.filter(has_text="Olive waits for a call").count() == 1)
    page.goto(f"{up.url}/leads?partner=adventure-works")
    expect(page.get_by_role("link", name="Olive Ours")).to_be_visible()
    page.goto(f"{up.url}/leads")
    expect(page.get_by_role("link", name="Olive Ours")).to_be_visible()
    expect(page.get_by_text("Fay Foreign")).to_have_count(0)
    foreign = page.request.get(f"{up.url}/partners/litware")
    assert foreign.status == 404
    play(page, up, "Mara Lindqvist")
    page.goto(f"{up.url}/partners")
    expect(page.get_by_role("link", name="Litware Integrations")).to_be_visible()
    page.get_by_role("link", name="Adventure Works Consulting").click()
    expect(page.locator(".notes .theirs")).to_contain_text("Olive waits for a call")
    page.get_by_label("What should they know?").fill("Ana calls her today")
    page.get_by_role("button", name="Send").click()
    until(lambda: page.goto(page.url) is not None and shown.filter(has_text="Ana calls her today").count() == 1)
