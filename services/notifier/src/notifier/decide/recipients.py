"""To whom a notice goes, by which channels, and from when on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from agreement.notices import NoticeRule
from agreement.teams import Contact, Rep
from events.vocabulary import NoticeChannel
from notifier.decide.terms import Terms


@dataclass(frozen=True, slots=True)
class Told:
    """One recipient by one channel."""

    recipient: str
    channel: NoticeChannel
    address: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Roles:
    """Who plays which part in the event at hand; ids of reps."""

    rep: str | None = None
    previous_rep: str | None = None
    manager: str | None = None
    on_call: Sequence[str] = ()


def person_of(recipient: str, terms: Terms) -> Rep | None:
    """`rep-ana` and `manager:rep-ana` are the same person."""
    return terms.teams.rep_by_id.get(recipient.rpartition(":")[2])


def contact_of(recipient: str, terms: Terms) -> Contact | None:
    return terms.teams.contact_by_audience.get(recipient)


def manager_of(rep: str | None, pool: str | None, terms: Terms) -> str | None:
    """The pool's manager, else the team's."""
    if pool and (found := terms.teams.pool_by_id.get(pool)) and found.manager:
        return found.manager
    if rep and (person := terms.teams.rep_by_id.get(rep)):
        return terms.teams.team_by_id[person.team].manager
    return None


def told(kind: str, to: Sequence[str] | None, roles: Roles, terms: Terms, now: datetime) -> Iterator[Told]:
    """Everybody the rule of this kind names (`to`: somebody else says who), once per channel they can be reached by."""
    rule = terms.notices.by_kind.get(kind)
    if rule is None:
        return
    seen = set[tuple[NoticeChannel, str]]()
    for role in to if to is not None else rule.to:
        for recipient in _playing(role, roles):
            for channel, address in _reached(recipient, rule, terms):
                if (channel, address) not in seen:
                    seen.add((channel, address))
                    yield Told(recipient, channel, address, _when(recipient, rule, terms, now))
    if "webhook" in rule.by:
        for hook in terms.notices.webhooks:
            if kind in hook.kinds:
                yield Told(hook.id, "webhook", hook.url, now)


def _playing(role: str, roles: Roles) -> list[str]:
    match role:
        case "rep":
            return [roles.rep] if roles.rep else []
        case "previous_rep":
            return [roles.previous_rep] if roles.previous_rep else []
        case "manager":
            return [f"manager:{roles.manager}"] if roles.manager else []
        case "on_call":
            return [f"on_call:{rep}" for rep in roles.on_call]
        case _:
            return [role]


def _reached(recipient: str, rule: NoticeRule, terms: Terms) -> list[tuple[NoticeChannel, str]]:
    """By the rule's channels as far as this recipient has them; who has none of them is reached the other way."""
    known = person_of(recipient, terms) or contact_of(recipient, terms)
    if known is None:
        return []
    slack = known.slack_user if isinstance(known, Rep) else known.slack_channel
    ways: dict[NoticeChannel, str | None] = {"email": known.email, "slack": slack}
    reached = [(channel, address) for channel in rule.by if (address := ways.get(channel))]
    if reached or not ways.keys() & set(rule.by):
        return reached
    return [(channel, address) for channel, address in ways.items() if address]


def _when(recipient: str, rule: NoticeRule, terms: Terms, now: datetime) -> datetime:
    """Messages wait for the recipient's hours; the on-call person is never kept waiting (domain, section 7)."""
    if not rule.waits or recipient.startswith("on_call:"):
        return now
    person = person_of(recipient, terms)
    calendar = terms.people.of_rep(person.id) if person else terms.audiences
    return calendar.next_open(now)
