"""How a page is made: templates, static files, and the headers that keep a page to itself."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache, partial
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from agreement import Agreement
from agreement.changes import term_in_words
from agreement.people import People
from events.vocabulary import humanize_first
from reporting import figures
from reporting.pages import chart, formats, levels, team_shapes
from reporting.pages.contract import span_words
from reporting.pages.folded_tables import fold_tables
from reporting.pages.frame import frame_of
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
_COMPILED: Final = 2
"""Terms whose compiled templates are kept: those of the agreement in force, and of the one that takes its place."""
_KINDS: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "txt": "text/plain"}


class CompiledTemplates(BytecodeCache):
    """The code of each template, compiled once a process: that takes longer than all else of a first page."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Jinja's hook: fills the bucket with what is kept of this template's text, if anything."""
        code = self._code.get(bucket.key + bucket.checksum)
        if code is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Jinja's hook: keeps what was compiled."""
        self._code[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


@lru_cache(_COMPILED)
def compiled_under(terms: str) -> CompiledTemplates:
    """`terms`: all that filters take from an agreement, as text. What a filter makes of a constant is part of the code,
    so other terms have code of their own."""
    return CompiledTemplates()


@cache
def static_files() -> Mapping[str, tuple[bytes, str]]:
    """Bytes and media type of each static file by its name, read once a process."""
    folder = files("reporting") / "static"
    return {
        one.name: (one.read_bytes(), _KINDS[one.name.rsplit(".", 1)[-1]]) for one in folder.iterdir() if one.is_file()
    }


class Renderer:
    """The templates of one house, and its static files held in memory."""

    def __init__(self, context: Context) -> None:
        self.agreement: Agreement = context.agreement
        self.zone = self.agreement.definitions.house.zone
        self.people = People(self.agreement.teams)
        self._static = static_files()
        self.version = sha256(b"".join(body for _, (body, _) in sorted(self._static.items()))).hexdigest()[:10]
        urgency = self.agreement.routing.urgency
        self._templates = Environment(
            loader=PackageLoader("reporting"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True, bytecode_cache=compiled_under(f"{self.zone} {urgency!r}"),
        )  # fmt: skip
        self._templates.filters |= {
            "n": figures.number,
            "decimal": figures.decimal,
            "pct": figures.percent,
            "money": figures.money,
            "dur": figures.duration,
            "figure": figures.figure,
            "short": figures.short_money,
            "strokes": formats.strokes,
            "chart": chart.chart,
            "narrow_chart": partial(chart.chart, width=chart.NARROW),
            "span": chart.span,
            "within": span_words,
            "metric": chart.metric,
            "clock": partial(formats.when, zone=self.zone, day=False),
            "words": formats.words,
            "channel": formats.channel,
            "day": formats.day,
            "heading": humanize_first,
            "term": term_in_words,
            "numeric_columns": formats.numeric_columns,
            "page": formats.page_address,
            "pace": formats.pace,
            "when": partial(formats.when, zone=self.zone),
        }
        self._templates.filters |= {**levels.filters(urgency), **team_shapes.FILTERS}
        self._templates.globals |= {
            "relative": formats.relative,
            "rep": self._rep,
            "answer_words": self._answer,
            "team_name": self._team,
            "pool_title": self._pool,
            "touch_words": self._touch,
            "link_of": link_of,
            "shift_words": team_shapes.shift_words,
            "version": self.version,
            "zoneinfo": ZoneInfo,
        }

    def _rep(self, identity: str | None) -> str:
        """Also as a notice names its recipient: `manager:rep-ana`."""
        return self.people.addressee(identity) if identity else "–"

    def _answer(self, code: str | None) -> str:
        """How an offer ended: a reason as the agreement calls it, else the word for it; a dash for none."""
        titles = {one.reason: one.title for one in self.agreement.routing.reject_reasons}
        return figures.NOTHING if code is None else titles.get(code) or humanize_first(code)

    def _touch(self, kind: str) -> str:
        """What a touch was: a channel of sales as the agreement calls it, else its word."""
        routing = self.agreement.routing
        title = routing.channel_title(kind) if kind in routing.channel_names else humanize_first(kind)
        return title[:1].upper() + title[1:]

    def _team(self, identity: str | None) -> str:
        """The team's name; an id that the agreement does not know, as it is."""
        names = {one.id: one.name for one in self.agreement.teams.teams}
        return figures.NOTHING if identity is None else names.get(identity, identity)

    def _pool(self, identity: str | None) -> str:
        """The pool's title; an id that the agreement does not know, as it is."""
        return "–" if identity is None else self.agreement.teams.pool_title(identity)

    def page(self, request: Request, name: str, now: datetime, status: int = 200, **values: Any) -> HTMLResponse:
        """A template with what every page knows: its own address, the instant, the house."""
        return HTMLResponse(self.fragment(request, name, now, **values), status, headers=HEADERS)

    def fragment(self, request: Request, name: str, now: datetime, **values: Any) -> Markup:
        """The same as a part of a page."""
        frame = frame_of(request, self.people)
        theme = request.query_params.get("theme")
        known = {
            "frame": frame,
            "seen": getattr(request.state, "seen", 0),
            "theme": theme if theme in ("light", "dark") else None,
        }
        return self.shared(request, name, now, **known, **values)

    def shared(self, request: Request, name: str, now: datetime, **values: Any) -> Markup:
        """A part that others are shown as well: it has no `frame`, which knows who somebody is."""
        body = self._templates.get_template(name).render(
            here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            path=request.url.path,
            now=now,
            house=self.agreement.definitions.house.name,
            zone=self.zone,
            **values,
        )
        return Markup(fold_tables(body))  # noqa: S704 (made by a template that escapes)

    def panel_template(self, report: str) -> str:
        """A report's own template, or the table of its columns."""
        return self._templates.select_template([f"panels/{report}.html", "panels/table.html"]).name or ""

    def file(self, name: str, version: str | None = None) -> Response:
        """A static file, or 404; asked for by the version in force it never changes."""
        if name not in self._static:
            return Response(status_code=404)
        body, kind = self._static[name]
        fresh = "max-age=31536000, immutable" if version == self.version else "max-age=60"
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": f"public, {fresh}"}
        return Response(body, media_type=kind, headers=headers)


def link_of(column: Column, row: DatabaseRow) -> str | None:
    """Address of the page with the leads behind a number: what the row has under the column's `link`."""
    value: Any = row if column.link else None
    for name in (column.link or "").split("."):
        value = value.get(name) if value else None
    return formats.page_address(value)
