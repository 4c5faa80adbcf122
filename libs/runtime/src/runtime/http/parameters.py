"""A field of a form that was left empty arrives as `name=`: it is as if it were not there."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_READS: Final = ("GET", "HEAD")
_FOR_PROGRAMS: Final = "/api/"
"""Pages know themselves what their forms leave empty: on the inbox it means everybody."""


class WithoutEmpty:
    """Takes parameters without a value out of the address of a GET of the API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI wants it."""
        if scope["type"] == "http" and scope["method"] in _READS and scope["path"].startswith(_FOR_PROGRAMS):
            scope = {**scope, "query_string": without_empty(scope["query_string"])}
        await self._app(scope, receive, send)


def without_empty(query: bytes) -> bytes:
    """`a=1&b=&c=2=` without `b=`; a name without a sign stays."""
    return b"&".join(part for part in query.split(b"&") if part and part.find(b"=") != len(part) - 1)
