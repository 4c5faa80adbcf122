"""What a person reads before signing a new version."""

from collections.abc import Callable
from pathlib import Path

from agreement import Agreement, load
from agreement.changes import changes, term_in_words

Spoil = Callable[..., str]


def test_nothing_changed(agreement: Agreement) -> None:
    assert changes(agreement, agreement) == []


def test_changes_are_told_by_name(spoil: Spoil, folder: Path, agreement: Agreement) -> None:
    spoil("definitions.yaml", "total_at_least: 60", "total_at_least: 65")
    spoil("scoring.yaml", "{kind: blog_read, points: 5,", "{kind: blog_read, points: 4,")
    spoil("routing.yaml", "{name: warm, first_touch: 1bd}", "{name: warm, first_touch: 8bh}")
    spoil("named_accounts.csv", "fourthcoffee.example,Fourth Coffee,target,rep-hana\n", "")
    assert [str(change) for change in changes(agreement, load(folder))] == [
        "definitions.mql_gate.total_at_least: 60 -> 65",
        "scoring.models.default.engagement.rules.blog_read.points: 5 -> 4",
        "routing.urgency.warm.first_touch: 1bd -> 8bh",
        "teams.named_accounts.fourthcoffee.example: gone, domain: fourthcoffee.example, "
        "company: Fourth Coffee, kind: target, owner: rep-hana",
    ]


def test_a_list_and_an_entry_are_told_in_words() -> None:
    assert term_in_words(["a", "b"]) == "a, b"
    assert (
        term_in_words([{"kind": "target", "mediums": ["cpc", "ppc"]}, "b"]) == "(kind: target, mediums: (cpc, ppc)), b"
    )
    assert [*map(term_in_words, (True, [], None, 2.5))] == ["yes", "nothing", "nothing", "2.5"]


def test_order_is_a_change_of_its_own(spoil: Spoil, folder: Path, agreement: Agreement) -> None:
    hot, warm = "  - {name: hot, first_touch: 4bh, flag: hot}\n", "  - {name: warm, first_touch: 1bd}\n"
    spoil("routing.yaml", hot + warm, warm + hot)
    assert [str(change) for change in changes(agreement, load(folder))] == [
        "routing.urgency (order): referral, hand_raise, hot, warm -> referral, hand_raise, warm, hot"
    ]
