"""Appending facts and planning timers cost the same number of statements, however many there are."""

from datetime import timedelta

import pytest

from events.leads import EngagementRecorded
from events.scores import LeadCooled
from events.topics import partition
from probe.bench import LANES, NOON, Bench, engagement
from runtime.emit.timers import Timers, take_due
from runtime.errors import BatonError, OutputTooLarge
from runtime.values import Timer
from testing.statements import statements_of


async def test_two_statements_whatever_is_said(postgres_bench: Bench) -> None:
    for many in (1, 300):
        with statements_of() as sent:
            places = await postgres_bench.write(*(engagement(f"lead-{n}", n) for n in range(many)))
        assert len(sent) == 2
        assert len(places) == many
    assert await postgres_bench.write() == []


async def test_places_come_back_in_the_order_of_the_facts(postgres_bench: Bench) -> None:
    facts = [engagement(f"lead-{n % 6}", n) for n in range(30)]
    places = await postgres_bench.write(*facts)
    by_place = {event.id: event for event in await postgres_bench.events("leads")}
    numbered_bytes = [by_place[place] for place in places]
    assert all(isinstance(event, EngagementRecorded) for event in numbered_bytes)
    assert [(e.subject, e.data) for e in numbered_bytes] == [(f.subject, f.data) for f in facts]
    assert {e.recordedtime for e in numbered_bytes} == {NOON}
    assert {e.source for e in numbered_bytes} == {"ingest"}


async def test_nobody_speaks_on_anothers_topic(postgres_bench: Bench) -> None:
    with pytest.raises(BatonError, match="ingest does not write to scores/"):
        await postgres_bench.write(LeadCooled.fact("a", LeadCooled.Data(total=1, reason="r"), time=NOON))


async def test_what_can_never_be_shipped_is_refused(postgres_bench: Bench) -> None:
    with pytest.raises(OutputTooLarge, match=r"leads/\d/1 \(engagement.recorded.v1\)"):
        await postgres_bench.write(engagement("a", 1, "x" * 1_000_000))
    assert not await postgres_bench.rows("ingest", "SELECT 1 FROM stream_batch")


async def test_timers_are_planned_moved_cancelled_and_taken_oldest_first(postgres_bench: Bench) -> None:
    scoring, timers = postgres_bench.databases["scoring"], Timers(LANES)
    subjects = [name for name in map(str, range(99)) if partition(name, LANES) == 0]
    async with scoring.begin() as tx:
        planned = [Timer(s, "decay", s, NOON + timedelta(hours=n), {"n": n}) for n, s in enumerate(subjects[:5])]
        with statements_of() as sent:
            await timers.plan(tx, [*planned, Timer(subjects[0], "decay", "never", None)])
        assert len(sent) == 1
        await timers.plan(tx, [Timer(subjects[0], "decay", subjects[0], NOON + timedelta(hours=9))])
        await timers.plan(tx, [Timer(subjects[1], "decay", subjects[1], None)])
    async with scoring.begin() as tx:
        assert await take_due(tx, 0, NOON) == []
        taken = await take_due(tx, 0, NOON + timedelta(hours=3), most=1)
        assert [(t.subject, t.payload) for t in taken] == [(subjects[2], {"n": 2})]
        taken = await take_due(tx, 0, NOON + timedelta(hours=9))
        assert [t.subject for t in taken] == [subjects[3], subjects[4], subjects[0]]
        assert await take_due(tx, 0, NOON + timedelta(days=999)) == []


async def test_the_last_plan_for_one_key_wins(postgres_bench: Bench) -> None:
    async with postgres_bench.databases["scoring"].begin() as tx:
        two = [Timer("a", "k", "1", NOON, {"n": n}) for n in (1, 2)]
        await Timers(LANES).plan(tx, two)
        assert [t.payload for t in await take_due(tx, partition("a", LANES), NOON)] == [{"n": 2}]


async def test_two_subjects_of_a_lane_may_use_one_key(postgres_bench: Bench) -> None:
    one, other = [name for name in map(str, range(99)) if partition(name, LANES) == 0][:2]
    timers = Timers(LANES)
    async with postgres_bench.databases["scoring"].begin() as tx:
        await timers.plan(tx, [Timer(one, "k", "1", NOON), Timer(other, "k", "1", NOON)])
        await timers.plan(tx, [Timer(one, "k", "1", None)])
        assert [t.subject for t in await take_due(tx, 0, NOON)] == [other]


async def test_a_batch_costs_the_same_whatever_its_size(postgres_bench: Bench) -> None:
    costs = []
    for many in (2, 200):
        lead = [engagement("lead-0", n) for n in range(many)]
        await postgres_bench.write(*lead)
        with statements_of() as sent:
            async with postgres_bench.running("scoring"):
                await postgres_bench.drain("scoring")
        costs.append(
            len([s for s in sent if "UPDATE lane_input" in s or "tally" in s or "INSERT INTO stream_batch" in s])
        )
    assert costs[0] == costs[1]
