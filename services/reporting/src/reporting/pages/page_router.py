"""What all routes of pages share: who may read, what a refusal looks like, and the filters in an address."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ValidationError

from reporting.filters import link
from reporting.pages.live import LiveUpdates
from reporting.pages.renderer import Renderer
from reporting.reports.report import ReportScope, open_scope
from runtime.errors import Refused
from runtime.http.access import require
from runtime.service import Context

Q = TypeVar("Q", bound=BaseModel)
PageHandler = Callable[[Request, ReportScope], Awaitable[Response]]
"""A page, made from a request and one transaction."""


class PageRouter:
    """Adds pages that only readers see; the context and the renderer that all of them use."""

    def __init__(self, context: Context, updates: LiveUpdates) -> None:
        self.context = context
        self.renderer = Renderer(context)
        self.routes = APIRouter(include_in_schema=False)
        self.readers = [Depends(require("read"))]
        self._updates = updates

    def page(self, path: str) -> Callable[[PageHandler], PageHandler]:
        """A decorator. A query that cannot be read leads back to the page without one; a refusal is a page too."""

        def add(make: PageHandler) -> PageHandler:
            async def endpoint(request: Request) -> Response:
                request.state.seen = await self._updates.look()
                try:
                    async with open_scope(self.context) as scope:
                        return await make(request, scope)
                except ValidationError:
                    return RedirectResponse(request.url.path, 303)
                except Refused as refusal:
                    return await self._problem(request, refusal)

            self.routes.add_api_route(
                path, endpoint, methods=["GET"], dependencies=self.readers, response_model=None, name=make.__name__
            )
            return make

        return add

    async def _problem(self, request: Request, refusal: Refused) -> Response:
        async with open_scope(self.context) as scope:
            detail = refusal.detail or refusal.title
            return self.renderer.page(
                request, "problem.html", scope.now, refusal.status, title=refusal.title, detail=detail
            )


def query_of(model: type[Q], request: Request) -> Q:
    """The filters in the address; empty ones are as if they were not there. Raises ValidationError."""
    return model.model_validate({name: value for name, value in request.query_params.items() if value})


def address_with(request: Request, path: str | None = None) -> Callable[..., str]:
    """Makes the address of this page with other parameters; null takes one away, and lists start anew."""

    def with_(**changes: str | None) -> str:
        parameters = {name: value for name, value in request.query_params.items() if value and name != "after"}
        if "range" in changes:
            parameters = {name: value for name, value in parameters.items() if name not in ("from", "to")}
        return link(path or request.url.path, **{**parameters, **changes})

    return with_
