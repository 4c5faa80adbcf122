"""How a page is made: templates, the words for numbers and times, and the headers that keep a page to itself."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from agreement import Agreement
from runtime.service import Context

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_KINDS: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "txt": "text/plain"}
_STAGES: Final = {"mql": "MQL", "sal": "SAL", "sql": "SQL"}
_SYMBOLS: Final = {"USD": "$", "EUR": "€", "GBP": "£"}


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def percent(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value * 100:.{digits}f} %"


def money(value: Mapping[str, Any] | None) -> str:
    if value is None or value["amount"] is None:
        return "–"
    unit = _SYMBOLS.get(value["currency"], f"{value['currency']} ")
    whole = value["amount"] / 100
    return f"{unit}{whole:,.0f}" if abs(whole) >= 100 or whole == int(whole) else f"{unit}{whole:,.2f}"


def duration(seconds: float | None) -> str:
    """The two largest units: `4 h 10 min`."""
    if seconds is None:
        return "–"
    rest = round(abs(seconds))
    parts: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        amount, rest = divmod(rest, size)
        if amount or parts:
            parts.append(f"{amount} {unit}" if amount else "")
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if part) or "0 s"


def words(value: str | None) -> str:
    """`bad_data` as a person reads it; stages in capitals."""
    return "–" if value is None else _STAGES.get(value, value.replace("_", " "))


def instant(value: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def when(value: datetime | str | None, zone: str, *, day: bool = True) -> Markup | str:
    moment = instant(value)
    if moment is None:
        return "–"
    local = moment.astimezone(ZoneInfo(zone))
    shown = f"{local:%a} {local.day} {local:%b, %H:%M}" if day else f"{local:%H:%M}"
    utc = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}" title="{} ({})">{}</time>').format(utc, utc, zone, shown)


def relative(value: datetime | str | None, now: datetime) -> Markup | str:
    """`in 2 h` or `3 d ago`, the largest unit only."""
    moment = instant(value)
    if moment is None:
        return "–"
    seconds = (moment - now).total_seconds()
    size = duration(seconds).split(" ")
    largest = " ".join(size[:2]) if abs(seconds) >= 60 else "now"
    shown = largest if largest == "now" else f"in {largest}" if seconds > 0 else f"{largest} ago"
    utc = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(utc, utc, shown)


class Frame:
    """The templates of one house, and its static files held in memory."""

    def __init__(self, context: Context) -> None:
        self.agreed: Agreement = context.agreement
        self.zone = self.agreed.definitions.house.zone
        folder = files("reporting") / "static"
        self.static = {
            one.name: (one.read_bytes(), _KINDS[one.name.rsplit(".", 1)[-1]])
            for one in folder.iterdir()
            if one.is_file()
        }
        self.version = sha256(b"".join(body for _, (body, _) in sorted(self.static.items()))).hexdigest()[:10]
        self.templates = Environment(
            loader=PackageLoader("reporting"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )  # fmt: skip
        self.templates.filters |= {
            "n": number,
            "pct": percent,
            "money": money,
            "dur": duration,
            "words": words,
            "when": partial(when, zone=self.zone),
        }
        self.templates.globals |= {"relative": relative, "rep": self._rep, "version": self.version}

    def _rep(self, identity: str | None) -> str:
        found = self.agreed.teams.rep_by_id.get(identity or "")
        return found.name if found else identity or "–"

    def page(self, request: Request, name: str, now: datetime, status: int = 200, **given: Any) -> HTMLResponse:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        house = self.agreed.definitions.house
        body = self.templates.get_template(name).render(
            here=here,
            path=request.url.path,
            seen=getattr(request.state, "seen", 0),
            now=now,
            house=house.name,
            zone=self.zone,
            **given,
        )
        return HTMLResponse(body, status, headers=HEADERS)

    def file(self, name: str) -> Response:
        found = self.static.get(name)
        if found is None:
            return Response(status_code=404)
        body, kind = found
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=86400"}
        return Response(body, media_type=kind, headers=headers)
