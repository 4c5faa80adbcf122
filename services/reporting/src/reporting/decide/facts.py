"""What is known of a person and the company, and which of several claims counts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from agreement import survivorship
from agreement.survivorship import COMPANY_FACTS, Claim, ScoredFacts, claims_beside_scoring, full_name
from events import Money
from events.leads import KnownFact
from events.scores import RouteFacts
from reporting.decide.rows import Json
from reporting.decide.terms import Terms


def learn(claims: Json, news: Iterable[KnownFact]) -> Json:
    """The claims of a person (fact to source to `{value, at}`) with the news: of each source the newest stays.

    A null value withdraws what its source said before; it stays as a claim, so that older news cannot undo it.
    """
    newest = dict(claims)
    for fact in news:
        by_source = {claim.source: claim for claim in claims_of_sources(newest.get(fact.name, {}))}
        if survivorship.learn(by_source, Claim(fact.value, fact.source, fact.at)):
            newest[fact.name] = {
                source: {"value": claim.value, "at": claim.at.isoformat()} for source, claim in by_source.items()
            }
    return newest


def own_text(claims: Json, name: str, terms: Terms) -> str | None:
    """The surviving value of a fact by the person's own claims; None when nobody says anything."""
    by_source = claims.get(name)
    claim = terms.survivorship.survivor(name, claims_of_sources(by_source)) if by_source else None
    return str(claim.value) if claim else None


def own_name(claims: Json, terms: Terms) -> str | None:
    """The person's name by the person's own claims, put together from first and last name where there are some."""
    return full_name(lambda part: own_text(claims, part, terms))


def facts_of(claims: Json, scored: ScoredFacts | None, since: datetime, terms: Terms) -> dict[str, Claim]:
    """Each fact by name, in order of names, with the claim that survives (domain, section 11).

    `claims` is the column `person.facts`, `since` when the person was captured: what the accounts file says is dated
    so. Amounts of money are as people write them.
    """
    recorded = (scored.facts.recorded or ()) if scored else ()
    names = sorted({*claims, *(fact.name for fact in recorded), *(COMPANY_FACTS if scored else ())})
    survivors = dict[str, Claim]()
    for name in names:
        own = claims_of_sources(claims.get(name, {}))
        claim = terms.survivorship.survivor(name, claims_beside_scoring(name, own, scored, terms.accounts, since))
        if claim is not None:
            survivors[name] = claim._replace(value=written(claim.value))
    return survivors


def claims_of(claims: Json, name: str, scored: ScoredFacts | None, since: datetime, terms: Terms) -> list[Claim]:
    """All that is claimed of one fact, the newest first; what a source withdrew is left out. As `facts_of`."""
    own = claims_of_sources(claims.get(name, {}))
    every = claims_beside_scoring(name, own, scored, terms.accounts, since)
    if scored:
        every += [Claim(one.value, one.source, one.at) for one in scored.facts.contrary or () if one.name == name]
    answers = [claim._replace(value=written(claim.value)) for claim in every if claim.value is not None]
    return sorted(answers, key=lambda claim: (claim.at, claim.source), reverse=True)


def scored_facts(body: Json, at: datetime) -> ScoredFacts:
    """From the columns `body` and `at` of the row LeadStanding."""
    return ScoredFacts(RouteFacts.read(body.get("facts") or {}), at)


def claims_of_sources(by_source: Json) -> list[Claim]:
    """The claims of one fact, from its place in the column `person.facts`: source to `{value, at}`."""
    return [Claim(one["value"], source, datetime.fromisoformat(one["at"])) for source, one in by_source.items()]


def written(value: Any) -> Any:
    """A value as people write it: money as text, all others as they are."""
    return str(Money.read(value)) if isinstance(value, dict) and value.keys() == {"amount", "currency"} else value
