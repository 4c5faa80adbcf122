"""Who is who: a rep's name and team, who manages whom, and where a rep or an audience is reached. One home for all."""

from dataclasses import dataclass

from agreement.teams import Contact, Rep, Teams
from events.vocabulary import NoticeChannel


@dataclass(frozen=True, slots=True)
class People:
    """The chapter `teams` as a register of people."""

    teams: Teams

    def rep(self, rep: str | None) -> Rep | None:
        """None for nobody, and for somebody who is gone from the agreement."""
        return self.teams.rep_by_id.get(rep) if rep else None

    def name(self, rep: str | None) -> str:
        """For people: the rep's name, the id of one who is gone from the agreement, `nobody`."""
        person = self.rep(rep)
        return person.name if person else rep or "nobody"

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
