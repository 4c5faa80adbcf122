"""Chapter `teams`: who works here, when, in which pools, and which accounts are whose."""

from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from agreement.types import Amount, Count, Country, Domain, Email, Id, Shift, Terms, TimeOfDay, Wall, Weekday, Zone
from events.vocabulary import Side

Role = Literal["sdr", "ae", "account_manager", "partner_manager", "manager"]
UserRole = Literal["rep", "manager", "marketing", "ops", "admin", "partner"]
"""What a person who signs in may do: one may have several."""
GivenRole = Literal["marketing", "ops", "admin", "partner"]
"""Roles that the agreement gives by name; reps and managers have theirs by what they are."""
PersonalChannel = Literal["slack", "email"]
"""A channel by which people hear; webhooks are for machines."""
ContactAudience = Literal["marketing", "operations", "stewards", "sales_leadership"]


class OwnDay(Terms):
    """A day on which the team does not work, though it is no public holiday."""

    day: date
    name: str


class Holidays(Terms):
    """The public holidays of a country (and subdivision), plus own days off, minus days worked all the same."""

    country: Country
    subdivision: str | None = None
    own_days: tuple[OwnDay, ...] = ()
    worked: tuple[date, ...] = ()


class Team(Terms):
    """A team has one calendar."""

    id: Id
    name: str
    side: Side
    zone: Zone
    shifts: dict[Weekday, tuple[Shift, ...]]
    holidays: Holidays
    manager: Id | None = None


class Leave(Terms):
    """Both days included."""

    first: date
    last: date


class Messages(Terms):
    """How people hear of things, unless they say otherwise."""

    channels: tuple[PersonalChannel, ...]
    """By these, as far as somebody has them; who has none of them is reached the other way."""
    digest_at: tuple[TimeOfDay, ...]
    """In the recipient's zone, on working days: what can wait comes together, in one message."""


class OwnMessages(Terms):
    """The same for one person or audience; null: as everybody."""

    channels: tuple[PersonalChannel, ...] | None = None
    digest_at: tuple[TimeOfDay, ...] | None = None


class Rep(Terms):
    """Somebody who works leads, or manages those who do. `weight` is the share of turns in a pool."""

    id: Id
    name: str
    email: Email
    slack_user: str | None = None
    team: Id
    role: Role
    weight: Annotated[float, Field(gt=0)]
    daily_cap: Count | None = None
    open_cap: Count | None = None
    leave: tuple[Leave, ...] = ()
    calendar: Annotated[str, Field(pattern=r"^(https?|webcal)://")] | None = None
    """Address of the rep's calendar feed (iCalendar)."""
    messages: OwnMessages = OwnMessages()
    active: bool = True


class CalendarFeeds(Terms):
    """How leave is read from the calendars of the reps who have one."""

    every: Wall
    ahead: Wall
    """How far into the future a feed is read."""
    known: Wall | None = None
    """How long before it begins leave is made known, so that no lead goes to who is about to leave; null: then."""
    at_least: Wall
    """How long an entry with times must last to be leave; one of whole days always is."""
    words: tuple[str, ...]
    """With one of them the title of an entry begins that is leave, unless the calendar itself says out of office."""


class Pool(Terms):
    """Reps who share leads by turns, and who decides or takes over when none of them can."""

    id: Id
    title: str
    members: tuple[Id, ...]
    manager: Id | None = None
    overflow: Id | None = None
    """Pool that takes over when everyone here is at the cap."""
    on_call: tuple[Id, ...] = ()


class Contact(Terms):
    """Where one audience hears of things: a Slack channel, a mail address, or both."""

    audience: ContactAudience
    name: str
    email: Email | None = None
    slack_channel: str | None = None
    messages: OwnMessages = OwnMessages()


class Partner(Terms):
    """A company that refers leads to us."""

    id: Id
    name: str
    owner: Id | None = None
    """Rep; a partner without one goes to the partner manager."""


class OfficePerson(Terms):
    """Somebody who signs in and is no rep: of marketing, of operations, or from a partner."""

    id: Id
    name: str
    email: Email
    roles: tuple[GivenRole, ...]
    partner: Id | None = None
    """Of somebody with the role partner: whose leads this person sees."""


class NamedAccount(Terms):
    """A row of named_accounts.csv. The owner of a customer is its account manager."""

    domain: Domain
    company: str
    kind: Literal["target", "customer", "partner"]
    owner: Id


class Account(Terms):
    """A row of accounts.csv: what is known of a company without asking anybody."""

    domain: Domain
    company: str
    employees: int | None = None
    industry: str | None = None
    revenue: Amount | None = None
    country: Country | None = None
    tech_stack: tuple[str, ...] = ()


class Teams(Terms):
    """The whole chapter, with its two tables."""

    teams: tuple[Team, ...]
    reps: tuple[Rep, ...]
    pools: tuple[Pool, ...]
    contacts: tuple[Contact, ...]
    messages: Messages
    calendar_feeds: CalendarFeeds
    partners: tuple[Partner, ...] = ()
    people: tuple[OfficePerson, ...] = ()
    named_accounts: tuple[NamedAccount, ...] = ()
    """From named_accounts.csv."""
    accounts: tuple[Account, ...] = ()
    """From accounts.csv."""

    @cached_property
    def team_by_id(self) -> dict[str, Team]:
        """The teams by id."""
        return {team.id: team for team in self.teams}

    @cached_property
    def rep_by_id(self) -> dict[str, Rep]:
        """The reps by id, those who are not active too."""
        return {rep.id: rep for rep in self.reps}

    @cached_property
    def rep_by_email(self) -> dict[str, str]:
        """Mail address in small letters to the id of its rep."""
        return {rep.email.lower(): rep.id for rep in self.reps}

    @cached_property
    def rep_by_slack(self) -> dict[str, str]:
        """Member of Slack to the id of the rep; reps without one are left out."""
        return {rep.slack_user: rep.id for rep in self.reps if rep.slack_user}

    @cached_property
    def person_by_id(self) -> dict[str, OfficePerson]:
        """Those who sign in and are no reps, by id."""
        return {one.id: one for one in self.people}

    @cached_property
    def person_by_email(self) -> dict[str, str]:
        """Mail address in small letters to the id of its person who is no rep."""
        return {one.email.lower(): one.id for one in self.people}

    @cached_property
    def pool_by_id(self) -> dict[str, Pool]:
        """The pools by id."""
        return {pool.id: pool for pool in self.pools}

    def pool_title(self, identity: str) -> str:
        """The pool's title; an id that is no pool's, as it is."""
        return self.pool_by_id[identity].title if identity in self.pool_by_id else identity

    @cached_property
    def contact_by_audience(self) -> dict[str, Contact]:
        """The contacts by audience."""
        return {contact.audience: contact for contact in self.contacts}

    @cached_property
    def named_by_domain(self) -> dict[str, NamedAccount]:
        """The rows of named_accounts.csv by company domain."""
        return {row.domain: row for row in self.named_accounts}

    @cached_property
    def customers(self) -> frozenset[str]:
        """Domains of the named accounts that are customers."""
        return frozenset(row.domain for row in self.named_accounts if row.kind == "customer")

    @cached_property
    def account_by_domain(self) -> dict[str, Account]:
        """The rows of accounts.csv by company domain."""
        return {row.domain: row for row in self.accounts}
