"""Which value of a fact counts: the agreement's survivorship over all that is claimed of a lead and its company."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agreement.survivorship import COMPANY_FACTS, Claim, offline_claims, scoring_claims
from events.scores import RouteFacts
from notifier.decide.state import Person
from notifier.decide.terms import Terms


@dataclass(frozen=True, slots=True)
class ScoredFacts:
    """What scoring decided on, and when this service heard of it."""

    facts: RouteFacts
    at: datetime


def surviving_value(name: str, person: Person, scored: ScoredFacts | None, terms: Terms) -> Any:
    """The value of the fact `name`; None when nobody gives an answer (domain, section 11).

    Of the company three parties speak: the person's own sources, the accounts file, and scoring, which knows more than
    is kept here. So a card names the company that scoring decided on, until a source that is trusted more corrects it.
    """
    claims = [Claim(value.value, value.source, value.at) for value in person.facts.get(name, ())]
    if scored and name in COMPANY_FACTS:
        account = terms.teams.account_by_domain.get(scored.facts.domain or "")
        claims += [claim for fact, claim in offline_claims(account, scored.at) if fact == name]
        decided = getattr(scored.facts, name) or None
        claims = [*scoring_claims(decided, claims, scored.at), *claims]
    survivor = terms.survivorship.survivor(name, claims)
    return survivor.value if survivor else None
