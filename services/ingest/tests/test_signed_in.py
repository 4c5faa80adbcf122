"""Facts of people who are signed in: by whom they are, in whose place, and what nobody may put into them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass

import pytest

from events import Event, Money
from events.deals import DealOpened
from events.sales import LeadSalesQualified
from ingest.decide import lead_id
from ingest.service import SERVICE
from runtime.database.connect import admin
from runtime.http.audit import audit_entries
from runtime.http.client import ASGITransport, AsyncClient, Response
from runtime.http.sessions import open_session
from runtime.http.tokens import derived
from runtime.service import Context
from testing.service import edge_of

Stream = Callable[[str], Awaitable[list[Event]]]
CORA = "cora@coldstart.io"
_EVENT = {"specversion": "1.0", "id": "m-1", "source": "esp", "type": "engagement.recorded.v1", "subject": CORA}
OURS = {"sec-fetch-site": "same-origin"}


@dataclass
class Desk:
    """A browser in which anybody of the agreement may be signed in."""

    http: AsyncClient
    dsn: str

    async def post(self, who: str, path: str, body: object, headers: Mapping[str, str] = OURS) -> Response:
        async with admin(self.dsn) as tx, tx.begin():
            secret = await open_session(tx, who, "mail")
        self.http.cookies.set("baton_session", secret)
        return await self.http.post(path, json=body, headers=dict(headers))

    async def sales(self, who: str, **fact: object) -> Response:
        return await self.post(who, "/sales", {"type": "connected", "lead": "cora@coldstart.io", **fact})


@pytest.fixture
async def desk(context: Context) -> AsyncIterator[Desk]:
    transport = ASGITransport(app=edge_of(SERVICE, context), client=("192.168.1.77", 1))
    async with AsyncClient(transport=transport, base_url="http://192.168.1.5:8300") as http:
        await http.post("/f/demo", data={"email": "cora@coldstart.io"}, headers={"accept": "application/json"})
        yield Desk(http, context.database.dsn)


async def last(stream: Stream) -> Mapping[str, object]:
    event: Event = (await stream("sales"))[-1]
    return {name: getattr(event.data, name) for name in ("by", "actor", "via")}


@pytest.mark.parametrize("given", [{}, {"by": "rep-ana"}, {"by": "Ana.Lima@northwind.example"}])
async def test_a_fact_is_by_who_is_signed_in(desk: Desk, stream: Stream, given: dict[str, str]) -> None:
    assert (await desk.sales("rep-ana", **given)).status_code == 200
    assert await last(stream) == {"by": "rep-ana", "actor": None, "via": "web"}


async def test_a_survey_is_by_who_is_signed_in_whoever_sold(desk: Desk, stream: Stream) -> None:
    survey = {"type": "survey", "deal": "d-1", "outcome": "won", "reason": "price"}
    assert (await desk.sales("mara", **survey)).status_code == 200
    assert await last(stream) == {"by": None, "actor": "mara", "via": "web"}


async def test_a_rep_does_not_answer_for_a_colleague(desk: Desk, stream: Stream) -> None:
    answer = await desk.sales("rep-ana", by="rep-ben")
    assert answer.status_code == 403
    assert "does not act for Ben Carter" in answer.json()["detail"]
    assert await stream("sales") == []


async def test_a_manager_acts_for_the_team_and_is_recorded(desk: Desk, stream: Stream) -> None:
    assert (await desk.sales("rep-grace", by="rep-ana")).status_code == 200
    assert await last(stream) == {"by": "rep-ana", "actor": "rep-grace", "via": "web"}
    assert (await desk.sales("rep-grace", by="rep-kate")).status_code == 403
    assert (await desk.sales("omar", by="rep-kate")).status_code == 200
    assert await last(stream) == {"by": "rep-kate", "actor": "omar", "via": "web"}


async def test_of_several_facts_one_that_is_not_theirs_refuses_all(desk: Desk, stream: Stream) -> None:
    facts = [{"type": "connected", "lead": "cora@coldstart.io", "by": by} for by in ("rep-ana", "rep-ben")]
    assert (await desk.post("rep-ana", "/sales", facts)).status_code == 403
    assert await stream("sales") == []


@pytest.mark.parametrize(
    ("who", "fact"),
    [
        ("rep-ana", {"type": "reassigned", "to": "rep-ana"}),
        ("rep-ana", {"type": "nurtured", "segment": "smb"}),
        ("rep-ana", {"type": "nudged"}),
        ("mara", {"type": "nudged"}),
        ("rep-ana", {"type": "availability", "rep": "rep-ben", "state": "away"}),
        ("mara", {"type": "accepted"}),
        ("piet", {"type": "feedback", "quality": 9}),
    ],
)
async def test_some_facts_are_for_others_to_report(desk: Desk, who: str, fact: dict[str, object]) -> None:
    assert (await desk.sales(who, **fact)).status_code == 403


async def test_nobody_names_the_actor_or_the_way(desk: Desk, stream: Stream) -> None:
    """Mass assignment: fields that the house fills in are not taken from a body."""
    await desk.sales("rep-ana", actor="rep-grace", via="slack", message_id="x", merged=True)
    assert await last(stream) == {"by": "rep-ana", "actor": None, "via": "web"}


@pytest.mark.parametrize("headers", [{}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}])
async def test_facts_come_from_our_own_pages(desk: Desk, stream: Stream, headers: dict[str, str]) -> None:
    body = {"type": "connected", "lead": "cora@coldstart.io"}
    assert (await desk.post("rep-ana", "/sales", body, headers)).status_code == 403
    assert await stream("sales") == []


async def test_a_steward_decides_under_the_own_name(desk: Desk, stream: Stream) -> None:
    await desk.sales("omar", by="rep-ana")
    lead = (await stream("sales"))[-1].subject
    body = {"decision": "pin", "value": "Coldstart Ltd"}
    path = f"/api/stewards/{lead}.company/decide"
    assert (await desk.post("rep-ana", path, body)).status_code == 403
    assert (await desk.post("omar", path, {**body, "by": "rep-ana"})).status_code == 403
    assert (await desk.post("omar", path, body)).status_code == 200
    decided = (await stream("sales"))[-1]
    assert getattr(decided.data, "steward", None) == "omar"


async def test_what_was_done_is_in_the_audit(desk: Desk) -> None:
    await desk.sales("rep-grace", by="rep-ana")
    await desk.sales("rep-ana", by="rep-ben")
    await desk.sales("rep-ana", type="nonsense")
    async with admin(desk.dsn) as tx:
        done = [(row["who"], row["on_behalf"], row["action"]) for row in await audit_entries(tx, limit=9)]
    assert done == [("rep-grace", "rep-ana", "reported connected")]


async def test_facts_that_are_kept_one_by_one_are_in_the_audit_each(desk: Desk) -> None:
    facts = [{"type": "connected", "lead": "cora@coldstart.io"}, {"type": "nonsense"}]
    assert (await desk.post("rep-ana", "/sales?partial=true", facts)).status_code == 207
    async with admin(desk.dsn) as tx:
        (entry,) = await audit_entries(tx, limit=5)
    assert (entry["action"], entry["object"]) == ("reported connected", lead_id("cora@coldstart.io"))


async def test_the_audit_names_a_lead_by_its_id(desk: Desk) -> None:
    """An address would outlive its erasure there: nobody can take anything out of the audit."""
    answer = await desk.post(
        "ada", "/events", {**_EVENT, "data": {"kind": "email_click", "mail": "spring", "link": "a"}}
    )
    assert answer.status_code == 200, answer.text
    verdict = {"lead": CORA.title(), "mail": "spring", "machine": True}
    assert (await desk.post("mara", "/api/engagements/judge", verdict)).status_code == 200
    async with admin(desk.dsn) as tx:
        entries = await audit_entries(tx, limit=5)
    assert (entries[0]["action"], entries[0]["object"]) == ("judged an engagement", lead_id(CORA))
    assert "@" not in str([one["object"] for one in entries])


PAGE = {**OURS, "accept": "text/html"}


async def submit(desk: Desk, who: str, accept: str = "text/html", **fields: str) -> Response:
    """Posts a form of a page on which somebody is signed in, with the token of that page unless another is given."""
    async with admin(desk.dsn) as tx, tx.begin():
        secret = await open_session(tx, who, "mail")
    desk.http.cookies.set("baton_session", secret)
    data = {"lead": CORA, "form_token": derived(secret, "form"), **fields}
    return await desk.http.post("/sales", data=data, headers={**PAGE, "accept": accept})


async def test_a_form_of_a_page_is_a_fact_and_leads_on(desk: Desk, stream: Stream) -> None:
    answer = await submit(desk, "rep-ana", type="qualified", need="true", timeline_months="3", next="/inbox?view=call")
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox?view=call")
    event = (await stream("sales"))[-1]
    assert isinstance(event, LeadSalesQualified)
    assert (event.data.need, event.data.budget, event.data.timeline_months, event.data.by) == (True, None, 3, "rep-ana")
    deal = {"type": "deal_opened", "deal": "D-1", "amount": "25,000", "currency": "USD", "expected_close": ""}
    assert (await submit(desk, "rep-ana", "application/json", **deal)).json() == {"accepted": 1, "duplicates": 0}
    opened = (await stream("sales"))[-1]
    assert isinstance(opened, DealOpened)
    assert opened.data.amount == Money(amount=2_500_000, currency="USD")
    away = await submit(desk, "rep-ana", type="connected", next="https://evil.example/")
    assert away.headers["location"] == "/"


async def test_a_form_with_several_leads_is_a_fact_of_each(desk: Desk, stream: Stream) -> None:
    await desk.http.post("/f/demo", data={"email": "dana@coldstart.io"}, headers={"accept": "application/json"})
    leads = [lead_id(CORA), lead_id("dana@coldstart.io")]
    async with admin(desk.dsn) as tx, tx.begin():
        secret = await open_session(tx, "rep-grace", "mail")
    desk.http.cookies.set("baton_session", secret)
    data = {"type": "reassigned", "to": "rep-ben", "id": "web-7", "form_token": derived(secret, "form"), "lead": leads}
    answer = await desk.http.post("/sales", data=data, headers={**OURS, "accept": "application/json"})
    assert answer.json() == {"accepted": 2, "duplicates": 0}
    assert [event.subject for event in await stream("sales")] == leads


async def test_json_that_calls_itself_a_form_is_json(desk: Desk, stream: Stream) -> None:
    headers = {**OURS, "content-type": "application/x-www-form-urlencoded"}
    assert (await desk.post("rep-ana", "/sales", {"type": "connected", "lead": CORA}, headers)).status_code == 200
    assert len(await stream("sales")) == 1


async def test_the_form_sent_twice_under_one_id_is_one_fact(desk: Desk, stream: Stream) -> None:
    for duplicates in (0, 1):
        answer = await submit(desk, "rep-ana", "application/json", type="connected", id="web-1")
        assert answer.json()["duplicates"] == duplicates
    assert len(await stream("sales")) == 1


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"type": "connected", "form_token": "x"}, 403, "this form is too old"),
        ({"type": "connected", "by": "rep-ben"}, 403, "does not act for Ben Carter"),
        ({"type": "rejected", "reason": "other"}, 422, "needs a few words"),
        ({"type": "deal_opened", "deal": "D-1", "amount": "much", "currency": "USD"}, 422, "is no amount of money"),
        ({"type": "deal_opened", "deal": "D-1", "amount": "5"}, 422, "is no amount of money"),
        ({"type": "deal_opened", "deal": "D-1", "amount": "-5", "currency": "USD"}, 422, "must not be below zero"),
        (
            {"type": "deal_opened", "deal": "D-1", "amount": "5", "currency": "XXX"},
            422,
            "XXX is the code of no currency",
        ),
    ],
)
async def test_a_form_that_is_not_right_says_why_and_keeps_nothing(
    desk: Desk, stream: Stream, fields: dict[str, str], status: int, words: str
) -> None:
    answer = await submit(desk, "rep-ana", **fields)
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert await stream("sales") == []


async def test_a_form_of_somebody_signed_in_brings_the_token_of_the_session(desk: Desk, stream: Stream) -> None:
    await desk.sales("rep-grace", type="contact_attempted", channel="call", by="rep-grace")  # the session is open
    secret = desk.http.cookies["baton_session"]
    fields = {"type": "reassigned", "lead": lead_id("cora@coldstart.io"), "to": "rep-ben", "next": "/team"}
    before = len(await stream("sales"))
    for token in ("", "wrong"):
        refused = await desk.http.post("/sales", data={**fields, "form_token": token}, headers=PAGE)
        assert refused.status_code == 403
    assert len(await stream("sales")) == before
    right = {**fields, "form_token": derived(secret, "form")}
    assert (await desk.http.post("/sales", data=right, headers={"sec-fetch-site": "cross-site"})).status_code == 403
    kept = await desk.http.post("/sales", data=right, headers=PAGE)
    assert (kept.status_code, kept.headers["location"]) == (303, "/team")
    assert await last(stream) == {"by": "rep-grace", "actor": None, "via": "web"}
