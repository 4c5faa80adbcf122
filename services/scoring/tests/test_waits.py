"""Enrichment runs first: somebody new waits for it, a raised hand for seconds, and nobody without a provider."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from services.scoring.tests.conftest import LeadEvents, Scorer

from agreement import Agreement
from agreement.enrichment import EnrichmentProvider
from events import Event
from events.scores import LeadQualified, LeadScored
from scoring.decide import Terms, decide
from testing.service import shipped_agreement

SECOND = timedelta(seconds=1)
PUSH = EnrichmentProvider(name="crm", kind="push", gives=("employees",))


def with_providers(agreement: Agreement, *providers: EnrichmentProvider) -> Terms:
    enrichment = agreement.definitions.enrichment.model_copy(update={"providers": providers})
    definitions = agreement.definitions.model_copy(update={"enrichment": enrichment})
    return Terms.of(agreement.model_copy(update={"definitions": definitions}))


@pytest.fixture
def patient(scorer: Scorer, agreement: Agreement) -> Scorer:
    """A scorer with a tool that pushes head counts."""
    scorer.terms = with_providers(agreement, PUSH)
    return scorer


def heard(scorer: Scorer) -> list[tuple[str, str | None]]:
    """What was announced: scored with its kind, qualified with its trigger."""
    return [
        ("scored", fact.data.kind) if isinstance(fact.data, LeadScored.Data) else ("qualified", fact.data.trigger)
        for fact in scorer.facts
        if isinstance(fact.data, LeadScored.Data | LeadQualified.Data)
    ]


def test_nobody_waits_for_the_accounts_file(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured())
    assert heard(scorer) == [("scored", None)]


def test_somebody_new_is_announced_after_a_minute_at_the_latest(events: LeadEvents, patient: Scorer) -> None:
    patient.read(events.captured(country="US"), events.engaged("webinar_attended", SECOND, asset="a"))
    patient.advance(events.at(59 * SECOND))
    assert heard(patient) == []
    patient.advance(events.at(60 * SECOND))
    assert heard(patient) == [("scored", "webinar_attended")]
    (fact,) = patient.facts
    scored = fact.data
    assert isinstance(scored, LeadScored.Data)
    assert (fact.time, scored.total) == (events.at(SECOND), 30)
    assert [(line.rule, line.points) for line in scored.lines or ()] == [("geography", 10), ("webinar_attended", 20)]


def test_a_raised_hand_waits_five_seconds(events: LeadEvents, patient: Scorer) -> None:
    patient.read(events.captured(), events.engaged("demo_request", 10 * SECOND))
    patient.read(events.engaged("pricing_view", 12 * SECOND))
    patient.advance(events.at(14 * SECOND))
    assert heard(patient) == []
    patient.advance(events.at(15 * SECOND))
    assert heard(patient) == [("scored", "demo_request"), ("qualified", "demo_request")]
    patient.advance(events.at(timedelta(hours=1)))
    assert len(patient.facts) == 2, "the minute is not waited for any more"


def test_what_comes_at_the_very_end_ends_the_wait(events: LeadEvents, patient: Scorer) -> None:
    patient.read(events.captured(), events.engaged("pricing_view", 60 * SECOND))
    assert heard(patient) == [("scored", "pricing_view")]


def test_a_second_hand_that_ends_the_wait_is_what_it_is_announced_with(events: LeadEvents, patient: Scorer) -> None:
    patient.read(events.captured(), events.engaged("demo_request", SECOND))
    patient.read(events.engaged("contact_sales", 6 * SECOND))
    assert heard(patient) == [("scored", "contact_sales"), ("qualified", "contact_sales")]


def test_a_hand_raised_meanwhile_comes_before_the_page_view_that_ends_the_wait(
    events: LeadEvents, patient: Scorer
) -> None:
    patient.read(events.captured(), events.engaged("demo_request", SECOND))
    patient.read(events.engaged("pricing_view", 6 * SECOND))
    assert heard(patient) == [("scored", "demo_request"), ("qualified", "demo_request")]


def test_a_provider_is_asked_once_about_a_company_and_again_about_another(
    events: LeadEvents, scorer: Scorer, agreement: Agreement
) -> None:
    register = EnrichmentProvider(
        name="register", kind="http", url="https://register.example/{domain}", mapping={"employees": "size"}
    )
    scorer.terms = with_providers(agreement, register)

    def questions(*inputs: Event) -> list[str]:
        outcome = decide(scorer.state(inputs), inputs, scorer.terms, now=inputs[-1].time)
        scorer.read(*inputs)
        return [domain for _, domain in outcome.asks]

    assert questions(events.captured(email="jo@one.example", country="US")) == ["one.example"]
    assert questions(events.engaged("pricing_view", SECOND)) == [], "the same company once"
    assert questions(events.updated(days=2 * SECOND, source="crm", domain="two.example")) == ["two.example"]
    assert questions(events.engaged("blog_read", 3 * SECOND, asset="a")) == []


def test_it_is_announced_with_the_first_thing_done(events: LeadEvents, patient: Scorer) -> None:
    patient.read(events.captured(), events.engaged("webinar_attended", SECOND, asset="a"))
    patient.read(events.engaged("pricing_view", 2 * SECOND))
    patient.advance(events.at(60 * SECOND))
    assert heard(patient) == [("scored", "webinar_attended")]


@pytest.mark.parametrize("by_company", [True, False])
def test_the_answer_ends_the_wait(events: LeadEvents, patient: Scorer, by_company: bool) -> None:
    patient.read(events.captured(email="jo@one.example", country="US"), events.engaged("demo_request"))
    if by_company:
        patient.read(events.company("one.example", 2 * SECOND, employees=120))
        patient.advance(events.at(2 * SECOND))
    else:
        patient.read(events.updated(days=2 * SECOND, source="enrichment", employees=120))
    assert heard(patient) == [("scored", "demo_request"), ("qualified", "demo_request")]
    assert patient.standing().facts.employees == 120
    before = len(patient.facts)
    patient.advance(events.at(timedelta(hours=1)))
    assert len(patient.facts) == before


def test_whose_facts_are_known_does_not_wait(events: LeadEvents, patient: Scorer) -> None:
    patient.read(events.captured(employees=120))
    assert heard(patient) == [("scored", None)], "the country is unknown, but the tool does not know it either"


def test_history_waits_for_nobody_and_who_was_announced_waits_no_more(events: LeadEvents, patient: Scorer) -> None:
    patient.read(events.captured().replaced(mode="historical"))
    assert heard(patient) == [("scored", None)]
    patient.read(events.engaged("demo_request", SECOND))
    assert heard(patient)[1:] == [("scored", "demo_request"), ("qualified", "demo_request")]


def test_who_is_erased_meanwhile_is_never_announced(events: LeadEvents, patient: Scorer) -> None:
    patient.read(events.captured(), events.erased(days=SECOND))
    patient.advance(events.at(timedelta(hours=1)))
    assert heard(patient) == []


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 70), min_size=1, max_size=6), st.integers(0, 6))
def test_where_a_batch_is_cut_never_shows(seconds: list[int], cut: int) -> None:
    events, terms = LeadEvents(), with_providers(shipped_agreement(), PUSH)
    kinds = ("demo_request", "webinar_attended", "pricing_view")
    log = [events.captured(), *(events.engaged(kinds[n % 3], n * SECOND, asset="a") for n in sorted(seconds))]
    whole, cut_in_two = Scorer(terms), Scorer(terms)
    whole.read(*log)
    for part in (log[:cut], log[cut:]):
        if part:
            cut_in_two.read(*part)
    assert whole.facts == cut_in_two.facts
    assert (whole.stored, whole.timers) == (cut_in_two.stored, cut_in_two.timers)
