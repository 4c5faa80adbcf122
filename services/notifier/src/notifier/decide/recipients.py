"""To whom a notice goes, by which channels, and from when on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from agreement.notices import NoticeRule
from agreement.teams import Rep
from events.vocabulary import NoticeChannel
from notifier.decide.terms import Terms

_TO_PEOPLE: Final[frozenset[NoticeChannel]] = frozenset({"slack", "email"})
_OF_A_REP: Final = frozenset({"rep", "previous_rep", "account_manager"})
_DAY: Final = timedelta(days=1)


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
    account_manager: str | None = None


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
        for name in _names(role, roles, terms):
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


def _names(role: str, roles: Roles, terms: Terms) -> list[str]:
    match role:
        case "rep" | "previous_rep" | "account_manager":
            rep = getattr(roles, role)
            return [rep] if rep else []
        case "manager":
            return [f"manager:{roles.manager}"] if roles.manager else []
        case "managers":
            return [f"manager:{rep.id}" for rep in terms.teams.reps if rep.active and terms.people.manages(rep.id)]
        case "on_call":
            return [f"on_call:{rep}" for rep in roles.on_call]
        case _:
            return [role]


def _addresses(recipient: str, rule: NoticeRule, terms: Terms) -> list[tuple[NoticeChannel, str]]:
    """By the recipient's own channels, as far as the rule allows them: one, unless more are asked for.

    Who has none of those is reached by the first that the rule allows; who has none of these, by any.
    """
    if _TO_PEOPLE.isdisjoint(rule.by):
        return []
    who = _who(recipient)
    known = terms.people.addresses(who)
    allowed = [channel for channel in rule.by if channel in known]
    wanted = [channel for channel in allowed if channel in terms.people.messages(who).channels]
    return [(channel, known[channel]) for channel in wanted or (allowed or list(known))[:1]]


def other_address(recipient: str, channel: str, terms: Terms) -> tuple[NoticeChannel, str] | None:
    """Another channel by which a person or audience is reached when this one has failed; None when there is none."""
    known = terms.people.addresses(_who(recipient))
    return next(((one, address) for one, address in known.items() if one != channel), None)


def next_digest(recipient: str, terms: Terms, now: datetime) -> datetime:
    """The recipient's next digest: later than `now`, at an hour of theirs in their zone, on a day when they work."""
    rep = rep_of(recipient, terms)
    calendar = terms.calendars.of_rep(rep.id) if rep else terms.audience_hours
    zone = ZoneInfo((terms.people.zone(rep.id) if rep else None) or terms.zone)
    day = calendar.local_day(now)
    while True:
        if calendar.working(day):
            for hour in sorted(terms.people.messages(_who(recipient)).digest_at):
                at = datetime.combine(day, hour, zone).astimezone(UTC)
                if at > now:
                    return at
        day = calendar.local_day(calendar.next_open(datetime.combine(day + _DAY, time.min, zone)))


def at_hour(recipient: str, first: date, hour: time, terms: Terms, *, working: bool) -> datetime:
    """This hour (UTC) of the recipient's zone on that day; `working`: on the first day from it on when they work."""
    rep = rep_of(recipient, terms)
    zone = ZoneInfo((terms.people.zone(rep.id) if rep else None) or terms.zone)
    calendar = terms.calendars.of_rep(rep.id) if rep else terms.audience_hours
    start = datetime.combine(first, time.min, zone)
    day = calendar.local_day(calendar.next_open(start)) if working and not calendar.working(first) else first
    return datetime.combine(day, hour, zone).astimezone(UTC)


def by_digest(kind: str, recipient: str, terms: Terms) -> bool:
    """Whether this recipient hears of this kind in a digest. Until it is put there it waits for nothing."""
    rule = terms.notices.by_kind.get(kind)
    return rule is not None and not _roles(recipient, terms).isdisjoint(rule.by_digest)


def hot_at_once(kind: str, recipient: str, terms: Terms) -> bool:
    """Whether this recipient hears of this kind at once when the lead is hot."""
    rule = terms.notices.by_kind.get(kind)
    return rule is not None and not _roles(recipient, terms).isdisjoint(rule.hot_at_once)


def _roles(recipient: str, terms: Terms) -> frozenset[str]:
    """What a rule may call this recipient."""
    part, _, person = recipient.rpartition(":")
    if part:
        return frozenset({part, f"{part}s"})
    return _OF_A_REP if terms.people.rep(person) else frozenset({recipient})


def open_hours(recipient: str, terms: Terms, now: datetime) -> datetime:
    """From when on the recipient may be disturbed."""
    rep = rep_of(recipient, terms)
    calendar = terms.calendars.of_rep(rep.id) if rep else terms.audience_hours
    return calendar.next_open(now)


def _earliest(recipient: str, rule: NoticeRule, terms: Terms, now: datetime) -> datetime:
    """Messages wait for the recipient's hours; the on-call person is never kept waiting (domain, section 7)."""
    if not rule.waits or recipient.startswith("on_call:") or by_digest(rule.kind, recipient, terms):
        return now
    return open_hours(recipient, terms, now)
