"""A newcomer's first quarter of an hour, by what README says: a house just cloned, a browser, and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect

from testing.house import ROOT, Process
from testing.ports import free_port
from testing.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
EMAIL = "newcomer@harbour-lane.io"


@pytest.fixture
def cloned(tmp_path: Path) -> Iterator[Process]:
    """What `make run` starts: the embedded house, with no setting at all, and nothing in it."""
    house = Process(tmp_path / "baton", free_port()).start()
    yield house
    assert house.stop() == 0


def visit(page: Page, url: str) -> None:
    """Opens it; also where the page before was about to go elsewhere by itself."""
    try:
        page.goto(url)
    except Error:
        page.wait_for_load_state()
        page.goto(url)


def ticks(page: Page, url: str) -> int:
    """How many steps of the first page are done; asking leaves the page before, which sends what was held back."""
    visit(page, url)
    return page.locator("ol.ways li.done").count()


def test_from_the_clone_to_a_won_deal_without_leaving_the_browser(cloned: Process, page: Page) -> None:
    readme = (ROOT / "README.md").read_text()
    steps = readme.partition("Then:\n")[2].partition("\n## ")[0]
    assert re.findall(r"\*\*(?:http://localhost:8300)?(/[a-z]*)\*\*", steps) == ["/demo", "/", "/outbox", "/inbox", "/"]
    page.goto(cloned.url)
    expect(page.get_by_role("heading", name="From a visit to a won deal")).to_be_visible()
    assert ticks(page, cloned.url) == 0

    page.goto(f"{cloned.url}/demo")
    for name, value in {"first_name": "Noor", "last_name": "Haddad", "email": EMAIL, "company": "Harbour Lane",
                        "title": "VP Sales"}.items():  # fmt: skip
        page.locator(f"form[action^='/f/demo'] [name={name}]").fill(value)
    page.locator("form[action^='/f/demo'] button").first.click()
    expect(page).to_have_url(re.compile("thanks=1"))
    until(lambda: ticks(page, cloned.url) == 2, 60)
    page.goto(f"{cloned.url}/outbox")
    expect(page.locator(".messages li").filter(has_text="Noor Haddad").first).to_be_visible()

    page.goto(cloned.url)
    page.get_by_role("link", name="Answer it in the inbox").click()
    rep = re.search(r"rep=([\w-]+)", page.url)
    assert rep
    page.goto(cloned.url)
    page.get_by_role("button", name=re.compile("This machine")).click()
    page.locator(f"#me button[value={rep[1]}]").click()
    expect(page).to_have_url(re.compile("/inbox"))
    page.get_by_role("button", name="Accept").first.click()
    until(lambda: ticks(page, cloned.url) == 3, 60)

    lead = f"{cloned.url}{page.get_by_role('link', name='Its page').get_attribute('href')}"
    for words, answer in (("Call", "Call logged"), ("Connected", "Connected")):
        visit(page, lead)
        page.get_by_role("region", name="What to do about Noor Haddad").get_by_role("button", name=words).first.click()
        expect(page.locator(".acted [role=status]")).to_contain_text(answer)
    visit(page, lead)
    page.locator("details.more summary").click()
    page.get_by_label("Amount, USD").fill("25,000")
    page.get_by_role("button", name="Open", exact=True).click()

    def won_is_offered() -> bool:
        visit(page, lead)
        page.locator("details.more summary").click()
        return page.get_by_role("button", name="Won", exact=True).count() == 1

    until(won_is_offered, 60)
    page.get_by_role("button", name="Won", exact=True).click()
    until(lambda: ticks(page, cloned.url) == 4, 60)
    expect(page.get_by_role("heading", name="A lead has gone all the way")).to_be_visible()
    page.goto(lead)
    expect(page.locator(".path [aria-current=step]")).to_contain_text("won", ignore_case=True)
