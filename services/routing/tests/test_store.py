"""What is saved comes back as it was, and rows that many lanes share are there to be locked."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from services.routing.tests.conftest import START, LeadStory, make, qualified

from events.deals import DealOpened
from events.sales import ContactAttempted, LeadSalesDisqualified
from routing import store
from routing.decide import Outcome, decide
from routing.decide.state import Company, NurtureState, Rep, Seat
from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.database.parts import save
from runtime.database.statement import statement

Lock = Callable[[Connection, Sequence[str]], Awaitable[object]]
NOTHING: Outcome = Outcome({}, {}, {}, {}, (), (), ())


async def test_a_lead_with_a_past_comes_back_whole(tx: Connection, story: LeadStory) -> None:
    story.play(qualified(hand_raise="demo_request", tech_stack=("salesforce",)))
    story.reject("out_of_territory")
    story.play(make(ContactAttempted, by="rep-elena", channel="call"))
    story.play(make(DealOpened, by="rep-elena", deal="d1"))
    story.play(make(LeadSalesDisqualified, by="rep-elena", reason="timing", revisit_on=date(2026, 11, 2)))
    assert decide(story.state, [], story.terms, now=START) == NOTHING
    state = story.state
    await save(tx, store.parts(Outcome(state.leads, state.companies, state.reps, state.seats, (), (), ())))
    assert await store.load_leads(tx, ["lead-1", "nobody"]) == state.leads
    assert await store.lock_companies(tx, sorted(state.companies)) == state.companies
    assert await store.lock_reps(tx, sorted(state.reps)) == state.reps
    assert await store.load_seats(tx, sorted(state.reps)) == state.seats


async def test_rows_that_are_missing_are_made_so_that_they_can_be_locked(tx: Connection) -> None:
    assert await store.lock_companies(tx, ["a.example"]) == {"a.example": Company("a.example")}
    assert await store.lock_reps(tx, ["rep-ana"]) == {"rep-ana": Rep("rep-ana")}
    assert await store.load_seats(tx, ["rep-ana"]) == {}


async def test_open_work_is_what_a_rep_has_now(tx: Connection, story: LeadStory) -> None:
    story.play(qualified("a", domain="a.example"), qualified("b", domain="b.example"))
    story.play(qualified("c", domain="c.example"))
    story.reject("not_icp", "a")
    await save(tx, store.parts(Outcome(story.state.leads, {}, {}, {}, (), (), ())))
    work = await store.open_work(tx, ["rep-dan", "rep-elena"])
    assert {lead for leads in work.values() for lead in leads} == {"b", "c"}


async def test_seats_keep_their_instants(tx: Connection) -> None:
    seat = Seat("smb-na", "rep-ana", 3, 1, 0.5, START - timedelta(microseconds=1), absent=True)
    await store.lock_reps(tx, ["rep-ana"])
    await save(tx, store.parts(Outcome({}, {}, {}, {("smb-na", "rep-ana"): seat}, (), (), ())))
    assert await store.load_seats(tx, ["rep-ana"]) == {("smb-na", "rep-ana"): seat}


OLD_ROW = {
    "id": "lead-1",
    "stage": "lost",
    "status": "nurture",
    "exit": {"at": "2026-08-05T16:00:00Z", "reason": "price", "counted": True},
    "nursed": {"segment": "3", "since": "2026-08-05T16:00:00Z", "total": 72, "revisit_on": None},
}


async def test_what_an_earlier_release_stored_is_read_and_stored_under_the_same_names(tx: Connection) -> None:
    insert = statement("INSERT INTO lead (lead, state) VALUES ('lead-1', CAST(:state AS jsonb))")
    await tx.execute(insert, {"state": json.dumps(OLD_ROW)})
    lead = (await store.load_leads(tx, ["lead-1"]))["lead-1"]
    assert lead.nurture == NurtureState("3", START, 72)
    await save(tx, store.parts(Outcome({"lead-1": lead}, {}, {}, {}, (), (), ())))
    (state,) = (await tx.execute(statement("SELECT state FROM lead"))).scalars()
    assert state["nursed"] == OLD_ROW["nursed"]
    assert set(OLD_ROW) <= set(state)
    assert await store.load_leads(tx, ["lead-1"]) == {"lead-1": lead}


async def test_a_lead_is_found_by_its_company_however_long_its_name(tx: Connection, story: LeadStory) -> None:
    """An index holds no row of more than 2,700 bytes: a longer name would stop the lane."""
    name = "".join(chr(0x4E00 + n % 20_000) for n in range(4000))
    story.play(qualified(company=name))
    await save(tx, store.parts(replace(NOTHING, leads=story.state.leads)))
    assert await store.people_of(tx, [name]) == {name: (("lead-1", "acme.example"),)}
    assert await store.people_of(tx, [name[:100]]) == {}


@pytest.mark.parametrize("lock", [store.lock_deals, store.lock_companies, store.lock_reps])
async def test_what_lanes_share_is_locked_to_the_end_of_a_transaction(database: Database, lock: Lock) -> None:
    """Without one the lock would be gone with its own statement."""
    async with database.lane() as connection, connection.begin_later():
        await lock(connection, [])
        assert not connection.driver.is_in_transaction()
        await lock(connection, ["one"])
        assert connection.driver.is_in_transaction()


async def test_a_row_that_another_lane_makes_meanwhile_is_waited_for_and_locked(database: Database) -> None:
    async with database.begin() as other:
        assert await store.lock_reps(other, ["rep-ben"]) == {"rep-ben": Rep("rep-ben")}

        async def lock() -> list[str]:
            async with database.begin() as tx:
                return list(await store.lock_reps(tx, ["rep-ana", "rep-ben", "rep-chloe"]))

        waiting = asyncio.create_task(lock())
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done
    assert await waiting == ["rep-ana", "rep-ben", "rep-chloe"]


@pytest.mark.parametrize("lock", [store.lock_deals, store.lock_companies, store.lock_reps])
async def test_a_row_that_was_there_is_locked_too_and_its_neighbours_are_not(database: Database, lock: Lock) -> None:
    async with database.begin() as tx:
        await lock(tx, ["one", "two"])

    async def again(key: str) -> None:
        async with database.begin() as tx:
            await lock(tx, [key])

    async with database.begin() as other:
        await lock(other, ["one"])
        await asyncio.wait_for(again("two"), 30)
        waiting = asyncio.create_task(again("one"))
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done, "the other lane has it"
    await asyncio.wait_for(waiting, 30)


async def test_who_waited_for_a_row_reads_what_the_other_lane_saved(database: Database) -> None:
    async with database.begin() as tx:
        await store.lock_reps(tx, ["rep-ana"])
    busy = Rep("rep-ana", 7, 3, date(2026, 8, 5))

    async def lock() -> object:
        async with database.begin() as tx:
            return await store.lock_reps(tx, ["rep-ana"])

    async with database.begin() as other:
        await store.lock_reps(other, ["rep-ana"])
        waiting = asyncio.create_task(lock())
        await asyncio.wait([waiting], timeout=0.2)
        await save(other, store.parts(replace(NOTHING, reps={"rep-ana": busy})))
    assert await waiting == {"rep-ana": busy}
