"""Who may do what: one row for each route of the house. A route without a row is open to nobody who signed in.

Keys have scopes of their own (access.py). Which rows of a route's answer somebody sees is held in SQL: a rep without
another role sees the own work and the pools', somebody of a partner the leads that the partner sent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, get_args

from agreement.teams import UserRole
from events.topics import FLOW
from runtime.http.audit import LOOK_AT_LEAD

RoleSet = frozenset[UserRole]
EVERYBODY: Final[RoleSet] = frozenset(get_args(UserRole))
HOUSE: Final[RoleSet] = EVERYBODY - {"partner"}
DATA: Final[RoleSet] = frozenset({"marketing", "manager", "ops", "admin"})
OPS: Final[RoleSet] = frozenset({"ops", "admin"})


@dataclass(frozen=True, slots=True)
class RouteRule:
    """Who may use one route, and what the audit says when it was used."""

    roles: RoleSet = frozenset()
    act: str | None = None
    """What somebody did by it, where the audit has it: a change, or a look at personal data."""
    open: bool = False
    """To everybody, signed in or not: it has a check of its own, or nothing to hide."""


_HOUSE_REPORTS: Final = (
    "inbox", "funnel", "rejections", "goals", "speed", "service-levels", "pools", "deals", "expansion", "decisions",
    "reviews", "sources", "score-worth", "recycling", "attribution", "challenger", "lead-guarantee",
    "status-updates", "scoring-feedback", "routing-defects", "places", "win-loss", "content", "money", "packs",
    "fairness", "anomalies", "self-assessment", "programmes", "action-items", "pack-figures",
    "key-figures", "trend", "offers", "outcomes", "attribution-models", "funnel-model", "attribution-groups",
    "self-reported", "response-times", "late", "promises-by-rep", "picks",
)  # fmt: skip
REPORTS: Final[Mapping[str, RoleSet]] = {
    **dict.fromkeys(("leads", "partners"), EVERYBODY),
    **dict.fromkeys(_HOUSE_REPORTS, HOUSE),
    **dict.fromkeys(("history", "stewards", "unowned", "enrichment"), DATA),
    "lanes": OPS,
}
"""By the name of a report, whose JSON, file and panel it opens; reps and partners see rows of theirs in it."""
_PERSONAL: Final = ("leads", "inbox", "expansion", "decisions")
"""Reports whose files name people: taking one away is in the audit."""

_OPEN: Final = (
    "GET /healthz",
    "GET /readyz",
    "GET /static/{name}",
    "GET /kiosk/{key}",
    "GET /demo",
    "GET /demo/{place}",
    "GET /sign-in",
    "POST /sign-in",
    "POST /sign-out",
    "POST /sign-in/as",
    "GET /sign-in/link/{token}",
    "POST /sign-in/link/{token}",
    "GET /sign-in/oidc",
    "GET /sign-in/oidc/back",
    "GET /a/{token}/{answer}",
    "POST /a/{token}/{answer}",
    "POST /f/{form}",
    "OPTIONS /f/{form}",
    "OPTIONS /events",
    "POST /hooks/{provider}/{source}",
    "POST /slack/interactivity",
)
_PAGES: Final[Mapping[str, RoleSet]] = {
    **dict.fromkeys(("/leads", "/live", "/search", "/partners/{partner}", "/api/partners/{partner}"), EVERYBODY),
    **dict.fromkeys(("/", "/panel/{report}", "/inbox", "/team", "/agreement", "/agreement/{file}", "/outbox"), HOUSE),
    **dict.fromkeys(("/pools", "/pools/{pool}"), HOUSE),
    **dict.fromkeys(
        ("/deals/{deal:path}", "/survey/{deal:path}", "/accounts/{domain}", "/packs/{pack}", "/api/packs/{pack}"), HOUSE
    ),
    **dict.fromkeys(("/explain/{decision:path}", "/docs", "/openapi.json", "/asyncapi/{service}.json"), HOUSE),
    **dict.fromkeys(("/api/pools/{pool}", "/api/fairness/{pool}", "/api/outbox"), HOUSE),
    "/demo-house": HOUSE,
    **dict.fromkeys(("/operations", "/screens"), DATA),
    **dict.fromkeys(("/api/history/{batch:path}", "/api/spam", "/api/refused", "/api/tools"), DATA),
    **dict.fromkeys(("/audit", "/api/audit", "/metrics", "/lab/now"), OPS),
}
_LOOKS: Final[Mapping[str, tuple[RoleSet, str]]] = {
    "/leads/{lead}": (EVERYBODY, LOOK_AT_LEAD),
    "/api/leads/{lead}": (EVERYBODY, LOOK_AT_LEAD),
    "/api/accounts/{domain}": (HOUSE, "looked at a company"),
    "/api/deals/{deal:path}": (HOUSE, "looked at a deal"),
    "/api/explain/{decision:path}": (HOUSE, "looked at a decision"),
    "/api/outbox/{notice}": (HOUSE, "read a message"),
    **dict.fromkeys(
        (f"/api/dead-letters/{service}/{{identity}}" for service in FLOW), (OPS, "looked at a dead letter")
    ),
    "/api/outbox/{notice}/frame": (HOUSE, "read a message"),
}
"""What shows one person's data."""
_DEAD_LETTERS: Final = {
    "retry": "tried a dead letter again",
    "retry-like": "tried dead letters again",
    "drop": "dropped a dead letter",
}
_CHANGES: Final[Mapping[str, tuple[RoleSet, str]]] = {
    "POST /sales": (EVERYBODY, "reported a sales fact"),
    "POST /api/content": (DATA, "published content"),
    "POST /leads/selected.csv": (HOUSE, "took the file leads.csv"),
    "POST /events": (frozenset({"admin"}), "sent events"),
    "POST /api/nurture/sent": (frozenset({"marketing", "admin"}), "reported a mail"),
    "POST /api/nurture/may-send": (frozenset({"marketing", "admin"}), "asked whether a mail may be sent"),
    "POST /api/stewards/{identity}/decide": (DATA, "decided as steward"),
    "POST /api/engagements/judge": (DATA, "judged an engagement"),
    "POST /api/spam/{identity}/release": (OPS, "released spam"),
    "POST /api/spam/{identity}/drop": (OPS, "dropped spam"),
    "POST /api/refused/{identity}/release": (OPS, "released what was refused"),
    "POST /api/refused/{identity}/drop": (OPS, "dropped what was refused"),
    **{
        f"POST /api/dead-letters/{service}/{{identity}}/{act}": (OPS, words)
        for service in FLOW
        for act, words in _DEAD_LETTERS.items()
    },
    "POST /api/outbox/{notice}/send": (frozenset({"manager", "ops", "admin"}), "sent a message again"),
    "POST /demo-house": (HOUSE, "asked for the other house"),
    "POST /screens": (DATA, "made an address for a screen"),
    "POST /screens/{screen}/withdraw": (DATA, "withdrew the address of a screen"),
    "POST /agreement/sign": (HOUSE - {"rep"}, "signed the agreement"),
    "POST /lab/advance": (OPS, "moved the laboratory's clock"),
    "POST /lab/settle": (OPS, "settled the laboratory"),
}
MANAGERS_FACTS: Final = ("reassigned", "nurtured", "nudged")
"""Sales facts that a rep may not report: a manager decides so."""
MARKETING_FACTS: Final = (
    "reviewed",
    "survey",
    "enrolled",
    "content_requested",
    "content_feedback",
    "action_item",
    "assessed",
    "partner_feedback",
)
"""The only sales facts that marketing reports."""
PARTNERS_FACTS: Final = ("partner_feedback",)
"""The only ones that somebody of a partner reports, about the own partner."""


def _rules() -> Iterator[tuple[str, RouteRule]]:
    for route in _OPEN:
        yield route, RouteRule(EVERYBODY, open=True)
    for path, roles in _PAGES.items():
        yield f"GET {path}", RouteRule(roles)
    for name, roles in REPORTS.items():
        yield f"GET /api/{name}", RouteRule(roles)
        yield f"GET /{name}", RouteRule(roles)
        act = f"took the file {name}.csv" if name in _PERSONAL else None
        yield f"GET /api/export/{name}.csv", RouteRule(roles, act)
    for path, (roles, act) in _LOOKS.items():
        yield f"GET {path}", RouteRule(roles, act)
    for route, (roles, act) in _CHANGES.items():
        yield route, RouteRule(roles, act)


POLICY: Final[Mapping[str, RouteRule]] = dict(_rules())
"""By method and path as the router writes it: `GET /leads/{lead}`."""


def may_open(roles: RoleSet, path: str, method: str = "GET") -> bool:
    """Whether somebody with these roles may use a route; False for one that stands nowhere."""
    rule = POLICY.get(f"{method} {path}")
    return rule is not None and bool(rule.roles & roles)


def reports_fact(roles: RoleSet, kind: str) -> bool:
    """Whether somebody with these roles may report this type of sales fact."""
    if roles & {"manager", "ops", "admin"}:
        return True
    if "partner" in roles:
        return kind in PARTNERS_FACTS
    return ("rep" in roles and kind not in MANAGERS_FACTS) or ("marketing" in roles and kind in MARKETING_FACTS)
