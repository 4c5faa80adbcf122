"""Several models: the headline is the highest, a challenger is silent, customers have their own; terms may change."""

from collections.abc import Callable

import pytest
from services.scoring.tests.conftest import LeadEvents, Scorer

from agreement import Agreement
from events.scores import LeadQualified, LeadScored
from scoring.decide import Terms


@pytest.fixture
def terms_with_models(agreement: Agreement, changed_terms: Callable[..., Terms]) -> Callable[..., Terms]:
    """The shipped agreement with further models: a name, and what one kind is worth in it."""

    def vary(models: dict[str, dict[str, int]], **scoring: object) -> Terms:
        shipped = agreement.scoring.models[0]
        varied_models = [shipped]
        for name, points in models.items():
            rules = [
                rule.model_copy(update={"points": points.get(rule.kind, rule.points)})
                for rule in shipped.engagement.rules
            ]
            engagement = shipped.engagement.model_copy(update={"rules": tuple(rules)})
            varied_models.append(shipped.model_copy(update={"name": name, "engagement": engagement}))
        return changed_terms(models=tuple(varied_models), **scoring)

    return vary


def test_the_headline_is_the_highest_model(
    events: LeadEvents, scorer: Scorer, terms_with_models: Callable[..., Terms]
) -> None:
    scorer.terms = terms_with_models({"analytics": {"webinar_attended": 70, "blog_read": 1}})
    scorer.read(events.engaged("blog_read"))
    assert (scorer.standing().model, scorer.standing().total) == ("default", 5)
    facts = scorer.read(events.engaged("webinar_attended", 1, asset="w"))
    assert [fact.event for fact in facts] == [LeadScored, LeadQualified]
    assert (scorer.standing().model, scorer.standing().total) == ("analytics", 71)
    assert sum(line.points for line in scorer.standing().engagement_lines) == 71


def test_a_challenger_keeps_its_ledger_and_is_silent(
    events: LeadEvents, scorer: Scorer, terms_with_models: Callable[..., Terms]
) -> None:
    scorer.terms = terms_with_models({"bold": {"blog_read": 15}}, challenger="bold")
    scorer.read(events.engaged("blog_read"))
    assert (scorer.standing().model, scorer.standing().total) == ("default", 5)
    assert scorer.points(model="bold") == 15


def test_customers_are_scored_by_the_expansion_model(
    events: LeadEvents, scorer: Scorer, terms_with_models: Callable[..., Terms]
) -> None:
    scorer.terms = terms_with_models({"growth": {"pricing_view": 1}}, expansion="growth")
    scorer.read(events.captured(), events.engaged("pricing_view", 1))
    assert scorer.standing().model == "default"
    scorer.read(events.updated(days=2, source="crm", customer=True))
    assert (scorer.standing().model, scorer.standing().total, scorer.standing().facts.customer) == ("growth", 1, True)


def test_a_new_agreement_counts_from_the_next_event_on(
    events: LeadEvents, scorer: Scorer, agreement: Agreement, terms_with_models: Callable[..., Terms]
) -> None:
    scorer.read(events.engaged("webinar_attended", 0, asset="w"))
    assert scorer.points() == 20
    shipped = agreement.scoring.models[0]
    rules = tuple(
        rule.model_copy(update={"points": 30}) if rule.kind == "webinar_attended" else rule
        for rule in shipped.engagement.rules
    )
    engagement = shipped.engagement.model_copy(update={"rules": rules})
    models = (shipped.model_copy(update={"engagement": engagement}),)
    scoring = agreement.scoring.model_copy(update={"models": models})
    scorer.terms = Terms.of(agreement.model_copy(update={"scoring": scoring, "hash": "another"}))
    scorer.read(events.engaged("blog_read", 1))
    assert scorer.points() == 35
