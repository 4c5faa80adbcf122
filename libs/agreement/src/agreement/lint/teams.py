"""Checks of chapter `teams` and its two tables."""

import itertools
from functools import lru_cache
from typing import get_args

from agreement.chapters import Agreement
from agreement.lint.finding import Findings
from agreement.people import People
from agreement.problems import Path
from agreement.teams import ContactAudience, Messages, OwnMessages, Team, Teams


def check(agreement: Agreement, findings: Findings) -> None:
    """Adds a finding for each rep, pool, contact, partner or account that refers to somebody who is not there."""
    terms = agreement.teams
    for index, team in enumerate(terms.teams):
        _team(team, ("teams", "teams", index), terms, findings)
    _reps(terms, findings)
    _pools(terms, findings)
    _contacts(terms, findings)
    _messages(terms, findings)
    _tables(terms, findings)
    _people(terms, findings)


def _people(terms: Teams, findings: Findings) -> None:
    """Who signs in: one id and one address is one person, of the reps too; a partner's person names the partner."""
    together = [("reps", i, one.id, one.email) for i, one in enumerate(terms.reps)]
    together += [("people", i, one.id, one.email) for i, one in enumerate(terms.people)]
    findings.repeated(((("teams", where, i, "id"), name) for where, i, name, _ in together), "person")
    findings.repeated(((("teams", where, i, "email"), mail.casefold()) for where, i, _, mail in together), "address")
    partners = {one.id for one in terms.partners}
    for index, person in enumerate(terms.people):
        at = ("teams", "people", index)
        findings.unknown((*at, "partner"), person.partner, partners, "partner")
        findings.repeated((((*at, "roles", i), role) for i, role in enumerate(person.roles)), "role")
        if not person.roles:
            findings.add((*at, "roles"), f"{person.id} may do nothing; give a role, or take the entry away")
        if ("partner" in person.roles) != (person.partner is not None):
            findings.add(
                at, f"{person.id}: the role partner and the name of a `partner:` go together; give both or none"
            )
        if "partner" in person.roles and len(person.roles) > 1:
            findings.add(
                (*at, "roles"), f"{person.id} is from a partner and one of us; somebody else's person has no other role"
            )


def _team(team: Team, at: Path, terms: Teams, findings: Findings) -> None:
    findings.unknown((*at, "manager"), team.manager, terms.rep_by_id, "rep")
    if not any(team.shifts.values()):
        findings.add((*at, "shifts"), "has no shift on any day; nobody would ever be at work")
    for day, shifts in team.shifts.items():
        for index, (earlier, later) in enumerate(itertools.pairwise(shifts), 1):
            if later.start < earlier.end:
                findings.add((*at, "shifts", day, index), "begins before the shift in front of it has ended")
    wrong = _unknown_holidays(team.holidays.country, team.holidays.subdivision)
    if wrong is not None:
        findings.add((*at, "holidays", wrong[0]), wrong[1])


@lru_cache(maxsize=64)
def _unknown_holidays(country: str, subdivision: str | None) -> tuple[str, str] | None:
    """Key and message when the holiday library does not know the place."""
    from holidays import country_holidays  # noqa: PLC0415 (a third of a second that most readers of terms never need)

    try:
        calendar = country_holidays(country)
    except NotImplementedError:
        return (
            "country",
            f"{country!r} is no country with known holidays; use its two-letter code, such as US, GB or DE",
        )
    known = (*calendar.subdivisions, *calendar.subdivisions_aliases)
    if subdivision is None or subdivision in known:
        return None
    return (
        "subdivision",
        f"{subdivision!r} is no part of {country}; there is: {', '.join(calendar.subdivisions) or 'none'}",
    )


def _reps(terms: Teams, findings: Findings) -> None:
    teams = terms.team_by_id
    findings.repeated(((("teams", "teams", i, "id"), team.id) for i, team in enumerate(terms.teams)), "team")
    for index, rep in enumerate(terms.reps):
        at = ("teams", "reps", index)
        findings.unknown((*at, "team"), rep.team, teams, "team")
        for number, leave in enumerate(rep.leave):
            if leave.last < leave.first:
                findings.add((*at, "leave", number), "ends before it begins")


def _pools(terms: Teams, findings: Findings) -> None:
    reps, pools = terms.rep_by_id, terms.pool_by_id
    findings.repeated(((("teams", "pools", i, "id"), pool.id) for i, pool in enumerate(terms.pools)), "pool")
    for index, pool in enumerate(terms.pools):
        at = ("teams", "pools", index)
        for field in ("members", "on_call"):
            people = getattr(pool, field)
            for number, rep in enumerate(people):
                findings.unknown((*at, field, number), rep, reps, "rep")
            findings.repeated((((*at, field, number), rep) for number, rep in enumerate(people)), "member")
        if pool.manager is None:
            findings.add(
                at, f"{pool.id} has no manager; add `manager:` with a rep's id, who decides when nobody else can"
            )
        findings.unknown((*at, "manager"), pool.manager, reps, "rep")
        findings.unknown((*at, "overflow"), pool.overflow, pools, "pool")
        if pool.overflow == pool.id:
            findings.add((*at, "overflow"), "is the pool itself; name another one")
        if not any(rep in reps and reps[rep].active for rep in pool.members):
            findings.add((*at, "members"), f"{pool.id} has no active member; add one")


def _contacts(terms: Teams, findings: Findings) -> None:
    present = [contact.audience for contact in terms.contacts]
    findings.repeated(((("teams", "contacts", i, "audience"), name) for i, name in enumerate(present)), "audience")
    findings.absent(("teams", "contacts"), present, get_args(ContactAudience), "the audiences")
    for index, contact in enumerate(terms.contacts):
        if contact.email is None and contact.slack_channel is None:
            findings.add(("teams", "contacts", index), "can hear nothing; give an email or a slack_channel")
    for index, partner in enumerate(terms.partners):
        findings.unknown(("teams", "partners", index, "owner"), partner.owner, terms.rep_by_id, "rep")
    findings.repeated(((("teams", "partners", i, "id"), one.id) for i, one in enumerate(terms.partners)), "partner")


def _messages(terms: Teams, findings: Findings) -> None:
    """Everybody hears by some channel, and by none that they do not have; a digest has an hour."""
    house = terms.messages
    everybody: list[tuple[Path, Messages | OwnMessages]] = [(("teams", "messages"), house)]
    everybody += [(("teams", "reps", i, "messages"), one.messages) for i, one in enumerate(terms.reps)]
    everybody += [(("teams", "contacts", i, "messages"), one.messages) for i, one in enumerate(terms.contacts)]
    for at, own in everybody:
        for name, given, need in (
            ("channels", own.channels, "slack or email"),
            ("digest_at", own.digest_at, "an hour"),
        ):
            if given == ():
                findings.add((*at, name), f"is empty; give {need}, or take it out")
            findings.repeated((((*at, name, i), str(one)) for i, one in enumerate(given or ())), name)
    people = People(terms)
    for where, ids in (
        ("reps", [one.id for one in terms.reps]),
        ("contacts", [one.audience for one in terms.contacts]),
    ):
        for index, who in enumerate(ids):
            contact, has = people.contact(who), people.addresses(who)
            for number, channel in enumerate((contact.messages.channels if contact else None) or ()):
                if channel not in has:
                    field = {"slack": "slack_user" if where == "reps" else "slack_channel"}.get(channel, channel)
                    findings.add(
                        ("teams", where, index, "messages", "channels", number),
                        f"{who} has no {channel}; give `{field}:`",
                    )


def _tables(terms: Teams, findings: Findings) -> None:
    for index, row in enumerate(terms.named_accounts):
        findings.unknown(("teams", "named_accounts", index, "owner"), row.owner, terms.rep_by_id, "rep of teams.yaml")
    for table in ("named_accounts", "accounts"):
        rows = getattr(terms, table)
        findings.repeated(((("teams", table, i, "domain"), row.domain) for i, row in enumerate(rows)), "domain")
