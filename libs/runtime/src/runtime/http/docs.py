"""The contract as served: OpenAPI, AsyncAPI, and the page /docs that shows every route with nothing from elsewhere."""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator, Mapping
from hashlib import sha256
from html import escape
from typing import Any, Final

import orjson
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from events.asyncapi import document
from events.topics import FLOW
from runtime.http.access import require
from runtime.http.lazy_route import LazyRoute

_STYLE: Final = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; text-transform: capitalize; }
article { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .75rem 0; }
h3 { font: 600 1rem ui-monospace, monospace; margin: 0; overflow-wrap: anywhere; }
p { margin: .25rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; vertical-align: top; padding: .15rem .75rem .15rem 0; overflow-wrap: anywhere; }
pre { overflow-x: auto; font-size: .85rem; }
"""
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


DocsPage = Callable[[Request, Mapping[str, Any]], Awaitable[Response]]
"""The page /docs in the frame of a house that has pages, from its OpenAPI."""


def describe(app: FastAPI, paths: Mapping[str, Any]) -> None:
    """Adds what is served beside the application to what it tells of itself."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        schema = made()
        return {**schema, "paths": {**paths, **schema["paths"]}}

    app.openapi = openapi  # type: ignore[method-assign]


def router() -> APIRouter:
    """The routes `/docs` (all routes as a page) and `/asyncapi/{service}.json` (all streams of a service)."""
    routes = APIRouter(route_class=LazyRoute, tags=["operations"], dependencies=[Depends(require("read"))])

    @routes.get("/openapi.json", include_in_schema=False)
    async def contract(request: Request) -> JSONResponse:
        return JSONResponse(request.app.openapi())

    @routes.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:
        page: DocsPage | None = request.app.state.docs_page
        if page is not None:
            return await page(request, request.app.openapi())
        return HTMLResponse(_page(request.app.openapi()), headers={"Content-Security-Policy": _POLICY})

    @routes.get("/asyncapi/{service}.json", summary="What a service says and reads on the streams")
    async def asyncapi(service: str) -> dict[str, Any]:
        if service not in FLOW:
            raise HTTPException(404, f"no service {service}: there are {', '.join(FLOW)}")
        return document(service)

    return routes


def _page(schema: Mapping[str, Any]) -> str:
    sections: dict[str, list[str]] = {}
    for path, methods in schema["paths"].items():
        for method, route in methods.items():
            sections.setdefault(next(iter(route.get("tags", ())), "other"), []).append(_route(path, method, route))
    links = ", ".join(f'<a href="/asyncapi/{service}.json">{service}</a>' for service in FLOW)
    title = escape(schema["info"]["title"])
    return "".join(
        (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}: routes</title>',
            f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>',
            f"<main><h1>{title}: routes</h1>",
            '<p>For programs: <a href="/openapi.json">openapi.json</a>. '
            f"What services say to each other (AsyncAPI): {links}.</p>",
            "<p>Secret keys go into <code>Authorization: Bearer …</code>; <code>baton keys</code> lists them.</p>",
            *(f"<h2>{escape(name)}</h2>{''.join(routes)}" for name, routes in sections.items()),
            "</main></html>",
        )
    )


def _route(path: str, method: str, route: Mapping[str, Any]) -> str:
    rows = "".join(_parameter(one) for one in route.get("parameters", ()))
    table = f"<table><thead><tr><th>Name<th>In<th>Takes</thead><tbody>{rows}</tbody></table>" if rows else ""
    bodies = "".join(
        f"<details><summary>{escape(kind)}</summary><pre>{_pretty(given.get('schema', {}))}</pre></details>"
        for kind, given in route.get("requestBody", {}).get("content", {}).items()
    )
    words = escape(route.get("summary") or "")
    return f"<article><h3>{method.upper()} {escape(path)}</h3><p>{words}</p>{table}{bodies}</article>"


def _parameter(one: Mapping[str, Any]) -> str:
    needed = "" if one.get("required") else ", optional"
    takes = " or ".join(_takes(one.get("schema", {})))
    return f"<tr><td><code>{escape(one['name'])}</code><td>{escape(one['in'])}{needed}<td>{escape(takes)}</tr>"


def _takes(schema: Mapping[str, Any]) -> Iterator[str]:
    for one in schema.get("anyOf", (schema,)):
        if one.get("type") != "null":
            yield (
                " | ".join(map(str, one["enum"])) if "enum" in one else str(one.get("format") or one.get("type", "any"))
            )


def _pretty(value: Any) -> str:
    return escape(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode(), quote=False)
