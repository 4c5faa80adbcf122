"""The handler on a real PostgreSQL: lanes that pick at once, a constant number of statements, and who wakes whom."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as listener
from sqlalchemy.ext.asyncio import AsyncConnection

from events import Event, Fact
from events.handoffs import AnswerIgnored, LeadAccepted, LeadAssigned, LeadReturned
from events.sales import RepAvailability, SalesAccepted, SalesRejected
from routing import store
from routing.service import build
from runtime.database.connect import Database
from runtime.emit.timers import take_due
from runtime.service import Context, Handler
from runtime.values import Batch, Timer
from testing.service import batch


@pytest.fixture
def handler(context: Context) -> Handler:
    found = build(context).handler
    assert found is not None
    return found


def assigned(facts: Sequence[Fact]) -> list[LeadAssigned.Data]:
    return [fact.data for fact in facts if isinstance(fact.data, LeadAssigned.Data)]


def kinds(facts: Sequence[Fact]) -> list[type[Event]]:
    return [fact.event for fact in facts]


async def test_a_qualified_lead_is_assigned_accepted_and_the_pick_is_stored(
    handler: Handler, tx: AsyncConnection, make: Any
) -> None:
    offer = assigned(await handler(batch([make.qualified()], make.noon), tx))[0]
    accepted = make.sales(SalesAccepted, assignment=offer.assignment, by=offer.rep)
    assert LeadAccepted in kinds(await handler(batch([accepted], make.noon), tx))

    lead = (await store.lock_leads(tx, ["lead-1"]))["lead-1"]
    assert (lead.stage, lead.status, lead.owner) == ("sal", "assigned", offer.rep)
    assert [pick.candidates for pick in await store.picks(tx, [offer.assignment])] == [offer.candidates]


async def test_an_answer_to_an_old_card_changes_nothing(handler: Handler, tx: AsyncConnection, make: Any) -> None:
    first = assigned(await handler(batch([make.qualified()], make.noon), tx))[0]
    rejected = make.sales(SalesRejected, assignment=first.assignment, by=first.rep, reason="out_of_territory")
    said = await handler(batch([rejected], make.noon), tx)
    assert kinds(said) == [LeadReturned, LeadAssigned]
    before = await store.lock_leads(tx, ["lead-1"])
    late = make.sales(SalesAccepted, assignment=first.assignment, by=first.rep)
    assert kinds(await handler(batch([late], make.noon), tx)) == [AnswerIgnored]
    assert await store.lock_leads(tx, ["lead-1"]) == before


@contextmanager
def counted(tx: AsyncConnection) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    connection = tx.sync_connection
    assert connection is not None
    listener.listen(connection, "before_cursor_execute", note)
    yield statements
    listener.remove(connection, "before_cursor_execute", note)


async def test_a_batch_of_200_takes_as_many_statements_as_one_of_5(
    handler: Handler, tx: AsyncConnection, make: Any
) -> None:
    async def run(name: str, many: int) -> int:
        events = [make.qualified(f"{name}-{i}", domain=f"{name}{i}.example") for i in range(many)]
        with counted(tx) as statements:
            await handler(batch(events, make.noon), tx)
        return len(statements)

    assert await run("few", 5) == await run("many", 200) <= 14


@pytest.mark.parametrize("lanes", [2, 4])
async def test_the_spread_is_at_most_one_under_any_concurrency(
    handler: Handler, database: Database, make: Any, lanes: int
) -> None:
    """Every lane has its own connection and its own leads; they share three equal reps of one pool."""

    async def lane(number: int) -> list[LeadAssigned.Data]:
        found: list[LeadAssigned.Data] = []
        for turn in range(5):
            events = [
                make.qualified(f"{number}-{turn}-{i}", employees=20, domain=f"c{number}-{turn}-{i}.example")
                for i in range(3)
            ]
            async with database.begin() as tx:
                found += assigned(await handler(batch(events, make.noon), tx))
        return found

    picked = [offer for found in await asyncio.gather(*map(lane, range(lanes))) for offer in found]
    counts = Counter(offer.rep for offer in picked)
    assert sum(counts.values()) == lanes * 15
    assert set(counts) == {"rep-ana", "rep-ben", "rep-chloe"}
    assert max(counts.values()) - min(counts.values()) <= 1
    async with database.begin() as tx:
        seats = await store.load_seats(tx, list(counts))
        reps = await store.lock_reps(tx, sorted(counts))
    assert {seat.rep: seat.assigned for seat in seats.values() if seat.pool == "smb-na"} == counts
    assert {rep.rep: rep.open for rep in reps.values()} == counts


async def test_lanes_with_crossing_needs_do_not_deadlock(handler: Handler, database: Database, make: Any) -> None:
    """Two pools that overflow into each other, companies that both lanes have, and answers in between."""

    async def lane(number: int) -> None:
        for turn in range(6):
            sizes = (120, 500) if (number + turn) % 2 else (500, 120)
            leads = [f"{number}-{turn}-{i}" for i in range(4)]
            events = [
                make.qualified(lead, employees=sizes[i % 2], domain=f"shared{(i + number) % 4}.example")
                for i, lead in enumerate(leads)
            ]
            async with database.begin() as tx:
                offers = assigned(await handler(batch(events, make.noon), tx))
            answers = [
                make.sales(SalesRejected, o.assignment.rpartition(".")[0], assignment=o.assignment, by=o.rep,
                           reason="not_icp")
                for o in offers
            ]  # fmt: skip
            async with database.begin() as tx:
                await handler(batch(answers, make.noon), tx)

    async with asyncio.timeout(30):
        await asyncio.gather(*map(lane, range(3)))


async def test_when_a_rep_leaves_open_work_re_pools_in_its_own_lanes(
    handler: Handler, database: Database, make: Any
) -> None:
    leads = [f"lead-{i}" for i in range(4)]
    async with database.begin() as tx:
        events = [make.qualified(lead, domain=f"{lead}.example") for lead in leads]
        offers = assigned(await handler(batch(events, make.noon), tx))
    left = {o.assignment.rpartition(".")[0] for o in offers if o.rep == "rep-dan"}
    assert len(left) == 2
    async with database.begin() as tx:
        gone = make.sales(RepAvailability, "rep-dan", rep="rep-dan", state="left")
        assert not await handler(batch([gone], make.noon), tx)
    said: list[Fact] = []
    for lane in range(12):
        async with database.begin() as tx:
            due = await take_due(tx, lane, make.noon)
            if due:
                said += await handler(Batch(lane, due, make.noon), tx)
    assert {fact.subject for fact in said} == left
    assert all(fact.data.why_reassigned == "rep_left" for fact in said if isinstance(fact.data, LeadAssigned.Data))
    assert [o.rep for o in assigned(said)] == ["rep-elena", "rep-elena"]
    async with database.begin() as tx:
        reps = await store.lock_reps(tx, ["rep-dan", "rep-elena"])
    assert (reps["rep-dan"].open, reps["rep-elena"].open) == (0, 4)


async def test_a_lead_waits_for_the_shift_in_the_database(handler: Handler, tx: AsyncConnection, make: Any) -> None:
    night = make.noon - timedelta(hours=8)
    assert assigned(await handler(batch([make.qualified(at=night)], night), tx)) == []
    lane = batch([make.qualified()]).lane
    nine = make.noon - timedelta(hours=3)
    due: list[Timer] = await take_due(tx, lane, nine)
    assert [(timer.kind, timer.due_at) for timer in due] == [("shift", nine)]
    assert [o.rep for o in assigned(await handler(Batch(lane, due, nine), tx))] == ["rep-dan"]
