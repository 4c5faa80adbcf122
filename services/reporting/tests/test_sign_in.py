"""Signing in as people do and as attackers try: links, the provider, sessions, the switcher, the audit."""

import re
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from structlog.testing import capture_logs

from reporting.service import SERVICE
from runtime.database.connect import admin
from runtime.database.statement import statement
from runtime.http.client import AsyncClient
from runtime.http.sign_in_links import PER_ACCOUNT, PER_ADDRESS
from runtime.service import Context
from testing.office import ANA, OFFICE, OURS, ask, browser, hidden, link_in, run_sql, sign_in, visit

_AGE = statement("UPDATE house.session SET seen_at = seen_at - CAST(:by AS interval)")
_OLD = statement("UPDATE house.session SET made_at = made_at - CAST(:by AS interval)")
_BREAK = statement("ALTER TABLE house.sign_in_link RENAME COLUMN made_at TO made")
_AGE_LINKS = statement("UPDATE house.sign_in_link SET made_at = made_at - interval '16 minutes'")


async def test_a_mailed_link_signs_in_and_leads_back(http: AsyncClient, house: Context, mails: Path) -> None:
    away = await http.get("/leads?q=cora")
    assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=%2Fleads%3Fq%3Dcora")
    entered = await sign_in(http, mails, following="/leads?q=cora")
    assert (entered.status_code, entered.headers["location"]) == (303, "/leads?q=cora")
    cookie = entered.headers.get_list("set-cookie")[0]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    page = await http.get("/leads")
    assert page.status_code == 200
    assert "Ana Lima" in page.text
    assert "not encrypted" in page.text
    (kept,) = await run_sql(house, "SELECT * FROM house.session")
    assert kept["person"] == "rep-ana"
    assert http.cookies["baton_session"] not in str(kept)
    assert [(row["who"], row["action"]) for row in await run_sql(house, "SELECT * FROM house.audit")] == [
        ("rep-ana", "signed in")
    ]


async def test_without_a_wish_one_is_led_home(http: AsyncClient, mails: Path) -> None:
    assert (await sign_in(http, mails)).headers["location"] == "/inbox"


async def test_on_https_the_cookie_belongs_to_this_host_alone(house: Context, mails: Path) -> None:
    secure = "https://baton.example.com"
    async with browser(SERVICE, house, secure) as http:
        page = await http.get("/sign-in")
        assert "not encrypted" not in page.text
        fields = {"email": ANA, "form_token": hidden(page)}
        await http.post("/sign-in", data=fields, headers={"sec-fetch-site": "same-origin"})
        link = link_in(mails)
        shown = await http.get(link)
        entered = await http.post(link, data={"form_token": hidden(shown)}, headers={"sec-fetch-site": "same-origin"})
        assert entered.headers["location"] == "/inbox"
        assert re.match("__Host-baton_session=.*Path=/; .*Secure", entered.headers.get_list("set-cookie")[0])
        assert (await http.get("/inbox")).status_code == 200


async def test_a_stranger_hears_what_everybody_hears(http: AsyncClient, house: Context, mails: Path) -> None:
    known, strange = await ask(http, ANA), await ask(http, "eve@evil.example")
    assert known.text.replace(ANA, "X") == strange.text.replace("eve@evil.example", "X")
    assert known.status_code == strange.status_code == 200
    assert len(list(mails.glob("*.eml"))) == 1
    assert [row["person"] for row in await run_sql(house, "SELECT person FROM house.sign_in_link")] == ["rep-ana"]


async def test_a_link_works_once_and_not_for_long(http: AsyncClient, house: Context, mails: Path) -> None:
    await sign_in(http, mails)
    link = link_in(mails)
    assert (await http.get(link)).status_code == 410
    page = await http.get("/sign-in")
    again = await http.post(link, data={"form_token": hidden(page)}, headers=OURS)
    assert again.status_code == 410
    async with browser(SERVICE, house) as elsewhere:
        assert '<a class="button" href="/sign-in">Sign in</a>' in (await elsewhere.get(link)).text
    await ask(http, ANA)
    async with admin(house.database.dsn) as tx, tx.begin():
        await tx.execute(_AGE_LINKS)
    assert (await http.get(link_in(mails))).status_code == 410
    assert (await http.get("/sign-in/link/nonsense")).status_code == 410


async def test_looking_at_a_link_uses_nothing_up(http: AsyncClient, mails: Path) -> None:
    """Programs that check mails open every link in them."""
    await ask(http, ANA)
    link = link_in(mails)
    assert [(await http.get(link)).status_code for _ in range(3)] == [200, 200, 200]
    assert "baton_session" not in http.cookies
    page = await http.get(link)
    assert (await http.post(link, data={"form_token": hidden(page)}, headers=OURS)).status_code == 303


async def test_a_session_ends_by_idling_by_age_and_by_signing_out(
    http: AsyncClient, house: Context, mails: Path
) -> None:
    for aging, by in ((_AGE, timedelta(hours=12)), (_OLD, timedelta(days=7))):
        await sign_in(http, mails)
        assert (await http.get("/inbox")).status_code == 200
        async with admin(house.database.dsn) as tx, tx.begin():
            await tx.execute(aging, {"by": by})
        assert (await http.get("/inbox")).status_code == 303
    await sign_in(http, mails)
    page = await http.get("/inbox")
    stolen = http.cookies["baton_session"]
    assert (await http.post("/sign-out", data={"form_token": "wrong"}, headers=OURS)).status_code == 403
    gone = await http.post("/sign-out", data={"form_token": hidden(page)}, headers=OURS)
    assert gone.headers["location"] == "/sign-in"
    http.cookies.set("baton_session", stolen, domain="192.168.1.5")
    assert (await http.get("/inbox")).status_code == 303


async def test_using_a_session_keeps_it(http: AsyncClient, house: Context, mails: Path) -> None:
    await sign_in(http, mails)
    for _ in range(3):
        async with admin(house.database.dsn) as tx, tx.begin():
            await tx.execute(_AGE, {"by": timedelta(hours=11)})
        assert (await http.get("/inbox")).status_code == 200


async def test_a_session_begins_with_a_new_secret(http: AsyncClient, house: Context, mails: Path) -> None:
    """Session fixation: what the browser brought before is never what it has afterwards."""
    http.cookies.set("baton_session", "planted", domain="192.168.1.5")
    await sign_in(http, mails)
    first = http.cookies["baton_session"]
    assert first != "planted"
    http.cookies.delete("baton_visit")
    await sign_in(http, mails)
    assert http.cookies["baton_session"] not in ("planted", first)
    assert len(await run_sql(house, "SELECT * FROM house.session")) == 1


async def test_who_is_gone_from_the_agreement_is_out(house: Context, mails: Path, http: AsyncClient) -> None:
    await sign_in(http, mails)
    await run_sql(house, "UPDATE house.session SET person = 'rep-gone' RETURNING 1 AS one")
    assert (await http.get("/inbox")).status_code == 303


@pytest.mark.parametrize("headers", [{}, {"origin": "https://evil.example"}, {"origin": "null"},
                                     {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
                                     {"sec-fetch-site": "cross-site", "origin": OFFICE}])  # fmt: skip
async def test_forms_come_from_our_own_pages(http: AsyncClient, mails: Path, headers: dict[str, str]) -> None:
    assert (await ask(http, ANA, headers=headers)).status_code == 403
    assert not list(mails.glob("*.eml"))


async def test_a_form_is_bound_to_the_browser_it_was_made_for(house: Context, http: AsyncClient, mails: Path) -> None:
    async with browser(SERVICE, house) as attacker:
        token = hidden(await attacker.get("/sign-in"))
    await http.get("/sign-in")
    for brought in (token, "", "0" * 64):
        fields = {"email": ANA, "form_token": brought}
        assert (await http.post("/sign-in", data=fields, headers=OURS)).status_code == 403
    assert not mails.exists()


async def test_whoever_forges_headers_gets_nothing(http: AsyncClient, mails: Path) -> None:
    """The link leads to the house's own address whatever the request calls it; nobody becomes loopback."""
    spoof = {"x-forwarded-host": "evil.example", "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https"}
    assert (await http.get("/inbox", headers={**spoof, "host": "localhost"})).status_code == 303
    page = await http.get("/sign-in", headers=spoof)
    await http.post("/sign-in", data={"email": ANA, "form_token": hidden(page)}, headers={**OURS, **spoof})
    (mail,) = mails.glob("*.eml")
    assert f"{OFFICE}/sign-in/link/" in mail.read_text().replace("=\n", "")
    assert "evil.example" not in mail.read_text()
    answer = await http.post("/sign-in/as", data={"person": "rep-ana"}, headers={**OURS, **spoof})
    assert answer.status_code == 403
    assert "baton_session" not in http.cookies


@pytest.mark.parametrize("following", ["https://evil.example", "//evil.example", "/\\evil.example", "/sign-out"])
async def test_nobody_is_led_to_another_host(http: AsyncClient, mails: Path, following: str) -> None:
    assert (await sign_in(http, mails, following=following)).headers["location"] == "/inbox"


async def test_asking_has_an_end_for_each_account_and_each_address(house: Context, http: AsyncClient) -> None:
    answers = [(await ask(http, "eve@evil.example")).status_code for _ in range(PER_ACCOUNT + 1)]
    assert answers == [200] * PER_ACCOUNT + [429]
    assert (await ask(http, "EVE@evil.example ")).status_code == 429
    others = [(await ask(http, f"eve{n}@evil.example")).status_code for n in range(PER_ADDRESS - PER_ACCOUNT + 1)]
    assert others == [200] * (PER_ADDRESS - PER_ACCOUNT) + [429]
    assert (await http.get("/sign-in/link/nonsense")).status_code == 429
    async with browser(SERVICE, house, ip="192.168.1.78") as elsewhere:
        assert (await ask(elsewhere, ANA)).status_code == 200


async def test_programs_get_json_and_people_the_page(http: AsyncClient) -> None:
    program = {"accept": "application/json"}
    answer = await http.get("/api/leads", headers=program)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    panel = await http.get("/panel/funnel", headers={"hx-request": "true", "hx-current-url": f"{OFFICE}/?range=7d"})
    assert (panel.status_code, panel.headers["hx-redirect"]) == (401, "/sign-in?next=%2F%3Frange%3D7d")


@pytest.mark.parametrize("here", ["http://[", "http://[::1/leads", "nonsense", ""])
async def test_whatever_a_panel_says_of_its_page_one_is_led_to_sign_in(http: AsyncClient, here: str) -> None:
    answer = await http.get("/panel/funnel", headers={"hx-request": "true", "hx-current-url": here})
    assert (answer.status_code, answer.headers["hx-redirect"][:14]) == (401, "/sign-in?next=")


async def test_a_link_stands_in_no_log_when_the_house_breaks(http: AsyncClient, house: Context, mails: Path) -> None:
    """It still signs in: whoever reads the log must not be able to."""
    await ask(http, ANA)
    link = link_in(mails)
    async with admin(house.database.dsn) as tx, tx.begin():
        await tx.execute(_BREAK)
    with capture_logs() as logs, pytest.raises(asyncpg.UndefinedColumnError):
        await http.get(link)
    assert "/sign-in/link/{token}" in str(logs)
    assert link.rpartition("/")[2] not in str(logs)


async def test_what_is_not_for_one_is_a_page_that_says_so(http: AsyncClient, mails: Path) -> None:
    unknown = await http.get("/nowhere")
    assert (unknown.status_code, "There is no such page." in unknown.text) == (404, True)
    assert '<a class="button" href="/sign-in">Sign in</a>' in unknown.text
    assert (await http.get("/nowhere", headers={"accept": "application/json"})).json()["status"] == 404
    await sign_in(http, mails)
    assert '<a class="button" href="/inbox">To the inbox</a>' in (await http.get("/nowhere")).text
    page = await http.get("/audit")
    assert page.status_code == 403
    assert "Ana Lima is signed in as rep" in page.text
    assert "Sign out" in page.text, "she is signed in all the same"
    assert '<a class="button" href="/inbox">To the inbox</a>' in page.text
    assert (await http.get("/api/lanes", headers={"accept": "application/json"})).json()["status"] == 403


async def test_at_ones_own_machine_one_may_be_anybody(house: Context) -> None:
    async with visit(SERVICE, house, "http://localhost", "127.0.0.1") as http:
        page = await http.get("/")
        assert "This machine" in page.text
        assert "Grace Miller" in page.text
        be = await http.post("/sign-in/as", data={"person": "mara"}, headers={"origin": "http://localhost"})
        assert be.headers["location"] == "/"
        assert "Mara Lindqvist" in (await http.get("/")).text
        assert (await http.get("/audit")).status_code == 403
        answer = await http.post("/sign-in/as", data={"person": ""}, headers={"origin": "http://evil.example"})
        assert answer.status_code == 403
        await http.post("/sign-in/as", data={"person": ""}, headers={"origin": "http://localhost"})
        assert (await http.get("/audit")).status_code == 200


async def test_at_ones_own_machine_the_link_is_on_the_page(house: Context, mails: Path) -> None:
    async with visit(SERVICE, house, "http://localhost", "127.0.0.1") as http:
        page = await http.get("/sign-in")
        fields = {"email": ANA, "form_token": hidden(page)}
        answer = await http.post("/sign-in", data=fields, headers={"origin": "http://localhost"})
        assert f'href="{house.settings.url}{link_in(mails)}"' in answer.text
