"""Who may call: a server key with the scope, somebody signed in with the role, or the person at this machine."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

from agreement.people import People, User
from runtime.database.connect import Database
from runtime.http.access_keys import PARTNER, KeyInfo, Keys
from runtime.http.audit import AuditEntry, note, object_id
from runtime.http.policy import POLICY, REPORTS, RouteRule
from runtime.http.problems import Forbidden, Unauthorised
from runtime.http.sessions import Session, find_session
from runtime.http.tokens import cookie_name
from runtime.settings import THIS_MACHINE, Settings

LOOPBACK: Final = (*THIS_MACHINE, "testclient")
SAFE: Final = ("GET", "HEAD", "OPTIONS")
_FORWARDED: Final = (
    *("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-server"),
    *("x-original-forwarded-for", "x-real-ip", "x-client-ip", "cf-connecting-ip", "true-client-ip", "forwarded", "via"),
)
"""What a proxy adds: whoever comes through one may sit anywhere."""
_AUDITED_SCOPES: Final = ("read", "admin")
"""What tools report is in the facts themselves; what they read, and decide, is in the audit."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent the request: a key, somebody signed in, or the person in front of this machine (neither).

    A partner's key stands for somebody of the partner: then there are both, a key and a user.
    """

    key: KeyInfo | None
    user: User | None = None
    session: Session | None = None
    """Of the user."""

    @property
    def source(self) -> str:
        """What the key is bound to; `web` for people."""
        return self.key.source if self.key else "web"

    @property
    def name(self) -> str:
        """Who it was, for people who ask later: `key 1a2b3c4d (crm)`, a user's id, `somebody at this machine`."""
        if self.key:
            return f"key {self.key.id} ({self.key.source})"
        return self.user.id if self.user else "somebody at this machine"

    @property
    def manner(self) -> str:
        """How the house knows who it is: `key`, `machine`, or how the user signed in."""
        return self.session.manner if self.session else "key" if self.key else "machine"


CALLER: Final[ContextVar[Caller | None]] = ContextVar("caller", default=None)
"""Whom the request that is being answered comes from: what reads the views shows no more than this caller may see."""


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """What the house knows of those who sign in: the users of the agreement, and where sessions are kept."""

    people: People
    database: Database


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
    """From this machine, through no proxy, to a house in one process that is there for nobody else."""
    settings: Settings = request.app.state.settings
    alone = settings.host in LOOPBACK and urlsplit(settings.url).hostname in LOOPBACK
    proxied = any(name in request.headers for name in _FORWARDED)
    return (
        request.app.state.automatic
        and alone
        and not proxied
        and client_ip(request) in LOOPBACK
        and _named_loopback(request)
    )


async def signed_in(request: Request) -> Caller | None:
    """Whom the request's session cookie belongs to; None without one, and when it is over or its user is gone."""
    keeper: Doorkeeper | None = request.app.state.doorkeeper
    settings: Settings = request.app.state.settings
    secret = request.cookies.get(cookie_name(settings.url, "session"))
    if keeper is None or not secret:
        return None
    session = await find_session(keeper.database, secret)
    user = keeper.people.user(session.person) if session else None
    return Caller(None, user, session) if user else None


def rule_of(request: Request) -> RouteRule | None:
    """What the policy says of the route that was matched; None for one that stands nowhere."""
    path: str = getattr(request.scope.get("route"), "path", request.url.path)
    if path == "/panel/{report}":
        path = f"/api/{request.path_params.get('report')}"
        return RouteRule(REPORTS.get(path.removeprefix("/api/"), POLICY["GET /panel/{report}"].roles))
    method = "GET" if request.method == "HEAD" else request.method
    return POLICY.get(f"{method} {path}")


def require(scope: str) -> Callable[[Request], Awaitable[Caller]]:
    """A dependency that lets a server key with this scope pass, somebody signed in whom the policy lets in, or the
    person at this machine.

    The last is the sign-in of a house on one's own machine: only where it listens on loopback. Unsafe methods pass from
    a page of ours only.
    """

    async def caller(request: Request) -> Caller:
        found = await _admitted(request, scope)
        CALLER.set(found)
        request.state.caller = found
        rule = rule_of(request)
        if rule is not None and rule.act and (found.key is None or scope in _AUDITED_SCOPES):
            about = "/".join(object_id(str(value)) for value in request.path_params.values())
            identity = str(request.scope.get("request_id", ""))
            note(
                request.scope,
                AuditEntry(found.name, found.manner, rule.act, about, identity, client_ip(request)),
            )
        return found

    return caller


def _of_partner(request: Request, info: KeyInfo, partner: str) -> Caller:
    """What a partner's key may is what somebody of the partner may who signed in. Raises Unauthorised for one whom the
    agreement does not know any more, Forbidden for a route of others.
    """
    keeper: Doorkeeper | None = request.app.state.doorkeeper
    known = keeper.people.teams.partners if keeper else ()
    named = next((one for one in known if one.id == partner), None)
    if named is None:
        raise Unauthorised(f"key {info.id} is of a partner whom the agreement does not know")
    user = User(f"{PARTNER}{partner}", named.name, "", frozenset({"partner"}), partner=partner)
    rule = rule_of(request)
    if rule is None or not rule.roles & user.roles:
        raise Forbidden(f"key {info.id} is a partner's: that is not enough for this")
    return Caller(info, user)


async def _admitted(request: Request, scope: str) -> Caller:
    keys: Keys = request.app.state.keys
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme:
        info = await keys.find(secret.strip()) if scheme.lower() == "bearer" else None
        if info is None:
            raise Unauthorised("the Authorization header holds no key of this house: see `baton keys`")
        if info.partner is not None:
            return _of_partner(request, info, info.partner)
        if not info.may(scope):
            raise Forbidden(f"key {info.id} lacks the scope {scope}: see `baton keys`")
        return Caller(info)
    somebody = await signed_in(request)
    if somebody is not None and somebody.user is not None:
        if request.method not in SAFE and not same_origin(request):
            raise Forbidden("this came from a page that is not ours")
        request.state.caller = somebody  # also the page that says no is this person's
        rule = rule_of(request)
        if rule is None or not rule.roles & somebody.user.roles:
            roles = ", ".join(sorted(somebody.user.roles))
            raise Forbidden(f"{somebody.user.name} is signed in as {roles}: that is not enough for this")
        return somebody
    if near(request) and (request.method in SAFE or same_origin(request)):
        return Caller(None)
    raise Unauthorised("send `Authorization: Bearer <server key>`; `baton keys` lists and creates them")
