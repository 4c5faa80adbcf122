"""Kinds of engagement are the agreement's: a new one scores, decays, signals and is judged without code."""

from pathlib import Path
from shutil import copytree

import pytest
from services.scoring.tests.conftest import LeadEvents, Scorer

from agreement import Agreement, load
from events.scores import LeadQualified, LeadScored
from scoring.decide import Terms
from testing.events import of_type
from testing.service import SHIPPED

KINDS = """
  - {kind: roadshow_visit, title: roadshow, intent: high, side: marketing}
  - {kind: callback_wanted, title: callback, intent: high, side: marketing, hand_raise: true}
  - {kind: sms_click, title: text message link, intent: low, side: marketing, mail: true, click: true}
  - {kind: third_roadshow, title: third roadshow, intent: medium, side: marketing}
"""
RULES = """
        - {kind: roadshow_visit, points: 7, once_per: asset}
        - {kind: callback_wanted, points: 11, once_per: period, period: 30d}
        - {kind: sms_click, points: 3}
        - {kind: third_roadshow, points: 13, once_per: lead}
"""


@pytest.fixture
def open_terms(tmp_path: Path) -> Terms:
    """The shipped agreement with four new kinds, each a row in two files."""
    folder = copytree(SHIPPED, tmp_path / "agreement")
    for file, place, rows in (("events.yaml", "kinds:\n", KINDS), ("scoring.yaml", "      rules:\n", RULES)):
        text = (folder / file).read_text()
        assert place in text
        (folder / file).write_text(text.replace(place, place + rows.lstrip("\n"), 1))
    text = (folder / "scoring.yaml").read_text()
    visits = "{nth: 5, of: [site_visit], kind: fifth_visit}"
    assert visits in text
    (folder / "scoring.yaml").write_text(text.replace(visits, "{nth: 3, of: [roadshow_visit], kind: third_roadshow}"))
    return Terms.of(load(folder))


def test_a_new_kind_scores_decays_and_is_a_signal(events: LeadEvents, scorer: Scorer, open_terms: Terms) -> None:
    scorer.terms = open_terms
    scorer.read(*[events.engaged("roadshow_visit", 0, asset=town) for town in ("Berlin", "Berlin", "Rome")])
    assert scorer.points() == 7 + 7 + 13, "each town once, and the third visit counts as a third roadshow"
    assert {signal.text for signal in scorer.standing().signals} == {"roadshow: Berlin 2x", "roadshow: Rome"}
    assert scorer.standing().intent_at == events.at(0)
    scorer.advance(events.at(60))
    assert scorer.points() == 13


def test_a_new_hand_raise_qualifies(events: LeadEvents, scorer: Scorer, open_terms: Terms) -> None:
    scorer.terms = open_terms
    facts = scorer.read(events.engaged("callback_wanted"))
    qualified = of_type(facts, LeadQualified.Data)
    assert [(data.how, data.trigger) for data in qualified] == [("hand_raise", "callback_wanted")]


def test_clicks_of_a_new_kind_are_judged_for_bots(events: LeadEvents, scorer: Scorer, open_terms: Terms) -> None:
    scorer.terms = open_terms
    scorer.read(*[events.engaged("sms_click", 0, mail="m", link=link) for link in "ab"])
    assert scorer.points() == 6
    scorer.read(events.engaged("sms_click", 0, mail="m", link="c"))
    assert scorer.points() == 0
    scorer.read(events.engaged("sms_click", 1, mail="n", link="a", delivered_at=events.at(1)))
    assert scorer.points() == 0


def test_a_kind_without_a_rule_is_kept_and_worth_nothing(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.engaged("demo_request"), events.engaged("roadshow_visit", 1))
    assert (scorer.points(), len(scorer.engagements())) == (50, 2)


def test_a_kind_that_left_the_agreement_holds_no_gate_open(
    events: LeadEvents, scorer: Scorer, open_terms: Terms, agreement: Agreement
) -> None:
    scorer.terms = open_terms
    scorer.read(events.engaged("callback_wanted"))
    scorer.terms = Terms.of(agreement)
    facts = scorer.read(events.engaged("blog_read", 1))
    assert [data.gate.passed for data in of_type(facts, LeadScored.Data)] == [False]


def test_the_code_names_no_kind(agreement: Agreement) -> None:
    source = Path(__file__).parents[1] / "src"
    kinds = {term.kind for term in agreement.events.kinds} - {"other"}
    for file in source.rglob("*.py"):
        assert [kind for kind in kinds if f'"{kind}"' in file.read_text()] == [], file
