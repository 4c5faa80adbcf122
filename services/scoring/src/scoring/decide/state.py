"""What scoring remembers of a lead and of a company: plain values, from which every standing can be derived again."""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple

from agreement.survivorship import Claim

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Order = tuple[datetime, int, str]
"""Order of occurrence: time, then place in the stream (length of the event's id, then the id)."""
Facts = dict[str, dict[str, Claim]]
"""Name of a fact, then source: what that source last claimed."""


class LeadEngagement(NamedTuple):
    """One engagement of a lead, as far as later decisions can ask for it."""

    at: datetime
    event: str
    kind: str
    asset: str | None = None
    """What tells one asset from another."""
    message: str | None = None
    link: str | None = None
    bot: str = ""
    """Why it is thought to be a bot's; empty for a person's."""
    final: bool = False
    """The source itself told whether it was a bot's: never judged again."""
    asset_named: bool = False
    """The asset was named, not taken from an address or title."""

    @property
    def order(self) -> Order:
        """Its place in the order of occurrence."""
        return self.at, len(self.event), self.event


class LedgerLine(NamedTuple):
    """What one engagement, or one decay, really added to the balance."""

    at: datetime
    event: str
    """Empty for a decay."""
    rule: str
    points: int
    because: str

    @property
    def order(self) -> Order:
        """Its place in the order of occurrence."""
        return self.at, len(self.event), self.event


@dataclass(slots=True)
class LedgerState:
    """Everything the ledger needs to know of past engagements to count the next one."""

    balance: int = 0
    engaged_at: datetime | None = None
    """Last human engagement of a scored kind: decay counts from here."""
    decay_steps: int = 0
    """Decay steps taken since."""
    visits: int = 0
    counted_at: dict[str, datetime] = field(default_factory=dict)
    """When each once-only rule last counted."""
    capped: dict[str, list[tuple[datetime, int]]] = field(default_factory=dict)
    """Points given under a rolling cap, by rule, each with its instant."""

    def copy(self) -> "LedgerState":
        """A copy that can be changed without touching this one."""
        return LedgerState(
            self.balance,
            self.engaged_at,
            self.decay_steps,
            self.visits,
            dict(self.counted_at),
            {rule: list(given) for rule, given in self.capped.items()},
        )


@dataclass(slots=True)
class Ledger:
    """`base` is the state up to the seal, `head` the state up to now, `lines` what lies between."""

    base: LedgerState = field(default_factory=LedgerState)
    head: LedgerState = field(default_factory=LedgerState)
    lines: list[LedgerLine] = field(default_factory=list)


@dataclass(slots=True)
class Recency:
    """When the last human engagement of each sort was."""

    engaged_at: datetime | None = None
    intent_at: datetime | None = None
    """Of an intent that routing asks for (`re_mql.intent`)."""
    hand_raise_at: datetime | None = None
    hand_raise: str | None = None
    """Its kind."""


@dataclass(slots=True)
class Lead:
    """One person. `as_of` is the instant up to which time has been taken into account; it never runs back."""

    id: str
    removed: str | None = None
    """`merged` or `erased`: nothing else is kept, and nothing that still arrives counts."""
    since: datetime | None = None
    as_of: datetime | None = None
    terms: str = ""
    """Version of the agreement under which the ledgers were folded."""
    facts: Facts = field(default_factory=dict)
    domain: str | None = None
    source: str | None = None
    source_at: datetime | None = None
    """Time of the touch that gave source and campaign (`agreement.origin`)."""
    campaign: str | None = None
    campaign_at: datetime | None = None
    """The same, when the touch named one of them; None when its channel stands for the source."""
    referral: str | None = None
    referral_at: datetime | None = None
    engagements: list[LeadEngagement] = field(default_factory=list)
    """In order of occurrence."""
    sealed: Order | None = None
    """Engagements up to here are folded into the ledgers' bases and forgotten one by one."""
    sealed_recency: Recency = field(default_factory=Recency)
    """Of the sealed engagements."""
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    """By name of the model."""
    open_by_score: bool = False
    """The gate is open by the score."""
    gate_open: bool = False
    """The gate is open, by the score or by a hand-raise."""
    closes_at: datetime | None = None
    """When the open gate closes by time alone."""
    announced: int | None = None
    """Checksum of the standing announced last."""
    wakes_at: datetime | None = None
    """When a timer will ring; at the latest when time alone next changes something."""

    def copy(self) -> "Lead":
        """A copy that can be folded further without touching this one."""
        lead = copy(self)
        lead.facts = copy_facts(self.facts)
        lead.engagements = list(self.engagements)
        lead.sealed_recency = copy(self.sealed_recency)
        lead.ledgers = {
            name: Ledger(ledger.base.copy(), ledger.head.copy(), list(ledger.lines))
            for name, ledger in self.ledgers.items()
        }
        return lead


@dataclass(slots=True)
class Company:
    """What is known of a company beyond the accounts file, by its domain."""

    domain: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """What is loaded for a batch: its leads, companies by domain, and who is at the companies that change."""

    leads: Mapping[str, Lead] = field(default_factory=dict)
    companies: Mapping[str, Company] = field(default_factory=dict)
    people: Mapping[str, Iterable[str]] = field(default_factory=dict)
    """Domain of a company that changes in this batch to the ids of its leads, in all lanes."""


def copy_facts(facts: Facts) -> Facts:
    """A copy to which claims can be added without touching this one."""
    return {name: dict(by_source) for name, by_source in facts.items()}


def utc_instant(at: datetime) -> datetime:
    """In UTC, and not before 1970: tools that do not know a time send the year 1."""
    return max(at, _EPOCH).astimezone(UTC)


def claims_of(name: str, *layers: Facts) -> list[Claim]:
    """Every claim about a fact, of all layers."""
    return [claim for facts in layers if name in facts for claim in facts[name].values()]


def texts_of(name: str, facts: Facts) -> list[str]:
    """Every text claimed of a fact, placeholders included."""
    return [claim.value for claim in claims_of(name, facts) if isinstance(claim.value, str)]
