"""Who is who: a rep's name and team, who manages whom, and where a rep or an audience is reached. One home for all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agreement.teams import Contact, Messages, Rep, Teams, UserRole
from events.vocabulary import NoticeChannel, Side, humanize

_PARTS: Final = ("manager", "on_call")
SIGNERS: Final[Mapping[Side, frozenset[UserRole]]] = {
    "marketing": frozenset({"marketing", "ops", "admin"}),
    "sales": frozenset({"manager", "admin"}),
}
"""Who may sign an edit of the agreement for a side."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in, and what for."""

    id: str
    name: str
    email: str
    roles: frozenset[UserRole]
    rep: bool = False
    """The id is a rep's: facts of sales may be `by` this person."""
    pools: tuple[str, ...] = ()
    """Whose leads a rep sees beside the own ones."""
    partner: str | None = None
    """Whose leads somebody of a partner sees."""

    @property
    def sees_all(self) -> bool:
        """Whether all leads are shown. A rep sees the own work and the pools', somebody of a partner theirs."""
        return bool(self.roles - {"rep", "partner"})

    @property
    def side(self) -> Side | None:
        """Which of the two teams this person speaks for; None for who runs the house, and for partners."""
        if self.roles & {"rep", "manager"}:
            return "sales"
        return "marketing" if "marketing" in self.roles else None

    def signs_for(self, side: Side) -> bool:
        """Whether this person may sign an edit of the agreement for a side."""
        return bool(self.roles & SIGNERS[side])


@dataclass(frozen=True, slots=True)
class People:
    """The chapter `teams` as a register of people."""

    teams: Teams

    def rep(self, rep: str | None) -> Rep | None:
        """None for nobody, and for somebody who is gone from the agreement."""
        return self.teams.rep_by_id.get(rep) if rep else None

    def name(self, rep: str | None) -> str:
        """For people: the name of a rep or of somebody who signs in, the id of one who is gone, `nobody`."""
        person = self.rep(rep) or self.teams.person_by_id.get(rep or "")
        return person.name if person else rep or "nobody"

    def addressee(self, to: str) -> str:
        """For people: whom a notice or an alert goes to, a rep, an audience, or `manager:rep-ana` (name and part)."""
        role, _, person = to.rpartition(":")
        return f"{self.name(person)}, {humanize(role)}" if role in _PARTS else humanize(self.name(to))

    def rep_of_email(self, address: str) -> str | None:
        """Id of the rep with this mail address, in any case; None for a stranger."""
        return self.teams.rep_by_email.get(address.strip().lower())

    def rep_of_slack(self, user: str) -> str | None:
        """Id of the rep who is this member of Slack; None for a stranger."""
        return self.teams.rep_by_slack.get(user)

    def team(self, rep: str | None) -> str | None:
        """Id of the rep's team; None for nobody, and for somebody who is gone from the agreement."""
        person = self.rep(rep)
        return person.team if person else None

    def manager(self, rep: str | None = None, pool: str | None = None, team: str | None = None) -> str | None:
        """Rep id of who decides when the rep does not: the pool's manager, else the manager of the (rep's) team."""
        if pool and (term := self.teams.pool_by_id.get(pool)) and term.manager:
            return term.manager
        home = self.teams.team_by_id.get(team or self.team(rep) or "")
        return home.manager if home else None

    def manages(self, rep: str) -> bool:
        """Whether the rep decides for a pool or a team."""
        managers = {*(pool.manager for pool in self.teams.pools), *(team.manager for team in self.teams.teams)}
        return rep in managers

    def account_managers(self, domain: str | None) -> tuple[str, ...]:
        """Rep ids of who may look after a customer, the first before the next: the account's owner, then all others."""
        named = self.teams.named_by_domain.get(domain or "")
        owner = (named.owner,) if named and named.kind == "customer" else ()
        others = sorted(rep.id for rep in self.teams.reps if rep.role == "account_manager" and rep.active)
        return tuple(dict.fromkeys((*owner, *others)))

    def user(self, identity: str | None) -> User | None:
        """Who may sign in under this id; None for nobody, for a stranger, and for a rep who has left."""
        rep = self.rep(identity)
        if rep is not None:
            leads = rep.role == "manager" or self.manages(rep.id)
            pools = tuple(pool.id for pool in self.teams.pools if rep.id in (*pool.members, *pool.on_call))
            roles: frozenset[UserRole] = frozenset({"manager"} if leads else {"rep"})
            return User(rep.id, rep.name, rep.email, roles, rep=True, pools=pools) if rep.active else None
        one = self.teams.person_by_id.get(identity or "")
        return User(one.id, one.name, one.email, frozenset(one.roles), partner=one.partner) if one else None

    def user_of_email(self, address: str) -> User | None:
        """Who signs in with this mail address, in any case; None for a stranger."""
        known = address.strip().lower()
        return self.user(self.rep_of_email(known) or self.teams.person_by_email.get(known))

    def users(self) -> tuple[User, ...]:
        """All who may sign in: managers, reps, then the others, each by name."""
        ids = [*(rep.id for rep in self.teams.reps), *(one.id for one in self.teams.people)]
        everybody = [user for user in map(self.user, ids) if user is not None]
        return tuple(sorted(everybody, key=lambda one: ("manager" not in one.roles, not one.rep, one.name)))

    def acts_for(self, user: User, rep: str) -> bool:
        """Whether the user may answer in the place of this rep: the own, a manager those of the team and the pools."""
        if user.id == rep or user.roles & {"ops", "admin"}:
            return True
        return self.manager(rep) == user.id or any(
            rep in pool.members and pool.manager == user.id for pool in self.teams.pools
        )

    def zone(self, rep: str | None) -> str | None:
        """IANA name of the zone the rep works in."""
        home = self.teams.team_by_id.get(self.team(rep) or "")
        return home.zone if home else None

    def contact(self, who: str) -> Rep | Contact | None:
        """A rep by id, or an audience (`marketing`) by name."""
        return self.rep(who) or self.teams.contact_by_audience.get(who)

    def addresses(self, who: str) -> dict[NoticeChannel, str]:
        """Where a rep or an audience is reached: mail address, Slack member or channel; only what is known."""
        contact = self.contact(who)
        if contact is None:
            return {}
        slack = contact.slack_user if isinstance(contact, Rep) else contact.slack_channel
        ways: dict[NoticeChannel, str | None] = {"email": contact.email, "slack": slack}
        return {channel: address for channel, address in ways.items() if address}

    def messages(self, who: str) -> Messages:
        """How a rep or an audience wants to hear of things: what they say themselves, else what holds for everybody."""
        contact, house = self.contact(who), self.teams.messages
        if contact is None:
            return house
        own = contact.messages
        return Messages(
            channels=house.channels if own.channels is None else own.channels,
            digest_at=house.digest_at if own.digest_at is None else own.digest_at,
        )
