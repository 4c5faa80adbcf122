"""Which value of a fact stands on the card: what scoring decided on, until a more trusted source corrects it."""

import pytest
from services.notifier.tests.conftest import LeadLog

from agreement.survivorship import ScoredFacts
from events.scores import RouteFacts
from notifier.decide import Person, State, Terms, decide, surviving_value
from notifier.render.wording import format_fact
from testing.events import NOON


def person_of(story: LeadLog, terms: Terms, *claims: tuple[str, object, str, float]) -> Person:
    events = [story.updated(name, value, source, hours) for name, value, source, hours in claims]
    return decide(State(), [story.captured(), *events], terms, now=NOON).leads[story.lead].person


def scored(**facts: object) -> ScoredFacts:
    return ScoredFacts(RouteFacts.read(facts), NOON)


def test_a_more_trusted_source_wins_and_a_late_value_does_not(story: LeadLog, terms: Terms) -> None:
    form = [("employees", 10, "form", 5.0), ("employees", 7, "form", 2.0)]
    assert surviving_value("employees", person_of(story, terms, *form), None, terms) == 10
    corrected = person_of(story, terms, *form, ("employees", 99, "steward", 1.0))
    assert surviving_value("employees", corrected, None, terms) == 99


@pytest.mark.parametrize(
    ("name", "claim", "expected"),
    [
        ("company", ("Test", "crm"), "Acme Ltd"),
        ("company", ("Acme Inc", "crm_human"), "Acme Inc"),
        ("employees", (45, "form"), 180),
        ("employees", (45, "steward"), 45),
        ("industry", ("saas", "segment"), "B2B SaaS"),
        ("country", ("DE", "form"), "DE"),
        ("country", ("n/a", "form"), "US"),
    ],
)
def test_the_company_is_what_scoring_decided_on_until_somebody_trusted_more_corrects_it(
    story: LeadLog, terms: Terms, name: str, claim: tuple[object, str], expected: object
) -> None:
    value, source = claim
    person = person_of(story, terms, (name, value, source, 1.0))
    known = scored(company="Acme Ltd", employees=180, industry="B2B SaaS", country="US")
    assert surviving_value(name, person, known, terms) == expected


def test_the_accounts_file_speaks_of_the_companys_domain(story: LeadLog, terms: Terms) -> None:
    known = scored(domain="acme.example")
    assert surviving_value("company", person_of(story, terms), known, terms) == "Acme Corporation"
    assert surviving_value("company", person_of(story, terms), scored(), terms) == "Acme Ltd"
    decided = scored(domain="acme.example", company="Acme Holding")
    assert surviving_value("company", person_of(story, terms), decided, terms) == "Acme Holding"


def test_facts_of_the_person_are_the_persons_own(story: LeadLog, terms: Terms) -> None:
    person = person_of(story, terms, ("phone", "n/a", "crm_human", 0.0), ("phone", "+1 555", "form", 0.0))
    assert surviving_value("phone", person, scored(), terms) == "+1 555"
    assert surviving_value("job", person, scored(), terms) is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"amount": 25_000, "currency": "JPY"}, "25,000 JPY"),
        ({"amount": 2_500_050, "currency": "USD"}, "25,000.50 USD"),
        ({"amount": 25_000_000, "currency": "KWD"}, "25,000 KWD"),
        ("$10M-$100M", "$10M-$100M"),
        (12_000, "12,000"),
        (("HubSpot", "Slack"), "HubSpot, Slack"),
        (None, ""),
    ],
)
def test_facts_read_as_people_write_them(value: object, shown: str) -> None:
    assert format_fact(value) == shown
