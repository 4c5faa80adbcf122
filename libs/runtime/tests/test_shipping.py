"""What a lane ships: in rounds of bounded size, and only what was acknowledged counts as shipped."""

from contextlib import nullcontext

from events.campaigns import CompanyChanged
from events.topics import partition
from probe.bench import LANES, NOON, Bench, engagement
from probe.service import INGEST
from runtime.database.connection import Connection
from runtime.lanes.lane import REST, Lane
from runtime.lanes.shipper import Shipper
from runtime.transport.postgres import PostgresTransport
from testing.statements import statements_of

LEAD = "lead-0"
LANE = partition(LEAD, LANES)


async def test_a_reship_asked_for_meanwhile_is_not_forgotten(postgres_bench: Bench) -> None:
    await postgres_bench.hold_lanes("ingest")
    await postgres_bench.write_one_by_one([engagement(LEAD, n) for n in range(3)])
    await postgres_bench.change("ingest", "UPDATE lane_output SET shipped_seq = 1 WHERE topic = 'leads'")
    lane = Lane(LANE, "-")
    async with postgres_bench.databases["ingest"].begin() as tx:
        _, before = await lane.load_unshipped(tx)
    await postgres_bench.change("ingest", "UPDATE lane_output SET shipped_seq = 0 WHERE topic = 'leads'")
    async with postgres_bench.databases["ingest"].begin() as tx:
        await lane.shipped(tx, before, {"leads": 3})
    assert await postgres_bench.shipped(LANE) == 0


async def test_where_others_write_too_the_database_is_asked_until_nothing_is_left_and_then_when_told(
    postgres_bench: Bench,
) -> None:
    lane, transport = Lane(LANE, "-"), PostgresTransport(())
    transport.ships = True
    shipper = Shipper(INGEST, transport)

    async def statements_run(tx: Connection) -> int:
        with statements_of(tx) as seen:
            while await shipper.ship(lambda: nullcontext(tx), lane):
                pass
        return len(seen)

    await postgres_bench.hold_lanes("ingest")
    await postgres_bench.write(engagement(LEAD, 1))
    async with postgres_bench.databases["ingest"].lane() as connection:
        assert await statements_run(connection) == 3, "what there is, that it was sent, and that nothing is left"
        assert await statements_run(connection) == 0
        await postgres_bench.write(engagement(LEAD, 2))
        lane.unshipped = True
        assert await statements_run(connection) == 3
    assert await postgres_bench.shipped(LANE) == 2


def test_what_was_sent_is_told_when_the_lane_rests_and_not_between_two_batches() -> None:
    lane = Lane(LANE, "-")
    assert not lane.rests(10.0, moved=True)
    assert not lane.rests(10.0 + REST / 2, moved=False)
    assert lane.rests(10.0 + 2 * REST, moved=False)
    assert not lane.rests(11.0, moved=True), "another batch: the wait begins anew"
    assert not lane.rests(11.0 + REST / 2, moved=False)


async def test_a_round_is_bounded_by_its_bytes(postgres_bench: Bench) -> None:
    """And takes the topics in turn: one that does not move keeps no other waiting."""
    large = "x" * 100_000
    leads = [engagement(LEAD, n, large) for n in range(20)]
    news = [CompanyChanged.fact(LEAD, CompanyChanged.Data(domain="acme.example"), time=NOON) for _ in range(3)]
    await postgres_bench.write_one_by_one([*leads, *news])
    async with postgres_bench.databases["ingest"].begin() as tx:
        whole, _ = await Lane(LANE, "-").load_unshipped(tx, 2**30)
        some, before = await Lane(LANE, "-").load_unshipped(tx, 1_000_000)
        least, _ = await Lane(LANE, "-").load_unshipped(tx, 1)
    assert len(whole) == 23
    assert 1_000_000 <= sum(len(one.body) for one in some) < 1_300_000
    assert [(one.topic, one.first_seq) for one in some[:4]] == [
        ("campaigns", 1), ("leads", 1), ("campaigns", 2), ("leads", 2)
    ]  # fmt: skip
    assert before == {"campaigns": 0, "leads": 0}
    assert len(least) == 1


async def test_what_memory_believed_of_a_lane_does_not_survive_learning(postgres_bench: Bench) -> None:
    lane = Lane(LANE, "-")
    lane.scans, lane.gaps, lane.beginnings = {"leads": 9}, {"leads": 3}, {"leads": 7}
    async with postgres_bench.databases["scoring"].begin() as tx:
        await lane.learn(tx)
    assert (lane.scans, lane.gaps, lane.beginnings) == ({}, {}, {})
    assert lane.offsets == {"leads": 0, "campaigns": 0}
