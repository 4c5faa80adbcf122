"""What a rep may say: how a hand was raised comes first, then what was read, then what else was done."""

from pathlib import Path

import pytest

from agreement import Agreement, load
from agreement.talking_points import talking_points
from testing.terms import changed_agreement


@pytest.fixture(scope="module")
def chatty(tmp_path_factory: pytest.TempPathFactory) -> Agreement:
    """The shipped agreement, with three things to say on a card."""
    changes = {"notices.yaml": [("  talking_points: 1", "  talking_points: 3")]}
    return load(changed_agreement(tmp_path_factory.mktemp("chatty"), changes))


def topics(agreement: Agreement, content: list[str], *kinds: str) -> list[str]:
    return [point.topic for point in talking_points(agreement.notices, agreement.events, content, kinds)]


def test_a_raised_hand_comes_before_content_and_other_acts(tmp_path: Path) -> None:
    folder = changed_agreement(tmp_path, {"notices.yaml": [("  talking_points: 1\n", "  talking_points: 3\n")]})
    agreement = load(folder)
    seen = topics(agreement, ["Retail case study"], "product_page", "demo_request")
    assert seen == ["Demo", "Retail", "Product tour"]
    assert topics(agreement, ["Retail case study"], "demo_request", "demo_request") == ["Demo", "Retail"]
    assert topics(agreement, ["Nothing known"]) == []


def test_there_are_never_more_than_a_card_has(agreement: Agreement) -> None:
    many = topics(agreement, ["retail factory clinic roi"], "demo_request", "pricing_view", "product_page")
    assert len(many) == agreement.notices.card.talking_points
