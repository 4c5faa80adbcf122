"""No route of the API ignores a parameter in silence: what it does not read it refuses, and says what it knows."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr

from agreement import Agreement
from runtime.http.lazy_route import LazyRoute
from runtime.http.parameters import FOR_PROGRAMS
from runtime.process.assembly import Assembly
from runtime.settings import Settings
from standalone.services import SERVICES
from testing.service import SHIPPED

TYPO = "colour"


@pytest.fixture(scope="module")
def app(agreement: Agreement, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    settings = Settings(
        data=tmp_path_factory.mktemp("data"), agreement=Path(SHIPPED), secret=SecretStr("x"), _env_file=None
    )
    return Assembly(settings, agreement, "postgresql://nobody@nowhere/none", SERVICES).app


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """Somebody at this machine, who may do all."""
    async with AsyncClient(
        transport=ASGITransport(app), base_url="http://localhost:8300", headers={"sec-fetch-site": "same-origin"}
    ) as client:
        yield client


def api_routes(app: FastAPI) -> Iterator[tuple[str, LazyRoute]]:
    for route in app.routes:
        if isinstance(route, LazyRoute) and route.path.startswith(FOR_PROGRAMS):
            yield from ((method, route) for method in sorted(route.methods or ()))


async def test_every_route_of_the_api_refuses_a_parameter_that_it_does_not_read(
    app: FastAPI, http: AsyncClient
) -> None:
    """With a pointer to it and the names that it knows. No database is there: nothing was asked before."""
    routes = 0
    for method, route in api_routes(app):
        path = re.sub(r"{[^}]*}", "1", route.path)
        answer = await http.request(method, f"{path}?{TYPO}=red")
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), path
        (error,) = answer.json()["errors"]
        assert error["pointer"] == f"/query/{TYPO}", path
        assert "no parameter of this address; it knows " in error["detail"], path
        routes += 1
    assert routes > 100


@pytest.mark.parametrize(
    ("path", "knows"),
    [
        ("/api/spam", "limit, after, closed"),
        ("/api/funnel", "from, to, range, source, campaign, segment, team, rep, product, compare, mode, by"),
        ("/api/self-assessment", "none"),
        ("/api/history/b", "limit, after"),
        ("/api/export/lanes.csv", "limit, after"),
    ],
)
async def test_the_names_that_a_route_knows_are_those_it_reads(http: AsyncClient, path: str, knows: str) -> None:
    """Whether they stand in the endpoint or in a model of its query."""
    answer = await http.get(f"{path}?{TYPO}=red")
    assert answer.json()["detail"] == f"{TYPO}: is no parameter of this address; it knows {knows}"


async def test_what_is_empty_is_no_parameter_and_each_unknown_one_is_named(http: AsyncClient) -> None:
    several = await http.get("/api/spam?state=closed&limit=5&colour=&size=3")
    assert [one["pointer"] for one in several.json()["errors"]] == ["/query/state", "/query/size"]
    many = await http.get("/api/spam?" + "&".join(f"x{number}=1" for number in range(1000)))
    assert len(many.json()["errors"]) == 20, "an answer is not longer for it"


async def test_who_may_not_come_in_is_told_so_first(http: AsyncClient) -> None:
    answer = await http.get(f"/api/spam?{TYPO}=red", headers={"x-forwarded-for": "192.0.2.1"})
    assert answer.status_code == 401


async def test_what_marketing_tools_add_to_an_address_that_is_none_of_the_api_is_theirs(http: AsyncClient) -> None:
    assert (await http.get("/healthz?utm_source=ad&gclid=1")).status_code == 200
