"""The pages: they open, keep to themselves, teach when empty, and never run what a visitor wrote."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx import AsyncClient, Response

from agreement import Agreement, Span
from events import Event, Money
from events.grounds import PassedStep
from events.handoffs import LeadAssigned, LeadReturned
from events.leads import Campaign, EngagementRecorded, KnownFact, LeadCaptured
from events.notices import NoticeSent
from events.sales import SalesRejected
from events.scores import Gate, LeadScored, RouteFacts, Signal
from reporting.figures import duration, money
from reporting.pages.formats import relative
from reporting.pages.levels import agreed, kept, month, note
from reporting.service import SERVICE
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import NOON, EventBuilder, as_read, scored_data

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]

PAGES = [
    "/",
    "/?mode=activity&range=7d&source=google",
    "/inbox",
    "/inbox?rep=rep-dan",
    "/leads",
    "/leads?q=whitfield&sort=name",
    "/leads?reached=mql&mode=activity&range=30d",
    "/leads/lead-0",
    "/leads/lead-4",
    "/leads/lead-5",
    "/leads/lead-9",
    "/explain/lead-0.1",
    "/team",
    "/pools/mid-na",
    "/agreement",
    "/outbox",
    "/demo",
    "/demo/pricing",
    "/demo/retail",
    "/demo?thanks=1",
]
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}'


async def test_a_value_that_nobody_can_store_is_refused_by_a_page_and_asks_no_database(web: AsyncClient) -> None:
    for path in ("/?source=%00", "/leads?owner=a%00", "/leads/%00", "/deals?after=WzkyMjMzNzIwMzY4NTQ3NzU4MDdd"):
        answer = await web.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8"), path
        assert "not as it should be" in answer.text


async def test_a_page_opens_and_keeps_to_itself(web: AsyncClient) -> None:
    for path in PAGES:
        assert_self_contained(await web.get(path))


@pytest.mark.slow
async def test_every_link_of_the_numbers_opens(web: AsyncClient) -> None:
    """One of each kind: the same page under the same parameters. (Operations need the other services.)"""
    kinds: dict[tuple[str, frozenset[str]], str] = {}
    for path in ("/", "/money", "/win-loss", "/speed", "/team", "/leads", "/deals"):
        page = await web.get(path)
        assert page.status_code == 200, path
        for href in re.findall(r'href="(/[^"#]*)', page.text):
            address = urlsplit(unescape(href))
            kinds.setdefault((address.path, frozenset(parse_qs(address.query))), unescape(href))
    opened = {href: (await web.get(href)).status_code for href in kinds.values() if href != "/operations"}
    assert {href: status for href, status in opened.items() if status != 200} == {}
    assert {"/deals", "/leads"} <= {path for path, _ in kinds}
    deals, dated = [(await web.get(path)).text for path in ("/deals?state=open", "/deals?state=open&range=30d")]
    assert 'href="/api/export/deals.csv?state=open' in deals
    assert ("from=" in deals, "from=" in dated) == (False, True)


def assert_self_contained(answer: Response) -> None:
    assert answer.status_code == 200, answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'" in policy
    assert "frame-ancestors 'none'; form-action 'self'" in policy
    assert answer.headers["referrer-policy"] == "same-origin"
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)
    assert not re.search(r"\s(style|on\w+)=", answer.text)
    assert answer.text.count("<h1") == 1


async def test_an_empty_house_teaches(new_house: AsyncClient) -> None:
    for path in ("/", "/inbox", "/leads", "/team", "/outbox"):
        answer = await new_house.get(path)
        assert answer.status_code == 200
        assert "baton simulate" in answer.text or path in ("/pools", "/outbox")


async def test_nonsense_in_the_address_leads_back(web: AsyncClient) -> None:
    answer = await web.get("/?mode=sideways")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await web.get("/leads/nobody")).status_code == 404
    assert "No lead has this id" in (await web.get("/leads/nobody")).text
    assert (await web.get("/static/../service.py")).status_code == 404
    assert (await web.get("/static/nothing.js")).status_code == 404


def offered_by(visitor: str) -> list[Event]:
    """A lead of which every text is the visitor's, offered to a rep and rejected with a note that is like it."""
    builder = EventBuilder("x")
    known = [KnownFact(name=name, value=visitor, source="form", at=NOON) for name in ("name", "company", "title")]
    campaign = Campaign(name=visitor, source=visitor)
    standing: dict[str, Any] = {
        **{"model": "default", "fit": 45, "engagement": 50, "total": 95, "band": "hot", "completeness": 85},
        **{"confidence_known": 3, "confidence_of": 4, "last_engaged_at": NOON},
        "signals": (Signal(kind="pricing_view", text=visitor, count=3, last_at=NOON),),
        "gate": Gate(passed=True, reason="95 of 60"),
        "facts": RouteFacts(company=visitor, employees=120),
    }
    engagement = EngagementRecorded.Data(
        kind="demo_request", name=visitor, message_id="m", channel="segment", text=visitor, title=visitor, asset=visitor
    )
    offer: dict[str, Any] = {"assignment": "x.1", "cycle": 1, "rep": "rep-dan", "pool": "mid-na"}
    way: dict[str, Any] = {"version": 1, "team": "new-york", "step": 7, "rule": "pool", "flag": "hot", "touch": "4bh"}
    passed = (PassedStep(step=0, rule="nobody", why=visitor),)
    snapshot = {**standing, "lines": ()}
    return [
        builder.make(LeadCaptured, email="x@y.example", channel="form:demo", facts=known, campaign=campaign),
        as_read(EngagementRecorded.fact("x", engagement, time=NOON), seq=9),
        builder.make(LeadScored, scored_data(standing)),
        builder.make(LeadAssigned, **offer, **way, passed=passed, candidates=(), snapshot=snapshot),
        builder.make(SalesRejected, by="rep-dan", assignment="x.1", reason="other", note=visitor),
        builder.make(LeadReturned, **offer, reason="other", then="nurture", credited=True),
    ]


async def test_what_a_visitor_writes_is_never_run(
    context: Context, database: Database, new_house: AsyncClient, fold: Fold
) -> None:
    await fold(context, database, offered_by(EVIL))
    for path in ("/", "/inbox", "/leads", "/leads/x", "/pools/mid-na", "/outbox", "/explain/x.1", f"/leads?q={EVIL}"):
        text = (await new_house.get(path)).text
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
        calculated = re.sub(r"[^<>]*<time[^>]*>[^<]*</time>|\?v=[0-9a-f]+", "", text)  # no digest of a file
        assert "49" not in calculated or "{{ 7*7 }}" in text, path
    shown = (await new_house.get("/leads/x")).text
    assert "&lt;script&gt;" in shown


async def test_a_number_on_the_dashboard_leads_to_its_people(web: AsyncClient) -> None:
    text = (await web.get("/?range=30d")).text
    address = re.search(r'<a class="count" href="([^"]*reached=sql[^"]*)"', text)
    assert address
    leads = (await web.get(address[1].replace("&amp;", "&"))).text
    assert "2 leads" in leads
    assert "Dana Whitfield" in leads
    assert "Ravi Menon" in leads


async def test_lanes_that_cannot_be_seen_are_said_so_in_words(web: AsyncClient) -> None:
    page = await web.get("/operations")
    assert page.status_code == 503
    assert "databases of their own" in page.text
    assert (await web.get("/api/lanes")).headers["content-type"] == "application/problem+json"


async def test_static_files_are_ours_and_typed(web: AsyncClient) -> None:
    for name, kind in (("baton.css", "text/css"), ("htmx.min.js", "text/javascript"), ("icon.svg", "image/svg+xml")):
        answer = await web.get(f"/static/{name}")
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_reporting_is_named_in_the_map() -> None:
    assert SERVICE.reads == ("leads", "sales", "campaigns", "scores", "handoffs", "slas", "notices", "packs")
    assert SERVICE.writes == ("packs",)


def test_words_for_numbers() -> None:
    now = datetime(2026, 8, 5, tzinfo=UTC)
    assert duration(15_000) == "4 h 10 min"
    assert duration(None) == "–"
    assert duration(86_400) == "1 d"
    assert money(Money(amount=5_000_000, currency="USD")) == "50,000 USD"
    assert money(None) == "–"
    assert ">in 2 h<" in relative(now + timedelta(hours=2, minutes=5), now)
    assert ">3 d ago<" in relative(now - timedelta(days=3, hours=2), now)


async def test_a_promise_is_shown_in_sentences(web: AsyncClient) -> None:
    page = (await web.get("/agreement")).text
    assert "as soon as the rep has tried 3 times to reach the person" in page
    assert "by the lead&#39;s urgency" in page


def test_a_commitment_is_a_count_or_a_share_by_what_it_is_not_by_its_size(agreement: Agreement) -> None:
    terms = agreement.service_levels.commitments
    level = {"kind": "commitment", "from": "2026-08-01", "to": "2026-09-01", "met": 3, "total": 6}
    feedback = {**level, "counted": terms.is_count("feedback"), "actual": 3.0, "target": 1.0}
    assert (kept(feedback), agreed(feedback), note(feedback, ()), month("2026-08-01")) == ("3", "1", "", "August")
    share = {**level, "counted": terms.is_count("completeness"), "actual": 0.5, "target": 0.9}
    assert (kept(share), agreed(share), note(share, ())) == ("50 %", "90 %", "3 of 6")
    assert {name for name in type(terms).model_fields if terms.is_count(name)} == {"volume", "feedback"}
    assert not terms.is_count("of_another_year")


def test_the_target_of_a_promise_by_urgency_is_the_agreements(agreement: Agreement) -> None:
    budget = {"total": 40, "allowed": 2, "used": 1}
    plain = {"kind": "promise", "target": "by urgency", "median_seconds": None, "running": 0, "total": 0, "system": 0}
    level = {**plain, "kept_percent": 95.0, "budget": budget}
    urgencies = agreement.routing.urgency
    budget_text = "missed this month: 1 (agreed: at most 2)"
    assert (agreed(level), note(level, urgencies)) == (
        "95 %",
        f"within 4 business hours or 1 business day, by urgency · {budget_text}",
    )
    sooner = urgencies[0].model_copy(update={"first_touch": Span.model_validate("2bh")})
    assert note(level, (sooner, *urgencies[1:])).startswith("within 2 business hours or 4 business hours or 1")


async def test_a_notice_to_a_manager_names_the_person(
    house: Context, database: Database, fold: Fold, builder: EventBuilder, web: AsyncClient
) -> None:
    data = {"notice": "n1", "kind": "alert", "channel": "email", "to": "manager:rep-grace"}
    await fold(house, database, [builder.make(NoticeSent, data, subject="lead-1", at=NOON)])
    assert "Grace Miller, manager" in (await web.get("/outbox")).text
