"""How a page is made: templates, static files, and the headers that keep a page to itself."""

from datetime import datetime
from functools import partial
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from agreement import Agreement
from agreement.people import People
from events.vocabulary import humanize, humanize_first
from reporting.pages import formats
from reporting.reports.report import Column
from reporting.store.conditions import DatabaseRow
from runtime.service import Context

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_KINDS: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "txt": "text/plain"}


class Renderer:
    """The templates of one house, and its static files held in memory."""

    def __init__(self, context: Context) -> None:
        self.agreement: Agreement = context.agreement
        self.zone = self.agreement.definitions.house.zone
        self._people = People(self.agreement.teams)
        folder = files("reporting") / "static"
        self._static = {
            one.name: (one.read_bytes(), _KINDS[one.name.rsplit(".", 1)[-1]])
            for one in folder.iterdir()
            if one.is_file()
        }
        self.version = sha256(b"".join(body for _, (body, _) in sorted(self._static.items()))).hexdigest()[:10]
        self._templates = Environment(
            loader=PackageLoader("reporting"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )  # fmt: skip
        self._templates.filters |= {
            "n": formats.number,
            "pct": formats.percent,
            "money": formats.money,
            "dur": formats.duration,
            "words": formats.words,
            "heading": humanize_first,
            "page": formats.page_address,
            "when": partial(formats.when, zone=self.zone),
        }
        self._templates.globals |= {
            "relative": formats.relative,
            "rep": self._rep,
            "link_of": link_of,
            "version": self.version,
        }

    def _rep(self, identity: str | None) -> str:
        """Also as a notice names its recipient: `manager:rep-ana`."""
        if not identity:
            return "–"
        role, _, person = identity.rpartition(":")
        name = self._people.name(person)
        return f"{name}, {humanize(role)}" if role in ("manager", "on_call") else self._people.name(identity)

    def page(self, request: Request, name: str, now: datetime, status: int = 200, **values: Any) -> HTMLResponse:
        """A template with what every page knows: its own address, the instant, the house."""
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        body = self._templates.get_template(name).render(
            here=here,
            path=request.url.path,
            seen=getattr(request.state, "seen", 0),
            now=now,
            house=self.agreement.definitions.house.name,
            zone=self.zone,
            **values,
        )
        return HTMLResponse(body, status, headers=HEADERS)

    def panel_template(self, report: str) -> str:
        """A report's own template, or the table of its columns."""
        return self._templates.select_template([f"panels/{report}.html", "panels/table.html"]).name or ""

    def file(self, name: str) -> Response:
        """A static file, or 404."""
        if name not in self._static:
            return Response(status_code=404)
        body, kind = self._static[name]
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=86400"}
        return Response(body, media_type=kind, headers=headers)


def link_of(column: Column, row: DatabaseRow) -> str | None:
    """Address of the page with the leads behind a number: what the row has under the column's `link`."""
    value: Any = row if column.link else None
    for name in (column.link or "").split("."):
        value = value.get(name) if value else None
    return formats.page_address(value)
