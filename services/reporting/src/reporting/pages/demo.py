"""The landing page of a make-believe company, so that a newcomer can be the visitor."""

from typing import Final

from fastapi import Request
from fastapi.responses import Response

from reporting.pages.page_router import PageRouter
from reporting.reports.report import open_scope
from runtime.http.access_keys import first_keys

POSTS: Final = {
    "forecast": ("Blog", "Why forecasts lie in week eleven", "Blog Read"),
    "retail": ("Case study", "How Harbour & Co. halved their response time", "Case Study Viewed"),
    "handbook": ("Whitepaper", "The revenue handbook", "Whitepaper Downloaded"),
}
"""Things to read on the demo page: kind, title, and the name of the event that reading one sends."""


def add_demo(pages: PageRouter) -> None:
    """Open to everybody."""

    @pages.routes.get("/demo")
    @pages.routes.get("/demo/{place}")
    async def demo_page(request: Request, place: str = "home") -> Response:
        async with open_scope(pages.context) as scope:
            now = scope.now
        return pages.renderer.page(
            request,
            "demo.html",
            now,
            place=place if place in ("home", "pricing") or place in POSTS else "home",
            posts=POSTS,
            thanks=bool(request.query_params.get("thanks")),
            write_key=first_keys(pages.context.settings.data).get("write_key"),
        )
