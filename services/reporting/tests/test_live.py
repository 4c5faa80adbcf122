"""News by subject: who hears what, what a page missed, and one rendering for many open pages."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import pytest

from events import Event
from reporting.pages import live
from reporting.pages.fragments import FragmentCache
from reporting.pages.live import LiveUpdates, SubjectReader, Subjects
from reporting.store.freshness import LanePositions, freshness
from runtime.database.connect import Database, admin
from runtime.database.statement import statement
from runtime.service import Context
from testing.waiting import PATIENCE

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]
_MOVE = statement("UPDATE reporting.lane_input SET last_seq = :seq WHERE topic = :topic AND p = :lane")


class Views:
    """Stands for the views: how far they are, and what moved them."""

    def __init__(self) -> None:
        self.number, self.subjects = 3, frozenset[str]()

    async def look(self) -> int:
        return self.number

    async def read(self) -> tuple[int, Subjects | None]:
        return self.number, self.subjects

    def move(self, *subjects: str) -> None:
        self.number, self.subjects = self.number + 1, frozenset({"numbers", *subjects})


async def test_news_reach_every_page_that_is_behind_and_streams_end_with_the_house(database: Database) -> None:
    number = 3
    stop = asyncio.Event()

    async def look() -> int:
        async with database.begin() as tx:
            return number + await freshness(tx)

    updates = LiveUpdates(look, every=0.01)
    running = asyncio.create_task(updates.run(stop))
    behind, level = updates.news(2), updates.news(3)
    async with asyncio.timeout(PATIENCE):
        assert [(await anext(stream)).event for stream in (behind, level)] == ["hello", "hello"]
        caught_up = [await anext(behind), await anext(behind)]
        assert [(one.event, one.id) for one in caught_up] == [("numbers", "3"), ("news", "3")]
        waiting = [asyncio.ensure_future(anext(stream)) for stream in (behind, level)]
        number = 7
        assert [(await one).id for one in waiting] == ["7", "7"]
        stop.set()
        await running
        assert {event.event for event in [one async for one in behind]} <= {"news"}


async def test_a_page_hears_of_its_own_subjects_only() -> None:
    views, stop = Views(), asyncio.Event()
    updates = LiveUpdates(views.look, views.read, every=0.001)
    running = asyncio.create_task(updates.run(stop))
    lead, desk = updates.news(3, {"lead:x"}), updates.news(3, {"numbers", "inbox:rep-dan"})
    async with asyncio.timeout(PATIENCE):
        assert [(await anext(stream)).event for stream in (lead, desk)] == ["hello", "hello"]
        while updates.seen is None:
            await asyncio.sleep(0)
        at_the_lead = asyncio.ensure_future(anext(lead))
        views.move("lead:y", "inbox:rep-dan")
        assert [(await anext(desk)).event for _ in range(3)] == ["inbox:rep-dan", "numbers", "news"]
        assert not at_the_lead.done()
        views.move("lead:x")
        assert ((await at_the_lead).event, (await anext(lead)).event) == ("lead:x", "news")
        away = updates.news(3, {"lead:y"})
        assert [(await anext(away)).event for _ in range(3)] == ["hello", "lead:y", "news"], "missed while away"
        stop.set()
        await running


async def test_what_events_were_about_is_read_from_the_story(
    context: Context, database: Database, fold: Fold, history: list[Event]
) -> None:
    reader = SubjectReader(database)
    assert await reader() == (0, None), "nobody knows what was before"
    await fold(context, database, history)
    offer = next(one for one in history if one.topic == "handoffs" and one.subject == "lead-0")
    topic, lane, seq = offer.id.split("/")
    for stands in (int(seq) - 1, int(seq)):
        was = await reader()
        async with admin(database.dsn) as tx, tx.begin():
            await tx.execute(_MOVE, {"topic": topic, "lane": int(lane), "seq": stands})
    assert was[0] == int(seq) - 1
    number, subjects = await reader()
    assert number == int(seq)
    assert subjects == frozenset({"numbers", "lead:lead-0", "inbox:rep-dan"})
    assert await reader() == (number, frozenset({"numbers"}))


async def test_what_many_ask_at_once_is_made_once() -> None:
    made: list[int] = []
    cache = FragmentCache(most=2)

    async def make() -> int:
        made.append(len(made))
        await asyncio.sleep(0)
        return len(made)

    assert await asyncio.gather(*(cache.get("a", make) for _ in range(5))) == [1] * 5
    assert [await cache.get(key, make) for key in ("b", "a", "c", "b")] == [2, 1, 3, 4], "used longest ago goes first"


async def test_what_failed_is_made_again() -> None:
    tries: list[int] = []
    cache = FragmentCache()

    async def make() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError
        return "made"

    with pytest.raises(ValueError, match=r"^$"):
        await cache.get("a", make)
    assert await cache.get("a", make) == "made"


async def test_news_go_on_when_the_database_was_away() -> None:
    """Whatever the driver raises then: the house does not stop by it, and pages hear what moved meanwhile."""
    away: list[Exception] = [asyncpg.InternalClientError("lost"), asyncpg.ConnectionDoesNotExistError(), TimeoutError()]
    views, stop = Views(), asyncio.Event()

    async def look() -> int:
        if views.number > 3 and away:
            raise away.pop()
        return views.number

    updates = LiveUpdates(look, views.read, every=0.01)
    running = asyncio.create_task(updates.run(stop))
    page = updates.news(3)
    async with asyncio.timeout(PATIENCE):
        assert (await anext(page)).event == "hello"
        while updates.seen is None:
            await asyncio.sleep(0.01)
        views.move("lead:1")
        assert (await anext(page)).id == "4"
        assert not away
        stop.set()
        await running
        await page.aclose()


async def test_what_moved_while_the_database_was_away_is_told_with_its_subjects(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, questions = SubjectReader(database), list[tuple[LanePositions, LanePositions]]()

    async def people(_tx: object, before: LanePositions, now: LanePositions) -> tuple[list[str], list[str]]:
        questions.append((before, now))
        if len(questions) == 1:
            raise asyncpg.InternalClientError("lost")
        return [], []

    monkeypatch.setattr(live, "people_between", people)
    await reader()
    with pytest.raises(asyncpg.InternalClientError):
        await reader()
    async with admin(database.dsn) as tx, tx.begin():
        await tx.execute(_MOVE, {"seq": 5, "topic": "leads", "lane": 0})
    await reader()
    assert [before for before, _ in questions] == [questions[0][0]] * 2
    assert questions[1][1] != questions[0][0]
