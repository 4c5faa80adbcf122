"""Which value of a fact counts: the agreement's survivorship over all that is claimed of a lead and its company."""

from datetime import UTC, datetime
from typing import Any, Final

from agreement.survivorship import Claim, ScoredFacts, claims_beside_scoring
from notifier.decide.state import Person
from notifier.decide.terms import Terms

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when the accounts file is known: no card shows it."""


def surviving_value(name: str, person: Person, scored: ScoredFacts | None, terms: Terms) -> Any:
    """The value of the fact `name`; None when nobody gives an answer (domain, section 11).

    Of the company three parties speak: the person's own sources, its own record, of which scoring tells what
    it decides, and the accounts file. So a card names the company that scoring decided on, until a more trusted
    source corrects it.
    """
    own = [Claim(value.value, value.source, value.at) for value in person.facts.get(name, ())]
    claims = claims_beside_scoring(name, own, scored, terms.teams.account_by_domain, _LONG_AGO)
    survivor = terms.survivorship.survivor(name, claims)
    return survivor.value if survivor else None
