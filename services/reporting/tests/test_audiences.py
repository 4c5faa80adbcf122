"""Who met what is what the touches say, after every batch, however the log was cut, and whoever reads it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from random import Random

import pytest
from services.reporting.tests.conftest import History, golden
from services.reporting.tests.test_content import library

from events import Event
from events.leads import EngagementJudged, EngagementVerdict, LeadErased, LeadMerged
from events.scores import LeadScored
from reporting.decide.audiences import moved_audiences
from reporting.decide.leads import Person, StoredVerdict, Touch
from reporting.decide.rows import Row
from reporting.decide.state import State
from reporting.store.audiences import audiences
from runtime.database.connect import Database
from runtime.database.statement import Statement, statement
from runtime.service import Context
from testing.events import scored_data

from .conftest import standing

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]


def differences(kept: str, counted: str) -> Statement:
    """Rows that one of the two queries gives and the other does not."""
    return statement(f"(({kept}) EXCEPT ({counted})) UNION ALL (({counted}) EXCEPT ({kept}))")


_BY_TOUCHES = """
    SELECT t.lead, t.asset, c.persona, count(*) AS times, min(t.at) AS first_at, max(t.at) AS last_at
    FROM touch t JOIN journey c USING (lead)
    WHERE t.asset IS NOT NULL AND t.side = 'marketing' AND NOT t.machine GROUP BY t.lead, t.asset, c.persona
"""
_KEPT = "SELECT lead, asset, persona, times, first_at, last_at FROM met"
_DIFFERENT = differences(_KEPT, _BY_TOUCHES)
_PEOPLE = statement("SELECT count(*) FROM met")


async def check(database: Database) -> int:
    """How many meetings are kept, which are those of the touches; both ways of adding them up give the same."""
    async with database.begin() as tx:
        assert not list((await tx.execute(_DIFFERENT)).mappings())
        assert await audiences(tx, whole=True) == await audiences(tx, whole=False)
        return int((await tx.execute(_PEOPLE)).scalar_one())


def everything() -> list[Event]:
    """A library, what a machine turns out to have met, who turns out to be another, who is erased and who changes."""
    history = library(golden())
    verdict = EngagementVerdict(machine=True, by="rep-dan", at=history.now)
    history.add(
        EngagementJudged,
        "lead-8",
        history.now,
        {"message_id": "a-5", "kind": "whitepaper", "name": "pdf", "occurred": history.now, "verdict": verdict},
    )
    history.add(LeadMerged, "lead-6", history.now, {"into": "lead-9", "reason": "test"})
    history.add(LeadErased, "lead-1", history.now)
    facts = standing(history.now)["facts"].replaced(function="marketing")  # type: ignore[attr-defined]  # RouteFacts
    history.add(LeadScored, "lead-0", history.now, scored_data({**standing(history.now), "facts": facts}))
    return history.events


@pytest.mark.slow
async def test_who_met_what_is_what_the_touches_say_after_every_batch(
    context: Context, database: Database, fold: Fold
) -> None:
    events, chance, kept = everything(), Random(4), 0
    while events:
        size = chance.randint(1, 30)
        await fold(context, database, events[:size])
        events = events[size:]
        kept = await check(database)
    assert kept == 3, "of five who met one each, one was another and one was a machine"


@pytest.mark.slow
async def test_one_fact_alone_moves_what_it_is_about(context: Context, database: Database, fold: Fold) -> None:
    for event in everything():
        await fold(context, database, [event])
    assert await check(database) == 3


def test_what_of_a_row_counts_a_meeting_anew() -> None:
    at = History().now
    met = Touch("x", "e-1", at, "marketing", "whitepaper", asset="roi")
    cases: list[tuple[Row | None, Row, bool]] = [
        (None, met, True),
        (met, met, False),
        (None, Touch("x", "e-1", at, "marketing", "site_visit"), False),
        (None, Touch("x", "e-1", at, "sales", "call", asset="roi"), False),
        (None, StoredVerdict("x", "e-2", at, "m-1", True, "rep-dan"), True),
        (Person("x", captured_at=at), Person("x", captured_at=at + timedelta(days=1)), False),
        (Person("x"), Person("x", captured_at=at), True),
        (Person("x"), Person("x", merged_into="y"), True),
    ]
    for old, new, moves in cases:
        before, after = State(), State()
        if old is not None:
            before.put(old)
        after.put(new)
        assert moved_audiences(before, after) == (["x"] if moves else []), new
