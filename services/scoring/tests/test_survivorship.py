"""Which claim counts: the agreement's ranks, the same in every service (domain, section 11)."""

from itertools import permutations

import pytest
from services.scoring.tests.conftest import LeadEvents, Scorer

from agreement import Agreement
from events import Event
from scoring.decide import Terms


def test_a_placeholder_of_a_trusted_source_loses_to_an_answer(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(company="Acme Ltd"), events.updated(days=1, source="crm", company="Test"))
    assert scorer.standing().facts.company == "Acme Ltd"


@pytest.mark.parametrize("order", list(permutations(["apollo", "clearbit", "zapier"])))
def test_ties_do_not_depend_on_the_order_of_arrival(events: LeadEvents, scorer: Scorer, order: tuple[str, ...]) -> None:
    scorer.read(events.captured(), *[events.updated(source=source, company=f"{source} says") for source in order])
    assert scorer.standing().facts.company == "apollo says"


def test_the_lead_s_own_claim_its_company_s_and_the_accounts_file_are_ranked_together(
    events: LeadEvents, scorer: Scorer
) -> None:
    log: list[tuple[Event, int]] = [
        (events.captured(email="jo@acme.example", employees=12), 180),
        (events.company("acme.example", 1, employees=300), 300),
        (events.updated(days=2, source="crm", employees=40), 300),
        (events.updated(days=3, source="steward", employees=90), 90),
    ]
    for event, employees in log:
        scorer.read(event)
        scorer.advance(event.time)
        assert scorer.standing().facts.employees == employees


@pytest.mark.parametrize("source", ["steward", "crm_human"])
def test_a_person_s_correction_of_an_unranked_fact_stays(
    events: LeadEvents, scorer: Scorer, agreement: Agreement, source: str
) -> None:
    definitions = agreement.definitions.model_copy(update={"survivorship": {"company": ("form", "crm")}})
    scorer.terms = Terms.of(agreement.model_copy(update={"definitions": definitions}))
    scorer.read(events.captured(company="By form", employees=9))
    scorer.read(events.updated(days=1, source=source, company="Corrected", employees=120))
    scorer.read(events.updated(days=2, company="By form again", employees=7))
    assert (scorer.standing().facts.company, scorer.standing().facts.employees) == ("Corrected", 120)


def test_what_the_company_s_record_decides_is_told_as_it_claims_it(events: LeadEvents, scorer: Scorer) -> None:
    """With the record's own time, not with that of the score; what the person's sources claim as well is theirs."""
    record = events.company("acme.example", 1, employees=300, industry="B2B SaaS")
    scorer.read(record)
    scorer.read(events.captured(days=2, email="jo@acme.example"), events.engaged("demo_request", 3))
    known = {fact.name: fact for fact in scorer.standing().facts.recorded or ()}
    assert {name: (fact.value, fact.source, fact.at) for name, fact in known.items()} == {
        "employees": (300, record.data.source, events.at(1)),
        "industry": ("B2B SaaS", record.data.source, events.at(1)),
    }
    scorer.read(events.updated(days=1, source=record.data.source, employees=300))
    assert [fact.name for fact in scorer.standing().facts.recorded or ()] == ["industry"]


def test_a_record_that_says_again_what_the_person_contests_is_told_again(events: LeadEvents, scorer: Scorer) -> None:
    """Whoever keeps the person's own claims decides by time between the two."""
    record = events.company("acme.example", 2, employees=300)
    scorer.read(events.captured(email="jo@acme.example"), events.engaged("demo_request", 0))
    scorer.read(events.updated(days=1, source=record.data.source, employees=40), record)
    scorer.advance(events.at(2))
    assert [fact.at for fact in scorer.standing().facts.recorded or ()] == [events.at(2)]
    scorer.read(events.company("acme.example", 4, employees=300))
    scorer.advance(events.at(4))
    assert [fact.at for fact in scorer.standing().facts.recorded or ()] == [events.at(4)]
