"""What every page shares, in a real browser: ten refreshes lose nothing, keys, the drawer, no fault that axe knows."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests.browser.looks import each_look

from runtime.database.connect import admin
from runtime.database.statement import statement
from runtime.settings import load_settings
from standalone.connect import database
from testing.house import Process

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES = ("/", "/inbox", "/leads", "/agreement", "/operations", "/outbox", "/audit", "/search?q=e", "/docs", "/offers")
PEOPLE_LIVE_IN = ("/", "/inbox", "/operations")
"""One room of each kind: numbers, work, machines."""
OUTSIDE = ("/sign-in", "/demo", "/?kiosk=1")
"""Pages without the frame, or without somebody in it."""
TOUCH = """() => {
    document.querySelectorAll("#panels details").forEach((one) => { one.open = true; });
    const fields = [...document.querySelectorAll("#panels :is(input:not([type=hidden], [type=checkbox]), textarea)")]
        .filter((one) => one.checkVisibility());
    fields.forEach((one) => { one.value = "half a note"; });
    fields.at(-1)?.focus();
}"""
LOOK = """() => ({
    open: document.querySelectorAll("#panels details[open]").length,
    notes: [...document.querySelectorAll("#panels :is(input, textarea)")].map((one) => one.value),
    at: document.activeElement.getAttribute("aria-label") || document.activeElement.name || document.activeElement.id,
    picked: document.querySelector("[data-row][data-picked]")?.id || null,
})"""
REFRESH = """() => new Promise((done) => {
    setTimeout(done, 60_000, false);
    document.addEventListener("htmx:after:swap", () => done(true), { once: true });
    htmx.trigger(document.querySelector("#live"), "news");
})"""
_POISON = statement("""
    INSERT INTO routing.dead_letter (p, topic, seq, subject, type, reason, body)
    VALUES (0, 'scores', :seq, 'lead-x', 'lead.scored.v1', 'KeyError: pool', '{"type": "nobody.knows.v1"}')
""")


@pytest.mark.parametrize(
    "path", [path if path in PEOPLE_LIVE_IN else pytest.param(path, marks=pytest.mark.chaos) for path in PAGES]
)
def test_ten_refreshes_lose_nothing(up: Process, page: Page, path: str) -> None:
    page.goto(f"{up.url}{path}")
    if not page.locator("#panels").count():
        return
    if path == "/inbox":
        page.keyboard.press("j")
        expect(page.locator("[data-row][data-picked]")).to_have_count(1)
    page.evaluate(TOUCH)
    before = page.evaluate(LOOK)
    for _ in range(10):
        assert page.evaluate(REFRESH)
    assert page.evaluate(LOOK) == before


def test_everything_is_a_key_away(up: Process, page: Page) -> None:
    page.goto(f"{up.url}/?source=direct&rep=rep-dan")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{up.url}/?source=direct")
    page.wait_for_load_state()  # a key is heard once the new page's scripts run
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("/")
    field = page.get_by_role("searchbox", name=re.compile("Search leads"))
    expect(field).to_be_focused()
    field.fill("first@cold")
    field.press("Enter")
    expect(page.get_by_role("link", name="Early")).to_be_visible()
    page.wait_for_load_state()
    page.locator("h1").click()
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page).to_have_url(f"{up.url}/inbox")


def test_the_list_behind_a_number_opens_beside_it(up: Process, page: Page) -> None:
    page.goto(f"{up.url}/")
    page.locator("#panels a[href^='/leads?']").first.click()
    drawer = page.get_by_role("dialog", name="The list behind a number")
    expect(drawer.get_by_role("heading")).to_contain_text("lead")
    expect(page).to_have_url(f"{up.url}/")
    drawer.get_by_role("button", name="Close").click()
    expect(drawer).to_be_hidden()


def test_a_dead_letter_is_read_and_dropped_with_a_reason(up: Process, page: Page) -> None:
    with ThreadPoolExecutor(1) as thread:  # this one runs a loop of the browser's
        thread.submit(lambda: asyncio.run(poison(up))).result()
    page.goto(f"{up.url}/operations")
    expect(page.locator("#state")).to_contain_text("nothing waits but one dead letter")
    page.get_by_text("Payload").click()
    expect(page.locator(".letters pre")).to_contain_text("nobody.knows.v1")
    page.get_by_label("Why it is dropped").fill("a test of May")
    page.get_by_role("button", name="Drop", exact=True).first.click()
    expect(page.locator("#state")).to_contain_text("nothing waits, last event")


async def poison(up: Process) -> None:
    async with database(load_settings(data=up.data)) as dsn, admin(dsn) as tx, tx.begin():
        await tx.execute(_POISON, {"seq": 901})


@each_look(("light", 1440), ("dark", 390))
def test_no_page_has_a_fault_that_axe_knows(up: Process, browser: Browser, width: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page, wrong = context.new_page(), []
    for path in (*PAGES, *OUTSIDE):
        page.goto(f"{up.url}{path}")
        for one in Axe().run(page).response["violations"]:
            wrong += [f"{path} {one['id']}: {node['html'][:160]}" for node in one["nodes"][:3]]
        too_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        wrong += [f"{path} scrolls sideways"] if too_wide else []
    context.close()
    assert wrong == []


def test_a_page_says_that_it_is_live_and_keeps_its_place_while_it_loads(up: Process, page: Page) -> None:
    page.add_init_script("""
        window.shifts = 0;
        new PerformanceObserver((list) => {
            for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifts += one.value;
        }).observe({ type: "layout-shift", buffered: true });
    """)
    page.goto(up.url)
    expect(page.locator("#live")).to_contain_text("Live · updated")
    expect(page.locator("#panels .card").first).to_be_visible()
    assert page.evaluate("window.shifts") < 0.1


def test_a_page_is_printed_without_what_only_a_screen_needs(up: Process, page: Page) -> None:
    page.goto(up.url)
    bar, card = page.locator("header.top"), page.locator("#panels .card").first
    expect(bar).to_be_visible()
    page.emulate_media(media="print")
    expect(bar).to_be_hidden()
    expect(page.locator("footer")).to_be_hidden()
    expect(page.locator("#panels button")).to_have_count(page.locator("#panels button:not(:visible)").count())
    expect(card).to_be_visible()
