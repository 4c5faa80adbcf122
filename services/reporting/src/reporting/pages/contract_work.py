"""The sentences of two chapters: who works here, and who is told."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from agreement.notices import NoticeForm, NoticeRule
from agreement.teams import Contact, Rep, Team
from events.vocabulary import humanize, humanize_first
from reporting.pages.contract import Article, Clauses

_FORMS: Final[Mapping[NoticeForm, str]] = {
    "message": "",
    "thread": " under the lead’s card",
    "edit": " by the card alone, drawn anew",
}
_ROLES: Final[Mapping[str, str]] = {"sdr": "SDR", "ae": "AE"}
_DAYS: Final[Mapping[str, str]] = {
    "mon": "Mon",
    "tue": "Tue",
    "wed": "Wed",
    "thu": "Thu",
    "fri": "Fri",
    "sat": "Sat",
    "sun": "Sun",
}


def teams(say: Clauses) -> list[Article]:
    """Calendars, people, pools."""
    terms, one = say.terms, say.say
    return [
        Article(
            "How people hear",
            (
                one("By {messages.channels|list}; what can wait comes together, at {messages.digest_at}."),
                *(one(sentence) for sentence in _own(terms.contacts, "contacts")),
                *(one(sentence) for sentence in _own(terms.reps, "reps")),
            ),
        ),
        Article("Teams and their hours", tuple(one(_team(n, team)) for n, team in enumerate(terms.teams))),
        Article(
            "Pools",
            tuple(
                one(
                    f"{{pools.{n}.title}}: {{pools.{n}.members|reps}}"
                    + (f"; {{pools.{n}.manager|rep}} decides" if pool.manager else "")
                    + (f"; {{pools.{n}.overflow}} helps" if pool.overflow else "")
                    + (f"; on call by turn {{pools.{n}.on_call|reps}}." if pool.on_call else ".")
                )
                for n, pool in enumerate(terms.pools)
            ),
        ),
        Article(
            "Reps",
            tuple(
                one(
                    f"{{reps.{n}.name}}, {_ROLES.get(rep.role, humanize(rep.role))}"
                    + (f": at most {{reps.{n}.daily_cap}} new leads a day" if rep.daily_cap else "")
                    + (f" and {{reps.{n}.open_cap}} at once" if rep.open_cap else "")
                    + (f", weight {{reps.{n}.weight}}" if rep.weight != 1 else "")
                    + (f", away from {rep.leave[0].first} to {rep.leave[-1].last}." if rep.leave else ".")
                )
                for n, rep in enumerate(terms.reps)
                if rep.active
            ),
        ),
        Article(
            "Accounts",
            (
                one(
                    f"{len(terms.named_accounts)} named accounts have an owner, {len(terms.accounts)} companies "
                    f"are known without "
                    "asking anybody, and {partners|count} partners send us people."
                ),
            ),
        ),
    ]


def _own(some: Sequence[Contact | Rep], name: str) -> Iterator[str]:
    """Of those who hear in a way of their own."""
    for number, one in enumerate(some):
        here = f"{name}.{number}.messages"
        by = f" by {{{here}.channels|list}}" if one.messages.channels else ""
        at = f" at {{{here}.digest_at}}" if one.messages.digest_at else ""
        if by or at:
            yield f"{{{name}.{number}.name}}:{by}{',' if by and at else ''}{at}."


def _team(number: int, team: Team) -> str:
    here = f"teams.{number}"
    days = [day for day in team.shifts if team.shifts[day]]
    same = len({team.shifts[day] for day in days}) == 1
    hours = (
        f"{_DAYS[days[0]]} to {_DAYS[days[-1]]} {{{here}.shifts.{days[0]}}}"
        if same and len(days) > 1
        else ", ".join(f"{_DAYS[day]} {{{here}.shifts.{day}}}" for day in days)
    )
    place = team.holidays.country + (f"-{team.holidays.subdivision}" if team.holidays.subdivision else "")
    manager = f"; {{{here}.manager|rep}} manages it" if team.manager else ""
    return f"{{{here}.name}} ({team.side}): {hours}, {{{here}.zone}}, holidays of {place}{manager}."


def notices(say: Clauses) -> list[Article]:
    """Who hears of what, and when messages wait."""
    terms, one = say.terms, say.say
    return [
        Article("Who hears of what", tuple(one(_rule(n, rule)) for n, rule in enumerate(terms.rules))),
        Article(
            "What a person does",
            (
                one(
                    "Whoever has the lead hears of a raised hand, and of a return after {activity.after_silence}; what "
                    "follows the card within {activity.same_visit} stands on the card alone."
                ),
            ),
        ),
        Article(
            "When messages wait",
            (
                one(
                    "Channels that are no person rest from {quiet_hours.start} to {quiet_hours.end} and on "
                    "{quiet_hours.days_off|list}; "
                    "people have their team’s hours."
                ),
                one(
                    "More than {digest.more_than} for one recipient and channel within {digest.within} become "
                    "one message."
                ),
                one(
                    "A message that does not get through is tried again after {retry.waits}, and given up after "
                    "{retry.give_up_after}."
                ),
            ),
        ),
        Article(
            "The card",
            (
                one(
                    "It shows {card.score_lines} lines of the score, {card.signals} signals, {card.timeline} "
                    "lines of the timeline and "
                    "{card.talking_points} things to say, of {talking_points|count}."
                ),
            ),
        ),
    ]


def _rule(number: int, rule: NoticeRule) -> str:
    here = f"rules.{number}"
    later = f"; {{{here}.by_digest|list}} in the digest" if rule.by_digest else ""
    return (
        f"{humanize_first(rule.kind)}: {{{here}.to|list}}, by {{{here}.by|list}}{_FORMS[rule.form]}, "
        + ("in working hours" if rule.waits else "at once")
        + (", gathered when many come" if rule.digest else "")
        + (f"{later}, of a hot lead {{{here}.hot_at_once|list}} at once." if rule.hot_at_once else f"{later}.")
    )
