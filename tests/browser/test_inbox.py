"""A rep's day in the inbox: ten leads in ten keys, undo, refreshes that take nothing away, a phone, and no scripts."""

import json
import re
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from tests.browser.looks import each_look
from tests.browser.report import offer_of, whole
from typing_extensions import TypedDict

from testing.answers import InboxAnswer
from testing.house import Process
from testing.waiting import PATIENCE, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
REP = "rep-dan"


class WithDeals(TypedDict):
    """`GET /api/leads/{id}`, its deals."""

    deals: list[dict[str, object]]


def submit(up: Process, name: str, company: str, employees: str = "120") -> str:
    """A raised hand, assigned; returns the address."""
    email = f"{name.lower()}@{company.lower()}.io"
    fields = {"email": email, "first_name": name, "last_name": "Tester", "title": "VP Sales", "country": "US"}
    body = json.dumps({**fields, "company": company, "employees": employees, "message": f"{name} asks"}).encode()
    headers = {"accept": "application/json", "content-type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{up.url}/f/demo", body, headers)) as answer:
        assert answer.status == 200
    offer_of(up, email)
    return email


def report(up: Process, **fact: object) -> None:
    headers = {"content-type": "application/json", "authorization": f"Bearer {up.keys['server_key']}"}
    request = urllib.request.Request(f"{up.url}/sales", json.dumps(fact).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert answer.status == 200


def stand(up: Process, email: str) -> str:
    return whole(up, email)["stage"]


def offered(up: Process, many: int, tag: str) -> list[str]:
    """So many leads of their own companies, all with one rep."""
    emails = [submit(up, f"{tag}{chr(97 + number)}", f"{tag}-firm-{chr(97 + number)}") for number in range(many)]
    for email in emails:
        if whole(up, email)["owner"] != REP:
            report(up, type="reassigned", lead=email, by="rep-grace", to=REP, reason="he asked")
    until(lambda: all(whole(up, email)["owner"] == REP for email in emails))
    return emails


@pytest.fixture
def clear(up: Process) -> Iterator[None]:
    """Afterwards nothing waits for an answer: the next test begins with an empty tab."""
    yield
    for one in up.get(f"/api/inbox?rep={REP}&state=offered", InboxAnswer)["items"]:
        report(up, type="accepted", lead=one["lead"], by=REP, assignment=one["assignment"])
    until(lambda: not up.get(f"/api/inbox?rep={REP}&state=offered", InboxAnswer)["items"])


def meanwhile(page: Page, condition: Callable[[], bool]) -> None:
    """Waits for the condition while the page goes on, and its routes are served."""

    def goes_on() -> bool:
        page.wait_for_timeout(20)
        return condition()

    until(goes_on)


def patient(page: Page) -> None:
    """Whatever is done on the page is held back until it is left: no ten seconds pass before it can be undone."""
    page.add_init_script("""
        const hold = () => document.querySelectorAll("[data-acts]").forEach((bar) => { bar.dataset.hold = "600"; });
        new MutationObserver(hold).observe(document, { childList: true, subtree: true });
    """)


def ready(page: Page) -> None:
    expect(page.locator("#pane:not([data-loading]) [data-acts]")).to_be_visible()


@pytest.mark.usefixtures("clear")
def test_a_rep_triages_ten_leads_in_ten_keys(up: Process, page: Page) -> None:
    emails = offered(up, 10, "Key")
    patient(page)
    page.goto(f"{up.url}/inbox?rep={REP}&view=answer")
    expect(page.locator("[data-row]")).to_have_count(10)
    for _ in range(10):
        page.keyboard.press("a")
    expect(page.locator("[data-row]:visible")).to_have_count(0)
    expect(page.locator("#tabs [data-view=answer] b")).to_have_text("0")
    expect(page.locator(".acted [role=status]")).to_contain_text("Accepted")
    page.keyboard.press("z")
    expect(page.locator("[data-row]:visible")).to_have_count(1)
    expect(page.locator(".acted [role=status]")).to_contain_text("Undone")
    ready(page)
    page.keyboard.press("r")
    page.keyboard.press("6")
    page.keyboard.type("not now")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-row]:visible")).to_have_count(0)
    page.goto(f"{up.url}/agreement")
    until(lambda: [stand(up, email) for email in emails].count("sal") == 9)
    until(lambda: [whole(up, email)["status"] for email in emails].count("nurture") == 1)


@pytest.mark.usefixtures("clear")
def test_ten_refreshes_keep_the_selection_the_open_parts_and_a_half_typed_note(up: Process, page: Page) -> None:
    offered(up, 3, "Calm")
    page.goto(f"{up.url}/inbox?rep={REP}&view=answer")
    page.keyboard.press("j")
    ready(page)
    name = page.locator("[data-row][data-picked] .who").inner_text()
    page.locator("#pane-score summary").click()
    page.keyboard.press("r")
    page.locator("[data-key=r] textarea").fill("half a sen")
    seen = int(page.locator("#inbox").get_attribute("data-refreshed") or 0)
    for number in range(10):
        submit(up, f"News{chr(97 + number)}", f"news-firm-{chr(97 + number)}")
        page.evaluate("document.querySelector('#live').dispatchEvent(new CustomEvent('news'))")
        page.wait_for_function(
            "seen => Number(document.querySelector('#inbox').dataset.refreshed || 0) > seen", arg=seen + number
        )
    assert page.locator("[data-row][data-picked] .who").inner_text() == name
    assert page.locator("[data-row][data-picked]").count() == 1
    expect(page.locator("#pane-score")).to_have_attribute("open", "")
    expect(page.locator("[data-key=r] textarea")).to_have_value("half a sen")
    expect(page.locator("[data-key=r] textarea")).to_be_focused()
    page.keyboard.type("tence")
    page.keyboard.press("Escape")
    expect(page.locator("[data-key=r] textarea")).not_to_be_visible()
    expect(page.locator("[data-key=r] textarea")).to_have_value("half a sentence")


@pytest.mark.usefixtures("clear")
def test_calls_answers_and_deals_are_logged_without_leaving_and_leaving_loses_nothing(up: Process, page: Page) -> None:
    (email,) = offered(up, 1, "Day")
    page.goto(f"{up.url}/inbox?rep={REP}&lead={whole(up, email)['id']}")
    for key in ("a", "c", "o"):
        ready(page)
        page.keyboard.press(key)
        page.goto(f"{up.url}/agreement")
        page.goto(f"{up.url}/inbox?rep={REP}&lead={whole(up, email)['id']}")
    until(lambda: (whole(up, email)["stage"], whole(up, email)["status"]) == ("sal", "connected"))
    page.reload()
    ready(page)
    page.keyboard.press("q")
    for tick in ("Need", "Budget", "Authority"):
        page.get_by_role("checkbox", name=tick).check()
    page.get_by_role("button", name="Qualify").click()
    page.goto(f"{up.url}/agreement")
    until(lambda: stand(up, email) == "sql")
    page.goto(f"{up.url}/inbox?rep={REP}&lead={whole(up, email)['id']}")
    page.locator("details.more summary").click()
    page.get_by_label("Amount, USD").fill("25,000")
    page.get_by_role("button", name="Open", exact=True).click()
    page.goto(f"{up.url}/agreement")
    until(lambda: stand(up, email) == "opportunity")
    (deal,) = up.get(f"/api/leads/{email}", WithDeals)["deals"]
    assert deal["amount"] == {"amount": 2_500_000, "currency": "USD"}


@pytest.mark.usefixtures("clear")
def test_what_could_not_leave_with_the_page_is_sent_when_the_house_is_back(up: Process, browser: Browser) -> None:
    """A page that is hidden and shown again loads nothing anew: it sends by itself what did not get through."""
    (email,) = offered(up, 1, "Back")
    page = browser.new_page()  # its console says that the house was away
    page.goto(f"{up.url}/inbox?rep={REP}&view=answer")
    ready(page)
    page.locator("[data-acts]").evaluate("bar => { bar.dataset.hold = '600'; }")
    page.keyboard.press("a")
    page.route("**/sales", lambda route: route.abort(), times=1)
    page.evaluate("window.dispatchEvent(new Event('pagehide'))")
    meanwhile(page, lambda: stand(up, email) == "sal")
    page.close()


@pytest.mark.usefixtures("clear")
def test_what_waits_for_its_turn_leaves_with_the_page(up: Process, page: Page) -> None:
    emails = offered(up, 2, "Turn")
    held: list[Route] = []
    page.route("**/sales", lambda route: held.append(route))  # noqa: PLW0108  (Playwright wants a function)
    page.goto(f"{up.url}/inbox?rep={REP}&view=answer")
    for first in (True, False):
        ready(page)
        page.locator("[data-acts]").evaluate("bar => { bar.dataset.hold = '0'; }")
        page.keyboard.press("a")
        if first:
            meanwhile(page, lambda: bool(held))
    page.evaluate("new Promise(done => setTimeout(done, 20))")
    assert len(held) == 1, "one after another"
    with page.expect_request("**/sales"):
        page.evaluate("window.dispatchEvent(new Event('pagehide'))")
    meanwhile(page, lambda: len(held) == 2)
    page.unroute("**/sales")  # which lets go what it held
    meanwhile(page, lambda: [stand(up, email) for email in emails] == ["sal", "sal"])


@pytest.mark.usefixtures("clear")
def test_what_is_pressed_twice_is_one_fact_and_a_page_fetched_anew_still_says_it(up: Process, page: Page) -> None:
    (email,) = offered(up, 1, "Twice")
    patient(page)
    page.goto(f"{up.url}/leads/{whole(up, email)['id']}")
    page.keyboard.press("a")
    page.keyboard.press("a")
    assert page.evaluate("JSON.parse(sessionStorage.getItem('baton.held')).length") == 1
    page.reload()
    expect(page.locator(".acted [role=status]")).to_contain_text("Accepted")
    until(lambda: stand(up, email) == "sal")


@pytest.mark.usefixtures("clear")
def test_an_answer_that_no_longer_counts_comes_back_with_its_reason(up: Process, page: Page) -> None:
    (email,) = offered(up, 1, "Gone")
    page.goto(f"{up.url}/inbox?rep={REP}&view=answer")
    ready(page)
    page.locator("[data-acts]").evaluate("bar => { bar.dataset.hold = '600'; }")
    page.keyboard.press("a")
    report(up, type="reassigned", lead=email, by="rep-grace", to="rep-elena", reason="she asked")
    until(lambda: whole(up, email)["owner"] == "rep-elena")
    page.evaluate("window.dispatchEvent(new Event('pagehide'))")
    expect(page.locator(".acted [role=status]")).to_contain_text("It does not count")
    expect(page.locator(".acted [role=status]")).to_contain_text("Elena Petrova")


@pytest.mark.usefixtures("clear")
def test_on_a_phone_one_column_and_a_bar_that_a_thumb_hits(up: Process, browser: Browser) -> None:
    emails = offered(up, 2, "Thumb")
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{up.url}/inbox?rep={REP}&view=answer")
    expect(page.locator("#pane")).not_to_be_visible()
    page.locator("[data-row] > a").first.tap()
    ready(page)
    expect(page.locator("#list")).not_to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    bar, navigation = page.locator("[data-acts]").bounding_box(), page.locator("nav.main").bounding_box()
    assert bar
    assert navigation
    assert bar["y"] + bar["height"] == pytest.approx(navigation["y"], abs=1)
    assert navigation["y"] + navigation["height"] == pytest.approx(844, abs=1)
    for target in page.locator("[data-acts] > :is(form, details) > :is(button, summary), .backward a").all():
        box = target.bounding_box()
        assert box
        assert min(box["height"], box["width"]) >= 44, target.inner_text()
    page.get_by_role("button", name="Accept").tap()
    ready(page)
    page.locator("[data-key=r] > summary").tap()
    page.get_by_role("radio", name="Bad data").check()
    page.get_by_role("button", name="Reject", exact=True).tap()
    expect(page.locator("[data-row]:visible")).to_have_count(0)
    context.close()
    until(lambda: sorted(stand(up, email) for email in emails) != ["mql", "mql"])


@pytest.mark.usefixtures("clear")
def test_all_of_it_works_without_scripts_for_who_is_signed_in(up: Process, browser: Browser) -> None:
    first, second = offered(up, 2, "Plain")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{up.url}/inbox")
    page.locator("button.me").click()
    page.get_by_role("button", name="Dan Kowalski").click()
    expect(page.locator("button.me")).to_contain_text("Dan Kowalski")
    page.goto(f"{up.url}/inbox?view=answer")
    page.locator("[data-row] > a").filter(has_text="Plaina").click()
    page.get_by_role("button", name="Accept").click()
    expect(page).to_have_url(re.compile(r"/inbox\?"))
    until(lambda: stand(up, first) == "sal")
    page.goto(f"{up.url}/inbox?lead={whole(up, second)['id']}")
    page.locator("[data-key=r] > summary").click()
    page.get_by_role("radio", name="Other (please say why)").check()
    page.get_by_role("button", name="Reject", exact=True).click()
    expect(page.get_by_text("needs a few words")).to_be_visible()
    page.go_back()
    page.locator("[data-key=r] > summary").click()
    page.get_by_role("radio", name="Other (please say why)").check()
    page.get_by_label("Note for marketing").fill("they left")
    page.get_by_role("button", name="Reject", exact=True).click()
    until(lambda: whole(up, second)["status"] == "nurture")
    context.close()


@each_look()
def test_the_inbox_is_accessible_with_a_lead_open(up: Process, page: Page, width: int, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415

    email = "first@coldstart.io"
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{up.url}/inbox?lead={whole(up, email)['id']}")
    for wanted in (None, "r", "q", "h"):
        if wanted:
            page.keyboard.press(wanted)
            expect(page.locator(f"details[open][data-key={wanted}]")).to_be_visible()
        found = Axe().run(page)
        wrong = [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found.response["violations"]]
        assert wrong == []
