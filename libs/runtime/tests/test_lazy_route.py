"""A lazy route says and does what FastAPI's own does, and is made whole only when somebody asks."""

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, Query
from fastapi.exceptions import FastAPIError
from fastapi.routing import APIRoute
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel

from runtime.http.lazy_route import LazyRoute, add_routes

calls: list[str] = []


class Page(BaseModel):
    limit: Annotated[int, Query(ge=1)] = 10


def note() -> None:
    calls.append("guard")


def router_of(kind: type[APIRoute]) -> APIRouter:
    router = APIRouter(route_class=kind, prefix="/api", tags=["all"], dependencies=[Depends(note)])

    @router.get("/leads/{lead}", summary="One lead")
    async def one(lead: str, page: Annotated[Page, Query()]) -> dict[str, object]:
        return {"lead": lead, "limit": page.limit}

    @router.get("/leads/{lead:path}/more", include_in_schema=False, status_code=202)
    async def more(lead: str) -> str:
        return lead

    @router.post("/leads")
    async def add(page: Page) -> Page:
        return page

    return router


def lazy() -> FastAPI:
    app = FastAPI()
    add_routes(app, router_of(LazyRoute))
    return app


def eager() -> FastAPI:
    app = FastAPI()
    app.include_router(router_of(APIRoute))
    return app


def whole(app: FastAPI) -> list[str]:
    return [route.path for route in app.routes if isinstance(route, LazyRoute) and "dependant" in vars(route)]


def test_both_describe_the_same_contract() -> None:
    assert lazy().openapi() == eager().openapi()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/leads/ana?limit=3", None), ("GET", "/api/leads/ana?limit=0", None),
        ("GET", "/api/leads/a/b/more", None), ("POST", "/api/leads", {"limit": 2}),
        ("POST", "/api/leads", {"limit": "x"}),
        ("PUT", "/api/leads", None), ("GET", "/api/leads/ana/", None), ("GET", "/nowhere", None),
    ],
)  # fmt: skip
async def test_both_answer_alike_and_ask_their_guards(method: str, path: str, body: object) -> None:
    answers = []
    for app in (lazy(), eager()):
        calls.clear()
        async with AsyncClient(transport=ASGITransport(app=app), base_url="http://localhost") as client:
            answer = await client.request(method, path, json=body)
        answers.append((answer.status_code, answer.content, answer.headers.get("allow"), [*calls]))
    assert answers[0] == answers[1]


async def test_only_what_was_asked_for_is_made_whole() -> None:
    app = lazy()
    assert whole(app) == []
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://localhost") as client:
        await client.get("/api/leads/ana")
    assert whole(app) == ["/api/leads/{lead}"]


def test_what_a_route_has_not_is_no_endless_search() -> None:
    with pytest.raises(AttributeError, match="no such_thing"):
        _ = lazy().routes[-1].such_thing  # type: ignore[attr-defined]


def test_what_is_wrong_with_a_route_is_said_each_time() -> None:
    def endpoint(one: APIRouter) -> None:
        """No request has such a parameter."""

    route = LazyRoute("/wrong", endpoint)
    for _ in range(2):
        with pytest.raises(FastAPIError):
            _ = route.dependant
