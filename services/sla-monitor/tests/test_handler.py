"""Handler and timers on a real database."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event as listener
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from events import Event, Fact
from events.topics import partition
from runtime.database.connect import Database
from runtime.emit.timers import take_due
from runtime.service import Components, Context
from sla_monitor import store
from sla_monitor.decide.fold import decide
from sla_monitor.service import build
from testing.service import batch, fire


@pytest.fixture
def parts(context: Context) -> Components:
    return build(context)


async def read(
    parts: Components, tx: AsyncConnection, events: Sequence[Event], now: datetime | None = None
) -> list[str]:
    assert parts.handler is not None
    moment = now or max(event.recordedtime for event in events)
    return names(await parts.handler(batch(events, moment), tx))


async def wake(parts: Components, tx: AsyncConnection, subject: str, now: datetime) -> Sequence[Fact]:
    assert parts.handler is not None
    return await fire(parts.handler, tx, partition(subject), now)


def names(facts: Sequence[Fact]) -> list[str]:
    return [f"{fact.event.type_name().split('.')[1]} {fact.data.promise}" for fact in facts]  # type: ignore[attr-defined]


async def states(tx: AsyncConnection) -> dict[str, str]:
    rows = (await tx.execute(text("SELECT promise || '.' || right(id, 1), state FROM clock"))).all()
    return {row[0]: row[1] for row in rows}


async def test_a_lead_nobody_touches_is_reminded_breached_and_handed_back(
    parts: Components, tx: AsyncConnection, story: Any
) -> None:
    await read(parts, tx, [story.stage(0), story.assigned(0)])
    said = []
    for hours in (1.9, 2, 3.2, 3.3, 4, 6, 6.1):
        said += [(hours, name) for name in names(await wake(parts, tx, story.lead, story.at(hours)))]
    assert said == [
        (2, "reminded first_touch"),
        (3.2, "reminded first_touch"),
        (4, "breached first_touch"),
        (6, "reminded accepted"),
        (6, "escalated first_touch"),
    ]
    assert (await states(tx))["first_touch.1"] == "breached"


async def test_a_downtime_is_made_good_in_order(parts: Components, tx: AsyncConnection, story: Any) -> None:
    await read(parts, tx, [story.assigned(0)])
    facts = await wake(parts, tx, story.lead, story.at(24 * 30))
    assert [fact.time for fact in facts] == sorted(fact.time for fact in facts)
    assert names(facts).count("breached first_touch") == names(facts).count("breached accepted") == 1
    assert await take_due(tx, partition(story.lead), story.at(24 * 365)) == []


async def test_a_touch_from_an_earlier_batch_stops_the_clock_at_birth(
    parts: Components, tx: AsyncConnection, story: Any
) -> None:
    assert await read(parts, tx, [story.attempted(1)]) == []
    assert "met first_touch" in await read(parts, tx, [story.assigned(0)])


async def test_a_met_clock_wakes_nobody(parts: Components, tx: AsyncConnection, story: Any) -> None:
    await read(parts, tx, [story.assigned(0)])
    await read(parts, tx, [story.accepted(1), story.connected(1)])
    assert set((await states(tx)).values()) == {"met"}
    assert list(await wake(parts, tx, story.lead, story.at(1000))) == []


async def test_a_late_stamp_corrects_a_breach(parts: Components, tx: AsyncConnection, story: Any) -> None:
    await read(parts, tx, [story.assigned(0)])
    await wake(parts, tx, story.lead, story.at(5))
    assert await read(parts, tx, [story.attempted(3, recorded=7)]) == ["corrected first_touch"]
    assert names(await wake(parts, tx, story.lead, story.at(6))) == []


async def test_a_clock_survives_the_store_unchanged(
    parts: Components, tx: AsyncConnection, story: Any, terms: Any
) -> None:
    events = [story.stage(0), story.assigned(1), story.attempted(2), story.attempted(3)]
    await read(parts, tx, events)
    found = (await store.lock_leads(tx, [story.lead]))[story.lead]
    decided = decide({}, events, terms)
    assert found.clocks == decided.clocks
    assert set(found.touches) == set(decided.touches[story.lead])


async def test_statements_do_not_grow_with_the_batch(parts: Components, tx: AsyncConnection, stories: Any) -> None:
    counted: list[int] = []

    def notice(*_: object) -> None:
        counted[-1] += 1

    listener.listen(tx.sync_connection, "before_cursor_execute", notice)
    for size in (5, 300):
        tell = [stories(lead=f"{size}-{i}") for i in range(size)]
        told = [event for s in tell for event in (s.stage(0), s.assigned(0), s.attempted(1, by="rep-ben"))]
        events = [one.replaced(id=f"{one.topic}/{size}/{i}") for i, one in enumerate(told)]
        counted.append(0)
        await read(parts, tx, events)
        counted.append(0)
        assert parts.handler is not None
        await fire(parts.handler, tx, partition(tell[0].lead), tell[0].at(100))
    assert counted[0] == counted[2] <= 10
    assert counted[1] == counted[3] <= 5


async def test_lanes_that_count_the_same_month_do_not_block_each_other_for_ever(
    parts: Components, database: Database, stories: Any
) -> None:
    tell = [stories(lead=f"lead-{i}") for i in range(24)]

    async def work(story: Any) -> None:
        async with database.begin() as tx:
            await read(parts, tx, [story.stage(0, completeness=90), story.assigned(0)])

    async with asyncio.timeout(20):
        await asyncio.gather(*(work(story) for story in tell))
    async with database.begin() as tx:
        assert await store.sums(tx, [date(2026, 8, 1)]) == {
            ("mql", date(2026, 8, 1)): 24,
            ("complete", date(2026, 8, 1)): 24,
        }


async def test_a_month_is_judged_over_all_lanes_and_the_next_one_too(
    parts: Components, tx: AsyncConnection, stories: Any, agreement: Any
) -> None:
    for i in range(40):
        story = stories(lead=f"lead-{i}")
        more = {"completeness": 80 if i % 2 else 75}
        events = [story.stage(0, **more)] + ([story.stage(24, "sql")] if i % 4 == 0 else [])
        await read(parts, tx, events)
    august, september = story.at(24 * 28), story.at(24 * 60)
    (volume,) = [f for f in await wake(parts, tx, "volume", august) if f.subject == "volume"]
    (complete,) = [f for f in await wake(parts, tx, "completeness", august) if f.subject == "completeness"]
    assert volume.data.model_dump(mode="json") == {
        "name": "volume",
        "side": "marketing",
        "start": "2026-08-01",
        "end": "2026-09-01",
        "target": 100.0,
        "actual": 40.0,
        "low": None,
        "high": None,
        "numerator": 40,
        "denominator": 100,
        "state": "missed",
    }
    assert (complete.data.actual, complete.data.state) == (0.5, "missed")  # type: ignore[attr-defined]
    assert [f for f in await wake(parts, tx, "quality", august) if f.subject == "quality"] == []
    (quality,) = [f for f in await wake(parts, tx, "quality", september) if f.subject == "quality"]
    assert (quality.data.numerator, quality.data.denominator) == (10, 40)  # type: ignore[attr-defined]
    assert quality.data.state == "met"  # type: ignore[attr-defined]
    assert quality.time - volume.time == timedelta(days=30)
    (empty,) = [f for f in await wake(parts, tx, "volume", september) if f.subject == "volume"]
    assert (empty.data.numerator, empty.data.state) == (0, "missed")  # type: ignore[attr-defined]
