"""What routing remembers: leads, companies, reps and their seats in the pools; and `State`, what a batch loads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal

import msgspec

from agreement.deals import DealState
from agreement.leave import RepWord
from agreement.turns import ratio_of
from events.grounds import Candidate, PassedStep
from events.handoffs import AssignmentKind
from events.scores import RouteFacts, Standing
from events.vocabulary import ENDED_STAGES, OPEN_WORK, OUT_OF_WORK, Segment, Stage, Status
from routing.decide.model.shared_deals import SharedDeal

OfferState = Literal["open", "accepted", "rejected", "timed_out", "ended"]

NO_FACTS: Final = RouteFacts()
"""Before the first score."""


class Offer(msgspec.Struct, frozen=True):
    """One assignment of the lead to a rep, and how it ended."""

    version: int
    cycle: int
    rep: str
    pool: str | None
    rule: str
    at: datetime
    answer: OfferState = "open"
    turn: bool = False
    """Took a turn in the pool's round robin."""
    reason: str | None = None


class Attempt(msgspec.Struct, frozen=True):
    """Sales tried to reach the person, at this instant by this channel."""

    at: datetime
    channel: str
    by: str | None = None


class Deal(msgspec.Struct, frozen=True):
    """One deal of the lead, and who owns it."""

    deal: str
    state: DealState
    owner: str | None = None
    churned: bool = False
    """The customer by it is none any more."""
    passed_on: datetime | None = None
    """When it went along with the lead to its owner: only a later fact names another."""
    closed_at: datetime | None = None
    """Since when it is won or lost; null while it is open, and of what was kept before."""
    surveys_from: datetime | None = None
    """After which instant surveys are about this end (`agreement.deals`); null also of what was kept before."""
    open_from: datetime | None = None
    """Since when it is open, or was before it closed; null where nobody said so, and of what was kept before."""


class Exit(msgspec.Struct, frozen=True):
    """How the last cycle ended: decides when, and with whom, the next one may begin."""

    at: datetime
    reason: str
    rejected: bool = False
    owner: str | None = None


class NurtureState(msgspec.Struct, frozen=True):
    """The nurture segment the lead is in."""

    segment: Segment
    since: datetime
    total: int
    """The lead's total when it came in."""
    revisit_on: date | None = None


class Entry(msgspec.Struct, frozen=True):
    """What made the lead an MQL in this cycle."""

    at: datetime
    kind: AssignmentKind
    why: str
    historical: bool = False
    cause: str | None = None
    correlation: str | None = None
    re_engaged: bool = False
    trigger: str | None = None
    """Of a recycled lead: `lost_deal`, `job_change`, or what happened at its company."""


class NamedRegion(msgspec.Struct, frozen=True):
    """Where a rep says that the lead belongs: it holds as long as the lead's country is what it was then."""

    region: str
    country: str | None = None


class Lead(msgspec.Struct, frozen=True, omit_defaults=True):
    """One lead: where it stands, whose it is, its offers, and what scoring and sales said of it last."""

    id: str
    stage: Stage = "lead"
    status: Status = "new"
    cycle: int = 1
    owner: str | None = None
    version: int = 0
    """Offers so far, in all cycles."""
    offers: tuple[Offer, ...] = ()
    repools: int = 0
    entry: Entry | None = None
    exit: Exit | None = None
    nurture: NurtureState | None = msgspec.field(default=None, name="nursed")
    """Stored under its first name, so that old rows and old code stay readable."""
    attempts: tuple[Attempt, ...] = ()
    deals: tuple[Deal, ...] = ()
    standing: Standing | None = None
    cooling: bool = False
    flags: tuple[str, ...] = ()
    """Of the offer in force."""
    stall: int = 0
    """How often it was said that nothing is logged: to the owner, to the manager."""
    decides: str | None = None
    """The manager who is to decide about it now."""
    named_region: NamedRegion | None = None
    """What the last rep said who refused it as out of territory."""
    merged_into: str | None = None
    """The record to which a rep or a steward says that it belongs, while it is joined to it."""
    followers: tuple[str, ...] = ()
    """Leads that were merged into this one, in key order: they look again once it is in nobody's hands."""

    @property
    def closed(self) -> bool:
        """This cycle is over: the next handoff starts another one."""
        return self.stage in ENDED_STAGES or (self.stage != "lead" and self.status in OUT_OF_WORK)

    @property
    def worked(self) -> bool:
        """Somebody in sales has it."""
        return self.owner is not None and self.stage != "lead" and not self.closed

    @property
    def waiting(self) -> bool:
        """In the funnel, and with nobody."""
        return self.owner is None and self.stage != "lead" and not self.closed

    @property
    def in_hand(self) -> bool:
        """In the funnel, with an open deal, or a customer: whoever is joined to it is somebody's."""
        return (self.stage != "lead" and not self.closed) or bool(self.open_deals or self.customer_deals)

    @property
    def counts_for(self) -> str | None:
        """The rep whose open work this is."""
        return self.owner if self.worked and self.stage in OPEN_WORK else None

    @property
    def current(self) -> Offer | None:
        """The offer in force."""
        last = self.offers[-1] if self.offers else None
        if last is None or not self.worked or last.cycle != self.cycle or last.rep != self.owner:
            return None
        return last

    def assignment_of(self, rep: str) -> str | None:
        """Id of the assignment by which this rep has the lead; None when it is not the rep's by an offer."""
        current = self.current
        return self.assignment(current.version) if current and current.rep == rep else None

    @property
    def offered(self) -> frozenset[str]:
        """Who had an offer in this cycle: nobody is offered a lead twice in one."""
        return frozenset(offer.rep for offer in self.offers if offer.cycle == self.cycle)

    @property
    def facts(self) -> RouteFacts:
        """What scoring says of the person and company; empty before the first score."""
        return self.standing.facts if self.standing else NO_FACTS

    @property
    def region(self) -> str | None:
        """The region that a rep named, unless the country was corrected since; else the country decides."""
        named = self.named_region
        return named.region if named and named.country == self.facts.country else None

    @property
    def open_deals(self) -> tuple[Deal, ...]:
        """Deals that are neither won nor lost."""
        return tuple(deal for deal in self.deals if deal.state == "open") if self.deals else ()

    @property
    def won_deals(self) -> tuple[Deal, ...]:
        """Deals that are won."""
        return tuple(deal for deal in self.deals if deal.state == "won") if self.deals else ()

    @property
    def customer_deals(self) -> tuple[Deal, ...]:
        """Deals that are won, and by which the customer still is one."""
        return tuple(deal for deal in self.won_deals if not deal.churned)

    @property
    def churned_deals(self) -> tuple[Deal, ...]:
        """Deals by which a customer is one no more."""
        return tuple(deal for deal in self.deals if deal.churned) if self.deals else ()

    def assignment(self, version: int | None = None) -> str:
        """Id of the offer of this version, else of the last one: `lead.version`."""
        return f"{self.id}.{version or self.version}"


class Company(msgspec.Struct, frozen=True):
    """What the leads of one company share."""

    domain: str
    owner: str | None = None
    owned_at: datetime | None = None
    open: Mapping[str, str | None] = msgspec.field(default_factory=dict)
    """Leads with an open opportunity, each with its owner."""
    won: Mapping[str, str | None] = msgspec.field(default_factory=dict)
    """Leads with a won deal that goes on: an existing customer."""
    suppressed: bool = False
    churned: Mapping[str, str | None] = msgspec.field(default_factory=dict)
    """Leads with a deal that ended: no customer any more, unless another deal goes on."""


class Rep(msgspec.Struct, frozen=True):
    """A rep's load, shared by all lanes: changed only under the row's lock."""

    rep: str
    open: int = 0
    today: int = 0
    day: date | None = None
    words: tuple[RepWord, ...] = ()
    """What was said of the rep's leave (`agreement.leave`)."""


class Seat(msgspec.Struct, frozen=True):
    """A rep's turns in one pool. `head_start` lifts a newcomer or returner to the pool's median ratio."""

    pool: str
    rep: str
    assigned: int = 0
    credits: int = 0
    head_start: float = 0.0
    last_picked_at: datetime | None = None
    absent: bool = False

    @property
    def taken(self) -> int:
        """Turns, without those that were given back."""
        return self.assigned - self.credits

    def ratio(self, weight: float) -> float:
        """Turns by weight."""
        return ratio_of(self.taken, self.head_start, weight)


class Pick(msgspec.Struct, frozen=True):
    """The stored answer to `why me?`."""

    assignment: str
    lead: str
    pool: str | None
    rep: str
    rule: str
    at: datetime
    candidates: tuple[Candidate, ...]
    passed: tuple[PassedStep, ...]


@dataclass(frozen=True, slots=True)
class State:
    """What was loaded, rows locked."""

    leads: Mapping[str, Lead] = field(default_factory=dict)
    companies: Mapping[str, Company] = field(default_factory=dict)
    reps: Mapping[str, Rep] = field(default_factory=dict)
    seats: Mapping[tuple[str, str], Seat] = field(default_factory=dict)
    work: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Open leads, in any lane, of reps that leave in this batch."""
    other_companies: Mapping[str, Company] = field(default_factory=dict)
    """Not locked: this batch looks at them and changes nothing of them."""
    deals: Mapping[str, SharedDeal] = field(default_factory=dict)
    people: Mapping[str, tuple[tuple[str, str | None], ...]] = field(default_factory=dict)
    """Leads, in any lane, of accounts that sales speaks about in this batch, each with its domain; by the account."""
    records: Mapping[str, tuple[Lead, ...]] = field(default_factory=dict)
    """Not locked: by the name of a record that a rep gives, the lead of this id, else the deal's contacts."""


def name_key(company: str | None) -> str:
    """By which a lead is found by its company's name: small letters, 200 of them, for an index holds no long ones."""
    return (company or "").lower()[:200]
