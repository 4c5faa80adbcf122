"""Every page on a phone, with names of 60 letters and sums of fifteen digits: all can be read, and all can be hit."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests.browser.report import is_offered, offer_of, whole
from tests.browser.sight import misses
from tests.browser.test_journey import offered_to, post_sales, reject, submit

from reporting.pages.frame import EVERY_DAY, NOW_AND_THEN
from reporting.reports import REPORTS
from testing.figures import DealsAnswer
from testing.house import Process
from testing.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONG = "Bartholomewalexandrinaconstantinopolitanmaximiliansdottirson"
EMAIL = f"{LONG.lower()}@{'x' * 50}.example"
DEAL = f"D-{LONG}"
STEWARDS = "Wolfeschlegelsteinhausenbergerdorffvoralternwarengewissenhaft"
MANAGERS = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogochwal"
DECIDED = "max@slateworks.io"
FRAME = tuple(path for path, _ in (*EVERY_DAY, *NOW_AND_THEN))
ALONE = tuple(f"/{report.name}" for report in REPORTS if report.page)
OTHERS = (
    "/sign-in", "/demo", "/?kiosk=1", "/search?q=barthol", "/attribution", "/funnel-model", "/self-assessment",
    "/screens", "/partners/adventure-works", "/pools/mid-na", f"/deals/{DEAL}", f"/survey/{DEAL}",
    f"/accounts/{'x' * 50}.example", f"/leads/{EMAIL}", "/deals?rep=rep-dan", "/agreement/routing.yaml",
    "/leads/nobody", "/nothing",
)  # fmt: skip
PAGES = tuple(dict.fromkeys((*FRAME, *ALONE, *OTHERS)))


@pytest.fixture(scope="module")
def full(up: Process) -> Process:
    """The house with long names and large sums, and with what a manager and a steward have to decide."""
    submit(up, EMAIL, LONG)
    by = offer_of(up, EMAIL)["rep"]
    amount = {"amount": 123_456_789_012_345, "currency": "USD"}
    post_sales(
        up,
        {"type": "connected", "lead": EMAIL, "by": by, "channel": "call"},
        {"type": "deal_won", "lead": EMAIL, "by": by, "deal": DEAL, "amount": amount},
        {"type": "deal_opened", "lead": EMAIL, "by": "rep-dan", "deal": f"{DEAL}2", "amount": amount},
    )
    submit(up, "office@quarryline.io", STEWARDS)
    reject(up, "office@quarryline.io", "bad_data")
    submit(up, DECIDED, MANAGERS)
    for _ in range(4):
        until(lambda: is_offered(up, DECIDED) and offered_to(up, DECIDED) is not None)
        was = offered_to(up, DECIDED)
        reject(up, DECIDED, "out_of_territory")
        until(lambda was=was: offered_to(up, DECIDED) != was)  # type: ignore[misc]
        if whole(up, DECIDED)["status"] == "waiting_for_manager":
            break
    until(lambda: whole(up, "office@quarryline.io")["status"] == "waiting_for_steward")
    until(lambda: len(up.get("/api/deals", DealsAnswer)["items"]) == 2)
    return up


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    yield context.new_page()
    context.close()


def test_nothing_is_out_of_sight_or_too_small_to_touch(full: Process, phone: Page) -> None:
    wrong = []
    for path in PAGES:
        phone.goto(f"{full.url}{path}")
        wrong += [f"{path}: {one}" for one in misses(phone, finger=True)]
    assert wrong == []


@pytest.mark.chaos
def test_no_page_scrolls_sideways_at_a_desk(full: Process, browser: Browser) -> None:
    """A table may be wider than its card there: it can be scrolled, with a wheel or with keys; not on a wall."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page, wrong = context.new_page(), []
    for path in PAGES:
        page.goto(f"{full.url}{path}")
        wrong += [
            f"{path}: {one}" for one in misses(page, finger=False) if one.startswith("the page") or "kiosk" in path
        ]
    context.close()
    assert wrong == []


def test_a_page_with_long_names_has_no_fault_that_axe_knows(full: Process, phone: Page) -> None:
    wrong = []
    for path in ("/deals", "/leads", "/inbox", f"/deals/{DEAL}", "/operations"):
        phone.goto(f"{full.url}{path}")
        for one in Axe().run(phone).response["violations"]:
            wrong += [f"{path} {one['id']}: {node['html'][:160]}" for node in one["nodes"][:3]]
    assert wrong == []


def test_the_page_of_numbers_is_short_and_a_tap_opens_a_panel(full: Process, browser: Browser) -> None:
    """Without a script; at a desk nothing is folded, and there is no switch."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{full.url}/")
    card = page.locator("section.service-levels")
    expect(card.get_by_role("heading", level=2)).to_be_visible()
    expect(card.locator("table").first).to_be_hidden()
    expect(page.get_by_role("link", name="30 days", exact=True)).to_be_hidden()
    box = page.locator("footer").bounding_box()
    assert box is not None
    assert box["y"] < 8_000
    card.get_by_label("All of it").check()
    expect(card.locator("table").first).to_be_visible()
    page.get_by_role("checkbox", name="Days").check()
    expect(page.get_by_role("link", name="30 days", exact=True)).to_be_visible()
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(card.get_by_label("All of it")).to_be_hidden()
    expect(page.locator("section.funnel table").first).to_be_visible()
    context.close()


def test_a_table_is_read_a_row_at_a_time(full: Process, phone: Page) -> None:
    """Each value beside the name of its column, also those that a phone had no room for."""
    phone.goto(f"{full.url}/deals")
    row = phone.locator("table[data-fold] tbody tr").filter(has=phone.get_by_role("link", name=f"{DEAL}2", exact=True))
    for column, value in (("Owner", "Dan Kowalski"), ("Amount", "1,234,567,890,123.45 USD"), ("State", "Open")):
        cell = row.locator(f'[data-label="{column}"]')
        expect(cell).to_have_text(value)
        assert column in cell.evaluate("one => getComputedStyle(one, '::before').content")


def test_a_manager_decides_on_a_phone(full: Process, phone: Page) -> None:
    phone.goto(f"{full.url}/inbox")
    row = phone.locator("section:has(#decisions) tbody tr").filter(has_text=MANAGERS)
    row.get_by_label(re.compile("^To whom")).select_option("rep-ana")
    button = row.get_by_role("button", name="Reassign")
    box = button.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390
    phone.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    until(lambda: offered_to(full, DECIDED) == "rep-ana")


@pytest.mark.parametrize("where", [f"/leads/{EMAIL}", "/inbox?rep=rep-dan&view=waiting"])
def test_the_bar_of_actions_stands_on_the_navigation(full: Process, phone: Page, where: str) -> None:
    """And neither covers what the page ends with."""
    phone.goto(f"{full.url}{where}")
    if "inbox" in where:
        phone.locator(".list a[href*='lead=']").first.tap()
    bar, navigation = phone.locator(".acts").bounding_box(), phone.locator("nav.main").bounding_box()
    assert bar is not None
    assert navigation is not None
    assert bar["y"] + bar["height"] <= navigation["y"] + 0.5
    phone.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    end = phone.get_by_role("button", name="Light or dark").bounding_box()
    assert end is not None
    assert end["y"] + end["height"] <= bar["y"] + 0.5


def test_the_other_pages_are_listed_one_below_the_other(full: Process, phone: Page) -> None:
    phone.goto(f"{full.url}/leads")
    phone.get_by_role("button", name="More pages").tap()
    links = phone.locator("#more a")
    expect(links.first).to_be_visible()
    tops = [one.bounding_box() for one in links.all()]
    assert len({box["y"] for box in tops if box}) == len(tops) > 5


def test_what_was_done_does_not_cover_the_button_of_an_open_sheet(full: Process, phone: Page) -> None:
    phone.goto(f"{full.url}/leads/{EMAIL}")
    phone.locator(".acts").get_by_role("button", name="E-mail").tap()
    done = phone.locator(".acted")
    expect(done).to_contain_text("logged")
    phone.locator(".acts details:not([open]) > summary").last.tap()
    sheet = phone.locator(".acts details[open] > :is(form, .sheet)")
    expect(sheet).to_be_visible()
    above, below = done.bounding_box(), sheet.get_by_role("button").last.bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] <= below["y"]


def test_whoever_is_not_signed_in_has_no_empty_bar_at_the_foot(full: Process, phone: Page) -> None:
    phone.goto(f"{full.url}/sign-in")
    expect(phone.locator("nav.main")).to_be_hidden()


def test_a_lead_stands_beside_its_box_and_its_points(full: Process, phone: Page) -> None:
    phone.goto(f"{full.url}/leads")
    row = phone.locator(".list tbody tr").filter(has_text="Early")
    boxes = [row.locator(place).bounding_box() for place in (".pick", ".name", ".points")]
    pick, name, points = [one for one in boxes if one]
    assert pick["x"] + pick["width"] <= name["x"] < name["x"] + name["width"] <= points["x"]
    assert abs(name["y"] + name["height"] / 2 - points["y"] - points["height"] / 2) < 20
