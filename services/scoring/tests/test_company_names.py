"""How a company is called, as it is stored: a name that is there is a name, whatever it says."""

import pytest
from services.scoring.tests.conftest import LeadEvents

from events.scores import LeadScored
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.service import Context
from scoring.service import SERVICE
from testing.events import of_type
from testing.service import batch


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
