"""What surrounds every page: who is signed in, where this person may go, and whom one may be on one's own machine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastapi import Request

from agreement.people import People, User
from agreement.teams import UserRole
from runtime.http.access import Caller, near
from runtime.http.demo_house import DemoHouse, demo_house
from runtime.http.policy import EVERYBODY, RoleSet, may_open, reports_fact
from runtime.http.tokens import derived

EVERY_DAY: Final = (
    ("/inbox", "Inbox"),
    ("/team", "Team"),
    ("/", "Numbers"),
    ("/leads", "Leads"),
    ("/agreement", "Agreement"),
)
"""The navigation, in the order of who comes most often."""
NOW_AND_THEN: Final = (
    ("/packs", "Packs"),
    ("/content", "Content"),
    ("/partners", "Partners"),
    ("/expansion", "Customers"),
    ("/programmes", "Campaigns of sales"),
    ("/offers", "Offers"),
    ("/outbox", "Messages"),
    ("/operations", "Operations"),
    ("/audit", "Audit"),
    ("/docs", "API"),
)
"""What stands behind the three dots."""
GO: Final = {
    "i": "/inbox",
    "t": "/team",
    "n": "/",
    "l": "/leads",
    "a": "/agreement",
    "r": "/offers",
    "m": "/outbox",
    "o": "/operations",
}
"""Where `g` and a letter lead (static/app.js reads it from the key sheet)."""
_WORDS: Final = dict((*EVERY_DAY, *NOW_AND_THEN))
_BEHIND: Final[Mapping[str, Sequence[str]]] = {
    "/": ("/money", "/attribution", "/win-loss", "/speed", "/funnel-model", "/self-assessment", "/screens"),
    "/team": ("/pools", "/fairness", "/late", "/promises-by-rep"),
    "/leads": ("/accounts",),
}
"""Pages that have no place in the navigation: those that one comes to from a page which has."""
HOMES: Final[Mapping[UserRole, str]] = {
    "rep": "/inbox",
    "manager": "/team",
    "marketing": "/",
    "ops": "/operations",
    "admin": "/",
    "partner": "/partners",
}
"""Where somebody of a role begins the day."""


@dataclass(frozen=True, slots=True)
class CastMember:
    """Somebody whom the switcher offers."""

    id: str
    name: str
    role: str
    current: bool


@dataclass(frozen=True, slots=True)
class PageFrame:
    """The frame of one page."""

    name: str | None
    """Of whom it is made for; null: nobody is signed in, and the page is open to everybody."""
    role: str
    signed_in: bool
    """With a session, which can be ended."""
    token: str
    """What a form must bring (`form_token`); empty without a session."""
    navigation: Sequence[tuple[str, str]] = ()
    """Address and words, of the pages of every day that this person may open."""
    more: Sequence[tuple[str, str]] = ()
    """The same of the others."""
    waiting: int | None = None
    """How much waits in the own inbox; null for who has none."""
    choices: Mapping[str, Sequence[CastMember]] = field(default_factory=dict)
    """By group: whom one may be; empty but on one's own machine."""
    unencrypted: bool = False
    roles: RoleSet = frozenset()
    """What this person may do: pages show a button to whom it answers."""

    demo: DemoHouse | None = None
    """The make-believe company's house, which may be shown instead of this one; null but on one's own machine."""
    home: tuple[str, str] = ("/sign-in", "Sign in")
    """Where to go from a page that says no: address, and words for a button."""

    @property
    def places(self) -> list[tuple[str, str]]:
        """Address and words of every page of the navigation that this person may open."""
        return [*self.navigation, *self.more]

    @property
    def keys(self) -> list[tuple[str, str, str]]:
        """What `g` and a letter open: letter, address and words, of the pages that this person may open."""
        return [(key, path, _WORDS[path]) for key, path in GO.items() if path in _WORDS and self.opens(path)]

    def within(self, path: str) -> str | None:
        """The page of the navigation at this address, or from which one comes to it; None: of none."""
        for where in _WORDS:
            for one in (where, *_BEHIND.get(where, ())):
                if path == one or (one != "/" and path.startswith(f"{one}/")):
                    return where
        return None

    def opens(self, path: str) -> bool:
        """Whether this person may open a page, written as in the policy: no link leads to a refusal."""
        return may_open(self.roles, path)

    def may(self, path: str) -> bool:
        """Whether this person may post to a route, written as in the policy."""
        return may_open(self.roles, path, "POST")

    def reports(self, kind: str) -> bool:
        """Whether this person may report this type of sales fact."""
        return self.may("/sales") and reports_fact(self.roles, kind)


def home_of(user: User) -> str:
    """The first page of somebody who signed in."""
    return next((path for role, path in HOMES.items() if role in user.roles), "/")


def frame_of(request: Request, people: People) -> PageFrame:
    """The frame for whoever sent the request."""
    caller: Caller | None = getattr(request.state, "caller", None)
    unencrypted = request.app.state.settings.unencrypted
    if caller is None or (caller.key is not None and caller.user is None):
        roles = EVERYBODY if caller else frozenset[UserRole]()
        shown, more = _open_to(EVERY_DAY, roles), _open_to(NOW_AND_THEN, roles)
        name = caller.name if caller else None
        return PageFrame(name, "", False, "", shown, more, unencrypted=unencrypted, roles=roles)
    user, session = caller.user, caller.session
    roles = user.roles if user else EVERYBODY
    return PageFrame(
        name=user.name if user else "This machine",
        role=role_words(user) if user else "may do everything",
        signed_in=session is not None,
        token=derived(session.secret, "form") if session else "",
        navigation=_open_to(EVERY_DAY, roles),
        more=_open_to(NOW_AND_THEN, roles),
        waiting=getattr(request.state, "waiting", None),
        choices=_choices(people, user) if near(request) else {},
        unencrypted=unencrypted,
        roles=roles,
        demo=demo_house(request),
        home=_home(home_of(user) if user else "/"),
    )


def _home(path: str) -> tuple[str, str]:
    return path, f"To the {_WORDS[path].lower()}"


def role_words(user: User) -> str:
    """`rep`, `ops and admin`."""
    return " and ".join(sorted(user.roles))


def _open_to(places: Iterable[tuple[str, str]], roles: RoleSet) -> tuple[tuple[str, str], ...]:
    return tuple((path, label) for path, label in places if may_open(roles, path))


def _choices(people: People, user: User | None) -> dict[str, list[CastMember]]:
    groups: dict[str, list[CastMember]] = {}
    for one in people.users():
        group = "Managers" if "manager" in one.roles else "Reps" if one.rep else "Others"
        current = user is not None and one.id == user.id
        groups.setdefault(group, []).append(CastMember(one.id, one.name, role_words(one), current))
    return groups
