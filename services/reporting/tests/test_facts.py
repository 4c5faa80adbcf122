"""Which of several claims about a person and the company counts: as scoring decides, so do the pages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from agreement.survivorship import Claim, ScoredFacts
from agreement.teams import Account
from events.leads import KnownFact
from events.scores import RouteFacts
from reporting.decide import Terms
from reporting.decide.facts import facts_of, learn
from testing.events import NOON

EARLIER: Final = datetime(2026, 8, 1, tzinfo=UTC)


def claims(*facts: tuple[str, str, str]) -> dict[str, object]:
    """Claims of a person, each fact as (name, source, value), later ones newer."""
    news = [
        KnownFact(name=name, source=source, value=value, at=EARLIER + timedelta(hours=hours))
        for hours, (name, source, value) in enumerate(facts)
    ]
    learned: dict[str, object] = learn({}, news)
    return learned


@pytest.mark.parametrize(
    ("facts", "name", "survivor"),
    [
        ([("company", "crm_human", "Acme Inc"), ("company", "form", "acme")], "company", ("Acme Inc", "crm_human")),
        ([("company", "form", "Acme Ltd"), ("company", "crm", "Test")], "company", ("Acme Ltd", "form")),
        ([("hobby", "steward", "chess"), ("hobby", "form", "golf")], "hobby", ("chess", "steward")),
    ],
)
def test_the_claim_that_survives_is_the_agreements(
    facts: list[tuple[str, str, str]], name: str, survivor: tuple[str, str], terms: Terms
) -> None:
    claim = facts_of(claims(*facts), None, EARLIER, terms)[name]
    assert (claim.value, claim.source) == survivor


def test_the_company_is_the_one_that_scoring_decided_on(terms: Terms) -> None:
    own = claims(("company", "crm", "Test"), ("company", "form", "acme"))
    scored = ScoredFacts(RouteFacts(company="Acme Corporation"), NOON)
    assert facts_of(own, scored, EARLIER, terms)["company"] == Claim("Acme Corporation", "enrichment", NOON)
    assert facts_of(own, ScoredFacts(RouteFacts(company="acme"), NOON), EARLIER, terms)["company"].source == "form"
    corrected = claims(("company", "form", "acme"), ("company", "steward", "Acme AG"))
    assert facts_of(corrected, scored, EARLIER, terms)["company"].value == "Acme AG"


def test_the_accounts_file_speaks_for_the_domain_that_scoring_gave(terms: Terms) -> None:
    account = Account.model_validate(
        {"domain": "acme.example", "company": "Acme GmbH", "employees": 120, "revenue": "12,000,000 EUR"}
    )
    terms = replace(terms, accounts={account.domain: account})
    scored = ScoredFacts(RouteFacts(company="Acme GmbH", domain="acme.example", recorded=()), NOON)
    survivors = facts_of(claims(("employees", "form", "80")), scored, EARLIER, terms)
    assert {name: claim.value for name, claim in survivors.items()} == {
        "company": "Acme GmbH",
        "employees": 120,
        "revenue": "12,000,000 EUR",
    }
    assert {claim.source for claim in survivors.values()} == {"enrichment"}
    assert survivors["employees"].at < EARLIER


def test_every_fact_of_the_company_is_the_one_that_scoring_decided_on(terms: Terms) -> None:
    known = {"employees": 500, "country": "DE", "customer": True}
    recorded = tuple(KnownFact(name=name, value=value, source="crm_human", at=NOON) for name, value in known.items())
    own = claims(("employees", "form", "120"), ("country", "form", "GB"), ("customer", "segment", "no"))
    survivors = facts_of(own, ScoredFacts(RouteFacts(recorded=recorded), NOON), EARLIER, terms)
    assert survivors == {name: Claim(value, "crm_human", NOON) for name, value in known.items()}
