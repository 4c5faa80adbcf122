"""Promises, reject reasons and kinds of engagement are rows of the agreement: new ones need no code."""

import shutil
from pathlib import Path

import pytest
from services.notifier.tests.conftest import PROMISES, LeadLog, message_after

from agreement import load
from events.handoffs import LeadSuppressed
from events.slas import ClockReminded
from notifier.decide import State, Terms, decide
from notifier.render import text
from testing.events import NOON
from testing.service import SHIPPED

ROWS = {
    "service_levels.yaml": (
        "promises:\n",
        "  - {name: video_hello, title: A video says hello, side: sales, target: 4bh, level: owner,"
        " starts: [assigned], stops: [connected]}\n",
    ),
    "routing.yaml": (
        "reject_reasons:\n",
        "  - {reason: wrong_language, title: Speaks another language, then: nurture, segment: '1', turn: credited,"
        " tells: [marketing]}\n",
    ),
    "events.yaml": ("kinds:\n", "  - {kind: podcast, title: podcast episode, intent: low, side: marketing}\n"),
}
"""File: the list, and the row that is new in it."""


@pytest.fixture(scope="module")
def terms(tmp_path_factory: pytest.TempPathFactory) -> Terms:
    folder = Path(shutil.copytree(SHIPPED, tmp_path_factory.mktemp("changed") / "agreement"))
    for file, (key, row) in ROWS.items():
        before = (folder / file).read_text()
        assert before.count(f"\n{key}") == 1
        (folder / file).write_text(before.replace(f"\n{key}", f"\n{key}{row}"))
    return Terms.of(load(folder))


def test_a_new_promise_is_shown_with_its_title(terms: Terms, story: LeadLog) -> None:
    clock = story.clock(promise="video_hello")
    card = text(message_after(terms, [*story.offer(), clock]))
    assert "A video says hello by Thu 08:00 EDT" in card
    reminded = story.clock(ClockReminded, "video_hello", percent=80)
    note = message_after(terms, [*story.offer(), clock, reminded], "reminder")
    assert "a video says hello is due" in note.summary


def test_a_card_waits_for_the_due_times_of_a_new_promise_too(terms: Terms, story: LeadLog) -> None:
    def earliest(*promises: str) -> bool:
        events = [*story.offer(promises=promises)]
        return all(one.next_at == NOON for one in decide(State(), events, terms, now=NOON).notices)

    assert not earliest(*PROMISES)
    assert earliest(*PROMISES, "video_hello")


def test_a_new_reject_reason_is_shown_with_its_title(terms: Terms, story: LeadLog) -> None:
    events = [*story.offer(), story.returned("wrong_language", "nurture")]
    assert message_after(terms, events).summary == "No longer yours: Speaks another language."
    assert message_after(terms, events, "rejected").title.startswith("Rejected, Speaks another language: Jane Doe")
    suppressed = story.events.make(LeadSuppressed, cycle=1, reason="wrong_language", alert_marketing=True)
    alert = message_after(terms, [story.captured(), suppressed], "alert")
    assert alert.title == "Please look: Speaks another language"
    assert alert.summary == "Nobody gets Jane Doe, Acme Ltd: Speaks another language."


def test_a_new_kind_of_engagement_is_shown_with_its_title(terms: Terms, story: LeadLog) -> None:
    card = message_after(terms, [*story.offer(), story.engaged("podcast", asset="Episode 7", minutes=3)])
    assert "podcast episode: Episode 7" in card.details[-1]


def test_what_the_agreement_has_no_kind_for_keeps_the_name_of_its_tool(terms: Terms, story: LeadLog) -> None:
    card = message_after(terms, [*story.offer(), story.engaged("other", name="Joined the forum", minutes=3)])
    assert "Joined the forum" in card.details[-1]
