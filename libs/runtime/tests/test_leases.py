"""Lanes are shared fairly, given back, taken over, and never stuck."""

import pytest

from events.topics import partition
from probe.bench import LANES, Bench, engagement, taken
from runtime.database.connect import Database
from runtime.database.statement import statement
from runtime.errors import Fenced, Stale
from runtime.lanes.lane import Lane
from runtime.lanes.leases import Leases
from testing.waiting import eventually


@pytest.fixture
def home(postgres_bench: Bench) -> Database:
    return postgres_bench.databases["scoring"]


def worker(home: Database, name: str, lease: float = 30) -> Leases:
    return Leases(home, name, lease)


async def expire(home: Database) -> None:
    async with home.begin() as tx:
        await tx.execute(statement("UPDATE lane SET lease_until = clock_timestamp() - interval '1 second'"))


async def test_the_first_takes_all_and_a_second_gets_half(home: Database) -> None:
    first, second = worker(home, "first"), worker(home, "second")
    assert len(await taken(first)) == LANES
    assert await taken(second) == []
    assert await taken(first) == []
    assert first.surplus == LANES // 2
    await first.release({p: first.held[p].token for p in sorted(first.held)[: first.surplus]})
    assert first.surplus == 0
    assert len(await taken(second)) == LANES // 2
    assert await taken(first) == []
    assert first.surplus == 0
    assert first.held.keys() | second.held.keys() == set(range(LANES))


async def test_what_a_worker_leaves_is_taken_at_the_next_beat(home: Database) -> None:
    first, second = worker(home, "first"), worker(home, "second")
    await first.beat()
    await first.leave()
    assert [held.crashes for held in await taken(second)] == [0] * LANES
    assert second.share == LANES


async def test_an_expired_lane_is_taken_with_a_new_token_and_its_holder_notices(home: Database) -> None:
    first, second = worker(home, "first"), worker(home, "second")
    old = {held.p: held.token for held in await taken(first)}
    await expire(home)
    gained = await taken(second)
    assert {held.p for held in gained} < old.keys()
    assert all(held.token != old[held.p] for held in gained)
    await first.beat()
    assert first.held.keys() == old.keys() - {held.p for held in gained}


@pytest.mark.fault("F16")
async def test_a_lease_that_a_clock_left_in_the_future_has_run_out(home: Database) -> None:
    """The database's clock went back by two hours: neither the dead worker nor its leases may count for so long."""
    dead, second = worker(home, "dead"), worker(home, "second")
    await dead.beat()
    async with home.begin() as tx:
        await tx.execute(statement("UPDATE lane SET lease_until = lease_until + interval '2 hours'"))
        await tx.execute(statement("UPDATE worker SET seen_at = seen_at + interval '2 hours'"))
    assert len(await taken(second)) == LANES
    assert second.share == LANES


async def test_a_lane_that_was_worked_is_not_taken_though_the_beat_is_late(home: Database) -> None:
    """The fence renews too: a busy worker does not lose its lane to a slow heart."""
    first, second = worker(home, "first"), worker(home, "second")
    held = (await taken(first))[0]
    await expire(home)
    async with home.begin() as tx:
        await Lane(held.p, held.token).fence(tx, 30)
    assert held.p not in {one.p for one in await taken(second)}


async def test_crashes_in_a_row_are_counted_until_a_batch_is_finished(home: Database) -> None:
    for died in range(3):
        leases = worker(home, f"worker-{died}")
        await expire(home)
        gained = await taken(leases)
        assert {held.crashes for held in gained} == {died}
        async with home.begin() as tx:
            await tx.execute(statement("DELETE FROM worker"))
    async with home.begin() as tx:
        await Lane(gained[0].p, gained[0].token, crashes=2).fence(tx, 30)
        await Lane(gained[1].p, gained[1].token).fence(tx, 30)
    await expire(home)
    counted = {held.p: held.crashes for held in await taken(worker(home, "last"))}
    assert counted[gained[0].p] == 3
    assert counted[gained[1].p] == 1


async def test_a_beat_whose_answer_was_lost_leaves_no_lane_stuck(home: Database) -> None:
    """The database says these lanes are mine, and I do not know: I must not renew them."""
    leases = worker(home, "me", lease=1.2)
    await leases.beat()
    leases.held = {}

    async def taken_again() -> bool:
        return len(await taken(leases)) == LANES

    await eventually(taken_again)


async def test_an_old_token_is_fenced(home: Database) -> None:
    first, second = worker(home, "first"), worker(home, "second")
    held = (await taken(first))[0]
    await expire(home)
    await second.beat()
    zombie = Lane(held.p, held.token)
    async with home.begin() as tx:
        await zombie.learn(tx)
        with pytest.raises(Fenced):
            await zombie.fence(tx, 30)


async def test_a_position_moves_only_from_where_it_was_read(postgres_bench: Bench, home: Database) -> None:
    """Offset and number both: inside a large batch the offset stands still while the number moves."""
    await postgres_bench.change("ingest", "UPDATE lane_output SET last_seq = 2")
    held = (await taken(worker(home, "first")))[0]
    lane, copy = Lane(held.p, held.token), Lane(held.p, held.token)
    async with home.begin() as tx:
        await lane.learn(tx)
        await copy.learn(tx)
        progress = lane.progress["leads"].copy()
        progress.take(1, b"1")
        await lane.advance(tx, {"leads": 0}, {"leads": progress})
        with pytest.raises(Stale):
            await copy.advance(tx, {"leads": 0}, {"leads": progress})


async def test_a_re_ship_may_begin_inside_a_batch(postgres_bench: Bench) -> None:

    p = partition("lead-0", LANES)
    for start in (0, 3, 6):
        await postgres_bench.write(*(engagement("lead-0", start + n) for n in range(3)))
    for start, first in ((0, 1), (3, 4), (4, 4), (5, 4), (6, 7), (8, 7)):
        await postgres_bench.change(
            "ingest", "UPDATE lane_output SET shipped_seq = :n WHERE topic = 'leads' AND p = :p", n=start, p=p
        )
        async with postgres_bench.databases["ingest"].begin() as tx:
            stored, _ = await Lane(p, "-").load_unshipped(tx)
        assert stored[0].first_seq == first
        assert stored[-1].first_seq == 7
