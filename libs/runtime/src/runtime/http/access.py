"""Who may call: a server key with the scope, or the person at this machine (loopback, same origin)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from fastapi import Request

from runtime.http.access_keys import KeyInfo, Keys
from runtime.http.problems import Forbidden, Unauthorised
from runtime.settings import Settings

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost", "testclient")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent the request: a key, or the person in front of this machine (`key` is None)."""

    key: KeyInfo | None

    @property
    def source(self) -> str:
        """What the key is bound to; `web` for the person at this machine."""
        return self.key.source if self.key else "web"

    @property
    def name(self) -> str:
        """Who it was, for people who ask later: `key 1a2b3c4d (crm)`, `somebody at this machine`."""
        return f"key {self.key.id} ({self.key.source})" if self.key else "somebody at this machine"


def client_ip(request: Request) -> str:
    """The nearest address that is not one of our own proxies."""
    settings: Settings = request.app.state.settings
    nearest = request.client.host if request.client else ""
    hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    while nearest in settings.trusted_proxies and hops:
        nearest = hops.pop()
    return nearest


def same_origin(request: Request) -> bool:
    """CSRF rule without tokens: fetch metadata, and where it is absent the Origin must be ours."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and origin.split("://", 1)[-1] == request.headers.get("host")


def _named_loopback(request: Request) -> bool:
    """A page of somebody else's whose name was made to point at this machine sends its own name as Host."""
    host = request.headers.get("host", "")
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name in LOOPBACK


def near(request: Request) -> bool:
    """From this machine, to a house that listens to nobody else."""
    settings: Settings = request.app.state.settings
    return settings.host in LOOPBACK and client_ip(request) in LOOPBACK and _named_loopback(request)


def require(scope: str) -> Callable[[Request], Awaitable[Caller]]:
    """A dependency that lets a server key with this scope pass, or the person at this machine.

    The second is the dev sign-in: only where the house itself listens on loopback, and for unsafe methods only from
    a page of ours.
    """

    async def caller(request: Request) -> Caller:
        keys: Keys = request.app.state.keys
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme:
            info = await keys.find(secret.strip()) if scheme.lower() == "bearer" else None
            if info is None:
                raise Unauthorised("the Authorization header holds no key of this house: see `baton keys`")
            if not info.may(scope):
                raise Forbidden(f"key {info.id} lacks the scope {scope}: see `baton keys`")
            return Caller(info)
        if near(request) and (request.method in ("GET", "HEAD", "OPTIONS") or same_origin(request)):
            return Caller(None)
        raise Unauthorised("send `Authorization: Bearer <server key>`; `baton keys` lists and creates them")

    return caller
