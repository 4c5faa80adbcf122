"""The landing page of a make-believe company, so that a newcomer can be the visitor."""

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from reporting.pages.frame import Frame
from runtime.service import Context

POSTS = {
    "forecast": ("Blog", "Why forecasts lie in week eleven", "Blog Read"),
    "retail": ("Case study", "How Harbour & Co. halved their response time", "Case Study Viewed"),
    "handbook": ("Whitepaper", "The revenue handbook", "Whitepaper Downloaded"),
}
"""Things to read on the demo page: kind, title, and the name of the event that reading one sends."""


def routes(pages: APIRouter, frame: Frame, context: Context) -> None:
    @pages.get("/demo")
    @pages.get("/demo/{place}")
    async def landing(request: Request, place: str = "home") -> Response:
        async with context.database.begin() as tx:
            now = await context.clock.now(tx)
        shown = place if place in ("home", "pricing") or place in POSTS else "home"
        return frame.page(
            request,
            "demo.html",
            now,
            place=shown,
            posts=POSTS,
            thanks=bool(request.query_params.get("thanks")),
            write_key=_write_key(context),
        )


def _write_key(context: Context) -> str | None:
    """The embedded house's public key; elsewhere the page works without tracking."""
    try:
        keys = orjson.loads((context.settings.data / "keys.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    found: str | None = keys.get("write_key")
    return found
