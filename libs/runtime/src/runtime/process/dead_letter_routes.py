"""Dead letters over HTTP: look at one, try again, try all like it, drop. What `baton dead-letters` does."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import RedirectResponse, Response

from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.errors import Refused
from runtime.http.access import Caller, require
from runtime.http.audit import describe
from runtime.http.lazy_route import LazyRoute
from runtime.http.page_forms import page_form
from runtime.http.problems import Malformed
from runtime.http.tokens import local_path
from runtime.lanes import dead_letters

BACK: Final = "/operations#dead"
_MOST_WORDS: Final = 1000
_NEWEST: Final = 2**63 - 1
LetterId = Annotated[int, Path(ge=1, le=_NEWEST)]
LetterChange = Callable[[Connection, int, dict[str, str]], Awaitable[list[int]]]


class NoSuchLetter(Refused):
    """There is no open dead letter of this number."""

    status = 404


def router(service: str, database: Database) -> APIRouter:
    """`/api/dead-letters/{service}/{identity}`, and what can be done about it; answers a form with a way back."""
    routes = APIRouter(route_class=LazyRoute, prefix=f"/api/dead-letters/{service}", tags=["operations"])

    @routes.get("/{identity}", summary="A dead letter with its payload", dependencies=[Depends(require("admin"))])
    async def one(identity: LetterId) -> dict[str, Any]:
        async with database.begin() as tx:
            letter = await dead_letters.show(tx, identity)
        if letter is None:
            raise NoSuchLetter(f"{service} has no dead letter {identity}")
        return {"service": service, **letter, "body": _readable(letter["body"])}

    _add(routes, database, "retry", "tried a dead letter again", _retry)
    _add(routes, database, "retry-like", "tried dead letters again", _retry_like)
    _add(routes, database, "drop", "dropped a dead letter", _drop)
    return routes


def _add(routes: APIRouter, database: Database, act: str, words: str, change: LetterChange) -> None:
    service = routes.prefix.rsplit("/", 1)[-1]

    @routes.post(f"/{{identity}}/{act}", summary=words.capitalize(), name=act)
    async def changed(
        identity: LetterId, request: Request, caller: Annotated[Caller, Depends(require("admin"))]
    ) -> Response:
        given, is_form = await _given(request, caller)
        async with database.begin() as tx:
            ids = await change(tx, identity, given)
        if not ids:
            raise NoSuchLetter(f"{service} has no open dead letter {identity}")
        describe(request.scope, [(words, f"{service}/{one}", None) for one in ids])
        if is_form:
            return RedirectResponse(local_path(given.get("back")) or BACK, 303)
        return Response(orjson.dumps({"ids": ids}), media_type="application/json")


async def _retry(tx: Connection, identity: int, given: dict[str, str]) -> list[int]:
    return await dead_letters.request_retry(tx, [identity])


async def _retry_like(tx: Connection, identity: int, given: dict[str, str]) -> list[int]:
    return await dead_letters.request_retry(tx, await dead_letters.like(tx, identity))


async def _drop(tx: Connection, identity: int, given: dict[str, str]) -> list[int]:
    reason = given.get("reason", "").strip()[:_MOST_WORDS]
    if not reason:
        raise Malformed("say why: whoever asks later reads it", errors=[{"pointer": "/reason", "detail": "is empty"}])
    return await dead_letters.drop(tx, [identity], reason)


async def _given(request: Request, caller: Caller) -> tuple[dict[str, str], bool]:
    """Fields of a form or of a JSON object; a form of somebody signed in must bring the token of the session."""
    fields = await page_form(request, caller)
    if fields is not None:
        return fields, True
    try:
        read = orjson.loads(await request.body() or b"{}")
    except orjson.JSONDecodeError as error:
        raise Malformed("the body is no JSON") from error
    known = read.items() if isinstance(read, dict) else ()
    return {str(key): value for key, value in known if isinstance(value, str)}, False


def _readable(body: object) -> Any:
    """The payload as JSON where it is some, else as text."""
    raw = bytes(body) if isinstance(body, bytes | memoryview) else b""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw.decode("utf-8", "replace")
