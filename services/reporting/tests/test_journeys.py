"""A journey is what its lead's rows say, at every moment: after each batch, of the whole world, however it was cut."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from random import Random

import pytest
from msgspec.structs import replace
from services.reporting.tests.conftest import History, golden
from services.reporting.tests.test_counts import world

from events import Event
from events.leads import LeadErased, LeadMerged
from reporting.decide.handoffs import StageEntry
from reporting.decide.journeys import moved_journeys
from reporting.decide.leads import Person, Touch
from reporting.decide.positions import Position
from reporting.decide.rows import Row
from reporting.decide.state import State
from runtime.database.connect import Database
from runtime.database.statement import statement
from runtime.service import Context

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]
_DIFFERENT = statement("""
    (TABLE journey EXCEPT TABLE journey_now) UNION ALL (TABLE journey_now EXCEPT TABLE journey)
""")
_OTHERS = statement("""
    SELECT deal, primary_lead, p.lead FROM deal JOIN primary_contact p USING (deal)
    WHERE primary_lead IS DISTINCT FROM p.lead
""")
_STRAYS = statement("""
    WITH known AS (
        SELECT lead FROM person UNION SELECT lead FROM place UNION SELECT lead FROM entry
        UNION SELECT lead FROM assignment UNION SELECT lead FROM answer),
    strays AS (SELECT lead FROM known EXCEPT SELECT lead FROM journey)
    (TABLE stray EXCEPT TABLE strays) UNION ALL (TABLE strays EXCEPT TABLE stray)
""")
_JOURNEYS = statement("SELECT * FROM journey ORDER BY lead")


async def differences(database: Database) -> list[object]:
    async with database.begin() as tx:
        results = [await tx.execute(one) for one in (_DIFFERENT, _OTHERS, _STRAYS)]
        return [row for rows in results for row in rows.mappings()]


async def test_journeys_are_what_the_rows_say_after_every_batch(
    context: Context, database: Database, fold: Fold
) -> None:
    events, chance = world().events, Random(4)
    while events:
        size = chance.randint(20, 60)
        await fold(context, database, events[:size])
        events = events[size:]
        assert not await differences(database), len(events)
    async with database.begin() as tx:
        assert len(list((await tx.execute(_JOURNEYS)).mappings())) == 12, (
            "13 leads, of whom one turned out to be another"
        )


async def test_whose_deal_it_is_follows_who_turned_out_to_be_another(
    context: Context, database: Database, fold: Fold
) -> None:
    history = golden()
    history.add(LeadMerged, "lead-0", history.now, {"into": "lead-9", "reason": "test"})
    await fold(context, database, history.events)
    assert not await differences(database)
    async with database.begin() as tx:
        whose = (await tx.execute(statement("SELECT lead FROM deal_card WHERE deal = 'd-lead-0'"))).scalar_one()
    assert whose == "lead-9"


async def test_who_is_erased_says_nothing_of_where_they_heard_of_us(
    context: Context, database: Database, fold: Fold
) -> None:
    history = golden()
    history.add(LeadErased, "lead-1", history.now)
    await fold(context, database, history.events)
    assert not await differences(database)


async def test_one_fact_alone_moves_the_journey_that_it_is_about(
    context: Context, database: Database, fold: Fold
) -> None:
    history = golden()
    await fold(context, database, history.events)
    then = len(history.events)
    history.add(LeadMerged, "lead-0", history.now, {"into": "lead-9", "reason": "test"})
    history.add(LeadErased, "lead-1", history.now)
    history.add(LeadErased, "lead-1", history.now + timedelta(days=1))
    for event in history.events[then:]:
        await fold(context, database, [event])
        assert not await differences(database), event.type_name()


def test_what_of_a_row_makes_a_journey_anew() -> None:
    at = History().now
    entry = StageEntry("x", 1, "mql", at, "e-1")
    touch = Touch("x", "e-1", at, "sales", "call")
    place = Position("x")
    cases: list[tuple[Row | None, Row, bool]] = [
        (entry, replace(entry, withdrawn=True), True),
        (entry, replace(entry, implied=True), True),
        (entry, entry, False),
        (None, touch, True),
        (None, replace(touch, side="marketing"), False),
        (place, replace(place, closed=True), True),
        (place, replace(place, owner="rep-dan"), False),
        (Person("x", email=None), Person("x", erased_at=at), True),
        (Person("x"), Person("x", merged_into="y"), True),
    ]
    for old, new, moves in cases:
        before, after = State(), State()
        if old is not None:
            before.put(old)
        after.put(new)
        moved = moved_journeys(before, after)
        assert bool(moved.leads) is moves, new
        assert bool(moved.introduced) is (isinstance(new, Person) and new.merged_into is not None), new


@pytest.mark.parametrize(
    ("person", "moves"),
    [
        (Person("x", captured_at=History().now), True),
        (Person("x", first_seen=History().now), False),
        (Person("x", source="google"), True),
    ],
)
def test_only_what_is_counted_makes_a_journey_anew(person: Person, moves: bool) -> None:
    before, after = State(), State()
    before.put(Person("x"))
    after.put(person)
    assert moved_journeys(before, after).leads == (frozenset({"x"}) if moves else frozenset())
