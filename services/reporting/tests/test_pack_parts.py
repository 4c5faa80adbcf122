"""What later facts may change of a pack is counted again, and nothing else."""

from datetime import date

from httpx import AsyncClient
from services.reporting.tests.test_packs import WEEK, http, packs

from events import Event
from reporting.decide.periods import PackPeriod
from reporting.reports.pack_parts import CLOSED_PARTS, closed_parts, parts_of
from reporting.reports.report import open_scope
from runtime.service import Context
from testing.statements import statements_of

__all__ = ["http", "packs"]


async def test_what_is_compared_with_a_pack_are_its_closed_parts_alone(
    house: Context,
    http: AsyncClient,  # the fixture
    packs: list[Event],  # the fixture
) -> None:
    """Their figures are those of the whole pack, and no promise is counted for them."""
    with statements_of() as queries:
        (await http.get(f"/api/packs/{WEEK}")).raise_for_status()
    assert not [one for one in queries if "FROM outcome o" in one]
    period = PackPeriod("week", date(2026, 7, 20), date(2026, 7, 27))
    async with open_scope(house) as scope:
        every, closed = await parts_of(scope, period, None), await closed_parts(scope, period, None)
    assert [(one.name, one.figures) for one in closed] == [
        (one.name, one.figures) for one in every if one.name in CLOSED_PARTS
    ]
    assert [one.name for one in closed] == [*CLOSED_PARTS]
