"""What all routes of pages share: who may read, what a refusal looks like, and the filters in an address."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ValidationError

from reporting.filters import link
from reporting.pages.fragments import FragmentCache
from reporting.pages.live import LiveUpdates
from reporting.pages.renderer import Renderer
from reporting.reports.report import ReportScope, open_scope
from reporting.store.inbox import waiting
from runtime.errors import Refused
from runtime.http.access import Caller, near, require, signed_in
from runtime.http.lazy_route import LazyRoute
from runtime.http.problems import NO_VALUE, Malformed, unstorable
from runtime.service import Context

Q = TypeVar("Q", bound=BaseModel)
PageHandler = Callable[[Request, ReportScope], Awaitable[Response]]
"""A page, made from a request and one transaction."""


class PageRouter:
    """Adds pages that only readers see; the context and the renderer that all of them use."""

    def __init__(self, context: Context, updates: LiveUpdates) -> None:
        self.context = context
        self.renderer = Renderer(context)
        self.routes = APIRouter(route_class=LazyRoute, include_in_schema=False)
        self.readers = [Depends(require("read"))]
        """Of pages whose keys need no more than to read."""
        self.fragments = FragmentCache()
        """Panels that were made since the views last moved."""
        self._updates = updates

    def page(self, path: str, scope: str = "read") -> Callable[[PageHandler], PageHandler]:
        """A decorator; `scope` is what a key needs, who signs in needs a role (runtime.http.policy).

        A query that cannot be read leads back to the page without one; a refusal is a page too.
        """

        def add(make: PageHandler) -> PageHandler:
            async def endpoint(request: Request) -> Response:
                if unread := unstorable(request):
                    return await self.refusal(request, Malformed(NO_VALUE, errors=unread))
                request.state.seen = await self._updates.look()
                try:
                    async with open_scope(self.context) as reading:
                        request.state.waiting = await self._waiting(request, reading)
                        return await make(request, reading)
                except ValidationError:
                    return RedirectResponse(request.url.path, 303)
                except Refused as refusal:
                    return await self.refusal(request, refusal)

            self.routes.add_api_route(
                path, endpoint, methods=["GET"], dependencies=[Depends(require(scope))], response_model=None,
                name=make.__name__,
            )  # fmt: skip
            return make

        return add

    async def _waiting(self, request: Request, scope: ReportScope) -> int | None:
        """How many leads wait for this rep's answer, for the navigation; null for who is no rep."""
        caller: Caller = request.state.caller
        if caller.user is None or not caller.user.rep:
            return None
        return await waiting(scope.tx, caller.user.id)

    async def refusal(self, request: Request, refusal: Refused) -> Response:
        """A refusal as a page, for whoever is refused: also where no route had asked who that is."""
        if not hasattr(request.state, "caller"):
            request.state.caller = await signed_in(request) or (Caller(None) if near(request) else None)
        async with open_scope(self.context) as scope:
            detail = refusal.detail or refusal.title
            return self.renderer.page(
                request, "problem.html", scope.now, refusal.status, title=refusal.title, detail=detail
            )


MANNER: Final = ("pane", "kiosk", "theme")
"""In an address: how a page is to be shown, which changes nothing of what it says."""


def query_of(model: type[Q], request: Request) -> Q:
    """The filters in the address; empty ones are as if they were not there. Raises ValidationError."""
    return model.model_validate(
        {name: value for name, value in request.query_params.items() if value and name not in MANNER}
    )


def address_with(request: Request, path: str | None = None) -> Callable[..., str]:
    """Makes the address of this page with other parameters; null takes one away, and lists start anew."""

    def with_(**changes: str | None) -> str:
        parameters = {name: value for name, value in request.query_params.items() if value and name != "after"}
        if "range" in changes:
            parameters = {name: value for name, value in parameters.items() if name not in ("from", "to")}
        return link(path or request.url.path, **{**parameters, **changes})

    return with_
