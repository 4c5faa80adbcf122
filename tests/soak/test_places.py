"""The soak finds leads that are in no place: its check is seen failing."""

import asyncio

from tests.soak.verdict import left_behind

from runtime.database.connect import admin
from testing.servers import execute

PERSON = "INSERT INTO reporting.person (lead, facts, historical) VALUES ('{0}', '{{}}', false)"
PLACE = """
    INSERT INTO reporting.place (lead, cycle, accepted, closed, stage, status, owner, segment, why)
    VALUES ('{0}', 1, false, false, {1})
"""
PLACES = {
    "with a rep": "'mql', 'assigned', 'rep-dan', NULL, 'x'",
    "new": "'lead', 'new', NULL, NULL, NULL",
    "in a segment": "'lead', 'nurture', NULL, '1', 'x'",
}
LEFT_BEHIND = {
    "assigned to nobody": "'mql', 'assigned', NULL, NULL, 'x'",
    "in no segment": "'lead', 'nurture', NULL, NULL, 'x'",
    "an owner who does not have it": "'lead', 'nurture', 'rep-dan', '1', 'x'",
    "nobody's, and no reason": "'lead', 'suppressed', NULL, NULL, NULL",
}


def test_leads_in_no_place_are_found(house_dsn: str) -> None:
    for lead, place in (PLACES | LEFT_BEHIND).items():
        name = lead.replace("'", "")
        execute(house_dsn, PERSON.format(name), PLACE.format(name, place))

    async def check() -> list[str]:
        async with admin(house_dsn) as tx:
            return await left_behind(tx)

    problems = asyncio.run(check())
    assert [one.partition(" is left behind: ")[0] for one in problems] == sorted(
        lead.replace("'", "") for lead in LEFT_BEHIND
    )
