"""What scoring remembers of a lead and of a company: plain values, from which every standing can be derived again."""

from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Key = tuple[datetime, int, str]
"""Order of occurrence: time, then place in the stream."""


class Said(NamedTuple):
    """One source's word on one fact; a null value is a withdrawal."""

    value: Any
    at: datetime


Facts = dict[str, dict[str, Said]]
"""Name of the fact, then source."""


class Entry(NamedTuple):
    """One engagement. `machine` is empty for people, else why it is thought to be a machine."""

    at: datetime
    event: str
    kind: str
    asset: str | None = None
    """What tells one asset from another."""
    message: str | None = None
    link: str | None = None
    machine: str = ""
    settled: bool = False
    """The source itself said whether it was a machine: never judged again."""
    named: bool = False
    """The asset was named, not taken from an address or title."""

    @property
    def key(self) -> Key:
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
    def key(self) -> Key:
        return self.at, len(self.event), self.event


@dataclass(slots=True)
class Fold:
    """Everything the next engagement needs to know of those before it."""

    balance: int = 0
    last: datetime | None = None
    """Last human engagement of a scored kind: decay counts from here."""
    steps: int = 0
    """Decay steps taken since."""
    visits: int = 0
    counted: dict[str, datetime] = field(default_factory=dict)
    """When each once-only rule last counted."""
    recent: dict[str, list[tuple[datetime, int]]] = field(default_factory=dict)
    """Points given under a rolling cap."""

    def copy(self) -> "Fold":
        return Fold(
            self.balance,
            self.last,
            self.steps,
            self.visits,
            dict(self.counted),
            {kind: list(given) for kind, given in self.recent.items()},
        )


@dataclass(slots=True)
class Ledger:
    """`base` is the fold up to the seal, `head` the fold up to now, `lines` what lies between."""

    base: Fold = field(default_factory=Fold)
    head: Fold = field(default_factory=Fold)
    lines: list[LedgerLine] = field(default_factory=list)


@dataclass(slots=True)
class Latest:
    """When the last human engagement of each sort was."""

    engaged: datetime | None = None
    intent: datetime | None = None
    raised: datetime | None = None
    raised_kind: str | None = None


@dataclass(slots=True)
class Lead:
    """One person. `as_of` is the instant up to which time has been taken into account; it never runs back."""

    id: str
    gone: str | None = None
    """`merged` or `erased`: nothing else is kept, and nothing that still arrives counts."""
    since: datetime | None = None
    as_of: datetime | None = None
    terms: str = ""
    """Agreement under which the ledgers were folded."""
    facts: Facts = field(default_factory=dict)
    domain: str | None = None
    source: str | None = None
    source_at: datetime | None = None
    campaign: str | None = None
    campaign_at: datetime | None = None
    referral: str | None = None
    referral_at: datetime | None = None
    entries: list[Entry] = field(default_factory=list)
    sealed: Key | None = None
    """Entries up to here are folded into the bases and forgotten one by one."""
    older: Latest = field(default_factory=Latest)
    """Of the sealed entries."""
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    by_score: bool = False
    """The gate is open by the score."""
    open: bool = False
    """The gate is open, by the score or by a hand-raise."""
    lapses: datetime | None = None
    """When the open gate closes by time alone."""
    said: int | None = None
    """Check sum of the standing last said."""
    wake: datetime | None = None
    """When a timer will ring; at the latest when time alone next changes something."""

    def copy(self) -> "Lead":
        """A copy that can be folded further without touching this one."""
        lead = copy(self)
        lead.facts = {name: dict(said) for name, said in self.facts.items()}
        lead.entries = list(self.entries)
        lead.older = copy(self.older)
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


def moment(at: datetime) -> datetime:
    """UTC, and not before there were computers: tools that do not know a time send the year 1."""
    return max(at, _EPOCH).astimezone(UTC)


def keep(facts: Facts, name: str, source: str, said: Said) -> bool:
    """Each source's newest word per fact; true when it changed what is kept."""
    by_source = facts.setdefault(name, {})
    known = by_source.get(source)
    if known is not None and (known.at > said.at or known == said):
        return False
    by_source[source] = said
    return True
