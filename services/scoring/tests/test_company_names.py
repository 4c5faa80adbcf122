"""How a company is called, as it is stored: a name that is there is a name, whatever it says."""

import asyncio
from dataclasses import replace

import pytest
from services.scoring.tests.conftest import LeadEvents

from events.scores import LeadScored
from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.database.parts import save
from runtime.database.statement import statement
from runtime.service import Context
from scoring.decide import State, Terms, decide
from scoring.service import SERVICE
from scoring.store import leads as store
from testing.events import NOON, of_type
from testing.service import batch
from testing.waiting import eventually


@pytest.mark.parametrize(("stored", "unclear"), [("", ()), ("Alpha GmbH", ("company",))])
async def test_who_joins_a_company_that_has_a_name_does_not_name_it_again(
    events: LeadEvents, context: Context, tx: Connection, stored: str, unclear: tuple[str, ...]
) -> None:
    """Else its batch would be read again for ever: an empty name contradicts nobody, and stays."""
    handler = SERVICE.build(context).handler
    assert handler is not None
    name = statement("INSERT INTO company_name VALUES ('small-relay.example', :name)")
    await tx.execute(name, {"name": stored})
    facts = await handler(batch([events.captured(email="ann@small-relay.example", company="Beta Inc")]), tx)
    (score,) = of_type(list(facts), LeadScored.Data)
    assert score.standing is not None
    assert score.standing.facts.unclear == unclear
    names = (await tx.execute(statement("SELECT name FROM company_name"))).scalars()
    assert list(names) == [stored]


async def test_lanes_that_name_the_same_companies_wait_for_each_other_and_never_both(
    database: Database, terms: Terms
) -> None:
    """Each takes the names in one order, whatever the order of its newcomers; else PostgreSQL would end one of them."""

    async def name(*domains: str) -> None:
        named = replace(decide(State(), (), terms, now=NOON), names=dict.fromkeys(domains, "Alpha"))
        async with database.begin() as tx:
            await save(tx, store.parts(named))

    async def waiting(lanes: int) -> bool:
        async with database.begin() as tx:
            query = statement("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            return int((await tx.execute(query)).scalar_one()) == lanes

    first = await database.connect()
    try:
        async with first.begin() as transaction:
            await first.execute(statement("INSERT INTO company_name VALUES ('m.example', 'Alpha')"))
            lanes = [asyncio.create_task(name("z.example", "m.example", "a.example"))]
            await eventually(lambda: waiting(1))
            lanes.append(asyncio.create_task(name("a.example", "z.example")))
            await eventually(lambda: waiting(2))
            await transaction.rollback()
        assert await asyncio.gather(*lanes, return_exceptions=True) == [None, None]
    finally:
        await first.close()
