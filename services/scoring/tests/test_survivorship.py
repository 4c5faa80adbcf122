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
