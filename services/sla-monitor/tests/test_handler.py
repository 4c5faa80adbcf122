"""Handler and timers on a real database."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import pytest

from agreement import Agreement
from events import Event, Fact
from events.body import plain
from events.handoffs import LeadAccepted, LeadAssigned, StageChanged
from events.notices import NoticeSent
from events.sales import ContactAttempted, ContactConnected, FeedbackGiven, RepAvailability
from events.slas import ClockData, CommitmentJudged
from events.topics import partition
from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.emit.timers import take_due
from runtime.service import Context, Handler
from runtime.values import Parts, Timer
from sla_monitor import store
from sla_monitor.decide import State, Terms, decide
from sla_monitor.decide.commitments import timer_of
from sla_monitor.service import build
from testing.events import EventBuilder, data_of
from testing.service import batch, fire
from testing.statements import statements_of
from testing.waiting import PATIENCE

AUGUST = date(2026, 8, 1)
Builders = Callable[[str], EventBuilder]


@pytest.fixture
def handler(context: Context) -> Handler:
    found = build(context).handler
    assert found is not None
    return found


async def read(handler: Handler, tx: Connection, events: Sequence[Event]) -> list[str]:
    now = max(event.recordedtime for event in events)
    return names(await handler(batch(events, now), tx))


async def wake(handler: Handler, tx: Connection, subject: str, now: datetime) -> Sequence[Fact]:
    return await fire(handler, tx, partition(subject), now)


async def judgements(handler: Handler, tx: Connection, name: str, now: datetime) -> Sequence[Fact]:
    """Facts about this commitment when its lane wakes up."""
    return [fact for fact in await wake(handler, tx, name, now) if fact.subject == name]


def names(facts: Sequence[Fact]) -> list[str]:
    clocks = [(fact.event.type_name().split(".")[1], fact.data) for fact in facts]
    return [f"{verb} {data.promise}" for verb, data in clocks if isinstance(data, ClockData)]


async def states(tx: Connection) -> dict[str, str]:
    rows = (
        await tx.execute(
            statement("SELECT (record ->> 'promise') || '.' || right(id, 1), record ->> 'state' FROM clock")
        )
    ).all()
    return {row[0]: row[1] for row in rows}


async def test_a_lead_nobody_touches_is_reminded_breached_and_handed_back(
    handler: Handler, tx: Connection, lead: EventBuilder
) -> None:
    await read(handler, tx, [lead.make(StageChanged, at=lead.at(0)), lead.make(LeadAssigned, at=lead.at(0))])
    heard = []
    for hours in (1.9, 2, 3.2, 3.3, 4, 4.8, 6, 6.1):
        heard += [(hours, name) for name in names(await wake(handler, tx, lead.subject, lead.at(hours)))]
    assert heard == [
        (2, "reminded first_touch"),
        (3.2, "reminded first_touch"),
        (4, "breached first_touch"),
        (4, "breached lead_touch"),
        (4.8, "reminded accepted"),
        (4.8, "reminded lead_touch"),
        (6, "escalated first_touch"),
    ]
    assert (await states(tx))["first_touch.1"] == "breached"


async def test_a_downtime_is_made_good_in_order(handler: Handler, tx: Connection, lead: EventBuilder) -> None:
    await read(handler, tx, [lead.make(LeadAssigned, at=lead.at(0))])
    facts = await wake(handler, tx, lead.subject, lead.at(24 * 30))
    assert [fact.time for fact in facts] == sorted(fact.time for fact in facts)
    assert names(facts).count("breached first_touch") == names(facts).count("breached accepted") == 1
    assert await take_due(tx, partition(lead.subject), lead.at(24 * 365)) == []


async def test_a_touch_from_an_earlier_batch_stops_the_clock_at_birth(
    handler: Handler, tx: Connection, lead: EventBuilder
) -> None:
    assert await read(handler, tx, [lead.make(ContactAttempted, at=lead.at(1))]) == []
    assert "met first_touch" in await read(handler, tx, [lead.make(LeadAssigned, at=lead.at(0))])


async def test_a_met_clock_wakes_nobody(handler: Handler, tx: Connection, lead: EventBuilder) -> None:
    await read(handler, tx, [lead.make(LeadAssigned, at=lead.at(0))])
    await read(handler, tx, [lead.make(LeadAccepted, at=lead.at(1)), lead.make(ContactConnected, at=lead.at(1))])
    assert set((await states(tx)).values()) == {"met"}
    assert list(await wake(handler, tx, lead.subject, lead.at(1000))) == []


async def test_a_late_stamp_corrects_a_breach(handler: Handler, tx: Connection, lead: EventBuilder) -> None:
    await read(handler, tx, [lead.make(LeadAssigned, at=lead.at(0))])
    await wake(handler, tx, lead.subject, lead.at(5))
    assert await read(handler, tx, [lead.make(ContactAttempted, at=lead.at(3), recorded=lead.at(7))]) == [
        "corrected first_touch",
        "corrected lead_touch",
    ]
    assert names(await wake(handler, tx, lead.subject, lead.at(6))) == []


async def test_what_is_stored_is_what_was_decided(
    handler: Handler, tx: Connection, lead: EventBuilder, agreement: Agreement
) -> None:
    shipped = Terms.of(agreement)
    events = [
        lead.make(StageChanged, at=lead.at(0), completeness=90),
        lead.make(LeadAssigned, at=lead.at(1)),
        lead.make(ContactAttempted, at=lead.at(2)),
        lead.make(ContactAttempted, at=lead.at(3)),
    ]
    await read(handler, tx, events)
    await wake(handler, tx, lead.subject, lead.at(13))
    mine = [lead.subject]
    leads, mqls, _ = await store.load_leads(tx, mine, touches_of=mine, mqls_of=mine)
    stored = leads[lead.subject]
    decided = decide(State(), events, shipped, now=lead.at(3))
    milestones = [timer for timer in decided.timers if timer.kind == "milestone" and timer.due_at]
    woken = decide(State({lead.subject: stored}), milestones, shipped, now=lead.at(13))
    assert stored.clocks == {**decided.clocks, **woken.clocks}
    assert set(stored.touches) == set(decided.touches[lead.subject])
    assert mqls == decided.mqls
    periods = {period for _, period in decided.tallies}
    assert periods == {AUGUST, date(2026, 8, 3)}, "the month, and the week of the feedback"
    sums, live = await store.load_sums(tx, partition(lead.subject), periods)
    assert sums == {period: tally.n for period, tally in decided.tallies.items()}
    assert live == set(sums)
    assert (await store.load_sums(tx, partition(lead.subject) + 1, periods))[1] == set(), "not live in another lane"


async def test_statements_do_not_grow_with_the_batch(
    handler: Handler, tx: Connection, builders: Builders, terms: Terms
) -> None:
    counted: list[int] = []
    for size in (5, 300):
        leads = [builders(f"{size}-{i}") for i in range(size)]
        made: list[Event] = []
        for lead in leads:
            made += [
                lead.make(StageChanged, at=lead.at(0)),
                lead.make(LeadAssigned, at=lead.at(0)),
                lead.make(ContactAttempted, at=lead.at(1), by="rep-ben"),
                lead.make(FeedbackGiven, at=lead.at(1)),
            ]
        events = [one.replaced(id=f"{one.topic}/{size}/{i}") for i, one in enumerate(made)]
        due = [Timer(lead.subject, "milestone", f"{lead.subject}/1/routed/-", lead.at(2)) for lead in leads]
        mixed = batch(events, leads[0].at(2), lane=partition(leads[0].subject))
        with statements_of(tx) as statements:
            await handler(replace(mixed, inputs=[*events, *due, timer_of("volume", AUGUST, terms)]), tx)
        counted.append(len(statements))
        with statements_of(tx) as statements:
            await fire(handler, tx, partition(leads[0].subject), leads[0].at(100))
        counted.append(len(statements))
    assert counted[0] == counted[2] <= 3
    assert counted[1] == counted[3] <= 3


async def test_a_batch_is_loaded_by_two_statements_and_saved_by_the_lane(
    handler: Handler, database: Database, lead: EventBuilder
) -> None:
    events = [lead.make(StageChanged, at=lead.at(0)), lead.make(LeadAssigned, at=lead.at(0))]
    saves = Parts()
    async with database.lane() as connection:
        with statements_of(connection) as seen:
            await handler(replace(batch(events, lead.at(0)), saves=saves), connection)
    assert len(seen) == 2
    assert {"saved_clock", "planned_timers"} <= saves.expressions.keys()


async def test_lanes_that_count_the_same_month_do_not_block_each_other_for_ever(
    handler: Handler, database: Database, builders: Builders
) -> None:
    async def work(lead: EventBuilder) -> None:
        events = [lead.make(StageChanged, at=lead.at(0), completeness=90), lead.make(LeadAssigned, at=lead.at(0))]
        async with database.begin() as tx:
            await read(handler, tx, events)

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(work(builders(f"lead-{i}")) for i in range(24)))
    async with database.begin() as tx:
        sums, _ = await store.load_sums(tx, 0, [AUGUST])
        assert sums == {("mql", AUGUST): 24, ("complete", AUGUST): 24}


async def test_a_month_is_judged_over_all_lanes_and_the_next_one_too(
    handler: Handler, tx: Connection, builders: Builders
) -> None:
    for i in range(40):
        lead = builders(f"lead-{i}")
        events = [lead.make(StageChanged, at=lead.at(0), completeness=80 if i % 2 else 75)]
        if i % 4 == 0:
            events.append(lead.make(StageChanged, at=lead.at(24), stage="sql"))
        await read(handler, tx, events)
    august, september = lead.at(24 * 28), lead.at(24 * 60)
    (volume,) = await judgements(handler, tx, "volume", august)
    (completeness,) = await judgements(handler, tx, "completeness", august)
    assert plain(volume.data) == {
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
        "lacking": [],
    }
    complete = data_of(completeness, CommitmentJudged.Data)
    assert (complete.actual, complete.state) == (0.5, "missed")
    assert await judgements(handler, tx, "quality", august) == []
    (quality,) = await judgements(handler, tx, "quality", september)
    rate = data_of(quality, CommitmentJudged.Data)
    assert (rate.numerator, rate.denominator, rate.state) == (10, 40, "met")
    assert quality.time - volume.time == timedelta(days=30)
    (next_volume,) = await judgements(handler, tx, "volume", september)
    empty = data_of(next_volume, CommitmentJudged.Data)
    assert (empty.numerator, empty.state) == (0, "missed")


async def test_a_count_that_comes_late_has_its_month_judged_again(
    handler: Handler, tx: Connection, lead: EventBuilder, builders: Builders
) -> None:
    await read(handler, tx, [lead.make(StageChanged, at=lead.at(0))])
    await wake(handler, tx, "volume", lead.at(24 * 28))
    late = builders(lead.subject).make(StageChanged, at=lead.at(2), recorded=lead.at(24 * 29), cycle=2)
    await read(handler, tx, [late])
    (again,) = await judgements(handler, tx, "volume", lead.at(24 * 29))
    data = data_of(again, CommitmentJudged.Data)
    assert (data.start, data.numerator) == (AUGUST, 2)


async def test_leave_is_said_in_the_lane_of_the_rep_and_read_in_those_of_the_leads(
    handler: Handler, tx: Connection, lead: EventBuilder
) -> None:
    """Also for who has a clock of the lead and is not named by the event, and by a timer alone."""
    assert partition("rep-ana") != partition(lead.subject)
    say = partial(lead.make, RepAvailability, subject="rep-ana")
    await read(handler, tx, [say({"since": lead.at(2), "until": lead.at(48)}, at=lead.at(-20))])
    await read(handler, tx, [lead.make(LeadAssigned, at=lead.at(0))])
    assert [one for one in names(await wake(handler, tx, lead.subject, lead.at(6))) if "first_touch" in one] == [
        "reminded first_touch"
    ]
    await read(handler, tx, [say({"since": lead.at(2), "until": lead.at(24)}, at=lead.at(5))])
    word = lead.make(NoticeSent, at=lead.at(6), to="rep-ben", assignment="lead-1.9")
    assert "moved first_touch" in await read(handler, tx, [word])
    await read(handler, tx, [say(state="active", at=lead.at(23))])
    found = names(await wake(handler, tx, lead.subject, lead.at(23)))
    assert [one for one in found if "first_touch" in one] == ["moved first_touch"], "it would have slept until later"
    assert "breached first_touch" in names(await wake(handler, tx, lead.subject, lead.at(25)))
    await read(handler, tx, [say({"since": lead.at(1), "until": lead.at(96)}, at=lead.at(25))])
    found = names(await wake(handler, tx, lead.subject, lead.at(27)))
    assert [one for one in found if "first_touch" in one] == ["moved first_touch"]
    assert (await states(tx))["first_touch.1"] == "running"


async def test_while_no_leave_is_known_nothing_more_is_read(
    handler: Handler, tx: Connection, lead: EventBuilder
) -> None:
    """The clocks are not looked through for their holders, until something was said of somebody."""
    await read(handler, tx, [lead.make(LeadAssigned, at=lead.at(0))])
    given = {"leads": [lead.subject], "touched": [], "staged": [], "reps": ["rep-ben"]}

    async def clocks_read() -> list[bool]:
        plan = (await tx.execute(statement(f"EXPLAIN (ANALYZE, FORMAT TEXT) {store._LOAD}"), given)).all()
        scans = [row[0] for row in plan if re.search(r"(Seq|Index) Scan .*on clock", row[0])]
        return sorted("never executed" not in scan for scan in scans)

    assert await clocks_read() == [False, False, True]
    await read(handler, tx, [lead.make(RepAvailability, subject="rep-kate", rep="rep-kate", at=lead.at(0))])
    assert await clocks_read() == [True, True, True]
