"""What scoring remembers: of a lead a small hot state, from which the next event is counted, and its past in blocks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from agreement.survivorship import Claim
from events import Mode
from events.scores import RouteFacts, ScoreLine

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Order = tuple[datetime, int, str]
"""Order of occurrence: time, then place in the stream (length of the event's id, then the id)."""
Facts = dict[str, dict[str, Claim]]
"""Name of a fact, then source: what that source last claimed."""


class LeadEngagement(Struct, array_like=True, frozen=True):
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


class LedgerLine(Struct, array_like=True, frozen=True):
    """What one engagement, or one decay, really added to the balance."""

    at: datetime
    event: str
    """Empty for a decay."""
    rule: str
    points: int
    because: str


class LedgerState(Struct, array_like=True):
    """Everything the ledger of one model needs to know of past engagements to count the next one."""

    balance: int = 0
    engaged_at: datetime | None = None
    """Last human engagement of a scored kind: decay counts from here."""
    decay_steps: int = 0
    """Decay steps taken since."""
    visits: int = 0
    counted_at: dict[str, datetime] = {}
    """When each rule that counts once, or once in a period, last counted."""
    capped: dict[str, list[tuple[datetime, int]]] = {}
    """Points given under a rolling cap, by rule, each with its instant."""
    seen: bytes = b""
    """Assets and messages that count once for ever: `ledger.MARK` bytes each."""


class Recency(Struct, array_like=True):
    """When the last human engagement of each sort was."""

    engaged_at: datetime | None = None
    intent_at: datetime | None = None
    """Of an intent that routing asks for (`re_mql.intent`)."""
    hand_raise_at: datetime | None = None
    hand_raise: str | None = None
    """Its kind."""


class Tally(Struct, array_like=True):
    """What engagements add up to: all that is needed to count the next one, and to say which signals they gave."""

    ledgers: dict[str, LedgerState] = {}
    """By name of the model."""
    recency: Recency = msgspec.field(default_factory=Recency)
    signals: dict[str, bytes] = {}
    """By kind and asset, the newest last: see `signals`."""
    assets: dict[str, datetime] = {}
    """Named content and when it was last met, the newest last; at most `signals.SHOWN`."""


class Click(Struct, array_like=True, frozen=True):
    """A click of the last seconds: with others of its message it may be a burst."""

    at: datetime
    message: str
    link: str
    human: bool


class ProfileSums(Struct, array_like=True, frozen=True):
    """What gate and score need of the facts, drawn from them whenever they change."""

    fit: dict[str, int]
    """Sum of the fit lines by model."""
    hard: tuple[str, ...]
    soft: tuple[str, ...]
    customer: bool
    completeness: int
    """Without what an engagement adds."""
    checksum: int
    """Tells facts for routing, and fit lines, apart."""


class ModelFigures(Struct, array_like=True, frozen=True):
    """What one of several models makes of a lead."""

    model: str
    fit: int
    total: int
    passed: bool
    """The gate is open by this total."""


class Announced(Struct, array_like=True, frozen=True):
    """What was announced last; a standing that equals it is not announced again."""

    model: str
    """Empty when it was announced by an earlier release: then the whole is announced next."""
    fit: int
    total: int
    completeness: int
    profile: int
    """The profile's checksum."""
    passed: bool
    fast_track: bool
    reason: str
    hand_raise: str | None
    engaged_at: datetime | None
    intent_at: datetime | None
    hand_raise_at: datetime | None
    models: tuple[ModelFigures, ...] = ()
    """Of every model that scores the lead, where there are several."""


class EnrichmentWait(Struct, array_like=True, frozen=True):
    """A lead that was never announced waits for enrichment, with what it is to be announced with."""

    until: datetime
    event: str | None = None
    correlation: str | None = None
    mode: Mode = "live"
    kind: str | None = None
    """Of the engagement, if there was one; a raised hand comes first."""
    hand_raised: bool = False
    domain: str | None = None
    """Of the company that providers were asked about."""


class Ask(Struct, frozen=True, order=True):
    """A provider is to be asked about a company, for a lead that waits until then."""

    provider: str
    domain: str
    at: datetime
    until: datetime


class ShownFacts(Struct, frozen=True):
    """What a whole standing shows of the facts."""

    facts: RouteFacts
    confidence: int
    fit_lines: dict[str, tuple[ScoreLine, ...]]
    """By model."""


class Lead(Struct, array_like=True):
    """The hot state of one person. `as_of` is the instant up to which time has been taken into account.

    It is stored as a row of values in this order: new fields are added at the end, with a default.
    """

    id: str
    removed: str | None = None
    """`merged` or `erased`: nothing else is kept, and nothing that still arrives counts."""
    since: datetime | None = None
    as_of: datetime | None = None
    """Never runs back; null while nothing is known, and of a tombstone."""
    terms: str = ""
    """Version of the agreement under which the tally was folded."""
    restated: bool = False
    """The agreement changed since the last announcement."""
    domain: str | None = None
    source: str | None = None
    source_at: datetime | None = None
    """Time of the touch that gave source and campaign (`agreement.origin`)."""
    campaign: str | None = None
    campaign_at: datetime | None = None
    """The same, when the touch named one of them; None when its channel stands for the source."""
    referral: str | None = None
    referral_at: datetime | None = None
    tally: Tally = msgspec.field(default_factory=Tally)
    profile: ProfileSums | None = None
    """None before the first event, and when the facts have to be looked at again."""
    announced: Announced | None = None
    open_by_score: bool = False
    """The gate is open by the score."""
    gate_open: bool = False
    """The gate is open, by the score or by a hand-raise."""
    closes_at: datetime | None = None
    """When the open gate closes by time alone."""
    wakes_at: datetime | None = None
    """When a timer will ring; at the latest when time alone next changes something."""
    newest_at: datetime | None = None
    """Of the engagement that is last in the order of occurrence."""
    newest_event: str = ""
    clicks: list[Click] = []
    blocks: int = 0
    """Blocks of the past that are stored."""
    recent: bytes = b""
    """Engagements since the last block, in order, one after another as msgpack."""
    recent_count: int = 0
    shown: Any = None
    """An earlier release kept here what it showed while the gate was open: it is let go of."""
    expires_at: datetime | None = None
    """When the first of the signals and assets that were told leaves the gate's window: they are told anew then."""

    lines: dict[str, list[bytes]] | None = None
    """Once a block is stored, of each model the newest ledger lines as msgpack, the newest last: what a whole standing
    shows is found without the past. None: there is no block, or an earlier release stored it."""

    contradicts: bool = False
    """The company's name contradicts that by which its domain is known: then it has no domain."""
    traffic: str | None = None
    """Class of the touch that gave the source."""
    wait: EnrichmentWait | None = None
    """It waits for enrichment."""

    @property
    def newest(self) -> Order | None:
        """The place of the last engagement in the order of occurrence."""
        return (self.newest_at, len(self.newest_event), self.newest_event) if self.newest_at else None


class PastBlock(Struct, array_like=True, frozen=True):
    """A stretch of a lead's engagements, in order of occurrence, and what all up to its end add up to."""

    engagements: tuple[LeadEngagement, ...]
    """Empty in the block that stands for what an earlier release had forgotten one by one."""
    after: Tally
    until: Order | None


@dataclass(slots=True)
class Company:
    """What is known of a company beyond the accounts file, by its domain."""

    domain: str
    facts: Facts = field(default_factory=dict)
    name: str | None = None
    """As the first of its people called it: whoever contradicts belongs to another company."""


@dataclass(frozen=True, slots=True)
class OldLead:
    """A row of the first release: the hot state without a tally, the sealed base, and engagements since."""

    lead: Lead
    base: Tally
    sealed: Order | None
    engagements: tuple[LeadEngagement, ...]


@dataclass(frozen=True, slots=True)
class State:
    """What is loaded for a batch. Whatever is not in here has not been looked at; `decide` says what it misses."""

    leads: Mapping[str, bytes | OldLead] = field(default_factory=dict)
    """Hot states of all leads of the batch that are known; a lead that is not in here is new."""
    facts: Mapping[str, Facts] = field(default_factory=dict)
    """Of persons, by lead."""
    blocks: Mapping[str, Mapping[int, bytes]] = field(default_factory=dict)
    """Of the past, by lead and number."""
    companies: Mapping[str, Company | None] = field(default_factory=dict)
    """By domain; None for one of which nothing is known beyond the accounts file."""
    people: Mapping[str, Iterable[str]] = field(default_factory=dict)
    """Domain of a company that changes in this batch to the ids of its leads, in all lanes."""


def copy_facts(facts: Facts) -> Facts:
    """A copy to which claims can be added without touching this one."""
    return {name: dict(by_source) for name, by_source in facts.items()}


def utc_instant(at: datetime) -> datetime:
    """In UTC, and not before 1970: tools that do not know a time send the year 1."""
    if at.tzinfo is UTC and at >= _EPOCH:
        return at
    return max(at, _EPOCH).astimezone(UTC)


def claims_of(name: str, *layers: Facts) -> list[Claim]:
    """Every claim about a fact, of all layers."""
    return [claim for facts in layers if name in facts for claim in facts[name].values()]


def texts_of(name: str, facts: Facts) -> list[str]:
    """Every text claimed of a fact, placeholders included."""
    return [claim.value for claim in claims_of(name, facts) if isinstance(claim.value, str)]
