"""Load, decide, save, return, on a real PostgreSQL: facts, what is kept, and how many statements it takes."""

import asyncio
from collections.abc import Callable

import pytest
from services.scoring.tests.conftest import LeadEvents, Scorer
from services.scoring.tests.test_lead_json import FIRST_RELEASE

from events import Event, Fact
from events.scores import LeadCooled, LeadQualified, LeadScored, Standing
from events.topics import partition
from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.emit.timers import take_due
from runtime.service import Context
from runtime.values import Batch, Input, Timer
from scoring.decide import Terms
from scoring.decide.companies import LoadPlan
from scoring.decide.past import BLOCK
from scoring.decide.state import LedgerLine
from scoring.decide.working_set import COMPANY, DECAY
from scoring.handler import ScoreLeads
from scoring.service import SERVICE
from scoring.store import leads as store
from testing.events import data_of, of_type
from testing.service import batch, fire
from testing.statements import statements_of
from testing.waiting import eventually


@pytest.fixture
def handler(context: Context) -> ScoreLeads:
    built = SERVICE.build(context).handler
    assert isinstance(built, ScoreLeads)
    return built


def whole(fact: Fact) -> Standing:
    """The standing that the fact carries."""
    standing = data_of(fact, LeadScored.Data).standing
    assert standing is not None
    return standing


async def lines_of(tx: Connection, terms: Terms, lead: str = "ann") -> list[LedgerLine]:
    """The whole ledger of a stored lead; it has one model."""
    stored = await store.load_lead(tx, lead)
    assert stored is not None
    return [line for _, line in await store.load_ledger(tx, stored, terms)]


async def test_a_demo_request_is_scored_and_qualified(
    events: LeadEvents, handler: ScoreLeads, tx: Connection, terms: Terms
) -> None:
    log = [events.captured(title="VP Sales"), events.engaged("demo_request", 0)]
    facts = await handler(batch(log, events.at(0)), tx)
    assert [fact.event for fact in facts] == [LeadScored, LeadScored, LeadQualified]
    assert facts[2].cause == log[1].id
    assert [line.points for line in await lines_of(tx, terms)] == [50]


async def test_state_survives_the_database_unchanged(
    events: LeadEvents, scorer: Scorer, handler: ScoreLeads, tx: Connection
) -> None:
    log: list[Event] = [
        events.captured(title="VP Sales", employees=120, tech_stack=["Salesforce"]),
        *[events.engaged("site_visit", day) for day in range(6)],
        events.engaged("case_study", 7, asset="retail", url="https://x.example/retail"),
        events.engaged("email_click", 8, mail="m", link="l"),
        events.engaged("demo_request", 70),
        events.updated(days=71, revenue={"amount": 1_000_000, "currency": "USD"}),
    ]
    for one in log:
        await handler(batch([one], events.at(80)), tx)
    scorer.read(*log, now=events.at(80))
    assert {"ann": await store.load_lead(tx, "ann")} == scorer.leads
    assert await lines_of(tx, scorer.terms) == scorer.lines()
    facts = (await store.load(tx, ["ann"], LoadPlan(frozenset(["ann"]), frozenset(), frozenset()))).facts
    assert facts == scorer.persons


async def test_a_late_event_takes_the_decay_line_away(
    events: LeadEvents, handler: ScoreLeads, tx: Connection, terms: Terms
) -> None:
    await handler(batch([events.captured(), events.engaged("demo_request", 0)], events.at(0)), tx)
    assert await fire(handler, tx, partition("ann"), events.at(59.9)) == []
    facts = await fire(handler, tx, partition("ann"), events.at(61))
    assert [(fact.event, fact.time) for fact in facts] == [(LeadScored, events.at(60)), (LeadCooled, events.at(60))]
    assert [line.points for line in await lines_of(tx, terms)] == [50, -25]
    late = events.engaged("case_study", 50, asset="a").replaced(recordedtime=events.at(61), mode="historical")
    facts = await handler(batch([late], events.at(61)), tx)
    assert data_of(facts[0], LeadScored.Data).reason == "correction"
    assert [line.points for line in await lines_of(tx, terms)] == [50, 15]
    facts = await fire(handler, tx, partition("ann"), events.at(111))
    assert [fact.time for fact in facts if fact.event is LeadCooled] == [events.at(110)]
    assert [line.points for line in await lines_of(tx, terms)] == [50, 15, -33]


async def test_a_long_past_stands_in_blocks_and_its_lines_still_sum(
    events: LeadEvents, handler: ScoreLeads, tx: Connection, terms: Terms
) -> None:
    for day in range(0, 1000, 25):
        await fire(handler, tx, partition("ann"), events.at(day))
        await handler(batch([events.engaged("case_study", day, asset=f"a{day}")], events.at(day)), tx)
    lead = await store.load_lead(tx, "ann")
    assert lead is not None
    assert (await tx.execute(statement("SELECT count(*) FROM past"))).scalar_one() == lead.blocks == 40 // BLOCK
    lines = await lines_of(tx, terms)
    assert sum(line.points for line in lines) == lead.tally.ledgers["default"].balance == 100
    late = events.engaged("webinar_attended", 860, asset="w").replaced(recordedtime=events.at(975))
    await handler(batch([late], events.at(975)), tx)
    after = await store.load_lead(tx, "ann")
    assert after is not None
    assert (after.blocks, after.recent_count) == (lead.blocks, lead.recent_count + 1)


async def test_a_row_of_the_first_release_goes_on(
    events: LeadEvents, handler: ScoreLeads, tx: Connection, terms: Terms
) -> None:
    """It is read as it is, folded again, and announced whole once, for nobody knows what was announced."""
    insert = "INSERT INTO lead (lead, domain, state) VALUES ('ann', 'acme.example', CAST(:state AS jsonb))"
    await tx.execute(statement(insert), {"state": FIRST_RELEASE})
    line = "('ann', 'default', '2026-08-05T12:00:00Z', 'leads/3/1', 'demo_request', 50, 'demo request')"
    await tx.execute(statement(f"INSERT INTO line VALUES {line}"))
    await tx.execute(statement("INSERT INTO person VALUES ('ann', '{}')"))
    facts = await handler(batch([events.engaged("pricing_view", 3)], events.at(3)), tx)
    scored = data_of(facts[0], LeadScored.Data)
    assert scored.standing is not None
    assert (scored.was, scored.lines, scored.engagement) == (None, None, 80)
    assert [line.points for line in await lines_of(tx, terms)] == [50, 30]
    assert (await tx.execute(statement("SELECT state FROM lead"))).scalar_one() == {}
    facts = await handler(batch([events.engaged("blog_read", 4)], events.at(4)), tx)
    assert [line.points for line in data_of(facts[0], LeadScored.Data).lines or ()] == [5]


async def test_a_company_change_reaches_its_people_in_their_own_lanes(
    events: LeadEvents, handler: ScoreLeads, tx: Connection
) -> None:
    mail = "x@umbrella.example"
    webinar = events.engaged("webinar_attended", 0, asset="w")
    await handler(batch([events.captured("ann", email=mail), webinar], events.at(0)), tx)
    await handler(batch([events.captured("bob", email=mail)], events.at(0)), tx)
    assert partition("ann") != partition("umbrella.example")
    facts_known = {
        "employees": 100,
        "industry": "SaaS",
        "country": "US",
        "title": "CEO",
        "name": "Umbrella Corporation",
    }
    news = events.company("Umbrella.example", 1, **facts_known)
    assert await handler(batch([news], events.at(1)), tx) == []
    facts = await fire(handler, tx, partition("ann"), events.at(1))
    assert [(fact.event, fact.subject, fact.cause) for fact in facts] == [
        (LeadScored, "ann", news.id),
        (LeadQualified, "ann", news.id),
    ]
    assert whole(facts[0]).facts.employees == 100
    facts = await fire(handler, tx, partition("bob"), events.at(1))
    assert [(fact.subject, data_of(fact, LeadScored.Data).fit) for fact in facts] == [("bob", 55)]
    assert await handler(batch([news], events.at(2)), tx) == []
    assert await fire(handler, tx, partition("bob"), events.at(2)) == [], "the same news again is none"


async def test_who_joins_a_company_while_it_changes_is_not_missed(
    events: LeadEvents, handler: ScoreLeads, database: Database
) -> None:
    """The change waits for the joining transaction, then finds the newcomer."""
    news = events.company("umbrella.example", 1, employees=100)
    async with database.begin() as joining:
        await handler(batch([events.captured(email="x@umbrella.example")], events.at(0)), joining)

        async def change() -> None:
            async with database.begin() as changing:
                await handler(batch([news], events.at(1)), changing)

        async def blocked() -> bool:
            async with database.begin() as tx:
                count = await tx.execute(
                    statement("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                )
                return bool(count.scalar_one())

        waiting = asyncio.create_task(change())
        await eventually(blocked)
        assert not waiting.done()
    await waiting
    async with database.begin() as tx:
        facts = await fire(handler, tx, partition("ann"), events.at(1))
    assert whole(facts[0]).facts.employees == 100


async def test_erasure_leaves_a_tombstone_and_nothing_of_the_person(
    events: LeadEvents, handler: ScoreLeads, tx: Connection
) -> None:
    log = [events.captured(first_name="Ann"), events.engaged("demo_request", 0), events.erased(days=1)]
    await handler(batch(log, events.at(1)), tx)
    for table in ("person", "line", "past", "timer"):
        assert (await tx.execute(statement(f"SELECT count(*) FROM {table}"))).scalar_one() == 0
    row = (await tx.execute(statement("SELECT * FROM lead"))).one()
    assert (row.gone, row.domain, row.state) == ("erased", None, {})
    assert await handler(batch([events.engaged("demo_request", 2)], events.at(2)), tx) == []
    assert await fire(handler, tx, partition("ann"), events.at(200)) == []


async def test_a_merged_lead_keeps_no_timer(events: LeadEvents, handler: ScoreLeads, tx: Connection) -> None:
    await handler(batch([events.captured(), events.engaged("demo_request", 0)], events.at(0)), tx)
    await handler(batch([events.merged(days=1)], events.at(1)), tx)
    assert (await tx.execute(statement("SELECT count(*) FROM timer"))).scalar_one() == 0


async def test_a_lead_that_only_a_timer_is_about_keeps_what_its_company_says(
    events: LeadEvents, handler: ScoreLeads, tx: Connection
) -> None:
    """A decay in one batch with an event of somebody else loads this lead's company, too."""
    await handler(batch([events.company("umbrella.example", 0, employees=100)], events.at(0)), tx)
    await handler(
        batch([events.captured(email="x@umbrella.example"), events.engaged("demo_request", 0)], events.at(0)), tx
    )
    due = await take_due(tx, partition("ann"), events.at(61))
    assert [timer.kind for timer in due] == [DECAY]
    mixed: list[Input] = [events.engaged("blog_read", 61, lead="eve"), *due]
    facts = await handler(Batch(partition("ann"), mixed, events.at(61)), tx)
    standings = of_type([fact for fact in facts if fact.subject == "ann"], LeadScored.Data)
    assert [(data.reason, data.engagement) for data in standings] == [("decay", 25)]
    facts = await handler(batch([events.updated(days=62, title="CEO")], events.at(62)), tx)
    assert whole(facts[0]).facts.employees == 100


@pytest.fixture
def many(events: LeadEvents) -> Callable[[int], list[Input]]:
    def make(count: int) -> list[Input]:
        """Newcomers, engagements, corrections, facts, companies, a merge, and timers of both kinds."""
        names = [f"lead-{count}-{number}" for number in range(count // 10)]
        log: list[Input] = []
        for name in names:
            log += [
                events.captured(name, email=f"{name}@firm-{name}.example", title="CEO"),
                events.updated(name, 1, country="US"),
                events.engaged("demo_request", 1, lead=name),
                events.engaged("case_study", 70, lead=name, asset="a"),
                events.engaged("webinar_attended", 20, lead=name, asset="a"),
                events.engaged("blog_read", 71, lead=name),
                events.company(f"firm-{name}.example", 3, employees=100),
                events.merged(name, days=80) if name == names[-1] else events.engaged("site_visit", 72, lead=name),
            ]
        for name in names:
            news = {"event": "campaigns/0/1", "correlation": None, "time": events.at(3).isoformat(), "mode": "live"}
            log += [Timer(name, DECAY, name, events.at(90)), Timer(name, COMPANY, name, events.at(90), news)]
        return log

    return make


async def test_a_batch_of_500_takes_as_many_statements_as_one_of_20(
    events: LeadEvents, handler: ScoreLeads, tx: Connection, many: Callable[[int], list[Input]]
) -> None:
    counts = []
    for size in (20, 500):
        inputs = many(size)
        assert len(inputs) == size
        with statements_of(tx) as statements:
            await handler(Batch(0, inputs, events.at(100)), tx)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 8


async def test_who_qualifies_by_score_joins_no_company(events: LeadEvents, handler: ScoreLeads, tx: Connection) -> None:
    """Facts and own company are loaded once they are missed, and nothing is locked for it."""
    known = events.captured(title="VP Sales", employees=120, industry="Software", country="US")
    await handler(batch([known], events.at(0)), tx)
    with statements_of(tx) as statements:
        facts = await handler(batch([events.engaged("pricing_view", 1)], events.at(1)), tx)
    assert LeadQualified in [fact.event for fact in facts]
    assert len(statements) == 3
    assert not any("pg_advisory" in one for one in statements)
