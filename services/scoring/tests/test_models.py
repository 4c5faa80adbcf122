"""Several models: the headline is the highest, a challenger is silent, customers have their own; terms may change."""

from collections.abc import Callable
from typing import Any

import pytest

from agreement import Agreement
from events.scores import LeadQualified, LeadScored
from scoring.decide import Terms, compile_terms


@pytest.fixture
def varied(agreement: Agreement) -> Callable[..., Terms]:
    """The shipped agreement with further models: a name, and what one kind is worth in it."""

    def vary(models: dict[str, dict[str, int]], **scoring: Any) -> Terms:
        shipped = agreement.scoring.models[0]
        made = [shipped]
        for name, points in models.items():
            rules = [
                rule.model_copy(update={"points": points.get(rule.kind, rule.points)})
                for rule in shipped.engagement.rules
            ]
            engagement = shipped.engagement.model_copy(update={"rules": tuple(rules)})
            made.append(shipped.model_copy(update={"name": name, "engagement": engagement}))
        chapter = agreement.scoring.model_copy(update={"models": tuple(made), **scoring})
        return compile_terms(agreement.model_copy(update={"scoring": chapter}))

    return vary


def test_the_headline_is_the_highest_model(said: Any, desk: Any, varied: Callable[..., Terms]) -> None:
    desk.terms = varied({"analytics": {"webinar_attended": 70, "blog_read": 1}})
    desk.tell(said.did("blog_read"))
    assert (desk.standing().model, desk.standing().total) == ("default", 5)
    facts = desk.tell(said.did("webinar_attended", 1, asset="w"))
    assert [fact.event for fact in facts] == [LeadScored, LeadQualified]
    assert (desk.standing().model, desk.standing().total) == ("analytics", 71)
    assert sum(line.points for line in desk.standing().engagement_lines) == 71


def test_a_challenger_keeps_its_ledger_and_is_silent(said: Any, desk: Any, varied: Callable[..., Terms]) -> None:
    desk.terms = varied({"bold": {"blog_read": 15}}, challenger="bold")
    desk.tell(said.did("blog_read"))
    assert (desk.standing().model, desk.standing().total) == ("default", 5)
    assert desk.leads["ann"].ledgers["bold"].head.balance == 15


def test_customers_are_scored_by_the_expansion_model(said: Any, desk: Any, varied: Callable[..., Terms]) -> None:
    desk.terms = varied({"growth": {"pricing_view": 1}}, expansion="growth")
    desk.tell(said.captured(), said.did("pricing_view", 1))
    assert desk.standing().model == "default"
    desk.tell(said.updated(days=2, source="crm", customer=True))
    assert (desk.standing().model, desk.standing().total, desk.standing().facts.customer) == ("growth", 1, True)


def test_a_new_agreement_counts_from_the_next_event_on(
    said: Any, desk: Any, agreement: Agreement, varied: Callable[..., Terms]
) -> None:
    desk.tell(said.did("webinar_attended", 0, asset="w"))
    assert desk.points() == 20
    shipped = agreement.scoring.models[0]
    rules = tuple(
        rule.model_copy(update={"points": 30}) if rule.kind == "webinar_attended" else rule
        for rule in shipped.engagement.rules
    )
    engagement = shipped.engagement.model_copy(update={"rules": rules})
    models = (shipped.model_copy(update={"engagement": engagement}),)
    scoring = agreement.scoring.model_copy(update={"models": models})
    desk.terms = compile_terms(agreement.model_copy(update={"scoring": scoring, "hash": "another"}))
    desk.tell(said.did("blog_read", 1))
    assert desk.points() == 35
