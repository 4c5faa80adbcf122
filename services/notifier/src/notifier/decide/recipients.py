"""To whom a notice goes, by which channels, and from when on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agreement.notices import NoticeRule
from agreement.teams import Rep
from events.vocabulary import NoticeChannel
from notifier.decide.terms import Terms

_TO_PEOPLE: Final[frozenset[NoticeChannel]] = frozenset({"slack", "email"})


@dataclass(frozen=True, slots=True)
class Recipient:
    """One receiver by one channel."""

    name: str
    """Rep id, audience, `manager:<rep>`, `on_call:<rep>`, or the id of a webhook."""
    channel: NoticeChannel
    address: str
    at: datetime
    """When it may be sent."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Who plays which part in the event at hand; ids of reps."""

    rep: str | None = None
    previous_rep: str | None = None
    manager: str | None = None
    on_call: Sequence[str] = ()


def rep_of(recipient: str, terms: Terms) -> Rep | None:
    """`rep-ana` and `manager:rep-ana` are the same person; None for an audience."""
    return terms.people.rep(_who(recipient))


def recipients(kind: str, to: Sequence[str] | None, roles: Roles, terms: Terms, now: datetime) -> Iterator[Recipient]:
    """Everybody the rule of this kind names, once per channel and address; `to` takes the place of the rule's list."""
    rule = terms.notices.by_kind.get(kind)
    if rule is None:
        return
    seen = set[tuple[NoticeChannel, str]]()
    for role in to if to is not None else rule.to:
        for name in _names(role, roles):
            for channel, address in _addresses(name, rule, terms):
                if (channel, address) not in seen:
                    seen.add((channel, address))
                    yield Recipient(name, channel, address, _earliest(name, rule, terms, now))
    if "webhook" in rule.by:
        for hook in terms.notices.receivers:
            if kind in hook.kinds:
                yield Recipient(hook.id, "webhook", hook.url, now)


def _who(recipient: str) -> str:
    return recipient.rpartition(":")[2]


def _names(role: str, roles: Roles) -> list[str]:
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


def _addresses(recipient: str, rule: NoticeRule, terms: Terms) -> list[tuple[NoticeChannel, str]]:
    """By the rule's channels as far as this recipient has them; who has none of them is reached the other way."""
    known = terms.people.addresses(_who(recipient))
    reachable = [(channel, known[channel]) for channel in rule.by if channel in known]
    return reachable if reachable or _TO_PEOPLE.isdisjoint(rule.by) else list(known.items())


def _earliest(recipient: str, rule: NoticeRule, terms: Terms, now: datetime) -> datetime:
    """Messages wait for the recipient's hours; the on-call person is never kept waiting (domain, section 7)."""
    if not rule.waits or recipient.startswith("on_call:"):
        return now
    rep = rep_of(recipient, terms)
    calendar = terms.calendars.of_rep(rep.id) if rep else terms.audience_hours
    return calendar.next_open(now)
