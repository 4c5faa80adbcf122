"""The handler on a real PostgreSQL: lanes that pick at once, a constant number of statements, and who wakes whom."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from services.routing.tests.conftest import START, kinds, make, qualified, scored

from events import Event, Fact
from events.deals import DealOpened
from events.handoffs import AnswerIgnored, LeadAccepted, LeadAssigned, LeadReturned
from events.sales import LeadReassigned, RepAvailability, SalesAccepted, SalesRejected
from routing import store
from routing.decide.model.shared_deals import SharedDeal
from routing.service import build
from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.emit.timers import take_due
from runtime.service import Context, Handler
from runtime.values import Batch, Parts, Timer
from testing.events import of_type
from testing.service import batch
from testing.statements import statements_of
from testing.waiting import PATIENCE


@pytest.fixture
def handler(context: Context) -> Handler:
    handler = build(context).handler
    assert handler is not None
    return handler


def assigned(facts: Sequence[Fact]) -> list[LeadAssigned.Data]:
    return of_type(list(facts), LeadAssigned.Data)


async def test_a_qualified_lead_is_assigned_accepted_and_the_pick_is_stored(handler: Handler, tx: Connection) -> None:
    offer = assigned(await handler(batch([qualified()], START), tx))[0]
    accepted = make(SalesAccepted, assignment=offer.assignment, by=offer.rep)
    assert LeadAccepted in kinds(await handler(batch([accepted], START), tx))

    lead = (await store.load_leads(tx, ["lead-1"]))["lead-1"]
    assert (lead.stage, lead.status, lead.owner) == ("sal", "assigned", offer.rep)
    assert [pick.candidates for pick in await store.picks(tx, [offer.assignment])] == [offer.candidates]


async def test_an_answer_to_an_old_card_changes_nothing(handler: Handler, tx: Connection) -> None:
    first = assigned(await handler(batch([qualified()], START), tx))[0]
    rejected = make(SalesRejected, assignment=first.assignment, by=first.rep, reason="out_of_territory")
    facts = await handler(batch([rejected], START), tx)
    assert kinds(facts) == [LeadReturned, LeadAssigned]
    before = await store.load_leads(tx, ["lead-1"])
    late = make(SalesAccepted, assignment=first.assignment, by=first.rep)
    assert kinds(await handler(batch([late], START), tx)) == [AnswerIgnored]
    assert await store.load_leads(tx, ["lead-1"]) == before


async def test_a_deal_that_goes_along_in_a_later_batch_keeps_its_contacts_and_its_past(
    handler: Handler, database: Database
) -> None:
    """The word of a manager names no deal: the lead's own are looked up."""

    async def play(*events: Event) -> None:
        async with database.begin() as tx:
            await handler(batch(events, START), tx)

    async def kept() -> SharedDeal:
        async with database.begin() as tx:
            return (await store.lock_deals(tx, ["d"]))["d"]

    for lead in ("lead-1", "lead-2"):
        await play(qualified(lead))
        await play(make(DealOpened, lead, deal="d", by="rep-elena"))
    before = await kept()
    assert before.contacts == ("lead-1", "lead-2")
    await play(make(LeadReassigned, "lead-1", by="rep-grace", to="rep-dan"))
    after = await kept()
    assert (after.contacts, after.history) == (before.contacts, before.history)
    assert (before.owner, after.owner) == ("rep-elena", "rep-dan")


async def test_a_batch_of_200_takes_as_many_statements_as_one_of_5(handler: Handler, tx: Connection) -> None:
    async def run(name: str, many: int) -> int:
        events = [qualified(f"{name}-{i}", domain=f"{name}{i}.example") for i in range(many)]
        with statements_of(tx) as statements:
            await handler(batch(events, START), tx)
        return len(statements)

    assert await run("few", 5) == await run("many", 200) <= 9


@pytest.mark.parametrize(("total", "statements", "shared"), [(10, 2, False), (72, 4, True)])
async def test_a_lead_below_the_gate_needs_no_transaction_and_one_that_passes_it_does(
    handler: Handler, database: Database, total: int, statements: int, shared: bool
) -> None:
    """What is to be saved goes with the batch's last statement."""
    saves = Parts()
    async with database.lane() as connection:
        with statements_of(connection) as seen:
            async with connection.begin_later():
                await handler(replace(batch([scored(total=total)], START), saves=saves), connection)
                assert connection.driver.is_in_transaction() == shared
    assert len(seen) == statements
    assert "saved_lead" in saves.expressions


@pytest.mark.parametrize("lanes", [2, 4])
async def test_the_spread_is_at_most_one_under_any_concurrency(
    handler: Handler, database: Database, lanes: int
) -> None:
    """Every lane has its own connection and its own leads; they share three equal reps of one pool."""

    async def lane(number: int) -> list[LeadAssigned.Data]:
        offers: list[LeadAssigned.Data] = []
        for turn in range(5):
            events = [
                qualified(f"{number}-{turn}-{i}", employees=20, domain=f"c{number}-{turn}-{i}.example")
                for i in range(3)
            ]
            async with database.begin() as tx:
                offers += assigned(await handler(batch(events, START), tx))
        return offers

    picked = [offer for offers in await asyncio.gather(*map(lane, range(lanes))) for offer in offers]
    counts = Counter(offer.rep for offer in picked)
    assert sum(counts.values()) == lanes * 15
    assert set(counts) == {"rep-ana", "rep-ben", "rep-chloe"}
    assert max(counts.values()) - min(counts.values()) <= 1
    async with database.begin() as tx:
        seats = await store.load_seats(tx, list(counts))
        reps = await store.lock_reps(tx, sorted(counts))
    assert {seat.rep: seat.assigned for seat in seats.values() if seat.pool == "smb-na"} == counts
    assert {rep.rep: rep.open for rep in reps.values()} == counts


async def test_lanes_with_crossing_needs_do_not_deadlock(handler: Handler, database: Database) -> None:
    """Two pools that overflow into each other, companies that both lanes have, and answers in between."""

    async def lane(number: int) -> None:
        for turn in range(6):
            sizes = (120, 500) if (number + turn) % 2 else (500, 120)
            leads = [f"{number}-{turn}-{i}" for i in range(4)]
            events = [
                qualified(lead, employees=sizes[i % 2], domain=f"shared{(i + number) % 4}.example")
                for i, lead in enumerate(leads)
            ]
            async with database.begin() as tx:
                offers = assigned(await handler(batch(events, START), tx))
            answers = [
                make(SalesRejected, o.assignment.rpartition(".")[0], assignment=o.assignment, by=o.rep,
                           reason="not_icp")
                for o in offers
            ]  # fmt: skip
            async with database.begin() as tx:
                await handler(batch(answers, START), tx)

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*map(lane, range(3)))


async def test_a_score_below_the_gate_waits_for_no_lane_that_has_its_company(
    handler: Handler, database: Database
) -> None:
    """Such a lead only looks at its company."""
    below = [scored(f"below-{i}", 40, domain="shared.example") for i in range(3)]
    async with database.begin() as first, database.begin() as second:
        assert assigned(await handler(batch([qualified(domain="shared.example")], START), first))
        await second.execute(statement("SET LOCAL lock_timeout = '50ms'"))
        assert await handler(batch(below, START), second) == ()
        with pytest.raises(asyncpg.LockNotAvailableError):
            async with second.begin_nested():
                await handler(batch([qualified("above", domain="shared.example")], START), second)


async def test_when_a_rep_leaves_open_work_re_pools_in_its_own_lanes(handler: Handler, database: Database) -> None:
    leads = [f"lead-{i}" for i in range(4)]
    async with database.begin() as tx:
        events = [qualified(lead, domain=f"{lead}.example") for lead in leads]
        offers = assigned(await handler(batch(events, START), tx))
    left = {o.assignment.rpartition(".")[0] for o in offers if o.rep == "rep-dan"}
    assert len(left) == 2
    async with database.begin() as tx:
        leaves = make(RepAvailability, "rep-dan", rep="rep-dan", state="left")
        assert not await handler(batch([leaves], START), tx)
    data: list[Fact] = []
    for lane in range(12):
        async with database.begin() as tx:
            due = await take_due(tx, lane, START)
            if due:
                data += await handler(Batch(lane, due, START), tx)
    assert {fact.subject for fact in data} == left
    assert all(fact.data.why_reassigned == "rep_left" for fact in data if isinstance(fact.data, LeadAssigned.Data))
    assert [o.rep for o in assigned(data)] == ["rep-elena", "rep-elena"]
    async with database.begin() as tx:
        reps = await store.lock_reps(tx, ["rep-dan", "rep-elena"])
    assert (reps["rep-dan"].open, reps["rep-elena"].open) == (0, 4)


async def test_a_lead_waits_for_the_shift_in_the_database(handler: Handler, tx: Connection) -> None:
    night = START - timedelta(hours=8)
    assert assigned(await handler(batch([qualified(at=night)], night), tx)) == []
    lane = batch([qualified()]).lane
    nine = START - timedelta(hours=3)
    due: list[Timer] = await take_due(tx, lane, nine)
    assert [(timer.kind, timer.due_at) for timer in due] == [("shift", nine)]
    assert [o.rep for o in assigned(await handler(Batch(lane, due, nine), tx))] == ["rep-dan"]
