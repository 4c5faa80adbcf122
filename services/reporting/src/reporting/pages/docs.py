"""The page /docs in the frame: every route of the house, with a form to try what reads, and a line for a terminal."""

import shlex
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from fastapi import Request
from fastapi.responses import Response

from events.topics import FLOW
from reporting.pages.page_router import PageRouter
from reporting.reports.report import open_scope
from runtime.http.access import Caller, near
from runtime.http.access_keys import first_keys

_ORDER: Final = ("reporting", "sales", "turned away", "operations")
"""Which sections come first."""


@dataclass(frozen=True, slots=True)
class RouteParameter:
    """One parameter of a route, as its form shows it."""

    name: str
    place: str
    required: bool
    takes: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteEntry:
    """One route, as the page shows it."""

    method: str
    path: str
    words: str
    parameters: tuple[RouteParameter, ...]
    bodies: Mapping[str, str] = field(default_factory=dict)
    """By content type: its schema."""

    @property
    def anchor(self) -> str:
        """Its id on the page."""
        return (
            f"{self.method}-{self.path}".lower().replace("/", "-").replace("{", "").replace("}", "").replace(":", "-")
        )

    @property
    def tries(self) -> bool:
        """A form can ask it: it reads, and its address has no blanks."""
        return self.method == "GET" and "{" not in self.path

    def curl(self, url: str, key: str) -> str:
        """A line for a terminal."""
        body = " -H 'Content-Type: application/json' -d '{}'" if self.method in ("POST", "PUT") else ""
        verb = "" if self.method == "GET" else f" -X {self.method}"
        return f"curl{verb} -H {shlex.quote(f'Authorization: Bearer {key}')}{body} {shlex.quote(url + self.path)}"


def sections_of(schema: Mapping[str, Any]) -> dict[str, list[RouteEntry]]:
    """By the first tag: its routes, in the order of the contract."""
    sections: dict[str, list[RouteEntry]] = {}
    for path, methods in schema["paths"].items():
        for method, route in methods.items():
            sections.setdefault(next(iter(route.get("tags", ())), "other"), []).append(_entry(path, method, route))
    names = [*(name for name in _ORDER if name in sections), *sorted(sections.keys() - set(_ORDER))]
    return {name: sections[name] for name in names}


def _entry(path: str, method: str, route: Mapping[str, Any]) -> RouteEntry:
    bodies = {
        kind: orjson.dumps(given.get("schema", {}), option=orjson.OPT_INDENT_2).decode()
        for kind, given in route.get("requestBody", {}).get("content", {}).items()
    }
    parameters = tuple(_parameter(one) for one in route.get("parameters", ()))
    return RouteEntry(method.upper(), path, route.get("summary") or "", parameters, bodies)


def _parameter(one: Mapping[str, Any]) -> RouteParameter:
    kinds = list(_kinds(one.get("schema", {})))
    choices = tuple(str(value) for kind in kinds for value in kind.get("enum", ()))
    takes = " or ".join(str(kind.get("format") or kind.get("type", "any")) for kind in kinds if "enum" not in kind)
    return RouteParameter(one["name"], one["in"], bool(one.get("required")), takes, choices)


def _kinds(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for one in schema.get("anyOf", (schema,)):
        if one.get("type") != "null":
            yield one


def docs_page(pages: PageRouter) -> Callable[[Request, Mapping[str, Any]], Awaitable[Response]]:
    """The page, for whoever asks: with a key of an embedded house for its administrators, and who is at the machine."""

    async def page(request: Request, schema: Mapping[str, Any]) -> Response:
        caller: Caller = request.state.caller
        trusted = near(request) if caller.user is None else "admin" in caller.user.roles
        keys = first_keys(pages.context.settings.data) if trusted else {}
        async with open_scope(pages.context) as scope:
            now = scope.now
        return pages.renderer.page(
            request,
            "docs.html",
            now,
            sections=sections_of(schema),
            services=FLOW,
            key=keys.get("server_key"),
            url=str(request.base_url).rstrip("/"),
        )

    return page
