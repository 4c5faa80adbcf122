"""The handler on a real PostgreSQL: what is stored, in how many statements, in whatever order."""

from collections.abc import Mapping, Sequence

import asyncpg
import pytest

from events import Event
from events.grounds import PassedStep
from events.handoffs import LeadNurtured
from events.leads import EngagementRecorded, KnownFact, LeadCaptured, LeadErased, LeadUpdated
from events.scores import LeadScored
from events.topics import TOPICS, TYPES
from reporting.decide import State, Terms, decide
from reporting.decide.facts import facts_of, scored_facts
from reporting.service import SERVICE
from reporting.store.tables import TABLES
from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.database.fates import is_poison
from runtime.database.statement import statement
from runtime.service import Context
from testing.events import NOON, EventBuilder, scored_data
from testing.service import batch
from testing.statements import statements_of

Rows = Sequence[Mapping[str, object]]


async def table_rows(tx: Connection) -> dict[str, Rows]:
    """All rows of each table, in key order."""
    tables: dict[str, Rows] = {}
    for kind, table in TABLES.items():
        rows = await tx.execute(statement(f"SELECT * FROM {kind.table} ORDER BY {', '.join(kind.key)}"))
        tables[table.name] = [{str(name): value for name, value in row.items()} for row in rows.mappings()]
    return tables


async def handle(context: Context, tx: Connection, events: Sequence[Event]) -> None:
    handler = SERVICE.build(context).handler
    assert handler is not None
    assert await handler(batch(events), tx) == ()


async def test_what_is_stored_is_what_was_decided(
    context: Context, tx: Connection, history: list[Event], terms: Terms
) -> None:
    await handle(context, tx, history)
    state = decide(State(), history, terms, now=NOON).state
    tables = await table_rows(tx)
    for kind, table in TABLES.items():
        decided = sorted(state.rows(kind).values(), key=lambda row: row.key_values)
        assert table.made_from(tables[table.name]) == decided, kind


async def test_an_event_of_every_type_can_be_stored_and_together_they_fill_every_table(
    context: Context, tx: Connection, examples: list[Event], terms: Terms
) -> None:
    await handle(context, tx, examples)
    state = decide(State(), examples, terms, now=NOON).state
    tables = await table_rows(tx)
    assert {event.type_name() for event in examples} == set(TYPES)
    for kind, table in TABLES.items():
        rows = table.made_from(tables[table.name])
        assert rows == sorted(state.rows(kind).values(), key=lambda row: row.key_values), kind
        assert rows, kind


async def test_one_by_one_and_all_at_once_end_alike_and_erasure_reaches_everything(
    context: Context, database: Database, history: list[Event], builder: EventBuilder
) -> None:
    events = [*history, builder.make(LeadErased, subject="lead-4")]
    by_topic = sorted(events, key=lambda event: event.topic)
    ends = []
    for batches in ([events], [by_topic[i : i + 7] for i in range(0, len(by_topic), 7)], [by_topic]):
        connection = await database.connect()
        async with connection.begin() as transaction:
            for some in batches:
                await handle(context, connection, some)
            ends.append(await table_rows(connection))
            await transaction.rollback()
        await connection.close()
    assert ends[0] == ends[1] == ends[2]
    assert "call her at home" not in repr(ends[0])
    assert "Mei Tanaka" not in repr(ends[0])


async def test_a_batch_is_saved_by_one_statement_and_loads_only_what_its_events_need(
    context: Context, tx: Connection, history: list[Event], builder: EventBuilder
) -> None:
    def loads(*topics: str) -> int:
        return sum(statement.startswith("SELECT") for statement in seen[topics])

    seen: dict[tuple[str, ...], list[str]] = {}
    for topics in (("leads",), ("scores",), ("sales",), ("slas",), ("notices",), ("handoffs",), tuple(TOPICS)):
        with statements_of(tx) as seen[topics]:
            await handle(context, tx, [event for event in history if event.topic in topics])
    shared = {topics: sum(one.startswith("INSERT INTO deal (deal) ") for one in some) for topics, some in seen.items()}
    assert {topics for topics, made in shared.items() if made} == {("sales",), tuple(TOPICS)}, "deals are to be locked"
    moved = {topics: sum("WITH fresh AS" in one for one in some) for topics, some in seen.items()}
    assert {topics for topics, once in moved.items() if once} == {
        *(("leads",), ("scores",), ("sales",), ("handoffs",)),
        tuple(TOPICS),
    }
    deals = {topics: sum("UPDATE deal SET primary_lead" in one for one in some) for topics, some in seen.items()}
    assert {topics for topics, made in deals.items() if made} <= {("sales",), ("handoffs",), ("leads",), tuple(TOPICS)}
    several = {topics: shared[topics] + moved[topics] + deals[topics] for topics in seen}
    assert all(len(some) - loads(*topics) - several[topics] == 1 for topics, some in seen.items())
    assert [loads(topic) for topic in ("leads", "sales", "handoffs", "slas", "scores", "notices")] == [1, 2, 3, 1, 1, 0]
    assert loads(*TOPICS) == 7
    with statements_of(tx) as erased:
        await handle(context, tx, [builder.make(LeadErased, subject="lead-4")])
    assert len(erased) == 4, "loaded, saved, words forgotten, and the journey that names the person"
    with statements_of(tx) as viewed:
        await handle(
            context, tx, [builder.make(EngagementRecorded, subject="lead-4", kind="site_visit", name="a page")]
        )
    assert len(viewed) == 2, "what moves nobody nearer to a sale makes no journey anew"


async def test_what_postgresql_cannot_hold_is_poison_and_is_not_quoted(
    context: Context, tx: Connection, builder: EventBuilder
) -> None:
    event = builder.make(EngagementRecorded, subject="x", kind="other", name="call Dana\x00", recorded=NOON)
    with pytest.raises(asyncpg.PostgresError) as refused:
        await handle(context, tx, [event])
    assert is_poison(refused.value)
    assert "Dana" not in repr(vars(refused.value)) + str(refused.value)


async def test_the_list_names_the_company_that_the_facts_name(
    context: Context, tx: Connection, history: list[Event], builder: EventBuilder, terms: Terms
) -> None:
    crm = [KnownFact(name="company", source="crm", value="Test", at=NOON)]
    score = next(event for event in history if isinstance(event, LeadScored) and event.subject == "lead-0")
    for decided in ("Acme 0", "Acme Corporation"):
        assert score.data.standing is not None
        facts = score.data.standing.facts.replaced(company=decided)
        whole = score.data.standing.replaced(facts=facts).values()
        scored = builder.make(LeadScored, scored_data(whole), subject="lead-0")
        updated = builder.make(LeadUpdated, subject="lead-0", facts=crm)
        await handle(context, tx, [*history, updated, scored])
        card = (await tx.execute(statement("SELECT company FROM lead_card WHERE id = 'lead-0'"))).scalar_one()
        rows = "SELECT p.facts, s.body, s.at FROM person p JOIN standing s USING (lead) WHERE lead = 'lead-0'"
        person = (await tx.execute(statement(rows))).mappings().one()
        company = facts_of(person["facts"], scored_facts(person["body"], person["at"]), NOON, terms)["company"]
        assert company.value == card == decided


async def test_the_company_goes_with_the_person_and_comes_back_with_the_person(
    context: Context, tx: Connection, history: list[Event], builder: EventBuilder
) -> None:
    async def company(events: Sequence[Event]) -> object:
        await handle(context, tx, events)
        return (await tx.execute(statement("SELECT company FROM lead_card WHERE id = 'lead-0'"))).scalar_one()

    lead = builder.about("lead-0")
    assert await company(history) == "Acme 0"
    assert await company([lead.make(LeadErased)]) is None
    assert await company([lead.make(LeadCaptured, email="lead-0@acme0.example")]) == "Acme 0"


async def test_the_steps_that_were_passed_over_are_stored(
    context: Context, tx: Connection, builder: EventBuilder
) -> None:
    step = PassedStep(step=7, rule="pool", why="gate not passed")
    event = builder.make(LeadNurtured, subject="x", cycle=1, segment="1", reason="below_gate", passed=(step,))
    await handle(context, tx, [event])
    assert (await tx.execute(statement("SELECT passed FROM place"))).scalar_one() == [step.values()]
