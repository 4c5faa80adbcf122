"""HTTP out: the only module that imports httpx (it is dormant; its heir will be swapped in here)."""

import sys
from importlib.util import find_spec

from httpx import ASGITransport, AsyncClient, HTTPError, InvalidURL, Response

__all__ = ["ASGITransport", "AsyncClient", "HTTPError", "InvalidURL", "Response", "client"]


def client(*, timeout: float = 15.0, base_url: str = "") -> AsyncClient:
    """Follows no redirect and keeps no cookie: what comes back is what was asked for."""
    _remember_what_is_missing()
    return AsyncClient(timeout=timeout, base_url=base_url, follow_redirects=False)


def _remember_what_is_missing() -> None:
    """httpcore tries to import sniffio four times a request: where there is none, each looks through all folders."""
    if "sniffio" not in sys.modules and find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]
