"""What is claimed of a fact, and which value counts when several sources claim one (domain, section 11).

Every service that keeps or shows facts asks here.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from agreement.definitions import Definitions
from agreement.teams import Account
from events.leads import KnownFact, LeadCaptured
from events.scores import RouteFacts

STEWARD: Final = "steward"
"""Source of what a steward decided; a null value of it says that nothing is to be corrected."""
PINNED: Final = (STEWARD, "crm_human")
"""Corrections by people: they come first, also where the agreement ranks other sources only, or none."""
OFFLINE: Final = "enrichment"
"""The accounts file speaks as enrichment does, and is older than any answer."""

_MOMENT: Final = timedelta(microseconds=1)
COMPANY_FACTS: Final = ("company", "employees", "industry", "revenue", "country", "tech_stack")
"""Facts of the company: what the accounts file and scoring know is asked too, not the person's sources alone."""


class Claim(NamedTuple):
    """What one source says about one fact. A null value withdraws what it said before."""

    value: Any
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Survivorship:
    """The agreement's ranking of sources, and what is no answer at all."""

    ranks: Mapping[str, Mapping[str, int]]
    """Fact to source to rank; the lowest wins."""
    placeholders: frozenset[str]

    @classmethod
    def of(cls, definitions: Definitions) -> "Survivorship":
        """From the chapter's ranking; the source that is named first for a fact ranks first."""
        ranked = {
            str(name): {source: rank for rank, source in enumerate(sources)}
            for name, sources in definitions.survivorship.items()
        }
        return cls(ranked, frozenset(definitions.placeholders))

    def survivor(self, name: str, claims: Iterable[Claim]) -> Claim | None:
        """The claim that counts: of the source ranked first; of equally ranked ones the newest; then by source name.

        Withdrawals and placeholders (`n/a`, `test`) are no answer. A source in no list comes last, a person's
        correction first. None when nobody says anything.
        """
        answers = [claim for claim in claims if claim.value is not None and not self.is_placeholder(claim.value)]
        if len(answers) < 2:
            return answers[0] if answers else None
        ranks = self.ranks.get(name, {})
        return min(answers, key=lambda claim: (_rank(claim.source, ranks), -claim.at.timestamp(), claim.source))

    def is_placeholder(self, value: Any) -> bool:
        """A text that looks like an answer and is none: blank, or in the agreement's list, in any case."""
        if not isinstance(value, str):
            return False
        plain = value.strip().casefold()
        return not plain or plain in self.placeholders


def _rank(source: str, ranks: Mapping[str, int]) -> int:
    if source in ranks:
        return ranks[source]
    return PINNED.index(source) - len(PINNED) if source in PINNED else len(ranks)


def learn(by_source: dict[str, Claim], claim: Claim) -> bool:
    """Puts a claim of one fact into `by_source`, which keeps each source's newest; true when that changed it.

    Of two equally new claims the one that came last stays. A null value (a withdrawal) is a claim like any other.
    """
    known = by_source.get(claim.source)
    if known is not None and (known.at > claim.at or known == claim):
        return False
    by_source[claim.source] = claim
    return True


def captured_facts(event: LeadCaptured) -> tuple[KnownFact, ...]:
    """The facts of the event; the address too, as a fact of its channel's source, where they do not say it."""
    data = event.data
    if any(fact.name == "email" for fact in data.facts):
        return data.facts
    at = min(event.time, event.recordedtime)
    return (KnownFact(name="email", value=data.email, source=data.channel.partition(":")[0], at=at), *data.facts)


def full_name(value_of: Callable[[str], Any]) -> str | None:
    """A person's name, given the surviving value of a fact: first and last name, else what was given as the name.

    Where only one of the two is known, `name` is looked at too: it may be whole, or lack the last name.
    """
    first, last, name = (str(value_of(part) or "").strip() for part in ("first_name", "last_name", "name"))
    if first and last:
        return f"{first} {last}"
    if name and last:
        return name if _holds(name, last) else f"{name} {last}"
    if first:
        return name if _holds(name, first) else first
    return last or name or None


def _holds(name: str, part: str) -> bool:
    return part.casefold() in name.casefold().split() or name.casefold().endswith(f" {part.casefold()}")


@dataclass(frozen=True, slots=True)
class ScoredFacts:
    """What scoring decided on, and when that was."""

    facts: RouteFacts
    at: datetime


def claims_about(
    name: str, own: Iterable[Claim], recorded: Iterable[Claim], account: Account | None, since: datetime
) -> list[Claim]:
    """All that is claimed of one fact: by the person's own sources, by the company's record and by the accounts file.

    What the file says is older than any other answer: dated `since`, or a moment before the oldest of them. So only the
    agreement's ranks let it win, and it comes last.
    """
    claims = [*own, *recorded]
    if account is not None and name in COMPANY_FACTS:
        value = account.model_dump(include=set(COMPANY_FACTS))[name]
        if value not in (None, ()):
            claims.append(Claim(value, OFFLINE, min([since, *(claim.at - _MOMENT for claim in claims)])))
    return claims


def claims_beside_scoring(
    name: str, own: Collection[Claim], scored: ScoredFacts | None, accounts: Mapping[str, Account], since: datetime
) -> list[Claim]:
    """`claims_about` for services that do not keep the company's record: scoring told what that decides.

    `accounts` is the accounts file by domain. None for `scored` while scoring has said nothing: the own claims alone.
    """
    if scored is None:
        return [*own]
    account = accounts.get(scored.facts.domain or "")
    if scored.facts.recorded is None:
        recorded = _unsourced(name, claims_about(name, own, (), account, since), scored)
    else:
        known = (fact for fact in scored.facts.recorded if fact.name == name)
        recorded = [Claim(fact.value, fact.source, fact.at) for fact in known]
    return claims_about(name, own, recorded, account, since)


def _unsourced(name: str, claims: Iterable[Claim], scored: ScoredFacts) -> list[Claim]:
    """Of facts announced before they carried the record: a value that no claim makes counts as enrichment."""
    value = getattr(scored.facts, name) or None if name in COMPANY_FACTS else None
    if value is None or any(claim.value == value for claim in claims):
        return []
    return [Claim(value, OFFLINE, scored.at)]
