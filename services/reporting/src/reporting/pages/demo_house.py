"""Swapping one's own house for a make-believe company's, and back: on one's own machine only."""

from typing import Final

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from reporting.pages.page_router import PageRouter
from reporting.reports.report import ReportScope
from runtime.http.access import require
from runtime.http.demo_house import demo_house
from runtime.http.page_forms import page_form
from runtime.http.problems import UnknownPage

PATH: Final = "/demo-house"
_NONE: Final = "a make-believe company is there in a house of `baton up` on your own machine only"


def add_demo_house(pages: PageRouter) -> None:
    """Adds the button's route, and the page on which one waits for what it asked for."""

    @pages.page(PATH)
    async def waiting_page(request: Request, scope: ReportScope) -> Response:
        """Leads home once the house that was asked for is the one that answers."""
        house, wanted = demo_house(request), request.query_params.get("to") != "own"
        if house is None:
            raise UnknownPage(_NONE)
        if house.shown == wanted:
            return RedirectResponse("/", 303)
        return pages.renderer.page(request, "demo_house.html", scope.now, making=house.making, failure=house.failure)

    @pages.routes.post(PATH, dependencies=[Depends(require("read"))])
    async def swap(request: Request) -> Response:
        """To the demo, or with `to` = `own` back. 303 to the page where one waits. Raises Forbidden, UnknownPage."""
        form = await page_form(request, request.state.caller) or {}
        house = demo_house(request)
        if house is None:
            raise UnknownPage(_NONE)
        to = "own" if form.get("to") == "own" else "demo"
        house.show(to == "demo")
        return RedirectResponse(f"{PATH}?to={to}", 303)
