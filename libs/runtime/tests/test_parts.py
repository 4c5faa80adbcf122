"""What is saved as one statement: a part that must be complete is, or nothing is kept and nobody is blamed for it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from events import Fact
from events.topics import partition
from probe.bench import LANES, Bench, engagement, taken
from probe.service import HANDLES
from runtime.database.connection import Connection
from runtime.database.parts import Aborted, keep, save
from runtime.errors import Stale
from runtime.lanes.lane import Lane
from runtime.lanes.read_batch import Poisoned
from runtime.process.assembly import Assembly
from runtime.service import Components, Service
from runtime.values import Batch, Parts
from testing.statements import statements_of

LEAD: Final = "lead-0"
LANE: Final = partition(LEAD, LANES)
NAMES: Final = """
    INSERT INTO tally SELECT given, 1, 'c' FROM unnest(CAST(:{array} AS text[])) AS given
    ON CONFLICT (subject) DO UPDATE SET n = tally.n + 1 WHERE tally.n < 5 RETURNING subject
"""
"""Passes over who was met five times."""
DIVIDED: Final = "INSERT INTO tally SELECT 'quotient', 1 / CAST(:divisor AS int), 'c'"


def parts(names: Mapping[str, Sequence[str]], complete: Sequence[str] = (), *, divisor: int | None = None) -> Parts:
    """A part for each array of names; those in `complete` must be."""
    expressions = {f"{array}_part": NAMES.format(array=array) for array in names}
    values: dict[str, object] = {array: list(some) for array, some in names.items()}
    if divisor is not None:
        expressions["divided"], values["divisor"] = DIVIDED, divisor
    return Parts(expressions, values, {f"{array}_part": array for array in complete})


async def met(bench: Bench, **times: int) -> None:
    for name, n in times.items():
        await bench.change("scoring", "INSERT INTO tally VALUES (:name, :n, 'c')", name=name, n=n)


async def kept(bench: Bench) -> Mapping[str, int]:
    return {row.subject: row.n for row in await bench.rows("scoring", "SELECT subject, n FROM tally")}


async def saved(bench: Bench, some: Parts) -> int:
    """Saves them in a transaction; returns how many statements that took."""
    async with bench.databases["scoring"].begin() as tx:
        with statements_of(tx) as seen:
            await save(tx, some)
    return len(seen)


@pytest.mark.parametrize("names", [["a"], ["a", "b"], ["b", "old"], []])
async def test_what_is_complete_is_kept_by_one_statement(postgres_bench: Bench, names: list[str]) -> None:
    await met(postgres_bench, old=4)
    assert await saved(postgres_bench, parts({"some": names}, ["some"])) == 1
    expected = {"old": 4} | dict.fromkeys(names, 1) | ({"old": 5} if "old" in names else {})
    assert await kept(postgres_bench) == expected


@pytest.mark.parametrize("complete", [["some"], ["others"], ["some", "others"], ["others", "some"]])
@pytest.mark.parametrize("short", ["some", "others"])
async def test_nothing_is_kept_where_a_part_that_must_be_complete_is_not(
    postgres_bench: Bench, short: str, complete: list[str]
) -> None:
    """What other parts pass over is not looked at."""
    await met(postgres_bench, full=5)
    given = {"some": ["a", "b"], "others": ["c", "d"]}
    given[short] = ["full", *given[short]]
    all_parts = parts(given, complete)
    if short in complete:
        with pytest.raises(Stale):
            await saved(postgres_bench, all_parts)
        assert await kept(postgres_bench) == {"full": 5}
    else:
        await saved(postgres_bench, all_parts)
        assert await kept(postgres_bench) == {"full": 5, "a": 1, "b": 1, "c": 1, "d": 1}


@pytest.mark.parametrize("complete", [[], ["some"]])
async def test_what_cannot_be_computed_is_not_taken_for_another_lanes_doing(
    postgres_bench: Bench, complete: list[str]
) -> None:
    """Taken for that, it would be read again for ever, and no input would be blamed."""
    with pytest.raises(asyncpg.DivisionByZeroError):
        await saved(postgres_bench, parts({"some": ["a"]}, complete, divisor=0))
    assert await kept(postgres_bench) == {}
    await saved(postgres_bench, parts({"some": ["a"]}, complete, divisor=1))
    assert await kept(postgres_bench) == {"a": 1, "quotient": 1}


async def test_nothing_to_save_is_no_statement(postgres_bench: Bench) -> None:
    assert await saved(postgres_bench, Parts()) == 0


def test_parts_that_take_in_others_demand_what_those_demand() -> None:
    both = parts({"some": ["a"]}, ["some"])
    both.add(parts({"others": ["b"]}, ["others"]))
    assert both == parts({"some": ["a"], "others": ["b"]}, ["some", "others"])


class Saver:
    """Saves what it is given, with the batch's last statement or by itself."""

    handles = HANDLES

    def __init__(self, saves: Parts) -> None:
        self._saves = saves

    async def __call__(self, batch: Batch, tx: Connection) -> Sequence[Fact]:
        await keep(tx, batch, self._saves)
        return ()


@pytest.mark.parametrize("joins", [True, False])
@pytest.mark.parametrize(
    ("some", "raised"),
    [
        (parts({"some": ["a"]}, ["some"], divisor=0), Poisoned),
        (parts({"some": ["a", "full"]}, ["some"], divisor=1), Stale),
        (parts({"some": ["a", "full"]}, divisor=1), None),
        (parts({"some": ["a"]}, ["some"], divisor=1), None),
    ],
    ids=["cannot be computed", "not complete", "need not be", "complete"],
)
async def test_a_batch_is_read_again_only_where_what_it_rests_on_has_changed(
    postgres_bench: Bench, joins: bool, some: Parts, raised: type[Exception] | None
) -> None:
    await met(postgres_bench, full=5)
    await postgres_bench.write(engagement(LEAD, 1))
    service = Service("scoring", "probe", lambda _: Components(handler=Saver(some), joins=joins))
    assembly = Assembly(postgres_bench.settings, postgres_bench.agreement, postgres_bench.dsn, [service])
    worker = assembly.running[0].worker
    token = {one.p: one for one in await taken(worker._leases)}[LANE].token
    lane = Lane(LANE, token)
    connection = await postgres_bench.databases["scoring"].connect()
    try:
        async with connection.begin():
            await lane.learn(connection, alone=True)
        if raised is None:
            assert await worker._visits._processor.process(connection, lane)
        else:
            with pytest.raises(raised):
                await worker._visits._processor.process(connection, lane)
    finally:
        await connection.close()
        await worker.context.database.close()
    expected = {"full": 5} if raised else {"full": 5, "a": 1, "quotient": 1}
    assert await kept(postgres_bench) == expected
    (row,) = await postgres_bench.rows(
        "scoring", "SELECT last_seq FROM lane_input WHERE p = :p AND topic = 'leads'", p=LANE
    )
    assert row.last_seq == (0 if raised else 1)


def test_no_other_sql_aborts_as_an_incomplete_part_does() -> None:
    """Only files of these places hold SQL."""
    assert Aborted.sqlstate == "2201E"
    root = Path(__file__).parents[3]
    stores = [*root.glob("services/*/src/*/store/**/*.py"), *root.glob("services/*/src/*/store.py")]
    sources = [*stores, *root.glob("libs/runtime/src/**/*.py")]
    assert len(sources) > 100
    logarithm = re.compile(r"\b(ln|log|log10)\(")
    assert [one.name for one in sources if logarithm.search(one.read_text())] == ["parts.py"]
