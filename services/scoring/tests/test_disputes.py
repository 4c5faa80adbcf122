"""What a steward is asked about, and what ends the question (domain, sections 2 and 11)."""

import pytest
from services.scoring.tests.conftest import LeadEvents, Scorer


@pytest.mark.parametrize(
    ("name", "form", "crm", "disputed"),
    [
        ("employees", 120, 900, True),
        ("employees", 120, 130, False),
        ("employees", "11-50", "10k-50k", True),
        ("employees", 120, "a lot", False),
        ("industry", "SaaS", "Banking", True),
        ("industry", "SaaS", "Consulting", False),
        ("country", "DE", "France", True),
        ("country", "DE", "Germany", False),
        ("company", "Acme GmbH", "Umbrella Ltd", True),
        ("company", "Acme GmbH", "ACME", False),
        ("domain", "acme.example", "umbrella.example", True),
        ("domain", "acme.example", "https://www.acme.example/about", False),
        ("title", "CRO", "Assistant", False),
    ],
)
def test_trusted_sources_contradict_each_other_where_it_matters(
    events: LeadEvents, scorer: Scorer, name: str, form: object, crm: object, disputed: bool
) -> None:
    scorer.read(events.captured(claims={name: form}), events.updated(days=1, source="crm", claims={name: crm}))
    assert scorer.standing().facts.disputed == ((name,) if disputed else None)


def test_a_source_that_is_not_trusted_disputes_nothing(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(employees=120), events.updated(days=1, source="segment", employees=9000))
    assert scorer.standing().facts.disputed is None


def test_the_record_of_the_company_and_the_accounts_file_are_sources_like_others(
    events: LeadEvents, scorer: Scorer
) -> None:
    scorer.read(events.captured(email="jo@one.example", employees=12))
    scorer.read(events.company("one.example", 1, employees=3000))
    scorer.advance(events.at(1))
    assert scorer.standing().facts.disputed == ("employees",)


@pytest.mark.parametrize(("name", "text"), [("company", "Acme GmbH"), ("domain", "acme.example"), ("country", "DE")])
def test_a_source_that_withdrew_its_word_contradicts_nobody(
    events: LeadEvents, scorer: Scorer, name: str, text: str
) -> None:
    scorer.read(events.captured(claims={name: text}), events.updated(days=1, source="crm", claims={name: None}))
    assert scorer.standing().facts.disputed is None


@pytest.mark.parametrize("source", ["steward", "crm_human"])
def test_what_a_person_corrected_is_not_asked_about(events: LeadEvents, scorer: Scorer, source: str) -> None:
    scorer.read(events.captured(employees=120), events.updated(days=1, source="crm", employees=900))
    scorer.read(events.updated(days=2, source=source, employees=130))
    scorer.read(events.updated(days=3, source="crm", employees=5000))
    assert (scorer.standing().facts.disputed, scorer.standing().facts.employees) == (None, 130)


def test_leave_it_as_it_is_holds_until_a_source_says_something_new(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(employees=120), events.updated(days=1, source="crm", employees=900))
    scorer.read(events.updated(days=2, source="steward", employees=None))
    assert (scorer.standing().facts.disputed, scorer.standing().facts.employees) == (None, 120)
    scorer.read(events.updated(days=3, source="crm", employees=5000))
    assert scorer.standing().facts.disputed == ("employees",)


@pytest.mark.parametrize(("name", "text"), [("country", "Elbonia"), ("industry", "things")])
def test_what_a_hard_rule_cannot_read_is_asked_about(events: LeadEvents, scorer: Scorer, name: str, text: str) -> None:
    scorer.read(events.captured(claims={name: text}))
    assert (scorer.standing().facts.disputed, scorer.standing().facts.unclear) == ((name,), (name,))
    scorer.read(events.updated(days=1, source="steward", claims={name: None}))
    assert (scorer.standing().facts.disputed, scorer.standing().facts.unclear) == (None, (name,)), (
        "said on the lead still"
    )


def test_an_unreadable_head_count_bars_nobody_and_asks_nobody(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(employees="some"))
    assert (scorer.standing().facts.disputed, scorer.standing().facts.unclear) == (None, ("employees",))


def test_names_that_contradict_at_one_domain_are_for_a_steward(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured("ann", email="ann@one.example", company="Alpha"))
    scorer.read(*(events.captured(lead, email=f"{lead}@one.example", company="Beta") for lead in ("bob", "cat", "dan")))
    assert scorer.standing("bob").facts.disputed == ("company",)
    scorer.read(events.updated("bob", 1, source="steward", company="Alpha Europe"))
    scorer.read(events.updated("cat", 1, source="steward", domain="one.example"))
    scorer.read(events.updated("dan", 1, source="steward", company=None))
    facts = [scorer.standing(lead).facts for lead in ("bob", "cat", "dan")]
    assert [one.disputed for one in facts] == [None, None, None]
    assert [one.domain for one in facts] == ["one.example", "one.example", None]
