"""As its users do it: a visitor fills the form, a rep presses Accept, a manager sees the funnel move."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping

import pytest
from playwright.sync_api import Page, expect

from testing.answers import LeadBeginning
from testing.house import Process
from testing.waiting import until

pytestmark = pytest.mark.browser
EMAIL = "grace.lin@harborline.io"


def post_sales(up: Process, *facts: Mapping[str, object]) -> None:
    headers = {"content-type": "application/json", "authorization": f"Bearer {up.keys['server_key']}"}
    request = urllib.request.Request(f"{up.url}/sales", json.dumps(facts).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200


def lead(up: Process, email: str) -> LeadBeginning:
    return up.get(f"/api/leads/{email}", LeadBeginning)


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

    offer = lead(up, EMAIL)["assignments"][-1]
    page.goto(f"{up.url}/inbox?rep={offer['rep']}")
    expect(page.get_by_text("Grace Lin").first).to_be_visible()
    page.get_by_role("button", name="Accept").first.click()
    until(lambda: lead(up, EMAIL)["stage"] == "sal", 10)

    post_sales(
        up,
        {"type": "connected", "lead": EMAIL, "by": offer["rep"], "channel": "call"},
        {"type": "deal_won", "lead": EMAIL, "by": offer["rep"], "deal": "D-7",
         "amount": {"amount": 2_400_000, "currency": "USD"}},
    )  # fmt: skip
    until(lambda: lead(up, EMAIL)["stage"] == "won", 10)
    page.goto(f"{up.url}/")
    expect(page.get_by_text("Won", exact=False).first).to_be_visible()
    page.goto(f"{up.url}/leads/{lead(up, EMAIL)['id']}")
    expect(page.get_by_text("Grace Lin").first).to_be_visible()


def test_a_rejection_needs_a_reason_and_moves_the_lead(up: Process, page: Page) -> None:
    email = "sam.odell@tideworks.io"
    body = f"email={email}&first_name=Sam&last_name=Odell&title=VP+Sales&country=US&company=Tideworks"
    headers = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
    with urllib.request.urlopen(urllib.request.Request(f"{up.url}/f/demo", body.encode(), headers)) as answer:
        assert answer.status == 200
    until(lambda: bool(is_offered(up, email)), 10)
    first = lead(up, email)["assignments"][-1]
    page.goto(f"{up.url}/inbox?rep={first['rep']}")
    row = page.locator("[data-lead]").filter(has_text="Sam Odell").first
    row.get_by_role("button", name="Reject").click()
    asking = page.get_by_role("dialog")
    asking.get_by_label("Out of my territory").check()
    asking.get_by_role("button", name="Reject").click()
    until(lambda: lead(up, email)["assignments"][-1]["rep"] != first["rep"], 10)


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
    until(lambda: is_offered(up, email), 10)
    expect(page.get_by_text(email)).to_have_count(0)


def is_offered(up: Process, email: str) -> bool:
    try:
        return bool(lead(up, email)["assignments"])
    except urllib.error.HTTPError:
        return False


@pytest.mark.parametrize("path", ["/", "/inbox", "/leads", "/agreement", "/pools", "/operations", "/outbox", "/demo"])
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_every_page_is_accessible(up: Process, page: Page, path: str, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415

    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{up.url}{path}")
    found = Axe().run(page)
    wrong = [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found.response["violations"]]
    assert wrong == []
