"""The sales manager's morning in a real browser: who is late, is it fair, reassign one; and rows picked by key."""

import contextlib
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from urllib.parse import quote

import pytest
from playwright.sync_api import Error, Page, Route, expect
from tests.browser.looks import each_look

from testing.house import Process
from testing.ports import free_port
from testing.waiting import until

LATE = "Lara Latecome"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A house whose clock stands at a Monday's noon until somebody moves it."""
    options = ("--laboratory", "--begin", "2026-08-03T16:00:00Z")
    one = Process(tmp_path_factory.mktemp("lab") / "baton", free_port(), options=options).start()
    yield one
    assert one.stop() == 0


def post(lab: Process, path: str, body: Mapping[str, object]) -> None:
    headers = {"content-type": "application/json", "authorization": f"Bearer {lab.keys['server_key']}"}
    request = urllib.request.Request(lab.url + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        assert answer.status == 200


def owner(lab: Process, email: str) -> str | None:
    """Rep id of who has the lead; None for nobody. Raises HTTPError while it is not known."""
    with urllib.request.urlopen(f"{lab.url}/api/leads/{quote(email)}") as answer:
        shown: dict[str, str | None] = json.loads(answer.read())
    return shown["owner"]


def submit(lab: Process, email: str, name: str) -> str:
    """A hand that is raised; the rep who gets it."""
    post(lab, "/f/demo", {"email": email, "name": name, "company": "Slowbrook", "message": "please call"})
    until(lambda: owner(lab, email) is not None)
    return str(owner(lab, email))


@pytest.mark.slow
def test_a_manager_sees_who_is_late_whether_it_is_fair_and_gives_one_to_somebody_else(lab: Process, page: Page) -> None:
    email = "lara@slowbrook.io"
    rep = submit(lab, email, LATE)
    post(lab, "/sales", {"type": "accepted", "lead": email, "by": rep})
    post(lab, "/lab/settle", {})
    post(lab, "/lab/advance", {"seconds": 5 * 3600})  # past its 4 business hours
    page.goto(f"{lab.url}/team")
    row = page.locator(".owed > li").filter(has_text=LATE)
    expect(row).to_contain_text("late")
    fair = page.locator(".pool").first
    expect(fair.get_by_role("heading")).to_contain_text("round robin")
    fair.get_by_role("link", name=re.compile(r"^\d* ?picks?$")).click()
    first = page.locator(".pick-log details").first
    first.locator("summary").click()
    expect(first).to_contain_text("Rep")
    page.goto(f"{lab.url}/team")
    target = row.locator("select[name=to]").input_value()
    assert target != rep
    row.get_by_role("button", name="Reassign").click()
    expect(page.get_by_role("status").filter(has_text="Sent")).to_be_visible()
    until(lambda: owner(lab, email) == target)
    expect(page.locator(f"#late-{rep} .owed > li").filter(has_text=LATE)).to_have_count(0)


@pytest.mark.slow
def test_leads_are_found_while_one_types_picked_by_key_and_given_away(lab: Process, page: Page) -> None:
    email = "petra@pickhall.io"
    rep = submit(lab, email, "Petra Pickhall")
    page.goto(f"{lab.url}/leads")
    page.get_by_role("searchbox", name="Search", exact=True).last.fill("pickhall")
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator("#found")).to_have_text("1 lead")
    assert page.url.endswith("?q=pickhall")
    page.locator("body").press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("x")
    expect(page.locator("[data-picked-count]")).to_have_text("1 picked")
    target = "rep-chloe" if rep != "rep-chloe" else "rep-ana"
    page.locator("#picked select").select_option(target)
    page.get_by_role("button", name="Reassign").click()
    expect(page.get_by_role("status").filter(has_text="Sent")).to_be_visible()
    until(lambda: owner(lab, email) == target)


@pytest.mark.slow
def test_a_refresh_that_was_under_way_does_not_bring_back_what_was_not_looked_for(lab: Process, page: Page) -> None:
    submit(lab, "rita@racehall.io", "Rita Racehall")
    submit(lab, "otto@otherhall.io", "Otto Otherhall")
    page.goto(f"{lab.url}/leads")
    held: list[Route] = []
    page.route(re.compile("/leads$"), lambda route: held.append(route))  # noqa: PLW0108  (it looks at its arguments)
    page.evaluate("document.querySelector('#live').dispatchEvent(new Event('news'))")
    until(lambda: page.evaluate("1") == 1 and bool(held))
    page.get_by_role("searchbox", name="Search", exact=True).last.fill("racehall")
    expect(page.locator("[data-row]")).to_have_count(1)
    with contextlib.suppress(Error):  # it was given up meanwhile
        held[0].continue_()
    page.evaluate("document.querySelector('#live').dispatchEvent(new Event('news'))")
    page.wait_for_timeout(1000)
    expect(page.locator("[data-row]")).to_have_count(1)
    assert len(held) == 1, "a refresh asks for what is looked for"


@pytest.mark.slow
@each_look()
def test_the_pages_of_the_team_are_accessible_at_a_desk_and_on_a_phone(
    lab: Process, page: Page, width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415

    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    for path in ("/team", "/pools/smb-na", "/leads", "/fairness", "/late"):
        page.goto(f"{lab.url}{path}")
        found = Axe().run(page).response["violations"]
        assert [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found] == [], path
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
