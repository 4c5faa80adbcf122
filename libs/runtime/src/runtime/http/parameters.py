"""Parameters of addresses of the API: one without a value is as if it were not there, one that nobody reads is refused.

A field of a form that was left empty arrives as `name=`. A typo must not look like an answer.
"""

from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from typing import Final

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from starlette.types import ASGIApp, Receive, Scope, Send

from runtime.errors import InputProblem
from runtime.http.problems import Malformed

_READS: Final = ("GET", "HEAD")
_MOST: Final = 20
"""Unknown parameters that are named."""
FOR_PROGRAMS: Final = "/api/"
"""Pages know themselves what their forms leave empty: on the inbox it means everybody."""


class WithoutEmpty:
    """Takes parameters without a value out of the address of a GET of the API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI wants it."""
        if scope["type"] == "http" and scope["method"] in _READS and scope["path"].startswith(FOR_PROGRAMS):
            scope = {**scope, "query_string": without_empty(scope["query_string"])}
        await self._app(scope, receive, send)


def without_empty(query: bytes) -> bytes:
    """`a=1&b=&c=2=` without `b=`; a name without a sign stays."""
    return b"&".join(part for part in query.split(b"&") if part and part.find(b"=") != len(part) - 1)


def refuse_unknown(dependant: Dependant) -> Callable[[Request], Awaitable[None]]:
    """A dependency of a route that raises Malformed for parameters which none of its fields reads.

    With a pointer to each, and the names that the route knows.
    """

    @cache
    def known() -> tuple[str, ...]:
        return tuple(dict.fromkeys(_read_by(dependant)))

    async def no_unknown_parameter(request: Request) -> None:  # a plain one would go through a thread
        names = dict.fromkeys(request.query_params.keys())
        unknown = [name for name in names if name not in known()] if names else []
        if unknown:
            there = f"it knows {', '.join(known())}" if known() else "it knows none"
            errors: list[InputProblem] = [
                {"pointer": f"/query/{name[:100]}", "detail": f"is no parameter of this address; {there}"}
                for name in unknown[:_MOST]
            ]
            raise Malformed(f"{unknown[0][:100]}: {errors[0]['detail']}", errors=errors)

    return no_unknown_parameter


def _read_by(dependant: Dependant) -> Iterator[str]:
    """Names of the parameters of the address that it and its dependencies read; of a model, those of its fields."""
    yield from (field.alias for field in get_flat_params(Dependant(query_params=dependant.query_params)))
    for inner in dependant.dependencies:
        yield from _read_by(inner)
