"""The first touch of each lead is that of all its touches, after every batch, whatever comes late or is judged."""

from datetime import timedelta
from random import Random

from services.reporting.tests.conftest import History
from services.reporting.tests.test_audiences import Fold, differences, everything

from events import Event
from events.leads import EngagementJudged, EngagementVerdict
from runtime.database.connect import Database
from runtime.database.statement import statement
from runtime.service import Context
from testing.events import NOON

_OF_ALL = """
    SELECT DISTINCT ON (lead) lead, event, at, side FROM touch WHERE NOT machine ORDER BY lead, at, event
"""
_KEPT = "SELECT lead, event, at, side FROM first_touch"
_DIFFERENT = differences(_KEPT, _OF_ALL)
_FIRST = statement("SELECT at FROM first_touch WHERE lead = 'ann'")


async def check(database: Database) -> None:
    async with database.begin() as tx:
        assert not list((await tx.execute(_DIFFERENT)).mappings())


async def test_what_is_kept_is_what_the_touches_say_after_every_batch(
    context: Context, database: Database, fold: Fold
) -> None:
    events, chance = everything(), Random(4)
    while events:
        size = chance.randint(10, 60)
        await fold(context, database, events[:size])
        events = events[size:]
        await check(database)


async def test_what_comes_late_or_is_judged_again_may_be_the_first(
    context: Context, database: Database, fold: Fold
) -> None:
    history = History()

    def met(days: int, message: str, *, machine: bool = False) -> Event:
        at = NOON - timedelta(days=days)
        return history.engaged("ann", at, "email_click", message_id=message, machine=machine)

    def judged(message: str, *, machine: bool) -> Event:
        verdict = EngagementVerdict(machine=machine, by="rep-dan", at=NOON)
        data = {"message_id": message, "kind": "email_click", "name": "click", "occurred": NOON, "verdict": verdict}
        return history.add(EngagementJudged, "ann", NOON, data)

    history.captured("ann", NOON, email="ann@b.example", name="Ann", company="B", source=None)
    first = history.events[-1]
    for event, days in (
        ([first, met(2, "m-2"), met(1, "m-1")], 2),
        ([met(4, "m-4", machine=True), met(3, "m-3")], 3),
        ([judged("m-4", machine=False)], 4),
        ([judged("m-4", machine=True), judged("m-3", machine=True)], 2),
        ([judged(one, machine=True) for one in ("m-1", "m-2")], None),
        ([judged("m-1", machine=False)], 1),
    ):
        await fold(context, database, event)
        await check(database)
        async with database.begin() as tx:
            at = (await tx.execute(_FIRST)).scalar_one_or_none()
        assert at == (None if days is None else NOON - timedelta(days=days))
