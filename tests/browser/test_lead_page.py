"""The pages of a lead and of the agreement, in a browser: short however long the story, readable in every scheme."""

import base64
import json
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.looks import each_look

from testing.answers import LeadAnswer
from testing.house import Process
from testing.waiting import until

EMAIL = "lena.long@fernhill.io"
DAYS, A_DAY = 30, 6

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lead(up: Process) -> str:
    """Id of a lead that read six pages on each of thirty days, and then asked for a demo."""
    now = datetime.now(UTC)
    events = [
        {
            **{"type": "page", "userId": "lena", "name": f"Page {n}", "properties": {"path": f"/features/{n}"}},
            **{"messageId": f"m-{day}-{n}", "context": {"traits": {"email": EMAIL}}},
            "timestamp": (now - timedelta(days=day, minutes=n)).isoformat(),
        }
        for day in range(DAYS, 0, -1)
        for n in range(A_DAY)
    ]
    key = base64.b64encode(f"{up.keys['write_key']}:".encode()).decode()
    headers = {"authorization": f"Basic {key}", "content-type": "application/json"}
    for at in range(0, len(events), 60):
        body = json.dumps({"batch": events[at : at + 60]}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{up.url}/v1/batch", body, headers)) as answer:
            assert answer.status == 200
    form = f"email={EMAIL}&first_name=Lena&last_name=Long&title=VP+Sales&country=US&employees=120"
    form += "&message=Can+it+read+ours%3F"
    request = urllib.request.Request(f"{up.url}/f/demo", form.encode(), {"accept": "application/json"})
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200

    def whole() -> bool:
        found = up.get(f"/api/leads/{EMAIL}", LeadAnswer)
        return bool(found["assignments"]) and len(found["timeline"]) > DAYS * A_DAY

    until(whole)
    return up.get(f"/api/leads/{EMAIL}", LeadAnswer)["id"]


def height(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollHeight"))


def test_a_long_story_is_a_short_page(up: Process, lead: str, page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{up.url}/leads/{lead}")
    expect(page.locator(".story").first.locator("> li")).to_have_count(12)
    expect(page.get_by_text("asked for a demo").first).to_be_visible()
    expect(
        page.get_by_text("“Can it read ours?”").or_(page.locator("q", has_text="Can it read ours?")).first
    ).to_be_visible()
    assert height(page) < 2800
    page.mouse.wheel(0, 1200)
    expect(page.get_by_role("heading", name="Lena Long")).to_be_in_viewport()
    page.get_by_role("link", name="Clocks, not shown").click()
    expect(page).to_have_url(f"{up.url}/leads/{lead}?show=people%2Csales%2Cclocks")
    expect(page.locator(".story .beside").first).to_contain_text("started")


def test_what_is_open_in_the_bar_outlives_what_was_sent_and_the_page_follows_when_it_is_closed(
    up: Process, lead: str, page: Page
) -> None:
    page.goto(f"{up.url}/leads/{lead}")
    more, amount = page.locator("#acts details.more > summary"), page.get_by_label("Amount, USD")
    more.click()
    amount.fill("25,000")
    page.evaluate("window.stayed = true")
    page.evaluate("document.dispatchEvent(new Event('baton:sent')), live.dispatchEvent(new Event('news'))")
    assert page.evaluate("fetch('/healthz').then(() => window.stayed)"), "a reload would have ended the page by now"
    expect(amount).to_have_value("25,000")
    more.click()
    assert page.evaluate("fetch('/healthz').then(() => window.stayed)"), "what is half typed stays, also closed"
    more.click()
    amount.fill("")
    with page.expect_navigation():
        more.click()


def test_the_agreement_is_read_found_and_followed(up: Process, page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{up.url}/agreement")
    assert height(page) < 7500
    page.locator("#goals").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('goals').scrollIntoView()")
    expect(page.locator(".toc a[aria-current]")).to_have_text("Where we want to be")
    page.locator("main .find input").fill("raised hand")
    expect(page.locator("[data-clause]:visible").first).to_contain_text("raised hand")
    expect(page.locator("#goals")).to_be_hidden()
    page.locator("main .find input").fill("")
    page.locator("#definitions a.figure", has_text="60").first.click()
    expect(page.locator("li:target")).to_contain_text("total_at_least: 60")


@each_look()
def test_both_are_accessible(up: Process, lead: str, browser: Browser, scheme: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415

    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    show = "people,sales,clocks,messages,machine"
    for path in (f"/leads/{lead}?show={show}", "/agreement", "/agreement/scoring.yaml", f"/explain/{lead}"):
        page.goto(f"{up.url}{path}")
        page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
        found = Axe().run(page)
        wrong = [f"{path} {one['id']}: {one['nodes'][0]['html'][:160]}" for one in found.response["violations"]]
        assert wrong == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
