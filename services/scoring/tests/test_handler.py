"""Load, decide, save, return, on a real PostgreSQL: what is said, what is kept, and how many statements it takes."""

import asyncio
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event as engine_event
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from events import Fact
from events.campaigns import CompanyChanged
from events.scores import LeadCooled, LeadQualified, LeadScored
from events.topics import partition
from runtime.database.connect import Database
from runtime.service import Context
from runtime.values import Batch
from scoring import store
from scoring.handler import ScoreLeads
from scoring.service import SERVICE
from testing.service import fire


@pytest.fixture
def handler(context: Context) -> ScoreLeads:
    found = SERVICE.build(context).handler
    assert isinstance(found, ScoreLeads)
    return found


@contextmanager
def counted(connection: AsyncConnection) -> Any:
    """Statements that reach the server."""
    statements: list[str] = []

    def note(_1: Any, _2: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    engine_event.listen(connection.sync_connection, "before_cursor_execute", note)
    yield statements
    engine_event.remove(connection.sync_connection, "before_cursor_execute", note)


def batch(events: Any, now: Any) -> Batch:
    return Batch(lane=partition(events[0].subject), inputs=events, now=now)


def scored(fact: Fact) -> LeadScored.Data:
    assert isinstance(fact.data, LeadScored.Data)
    return fact.data


async def test_a_demo_request_is_scored_and_qualified(said: Any, handler: ScoreLeads, tx: AsyncConnection) -> None:
    events = [said.captured(title="VP Sales"), said.did("demo_request", 0)]
    facts = await handler(batch(events, said.at(0)), tx)
    assert [fact.event for fact in facts] == [LeadScored, LeadScored, LeadQualified]
    assert facts[2].cause == events[1].id
    assert [line.points for _, line in await store.lines(tx, "ann")] == [50]


async def test_state_survives_the_database_unchanged(
    said: Any, desk: Any, handler: ScoreLeads, tx: AsyncConnection
) -> None:
    events = [
        said.captured(title="VP Sales", employees=120, tech_stack=["Salesforce"]),
        *[said.did("site_visit", day) for day in range(6)],
        said.did("case_study", 7, asset="retail", url="https://x.example/retail"),
        said.did("email_click", 8, mail="m", link="l"),
        said.did("demo_request", 70),
        said.updated(days=71, revenue={"amount": 1_000_000, "currency": "USD"}),
    ]
    for one in events:
        await handler(batch([one], said.at(80)), tx)
    desk.tell(*events, now=said.at(80))
    assert await store.lock_leads(tx, ["ann"]) == desk.leads
    kept = await store.lines(tx, "ann")
    assert {line for _, line in kept} == set(desk.leads["ann"].ledgers["default"].lines)
    assert sum(line.points for _, line in kept) == desk.points()


async def test_a_late_event_takes_the_decay_line_away(said: Any, handler: ScoreLeads, tx: AsyncConnection) -> None:
    await handler(batch([said.captured(), said.did("demo_request", 0)], said.at(0)), tx)
    assert await fire(handler, tx, partition("ann"), said.at(59.9)) == []
    facts = await fire(handler, tx, partition("ann"), said.at(61))
    assert [(fact.event, fact.time) for fact in facts] == [(LeadScored, said.at(60))]
    assert [line.points for _, line in await store.lines(tx, "ann")] == [50, -25]
    late = said.did("case_study", 50, asset="a").replaced(recordedtime=said.at(61), mode="historical")
    facts = await handler(batch([late], said.at(61)), tx)
    assert facts[0].data.model_dump()["reason"] == "correction"
    assert [line.points for _, line in await store.lines(tx, "ann")] == [50, 15]
    facts = await fire(handler, tx, partition("ann"), said.at(111))
    assert [fact.time for fact in facts if fact.event is LeadCooled] == [said.at(110)]
    assert [line.points for _, line in await store.lines(tx, "ann")] == [50, 15, -33]


async def test_lines_of_sealed_engagements_stay_and_still_sum(
    said: Any, handler: ScoreLeads, tx: AsyncConnection
) -> None:
    for day in range(0, 500, 25):
        await fire(handler, tx, partition("ann"), said.at(day))
        await handler(batch([said.did("case_study", day, asset=f"a{day}")], said.at(day)), tx)
    lead = (await store.lock_leads(tx, ["ann"]))["ann"]
    lines = [line for _, line in await store.lines(tx, "ann")]
    assert lead.sealed is not None
    assert len(lines) > len(lead.ledgers["default"].lines)
    assert sum(line.points for line in lines) == lead.ledgers["default"].head.balance == 100


async def test_a_company_change_reaches_its_people_in_their_own_lanes(
    said: Any, handler: ScoreLeads, tx: AsyncConnection
) -> None:
    mail = "x@umbrella.example"
    await handler(batch([said.captured("ann", email=mail), said.did("webinar_attended", 0, asset="w")], said.at(0)), tx)
    await handler(batch([said.captured("bob", email=mail)], said.at(0)), tx)
    assert partition("ann") != partition("umbrella.example")
    news = said.company(
        "Umbrella.example", 1, employees=100, industry="SaaS", country="US", title="CEO", name="Umbrella Corporation"
    )
    assert await handler(batch([news], said.at(1)), tx) == []
    facts = await fire(handler, tx, partition("ann"), said.at(1))
    assert [(fact.event, fact.subject, fact.cause) for fact in facts] == [
        (LeadScored, "ann", news.id),
        (LeadQualified, "ann", news.id),
    ]
    assert scored(facts[0]).facts.employees == 100
    facts = await fire(handler, tx, partition("bob"), said.at(1))
    assert [(fact.subject, scored(fact).fit) for fact in facts] == [("bob", 55)]
    assert await handler(batch([news], said.at(2)), tx) == []
    assert await fire(handler, tx, partition("bob"), said.at(2)) == [], "the same news again is none"


async def test_who_joins_a_company_while_it_changes_is_not_missed(
    said: Any, handler: ScoreLeads, database: Database
) -> None:
    """The change waits for the joining transaction, then finds the newcomer."""
    news: CompanyChanged = said.company("umbrella.example", 1, employees=100)
    async with database.begin() as joining:
        await handler(batch([said.captured(email="x@umbrella.example")], said.at(0)), joining)

        async def change() -> None:
            async with database.begin() as changing:
                await handler(batch([news], said.at(1)), changing)

        waiting = asyncio.create_task(change())
        await _until(database, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        assert not waiting.done()
    await waiting
    async with database.begin() as tx:
        facts = await fire(handler, tx, partition("ann"), said.at(1))
    assert scored(facts[0]).facts.employees == 100


async def _until(database: Database, question: str) -> None:
    async with asyncio.timeout(10):
        found = 0
        while not found:
            async with database.begin() as tx:
                found = (await tx.execute(text(question))).scalar_one()


async def test_erasure_leaves_a_tombstone_and_nothing_of_the_person(
    said: Any, handler: ScoreLeads, tx: AsyncConnection
) -> None:
    events = [said.captured(first_name="Ann"), said.did("demo_request", 0), said.erased(days=1)]
    await handler(batch(events, said.at(1)), tx)
    for table in ("person", "line", "timer"):
        assert (await tx.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0
    row = (await tx.execute(text("SELECT * FROM lead"))).one()
    assert (row.gone, row.domain, row.state) == ("erased", None, {})
    assert await handler(batch([said.did("demo_request", 2)], said.at(2)), tx) == []
    assert await fire(handler, tx, partition("ann"), said.at(200)) == []


async def test_a_merged_lead_keeps_no_timer(said: Any, handler: ScoreLeads, tx: AsyncConnection) -> None:
    await handler(batch([said.captured(), said.did("demo_request", 0)], said.at(0)), tx)
    await handler(batch([said.merged(days=1)], said.at(1)), tx)
    assert (await tx.execute(text("SELECT count(*) FROM timer"))).scalar_one() == 0


@pytest.fixture
def many(said: Any) -> Callable[[int], list[Any]]:
    def make(count: int) -> list[Any]:
        """Newcomers, engagements, corrections, facts, a company, a merge: every kind of work."""
        names = [f"lead-{count}-{number}" for number in range(count // 5)]
        events: list[Any] = []
        for name in names:
            events += [
                said.captured(name, email=f"{name}@firm-{name}.example", title="CEO"),
                said.did("demo_request", 1, lead=name),
                said.did("case_study", 70, lead=name, asset="a"),
                said.did("webinar_attended", 20, lead=name, asset="a"),
                said.company(f"firm-{name}.example", 3, employees=100),
            ]
        events[-2] = said.merged(names[-1], days=80)
        return events

    return make


async def test_a_batch_of_500_takes_as_many_statements_as_one_of_5(
    said: Any, handler: ScoreLeads, tx: AsyncConnection, many: Callable[[int], list[Any]]
) -> None:
    counts = []
    for size in (10, 500):
        events = many(size)
        assert len(events) == size
        with counted(tx) as statements:
            await handler(batch(events, said.at(100)), tx)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 13
