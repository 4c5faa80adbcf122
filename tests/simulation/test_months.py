"""Months lived through the front door: the simulation's own books and what Baton shows are the same, to the cent."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from events.topics import FLOW
from runtime.database.connect import admin
from runtime.database.embedded import EmbeddedPostgres
from runtime.database.statement import statement
from runtime.schema_names import schema_of
from runtime.settings import Settings
from standalone.simulate import Size, make_demo
from testing.answers import LeadsAnswer, UnownedAnswer
from testing.house import Process
from testing.messages import AT_MOST, sent_messages
from testing.ports import free_port
from testing.quarter import UNTIL, SimulatedMonths, fortnight, quarter, simulated
from testing.service import SHIPPED
from testing.waiting import until

__all__ = ["fortnight", "quarter"]
pytestmark = pytest.mark.slow
PACKS = ("weekly_pack", "monthly_review", "quarterly_review")
"""They are mails, one a week and reader (two weeks, in which no month begins)."""


def test_a_fortnights_books_are_the_houses_numbers(fortnight: SimulatedMonths) -> None:
    assert [one.row for one in fortnight.quarter.comparison if one.differs] == []
    assert len(fortnight.quarter.comparison) > 20
    assert len(fortnight.quarter.books.known) > 40


async def streams_of(months: SimulatedMonths) -> list[bytes]:
    """All that its house said, in the order in which each stream has it."""
    query = "SELECT body FROM {schema}.stream_batch ORDER BY topic, p, first_seq"
    with EmbeddedPostgres(months.data) as server:
        async with admin(server.dsn) as connection:
            return [
                body
                for schema in map(schema_of, FLOW)
                for body in (await connection.execute(statement(query.format(schema=schema)))).scalars()
            ]


def test_a_lead_makes_few_messages(fortnight: SimulatedMonths) -> None:
    sent = sent_messages(fortnight)
    assert len(sent.leads) > 20
    assert sent.a_lead <= AT_MOST, f"{sent.a_lead:.2f} a lead: {sent.by_kind}"
    assert {row["channel"] for row in sent.rows if row["kind"] not in PACKS} == {"slack"}, "nobody asked for both"
    assert {row["channel"] for row in sent.rows if row["kind"] in PACKS} <= {"email"}
    packs = Counter(row["to"] for row in sent.rows if row["kind"] in PACKS)
    assert set(packs.values()) == {2}, packs


@pytest.mark.chaos  # two more fortnights
def test_the_same_seed_gives_the_same_numbers(fortnight: SimulatedMonths, tmp_path: Path) -> None:
    again = simulated(tmp_path / "again", days=14, leads=60)
    assert again.quarter.books.in_all() == fortnight.quarter.books.in_all()
    assert asyncio.run(streams_of(again)) == asyncio.run(streams_of(fortnight)), "byte by byte"


@pytest.mark.chaos
def test_a_simulated_house_lives_on_by_the_worlds_clock(fortnight: SimulatedMonths) -> None:
    house = Process(fortnight.data, free_port())
    try:
        house.start()
        leads = house.get("/api/leads?limit=500", LeadsAnswer)["items"]
        assert len(leads) == len(fortnight.quarter.books.known)
        until(lambda: house.get("/api/unowned", UnownedAnswer)["count"] == 0)  # whatever fell due since they ended
    finally:
        assert house.stop() == 0


@pytest.mark.chaos  # some minutes: behind `make chaos`
def test_a_quarters_books_are_the_houses_numbers(quarter: SimulatedMonths) -> None:
    assert [one.row for one in quarter.quarter.comparison if one.differs] == []
    books = quarter.quarter.books
    states = {deal.state for deal in books.deals.values()}
    assert states == {"open", "won", "lost"}
    assert len(books.surveys) > 20
    assert len(books.rejected) >= 5


@pytest.mark.chaos  # the same quarter
def test_a_lead_of_a_quarter_makes_few_messages(quarter: SimulatedMonths) -> None:
    sent = sent_messages(quarter)
    assert len(sent.leads) > 800
    assert sent.a_lead <= AT_MOST, f"{sent.a_lead:.2f} a lead: {sent.by_kind}"


def test_a_demo_is_made_once_and_not_half(tmp_path: Path) -> None:
    size = Size(2, 1, 7, UNTIL)
    settings = Settings(data=tmp_path, agreement=SHIPPED, port=0, _env_file=None)
    asyncio.run(make_demo(tmp_path / "demo", size, settings))
    assert (tmp_path / "demo" / "postgres" / "PG_VERSION").exists()
    assert not (tmp_path / "demo.new").exists()
    before = (tmp_path / "demo" / "keys.json").stat().st_mtime_ns
    asyncio.run(make_demo(tmp_path / "demo", size, settings))
    assert (tmp_path / "demo" / "keys.json").stat().st_mtime_ns == before
