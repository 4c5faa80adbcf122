"""Several models: the headline is the highest, a challenger is silent, customers have their own; terms may change."""

from collections.abc import Callable, Mapping
from functools import cache, partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.scoring.tests.conftest import LeadEvents, Scorer, shipped_terms

from agreement import Agreement
from events.scores import LeadQualified, LeadScored, ModelScore
from scoring.decide import Terms
from testing.service import shipped_agreement


def with_models(agreement: Agreement, models: Mapping[str, Mapping[str, int]], **scoring: object) -> Terms:
    """The shipped agreement with further models: a name, and what one kind is worth in it.

    Each is of the product line of its name.
    """
    shipped = agreement.scoring.models[0]
    varied_models = [shipped]
    for name, points in models.items():
        rules = [
            rule.model_copy(update={"points": points.get(rule.kind, rule.points)}) for rule in shipped.engagement.rules
        ]
        engagement = shipped.engagement.model_copy(update={"rules": tuple(rules)})
        varied_models.append(shipped.model_copy(update={"name": name, "product": name, "engagement": engagement}))
    chapter = agreement.scoring.model_copy(update={"models": tuple(varied_models), **scoring})
    return Terms.of(agreement.model_copy(update={"scoring": chapter}))


@pytest.fixture
def terms_with_models(agreement: Agreement) -> Callable[..., Terms]:
    return partial(with_models, agreement)


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


def test_one_model_says_nothing_of_models(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(employees=120), events.engaged("demo_request", 1))
    assert {data.models for data in (scorer.standing(), scorer.scored())} == {None}
    assert scorer.leads["ann"].announced is not None
    assert scorer.leads["ann"].announced.models == ()
    assert scorer.standing().product is None


def test_every_model_shows_its_figures_and_lines_beside_the_headline(
    events: LeadEvents, scorer: Scorer, terms_with_models: Callable[..., Terms]
) -> None:
    scorer.terms = terms_with_models({"analytics": {"webinar_attended": 50, "blog_read": 1}})
    scorer.read(events.captured(employees=120), events.engaged("blog_read", 1))
    standing = scorer.standing()
    assert (standing.model, standing.product, standing.total) == ("default", None, 30)
    assert figures(scorer) == {"default": (30, False, 0, 0), "analytics": (26, False, 25, 1)}
    scorer.read(events.engaged("webinar_attended", 2, asset="w"))
    standing = scorer.standing()
    assert (standing.model, standing.product, standing.total, standing.band) == ("analytics", "analytics", 76, "warm")
    assert figures(scorer) == {"default": (50, False, 25, 25), "analytics": (76, True, 0, 0)}
    assert sum(line.points for line in (*standing.fit_lines, *standing.engagement_lines)) == 76
    assert {one.model: one.band for one in standing.models or ()} == {"default": "cool", "analytics": "warm"}


def test_another_model_moves_by_a_difference_while_the_headline_stands_still(
    events: LeadEvents, scorer: Scorer, terms_with_models: Callable[..., Terms]
) -> None:
    scorer.terms = terms_with_models({"quiet": {"newsletter_signup": 3, "whitepaper": 0}, "loud": {"whitepaper": 0}})
    scorer.read(events.captured(employees=120), events.engaged("whitepaper", 1, asset="w"))
    assert scorer.standing().model == "default"
    scorer.terms = terms_with_models({"quiet": {"newsletter_signup": 3}})
    scorer.read(events.engaged("newsletter_signup", 2))
    assert [one.model for one in scorer.standing().models or ()] == ["default", "quiet"], "another agreement"
    news = scorer.read(events.engaged("blog_read", 3))
    data = news[0].data
    assert isinstance(data, LeadScored.Data)
    assert (data.standing, data.models is not None) == (None, True), "a difference carries the models that moved"
    assert [[line.points for line in one.engagement_lines] for one in data.models or ()] == [[], [5]]


def figures(scorer: Scorer) -> dict[str, tuple[int, ...]]:
    """By model: total, whether it passes, and the sums of its fit and engagement lines (none of the headline)."""
    models = scorer.standing().models or ()
    return {
        one.model: (one.total, one.passed, points(one, "fit_lines"), points(one, "engagement_lines")) for one in models
    }


def points(one: ModelScore, part: str) -> int:
    return sum(line.points for line in getattr(one, part))


@cache
def terms_of_a_house_with_three() -> Terms:
    models = {"analytics": {"webinar_attended": 50, "email_click": -3}, "bold": {"blog_read": 15, "pricing_view": 0}}
    return with_models(shipped_agreement(), models, challenger="bold")


KINDS = st.sampled_from(["webinar_attended", "pricing_view", "blog_read", "email_click", "demo_request", "site_visit"])


@given(st.lists(st.tuples(KINDS, st.integers(0, 150)), max_size=20), st.booleans())
def test_lines_of_every_model_sum_to_its_total_however_it_was_told(
    engagements: list[tuple[str, int]], in_order: bool
) -> None:
    events, scorer = LeadEvents(), Scorer(terms_of_a_house_with_three())
    scorer.read(events.captured(employees=120, title="VP Sales"))
    days = sorted(engagements, key=lambda one: one[1]) if in_order else engagements
    scorer.read_one_by_one([events.engaged(kind, day, asset=str(day)) for kind, day in days], now=events.at(151))
    scorer.advance(events.at(200))
    standing = scorer.standing()
    assert [one.model for one in standing.models or ()] == ["default", "analytics", "bold"]
    for one in standing.models or ():
        assert one.engagement == scorer.points(model=one.model)
        assert one.total == one.fit + one.engagement
        if one.model != standing.model:
            assert points(one, "fit_lines") == one.fit
            assert points(one, "engagement_lines") == one.engagement or len(one.engagement_lines) >= 20
    assert standing.total == max(one.total for one in standing.models or () if one.model != "bold")


def test_the_challenger_changes_nothing_that_anybody_else_hears(
    events: LeadEvents, terms_with_models: Callable[..., Terms]
) -> None:
    alone, beside = Scorer(shipped_terms()), Scorer(terms_with_models({"bold": {"blog_read": 60}}, challenger="bold"))
    story = [events.captured(employees=120), events.engaged("blog_read", 1), events.engaged("demo_request", 2)]
    assert beside.terms.kinds == alone.terms.kinds
    assert beside.terms.memory == alone.terms.memory
    for scorer in (alone, beside):
        scorer.read(*story)
        scorer.advance(events.at(100))
    assert [(fact.event, fact.time) for fact in alone.facts] == [(fact.event, fact.time) for fact in beside.facts]
    passed = {one.model: one.passed for one in beside.standing().models or ()}
    assert passed.keys() == {"default", "bold"}
    assert beside.standing().replaced(models=None) == alone.standing()
