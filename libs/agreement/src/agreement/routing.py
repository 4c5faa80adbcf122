"""Chapter `routing`: whose lead it is, how fast, and what becomes of one that comes back."""

from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import Field

from agreement.types import Count, Country, Flag, Id, Range, Span, Terms, Wall
from events.vocabulary import Stage

Step = Literal[
    "nobody",
    "open_opportunity",
    "already_owned",
    "existing_customer",
    "named_account",
    "referral",
    "recycled",
    "pool",
    "nurture",
    "long_term",
    "operations",
]
Then = Literal["merge", "disqualify", "steward", "suppress", "reroute", "nurture", "repool"]
Urgency = Literal["hand_raise", "hot", "referral", "warm"]
RejectAudience = Literal["owner", "marketing", "scoring", "stewards", "manager"]
NurtureExit = Literal[
    "gate_passed", "hand_raise", "reply", "points_gained", "revisit_on", "company_change", "silence", "unsubscribed"
]


HOUSE_ENDINGS: Final = (
    "rep_left",
    "withdrawn",
    "merged",
    "closed",
    "erased",
    "reassigned",
    "handed_over",
    "nurtured",
    "handed_back",
    "stalled",
    "deal_owner",
)
"""Reasons of `lead.returned` that stand in no agreement: the house ended the offer, and nobody answered it."""


class StepTerm(Terms):
    """One routing step; the first that matches decides."""

    number: Annotated[int, Field(ge=0)]
    step: Step
    text: str


class SizeBand(Terms):
    """Companies by employees; the one without `employees` takes unknown sizes and soft-disqualified hand-raises."""

    name: Id
    title: str
    employees: Range | None = None
    sequence: tuple[Id, ...] = ()
    """Channels of the outbound sequence that runs beside the rep's work."""


class Region(Terms):
    """Countries that are worked by the same pools."""

    name: Id
    countries: tuple[Country, ...]
    served: bool = True
    """No: nobody is assigned; the lead is disqualified as an unsupported country."""


class PoolRule(Terms):
    """Leads of this size in this region go to this pool; `hands_to` is the pool that works them once qualified."""

    size: Id
    region: Id
    pool: Id
    hands_to: Id | None = None


class UrgencyTerm(Terms):
    """From the top; the first that fits decides. A band, a hand-raise or a referral."""

    name: Urgency
    first_touch: Span
    flag: Flag | None = None


class Referral(Terms):
    """How long a referral's touch counts, and who takes it when the partner has no owner here."""

    within: Wall
    partner_manager: Id
    """Rep who takes the referrals of partners without an owner."""


class NobodyEligible(Terms):
    """Tried in this order when no member of the pool can take the lead."""

    urgent: tuple[Literal["on_call", "manager"], ...]
    otherwise: tuple[Literal["wait_for_shift", "on_call", "manager"], ...]
    everyone_capped: tuple[Literal["overflow", "manager"], ...]


class Decisions(Terms):
    """What managers decide: when everybody has had a lead, or it was passed on too often."""

    escalated_after: Span
    """Without a decision operations hears of it, once."""


class RejectReason(Terms):
    """Why an offer comes back, and what follows. Code goes by `then` and `turn`, never by the name."""

    reason: Id
    """Its name: a new one is a new row, for which no code is needed."""
    title: str
    """On the button."""
    then: Then | None = None
    turn: Literal["credited", "consumed"]
    text_required: bool = False
    chosen_by_rep: bool = True
    feedback_to_scoring: bool = False
    lead_guarantee: bool = False
    """Such a lead did not fulfil the volume commitment: marketing is to deliver one more."""
    routing_defect: bool = False
    reviewed_weekly: bool = False
    segment: Id | None = None
    """With `then: nurture`."""
    tells: tuple[RejectAudience, ...] = ()


class ChannelTerm(Terms):
    """A way in which sales touches a person; `title` stands within a sentence."""

    channel: Id
    title: str


class OutreachStep(Terms):
    """On this business day after the assignment, a rep tries these channels."""

    business_day: Count
    channels: tuple[Id, ...]


class Unresponsive(Terms):
    """No response: so many attempts on so many channels, and so long since the first."""

    attempts: Count
    channels: Count
    after: Wall
    segment: Id


class Stalls(Terms):
    """Accepted work without any logged activity: said to its owner, then to the manager, then given up."""

    after: Span
    opportunity_after: Span
    manager_after: Span
    """After the owner was told."""
    nurture_after: Span
    """After the manager was; an opportunity never goes back by itself."""


class MonthRange(Terms):
    """From `at_least` to `at_most`, both included: months, or mails in a month."""

    at_least: Count
    at_most: Count


ARCHIVED: Final = "archived"
"""After silence, in place of a segment: the lead leaves every segment, and nothing is sent."""


class Silence(Terms):
    """What follows when a lead of a nurture segment does nothing for this long."""

    after: Span
    then: Id
    """A segment, or `archived` (see ARCHIVED)."""


class NurtureSegment(Terms):
    """Leads that no rep works: who they are, what they get, and what takes them out."""

    segment: Id
    title: str
    who: str
    mails_a_month: MonthRange
    stays_months: MonthRange | None = None
    leaves_when: tuple[NurtureExit, ...]
    points_gained: Count | None = None
    silence: Silence | None = None


class UsualRates(Terms):
    """In per cent: how many recycled leads usually become an opportunity again, by what recycled them."""

    lost_deal: Range
    job_change: Range
    company_event: Range


class Recycling(Terms):
    """When a lead that left is given to a rep again, and to which one (domain, section 8)."""

    lost_deal_after: Span
    lost_deal_at_latest: Span
    job_change: bool
    company_events: tuple[str, ...]
    usual_rates: UsualRates
    not_to_previous_owner_after: tuple[str, ...]
    """Last exits after which the previous owner is not asked again."""


class Nurture(Terms):
    """Where leads wait that do not pass the gate, and in which segments."""

    total_at_least: int
    segment: Id
    """Of leads that reach the total and not the gate."""
    below_segment: Id
    below_tells_contributions: Count
    """Marketing is told so many of the largest missing or negative contributions."""
    mails_a_month_at_most: Count
    segments: tuple[NurtureSegment, ...]


class Programme(Terms):
    """A campaign of the mail tool that sales may enrol a lead or account in, while the lead is in one of the stages."""

    campaign: str
    title: str
    stages: tuple[Stage, ...]


class Routing(Terms):
    """The whole chapter."""

    steps: tuple[StepTerm, ...]
    sizes: tuple[SizeBand, ...]
    regions: tuple[Region, ...]
    unknown_country: Id
    """Region of leads whose country is not known or in no list."""
    fallback_region: Id
    """Region whose pool is used where no local pool exists."""
    fallback_flag: Flag
    pools: tuple[PoolRule, ...]
    urgency: tuple[UrgencyTerm, ...]
    same_company_within: Wall
    referral: Referral
    nobody_eligible: NobodyEligible
    decisions: Decisions
    reject_reasons: tuple[RejectReason, ...]
    repools_at_most: Count
    channels: tuple[ChannelTerm, ...]
    outreach: tuple[OutreachStep, ...]
    unresponsive: Unresponsive
    stalls: Stalls
    nurture: Nurture
    programmes: tuple[Programme, ...] = ()
    """Empty: any campaign, at any stage."""
    recycling: Recycling

    def size_of(self, employees: int | None) -> SizeBand | None:
        """The size band of a company with so many employees; None when the size is not known, or in no band."""
        if employees is None:
            return None
        return next((band for band in self.sizes if band.employees and employees in band.employees), None)

    @cached_property
    def channel_names(self) -> frozenset[str]:
        """The channels by which sales touches people."""
        return frozenset(one.channel for one in self.channels)

    def channel_title(self, channel: str) -> str:
        """For people, within a sentence; the name itself of one that is gone from the agreement."""
        return self._titles.get(channel, channel)

    @cached_property
    def _titles(self) -> dict[str, str]:
        return {one.channel: one.title for one in reversed(self.channels)}

    @cached_property
    def triage(self) -> SizeBand:
        """The band without numbers, which takes unknown sizes. Lint holds that there is one; else StopIteration."""
        return next(band for band in self.sizes if band.employees is None)

    @cached_property
    def by_reason(self) -> dict[str, RejectReason]:
        """The reject reasons by name."""
        return {reason.reason: reason for reason in self.reject_reasons}

    def is_answer(self, reason: str) -> bool:
        """Whether an offer that came back with this reason was answered by its rep.

        True for reasons that a rep chooses. Silence (`accept_timeout`) and HOUSE_ENDINGS are no answer.
        """
        term = self.by_reason.get(reason)
        return term is not None and term.chosen_by_rep

    @cached_property
    def by_urgency(self) -> dict[str, UrgencyTerm]:
        """The urgencies by name."""
        return {term.name: term for term in self.urgency}
