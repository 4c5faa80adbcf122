"""The HTTP edge of every service: one shape of refusal, limits on received bytes, health, metrics, who is calling."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import asyncpg
import structlog
import uuid_utils
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.dependencies import models as dependency_models
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_compress import CompressMiddleware, remove_compress_type

from runtime.database.fates import is_transient
from runtime.errors import InputProblem, Refused
from runtime.http import docs
from runtime.http.access import Doorkeeper, require
from runtime.http.access_keys import Keys
from runtime.http.audit import AuditWriter
from runtime.http.lazy_route import LazyRoute, add_routes
from runtime.http.parameters import WithoutEmpty
from runtime.http.problems import (
    NO_VALUE,
    Forbidden,
    Malformed,
    Overloaded,
    TooLarge,
    Unauthorised,
    UnknownPage,
    pointer,
    problem,
    refused_answer,
    unstorable,
)
from runtime.observe.describe import describe
from runtime.settings import Settings

log = structlog.get_logger()
remove_compress_type("text/event-stream")  # each piece of news leaves as it is, at once
BODY_LIMIT: Final = 1024 * 1024
Check = Callable[[], Awaitable[str | None]]
"""None when all is well, else what is wrong."""
RefusalPage = Callable[[Request, Refused], Awaitable[Response]]
"""A refusal as a page, for people."""


class Limits:
    """Counts bytes as they arrive (a Content-Length may lie, chunks have none) and names every request."""

    def __init__(self, app: ASGIApp, *, limit: int = BODY_LIMIT, fast: Mapping[str, ASGIApp] | None = None) -> None:
        self._app = app
        self._limit = limit
        self._fast = dict(fast or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        for prefix, app in self._fast.items():
            if path.startswith(prefix) and path[len(prefix) :][:1] in ("", "/"):
                await app(scope, receive, send)
                return
        scope["request_id"] = str(uuid_utils.uuid7())
        await _Exchange(scope, receive, send, self._limit).with_(self._app)


class _Exchange:
    """One request and its answer. Whatever the application makes of a body that broke off, the answer is ours.

    HEAD is a GET whose body stays here.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        self._bare = scope["method"] == "HEAD"
        self._scope = {**scope, "method": "GET"} if self._bare else scope
        self._receive, self._send, self._limit = receive, send, limit
        self._received = 0
        self._started = False
        self._refused = False

    async def with_(self, app: ASGIApp) -> None:
        try:
            await app(self._scope, self._counted, self._answered)
        except TooLarge:
            if self._started and not self._refused:
                raise
            await self._refuse()

    async def _counted(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > self._limit:
            raise TooLarge
        return message

    async def _answered(self, message: Message) -> None:
        if self._received > self._limit and not self._started:
            await self._refuse()
        elif not self._refused:
            await self._named(message)

    async def _refuse(self) -> None:
        if not self._refused:
            self._refused = True
            refusal = TooLarge(f"the body is larger than {self._limit} bytes")
            await refused_answer(Request(self._scope), refusal)(self._scope, self._receive, self._named)

    async def _named(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            more = [(b"x-request-id", self._scope["request_id"].encode()), (b"x-content-type-options", b"nosniff")]
            message = {**message, "headers": [*message["headers"], *more]}
        elif self._bare:
            message = {**message, "body": b""}
        await self._send(message)


def application(
    *,
    title: str,
    settings: Settings,
    keys: Keys,
    routers: Sequence[APIRouter],
    ready: Mapping[str, Check],
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
    paths: Mapping[str, Any] | None = None,
    doorkeeper: Doorkeeper | None = None,
    automatic: bool = True,
    refusal_page: RefusalPage | None = None,
    docs_page: docs.DocsPage | None = None,
) -> FastAPI:
    """The FastAPI application of one service, or of the whole house. `paths`: OpenAPI of what is served beside it.

    `doorkeeper`: people may sign in, and what they do is in the audit. `automatic`: whoever is at this machine is let
    in without (access.near).
    """
    app = FastAPI(title=title, version="1", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    docs.describe(app, paths or {})
    app.state.settings = settings
    app.state.keys = keys
    app.state.doorkeeper = doorkeeper
    app.state.automatic = automatic
    app.state.demo_house = None
    app.state.refusal_page = refusal_page
    app.state.docs_page = docs_page
    if doorkeeper is not None:
        app.add_middleware(AuditWriter, database=doorkeeper.database)
    app.add_middleware(WithoutEmpty)
    if refusal_page is not None:  # there are pages: text that travels far, and a live stream that is left as it is
        app.add_middleware(CompressMiddleware, minimum_size=1000)
    for router in routers:
        add_routes(app, router)
    add_routes(app, _health(ready))
    add_routes(app, docs.router())
    app.add_exception_handler(Refused, _on_refused)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(asyncpg.DataError, _on_value)
    app.add_exception_handler(asyncpg.InsufficientPrivilegeError, _on_hidden)
    app.add_exception_handler(Exception, _on_crash)
    return app


def forget_endpoints() -> None:
    """FastAPI remembers of each endpoint what kind of function it is, and holds it for that: also of applications that
    are gone. It finds out again when it is asked next."""
    for known in vars(dependency_models).values():
        if hasattr(known, "cache_clear"):
            known.cache_clear()


async def _on_refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refused)  # noqa: S101
    if isinstance(refusal, Unauthorised) and (where := _sign_in(request)):
        if "hx-request" in request.headers:
            return Response(status_code=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": where})
        return RedirectResponse(where, HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store", "Vary": "Accept"})
    page = request.app.state.refusal_page
    if page is not None and isinstance(refusal, Forbidden) and _is_visit(request):
        return await page(request, refusal)  # type: ignore[no-any-return]
    return refused_answer(request, refusal)


def _is_visit(request: Request) -> bool:
    """Whether a person looks at a page, with a browser; programs get JSON."""
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


def _sign_in(request: Request) -> str | None:
    """Where a person who is not signed in goes, to come back here; None for programs."""
    if "authorization" in request.headers or request.app.state.doorkeeper is None:
        return None
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method == "GET" and "hx-request" in request.headers:
        here = _local(request.headers.get("hx-current-url", ""))
    elif not _is_visit(request):
        return None
    return f"/sign-in?{urlencode({'next': here})}"


def _local(address: str) -> str:
    """Path and query of an address; empty for one that is none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


async def _on_value(request: Request, _error: Exception) -> Response:
    """A value of the request is one that PostgreSQL cannot hold, such as a NUL in a text."""
    return problem(request, Malformed.status, Malformed.title, NO_VALUE, unstorable(request))


async def _on_hidden(request: Request, _error: Exception) -> Response:
    """The views that this needs are not shown to whoever is signed in: the database itself refused them."""
    return await _on_refused(request, Forbidden("this is about more than you may see"))


async def _on_crash(request: Request, error: Exception) -> Response:
    """A bug of ours: the log has the trace, the caller gets 500 without details. Of a database that is away: when to
    come again.

    The path is the router's: what stands in its blanks may be somebody's address, or a link that still signs in.
    """
    path = getattr(request.scope.get("route"), "path", "")
    if is_transient(error):
        log.warning("away in a request", path=path, request_id=request.scope.get("request_id"), error=describe(error))
        return refused_answer(request, Overloaded("the database is away", retry_after=5))
    log.error("crash in a request", path=path, request_id=request.scope.get("request_id"), exc_info=error)
    return problem(request, 500, "Something broke on our side.", "It is in the log under this request_id.")


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    page = request.app.state.refusal_page
    if page is not None and error.status_code == HTTPStatus.NOT_FOUND and _is_visit(request):
        return await page(request, UnknownPage("the address may be mistyped, or from another version"))  # type: ignore[no-any-return]
    answer = problem(request, error.status_code, HTTPStatus(error.status_code).phrase, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _place(location: Sequence[Any]) -> Sequence[Any]:
    """Of a parameter its name alone: what else pydantic tells is which of several types it was not. Of a body that
    cannot be read at all it is empty.
    """
    return location[1:] if "body" in location[:1] else location[:2]


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    errors: list[InputProblem] = [
        {
            "pointer": pointer(_place(wrong["loc"])),
            "detail": wrong["msg"],
        }
        for wrong in error.errors()
    ]
    return problem(request, 422, Malformed.title, errors[0]["detail"] if errors else "", errors)


def _health(ready: Mapping[str, Check]) -> APIRouter:
    router = APIRouter(route_class=LazyRoute, tags=["operations"])

    @router.get("/healthz", summary="Alive")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz", summary="Can do its work")
    async def readyz() -> Response:
        results = {name: await check() for name, check in ready.items()}
        fine = not any(results.values())
        body = {"ready": fine, "checks": {name: wrong or "ok" for name, wrong in results.items()}}
        return JSONResponse(body, 200 if fine else 503)

    @router.get(
        "/metrics",
        summary="Prometheus metrics",
        response_class=PlainTextResponse,
        dependencies=[Depends(require("read"))],
    )
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router
