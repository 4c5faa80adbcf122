"""HTTP out: the only module that imports httpx (it is dormant; its heir will be swapped in here)."""

from httpx import ASGITransport, AsyncClient, HTTPError, InvalidURL, Response

__all__ = ["ASGITransport", "AsyncClient", "HTTPError", "InvalidURL", "Response", "client"]


def client(*, timeout: float = 15.0, base_url: str = "") -> AsyncClient:
    """Follows no redirect and keeps no cookie: what comes back is what was asked for."""
    return AsyncClient(timeout=timeout, base_url=base_url, follow_redirects=False)
