"""Screens on a wall: making their addresses, withdrawing them, and what they show."""

from typing import Final
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from events.vocabulary import humanize
from reporting.filters import DashboardQuery, refuse_unknown
from reporting.pages.dashboard import on_a_screen
from reporting.pages.filter_choices import RANGES
from reporting.pages.page_router import MANNER, PageRouter, query_of
from reporting.reports.report import ReportScope, open_scope
from reporting.store.freshness import freshness
from runtime.http.access import require
from runtime.http.access_keys import KIOSK
from runtime.http.audit import identify
from runtime.http.page_forms import page_form
from runtime.http.problems import Malformed, UnknownPage
from runtime.http.screens import LONGEST, find_screen, make_screen, screens, withdraw_screen

PATH: Final = "/screens"
_NOTHING: Final = "no screen has this address: it was withdrawn, or never made; see the page “Screens”"


def add_screens(pages: PageRouter) -> None:
    """Adds the page of screens with its two forms, and what a screen itself asks for."""

    @pages.page(PATH)
    async def screens_page(request: Request, scope: ReportScope) -> Response:
        return await _page(pages, request, scope, _filters(request.url.query))

    @pages.routes.post(PATH, dependencies=[Depends(require("admin"))])
    async def make(request: Request) -> Response:
        """The new address stands in the answer, and nowhere else. Raises Forbidden, Malformed."""
        form = await page_form(request, request.state.caller) or {}
        filters = _filters(form.get("filters", ""))
        async with open_scope(pages.context) as scope:
            _check(filters, request, scope)
            async with pages.context.database.begin() as tx:
                identity, secret = await make_screen(tx, filters, request.state.caller.name)
            identify(request.scope, identity)
            address = f"{pages.context.settings.url}/kiosk/{secret}"
            return await _page(pages, request, scope, filters, address)

    @pages.routes.post(f"{PATH}/{{screen}}/withdraw", dependencies=[Depends(require("admin"))])
    async def withdraw(request: Request, screen: str) -> Response:
        """303 to the list, whether it was in force or not. Raises Forbidden."""
        await page_form(request, request.state.caller)
        async with pages.context.database.begin() as tx:
            await withdraw_screen(tx, screen)
        return RedirectResponse(PATH, 303)

    @pages.routes.get("/kiosk/{key}")
    async def screen_page(key: str, request: Request) -> Response:
        """The numbers by the filters of this screen: others in the address lead back to these."""
        try:
            return await _screen(pages, request, key)
        except UnknownPage as refusal:
            return await pages.refusal(request, refusal)


async def _screen(pages: PageRouter, request: Request, key: str) -> Response:
    """The screen, or the way back to its own filters. Raises UnknownPage."""
    async with open_scope(pages.context) as scope:
        filters = await _filters_of(key, request, scope)
        theme = request.query_params.get("theme")
        manner = f"theme={theme}" if theme in ("light", "dark") else ""
        if _filters(request.url.query) not in ("", filters):
            return RedirectResponse(f"{request.url.path}?{manner}".rstrip("?"), 303)
        query = "&".join(part for part in (filters, manner) if part)
        shown = Request({**request.scope, "query_string": query.encode()}, request.receive)
        shown.state.seen = await freshness(scope.tx)
        try:
            return await on_a_screen(pages, shown, scope)
        except (ValidationError, Malformed):
            raise UnknownPage("this screen's filters name what is gone from the agreement: make another") from None


async def _page(
    pages: PageRouter, request: Request, scope: ReportScope, filters: str, address: str | None = None
) -> Response:
    found = await screens(scope.tx)
    return pages.renderer.page(
        request,
        "screens.html",
        scope.now,
        filters=filters,
        words=in_words(filters),
        address=address,
        screens=[(one, in_words(one.query)) for one in found],
    )


async def _filters_of(key: str, request: Request, scope: ReportScope) -> str:
    """Of the screen with this secret; none of an access key that was made for screens. Raises UnknownPage."""
    filters = await find_screen(scope.tx, key)
    if filters is not None:
        return filters
    info = await request.app.state.keys.find(key)
    if info is None or KIOSK not in info.scopes:
        raise UnknownPage(_NOTHING)
    return ""


def _filters(query: str) -> str:
    """The filters in a query of an address, in one order; how a page is shown is none. Raises Malformed."""
    if len(query) > LONGEST:
        raise Malformed("the filters are too long")
    return urlencode(sorted((name, value) for name, value in parse_qsl(query) if name not in MANNER))


def _check(filters: str, request: Request, scope: ReportScope) -> None:
    """Raises Malformed for filters that the page of numbers does not take."""
    try:
        probe = Request({**request.scope, "query_string": filters.encode()})
        refuse_unknown(query_of(DashboardQuery, probe), scope.agreement)
    except ValidationError as error:
        raise Malformed("these are no filters of the page of numbers") from error


def in_words(filters: str) -> str:
    """`30 days, source google`; `the last 90 days, all leads` without any."""
    ranges = dict(RANGES)
    parts = [
        ranges.get(value, value) if name == "range" else f"{humanize(name)} {value}"
        for name, value in parse_qsl(filters)
    ]
    return ", ".join(parts) or "the last 90 days, all leads"
