"""As its users do it: a visitor fills the form, a rep presses Accept, a manager sees the funnel move."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.browser.report import beginning, is_offered, offer_of, whole

from testing.house import Process
from testing.waiting import PATIENCE, until

pytestmark = pytest.mark.browser
EMAIL = "grace.lin@harborline.io"


def post_sales(up: Process, *facts: Mapping[str, object]) -> None:
    headers = {"content-type": "application/json", "authorization": f"Bearer {up.keys['server_key']}"}
    request = urllib.request.Request(f"{up.url}/sales", json.dumps(facts).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert answer.status == 200


def test_from_the_demo_page_to_a_won_deal(up: Process, page: Page) -> None:
    page.goto(f"{up.url}/demo")
    for name, value in {
        "first_name": "Grace", "last_name": "Lin", "email": EMAIL, "company": "Harborline",
        "title": "Director of Sales Ops", "country": "United States",
    }.items():  # fmt: skip
        box = page.locator(f"[name={name}]").first
        if box.count():
            box.select_option(value) if box.evaluate("e => e.tagName") == "SELECT" else box.fill(value)
    page.locator("form[action^='/f/demo'] button, form[action^='/f/demo'] [type=submit]").first.click()
    outbox = up.data / "outbox" / "slack"
    until(lambda: any("Grace Lin" in path.read_text() for path in outbox.glob("*.json")))
    expect(page).to_have_url(f"{up.url}/demo?thanks=1")

    offer = offer_of(up, EMAIL)
    page.goto(f"{up.url}/inbox?rep={offer['rep']}")
    expect(page.get_by_text("Grace Lin").first).to_be_visible()
    page.get_by_role("button", name="Accept").first.click()
    page.goto(f"{up.url}/leads")  # who leaves sends what was held back to be undone
    until(lambda: beginning(up, EMAIL)["stage"] == "sal")

    post_sales(
        up,
        {"type": "connected", "lead": EMAIL, "by": offer["rep"], "channel": "call"},
        {"type": "deal_won", "lead": EMAIL, "by": offer["rep"], "deal": "D-7",
         "amount": {"amount": 2_400_000, "currency": "USD"}},
    )  # fmt: skip
    until(lambda: beginning(up, EMAIL)["stage"] == "won")
    page.goto(f"{up.url}/")
    expect(page.get_by_text("Won", exact=False).first).to_be_visible()
    page.goto(f"{up.url}/leads/{beginning(up, EMAIL)['id']}")
    expect(page.get_by_text("Grace Lin").first).to_be_visible()


@pytest.mark.slow
def test_a_rejection_needs_a_reason_and_moves_the_lead(up: Process, page: Page) -> None:
    email = "sam.odell@tideworks.io"
    body = f"email={email}&first_name=Sam&last_name=Odell&title=VP+Sales&country=US&company=Tideworks"
    headers = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
    with urllib.request.urlopen(urllib.request.Request(f"{up.url}/f/demo", body.encode(), headers)) as answer:
        assert answer.status == 200
    first = offer_of(up, email)
    page.goto(f"{up.url}/inbox?rep={first['rep']}")
    page.locator("[data-row] > a").filter(has_text="Sam Odell").click()
    bar = page.get_by_role("region", name="What to do about Sam Odell")
    bar.locator("summary").filter(has_text="Reject").click()
    bar.get_by_role("radio", name="Out of my territory").check()
    bar.get_by_role("button", name="Reject").click()
    page.goto(f"{up.url}/leads")
    until(lambda: beginning(up, email)["assignments"][-1]["rep"] != first["rep"])


@pytest.mark.slow
def test_what_was_held_back_as_spam_is_released_on_the_operations_page(up: Process, page: Page) -> None:
    email = "dana.reyes@fernhill.io"
    body = f"email={email}&first_name=Dana&last_name=Reyes&title=VP+Sales&country=US&_gotcha=12+Main+St"
    headers = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
    with urllib.request.urlopen(urllib.request.Request(f"{up.url}/f/demo", body.encode(), headers)) as answer:
        assert answer.status == 200
    page.goto(f"{up.url}/operations")
    row = page.locator("[data-turned-away=spam]").get_by_role("row").filter(has_text=email)
    expect(row).to_contain_text("honeypot")
    row.get_by_role("button", name="Release").click()
    until(lambda: is_offered(up, email))
    expect(page.get_by_text(email)).to_have_count(0)


@pytest.mark.slow
def test_what_was_refused_is_read_again_on_the_operations_page(up: Process, browser: Browser) -> None:
    """On a page of its own: a browser takes the refusal for a mistake of the page."""
    nameless = json.dumps({"writeKey": up.keys["write_key"], "userId": "u1", "messageId": "nameless"}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{up.url}/v1/track", nameless)) as answer:
        assert answer.status == 200
    page = browser.new_page()
    page.goto(f"{up.url}/operations")
    row = page.locator("[data-turned-away=refused]").get_by_role("row").filter(has=page.get_by_role("button"))
    expect(row).to_contain_text("a track event without a name")
    row.get_by_role("button", name="Read again").click()
    expect(page.locator("#toast")).to_have_text("Not done: refused again: a track event without a name")
    row.get_by_role("button", name="Drop").click()
    expect(row).to_have_count(0)
    page.close()


@pytest.mark.slow
def test_what_was_refused_is_put_right_on_the_operations_page(up: Process, browser: Browser) -> None:
    """What is wrong is named with its pointer, and what was typed stays until it is read."""
    email = "lee.ortiz@larkfield.io"
    message = {"writeKey": up.keys["write_key"], "userId": "u2", "messageId": "put-right"}
    traits = {"email": email, "first_name": "Lee", "title": "VP Sales", "country": "US", "company": "Larkfield"}
    body = json.dumps({**message, "context": {"traits": traits}}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{up.url}/v1/track", body)) as answer:
        assert answer.status == 200
    page = browser.new_page()
    page.goto(f"{up.url}/operations")
    row = page.locator("[data-turned-away=refused]").get_by_role("row").filter(has_text=email)
    row.get_by_text("Put right").click()
    text = row.get_by_label("The message, as JSON")
    right = {**json.loads(text.input_value()), "event": "Demo Requested"}
    text.fill("{")
    row.get_by_role("button", name="Read it so").click()
    expect(row.get_by_role("alert")).to_contain_text("/content is no JSON")
    text.fill(json.dumps({**right, "event": ""}))
    row.get_by_role("button", name="Read it so").click()
    expect(row.get_by_role("alert")).to_contain_text("/content/event a track event without a name")
    page.evaluate("document.dispatchEvent(new Event('htmx:after:swap'))")
    expect(text).to_have_value(json.dumps({**right, "event": ""}))
    text.fill(json.dumps(right))
    row.get_by_role("button", name="Read it so").click()
    expect(page.locator("#toast")).to_have_text("Released: it is on its way.")
    until(lambda: is_offered(up, email))
    expect(row).to_have_count(0)
    page.close()


def words_after(page: Page, button: Locator) -> str | None:
    """What the foot of the page says when the button was pressed; nothing, when the page renewed itself meanwhile."""
    button.click()
    return page.locator("#toast").text_content()


def submit(up: Process, email: str, name: str) -> None:
    body = json.dumps({"email": email, "name": name, "title": "VP Sales", "country": "US", "company": name}).encode()
    headers = {"accept": "application/json", "content-type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{up.url}/f/demo", body, headers)) as answer:
        assert answer.status == 200


def reject(up: Process, email: str, reason: str) -> None:
    offer = offer_of(up, email)
    post_sales(
        up,
        {"type": "rejected", "lead": email, "by": offer["rep"], "assignment": offer["id"], "reason": reason},
    )


@pytest.mark.slow
def test_a_steward_types_what_is_right_and_the_lead_leaves_the_queue(up: Process, page: Page) -> None:
    email = "office@quarryline.io"
    submit(up, email, "Acme Sales")
    reject(up, email, "bad_data")
    until(lambda: whole(up, email)["status"] == "waiting_for_steward")
    page.goto(f"{up.url}/operations")
    row = page.locator("section:has(#stewards) tbody tr").filter(has_text=email)
    button = row.get_by_role("button", name="Put it so")
    until(lambda: words_after(page, button) == "Not done: “Which fact” is empty.")
    row.get_by_label("Which fact").select_option("employees")
    row.get_by_label("What is right").fill("120")
    button.click()
    expect(row).to_have_count(0)
    assert {fact["name"]: fact["value"] for fact in whole(up, email)["facts"]}["employees"] == 120


@pytest.mark.slow
def test_a_manager_decides_on_the_inbox(up: Process, page: Page) -> None:
    email = "max@slateworks.io"
    submit(up, email, "Max May")
    for _ in range(4):
        until(lambda: is_offered(up, email) and offered_to(up, email) is not None)
        was = offered_to(up, email)
        reject(up, email, "out_of_territory")
        until(lambda was=was: offered_to(up, email) != was)  # type: ignore[misc]
        if whole(up, email)["status"] == "waiting_for_manager":
            break
    page.goto(f"{up.url}/inbox")
    row = page.locator("section:has(#decisions) tbody tr").filter(has_text="Max May")
    row.get_by_label("To whom Max May goes").select_option("rep-ana")
    row.get_by_role("button", name="Reassign").click()
    until(lambda: offered_to(up, email) == "rep-ana")
    expect(row).to_have_count(0)


def offered_to(up: Process, email: str) -> str | None:
    return whole(up, email)["owner"]


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", "/inbox", "/demo"])  # all of them, light and dark, are in test_frame
def test_the_pages_of_the_journey_are_accessible(up: Process, page: Page, path: str) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415

    page.goto(f"{up.url}{path}")
    found = Axe().run(page)
    wrong = [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found.response["violations"]]
    assert wrong == []
