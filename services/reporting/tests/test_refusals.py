"""What is refused is pointed at by the name that was given, whatever made it impossible."""

import pytest
from httpx import AsyncClient

from reporting.filters import cursor

REFUSALS = {
    "/api/funnel?from=2999-01-01": "/query/from",
    "/api/leads?credited=nobody": "/query/credited",
    "/api/funnel?source=a%00": "/query/source",
    "/api/deals/%00": "/path/deal",
    "/api/attribution?deals_after=bm8": "/query/deals_after",
    f"/api/attribution?deals_after={cursor('0001-01-01T00:00:00+14:00', 'a', 'b')}": "/query/deals_after",
    f"/api/leads?sort=first_seen&after={cursor('9999-12-31T23:00:00-12:00', 'a')}": "/query/after",
    f"/api/deals?after={cursor(2**63 - 1)}": "/query/after",
}


@pytest.mark.parametrize(("path", "pointer"), REFUSALS.items())
async def test_a_refusal_points_at_what_was_given(web: AsyncClient, path: str, pointer: str) -> None:
    answer = await web.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    assert {one["pointer"] for one in answer.json()["errors"]} == {pointer}
