"""The page of one lead: why nobody has it, and money in its own digits."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from httpx import AsyncClient
from services.reporting.tests.conftest import History

from events import Event, Money
from events.deals import DealOpened
from events.grounds import PassedStep
from events.handoffs import LeadAccepted, LeadNurtured, StageChanged
from events.leads import LeadCaptured
from reporting.pages.lead_parts import answer_words
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import EventBuilder

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]
PASSED = [
    {"step": 0, "rule": "nobody", "why": "not disqualified"},
    {"step": 7, "rule": "pool", "why": "no pool takes companies of 3 people in JP"},
]


async def test_it_says_why_nobody_has_the_lead(
    context: Context, database: Database, new_house: AsyncClient, fold: Fold
) -> None:
    builder = EventBuilder("x")
    passed = tuple(PassedStep.read(step) for step in PASSED)
    nurtured: dict[str, Any] = {"cycle": 1, "segment": "2", "reason": "no_pool", "goal": "know the company's size"}
    events = [
        builder.make(LeadCaptured, email="x@y.example", channel="form:demo"),
        builder.make(StageChanged, cycle=1, stage="lead", status="nurture", why="no_pool"),
        builder.make(LeadNurtured, **nurtured, passed=passed),
    ]
    await fold(context, database, events)
    assert (await new_house.get("/api/leads/x")).json()["passed"] == PASSED
    page = (await new_house.get("/leads/x")).text
    assert "Why nobody has it" in page
    assert "segment 2, with the goal “know the company&#39;s size”: no pool." in page
    assert all(str(step["why"]) in page for step in PASSED)


async def test_contact_accepts_an_offer_and_only_a_skipped_stage_is_implied(
    context: Context, database: Database, new_house: AsyncClient, fold: Fold
) -> None:
    history = History()
    at = history.now
    history.captured("x", at, email="x@y.example", name="Dana", company="Y", source=None)
    history.stage("x", at, "mql", "assigned", owner="rep-dan")
    history.assigned("x", at, "rep-dan")
    history.add(LeadAccepted, "x", at, {"assignment": "x.1", "rep": "rep-dan", "implied": True})
    history.stage("x", at, "sal", "assigned", owner="rep-dan")
    history.stage("x", at, "opportunity", "connected", owner="rep-dan", implied=("sql",))
    await fold(context, database, history.events)
    lead = (await new_house.get("/api/leads/x")).json()
    assert [(one["answer"], one["by_contact"]) for one in lead["assignments"]] == [("accepted", True)]
    assert not any("implied" in one for one in lead["assignments"])
    answers = (await new_house.get("/api/rejections?range=30d")).json()
    assert (answers["accepted"], answers["by_contact"]) == (1, 1)
    assert {one["stage"]: one["implied"] for one in lead["stages"]} == {
        "mql": False, "sal": False, "sql": True, "opportunity": False
    }  # fmt: skip
    assert [answer_words(one) for one in lead["assignments"]] == ["accepted by contact"]


async def test_a_lead_with_an_owner_needs_no_reason_why_not(web: AsyncClient) -> None:
    assert (await web.get("/api/leads/lead-2")).json()["passed"] == []
    assert "Why nobody has it" not in (await web.get("/leads/lead-2")).text
    assert "The gate is closed: 35 of 60." in (await web.get("/leads/lead-9")).text


async def test_no_markup_stands_in_an_attribute(web: AsyncClient) -> None:
    page = (await web.get("/leads/lead-2")).text
    assert re.search(r'<span class="(?:late)?" title="due [^"<>]+">First touch: ', page)
    assert not re.search(r'\s[a-z-]+="[^"<>]*<time ', page)


async def test_money_is_written_in_its_own_digits(
    context: Context, database: Database, new_house: AsyncClient, fold: Fold
) -> None:
    builder = EventBuilder("x")
    amounts = {"d-1": "25,000 JPY", "d-2": "1,250.500 KWD", "d-3": "12.50 EUR"}
    events: list[Event] = [builder.make(LeadCaptured, email="x@y.example", channel="form:demo")]
    for deal, amount in amounts.items():
        events.append(builder.make(DealOpened, by="rep-dan", deal=deal, amount=Money.parse(amount)))
    await fold(context, database, events)
    page = (await new_house.get("/leads/x")).text
    for amount in amounts.values():
        assert f">{amount}<" in page, amount


async def test_the_head_says_stage_owner_and_the_one_running_clock(web: AsyncClient) -> None:
    page = (await web.get("/leads/lead-2")).text
    head = page.split('class="lead-head"', 1)[1].split("</header>", 1)[0]
    assert 'aria-label="Stage: SAL"' in head
    assert head.count("<li class=") == 6
    assert "Dan Kowalski" in head
    assert re.search(r"First touch: \d+ business hours late, was due", head)
    assert "no promise runs" in (await web.get("/leads/lead-9")).text


async def test_the_story_is_a_few_sentences_and_more_when_asked_for(web: AsyncClient) -> None:
    page = (await web.get("/leads/lead-0")).text
    story = page.split('class="story"', 1)[1].split("</ol>", 1)[0]
    assert "came by form demo, campaign google-2026" in story
    assert "asked for a demo" in story
    assert "Clock" not in story
    assert story.count("<li>") <= 12
    clocks = (await web.get("/leads/lead-0", params={"show": "clocks"})).text
    assert "kept: accept or reject" in clocks
    assert "asked for a demo" not in clocks.split('class="story"', 1)[1].split("</ol>", 1)[0]


async def test_why_this_rep_is_a_sentence_with_the_ladder_behind_it(web: AsyncClient) -> None:
    page = (await web.get("/leads/lead-2")).text
    assert "Why Dan Kowalski?" in page
    assert "It was the turn of Dan Kowalski in Mid-market in North America: 0 leads so far, Elena Petrova 1." in page
    assert "nobody: no disqualifier" in page


async def test_the_score_adds_up_and_says_its_version(web: AsyncClient, house: Context) -> None:
    page = (await web.get("/leads/lead-2")).text
    assert "Why 95" in page
    assert "scored under agreement" in page
    assert "decided under agreement" in page


async def test_it_can_be_said_by_api(web: AsyncClient) -> None:
    page = (await web.get("/leads/lead-5")).text
    assert "/api/leads/lead-5" in page
    assert "&#34;assignment&#34;: &#34;lead-5.1&#34;" in page or '"assignment": "lead-5.1"' in page
