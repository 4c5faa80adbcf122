"""Mail gateways open and click every link: what they do is kept, marked, and worth nothing (domain, 3.4)."""

from datetime import timedelta

import pytest
from services.scoring.tests.conftest import LeadEvents, Scorer

from events.leads import EngagementRecorded
from events.scores import LeadQualified, LeadScored, MqlWithdrawn
from testing.events import data_of, of_type


def click(events: LeadEvents, seconds: float, link: str, **data: object) -> EngagementRecorded:
    return events.engaged("email_click", timedelta(seconds=seconds), mail="m", link=link, also=data)


def test_a_known_scanner_is_a_bot(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.engaged("email_open", mail="m", user_agent="Mozilla/5.0 (via ggpht.com GoogleImageProxy)"))
    assert scorer.points() == 0
    assert scorer.engagements()[0].bot == "scanner"
    assert scorer.standing().last_engaged_at is None


@pytest.mark.parametrize(
    "properties",
    [{"auto_submitted": "auto-replied"}, {"subject": "Automatic reply: Your demo"}, {"subject": "Out of office"}],
)
def test_an_automatic_reply_is_a_bots_and_raises_no_hand(
    events: LeadEvents, scorer: Scorer, properties: dict[str, str]
) -> None:
    scorer.read(events.engaged("email_reply", mail="m1", properties=properties))
    assert scorer.points() == 0
    assert scorer.engagements()[0].bot == "automatic"
    assert (scorer.standing().gate.passed, scorer.standing().hand_raise_at) == (False, None)
    assert of_type(scorer.facts, LeadQualified.Data) == []


@pytest.mark.parametrize(("kind", "points"), [("email_reply", 25), ("email_open", 2)])
def test_what_comes_twice_for_one_message_counts_once(
    events: LeadEvents, scorer: Scorer, kind: str, points: int
) -> None:
    scorer.read(events.engaged(kind, mail="m1"), events.engaged(kind, 1, mail="m1"))
    assert scorer.points() == points
    scorer.read(events.engaged(kind, 2, mail="m2"))
    assert scorer.points() == 2 * points


def test_two_links_are_a_person_three_within_ten_seconds_a_bot(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(click(events, 0, "a"), click(events, 5, "b"))
    assert scorer.points() == 10
    facts = scorer.read(click(events, 10, "c"))
    assert scorer.points() == 0
    standing = data_of(facts[0], LeadScored.Data)
    assert (standing.reason, standing.last_engaged_at) == ("correction", None)


def test_links_of_three_messages_are_a_person_at_work(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(*[events.engaged("email_click", timedelta(seconds=n), mail=f"m{n}", link=f"l{n}") for n in range(3)])
    assert scorer.points() == 15


def test_the_same_link_three_times_is_an_impatient_person(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(*[click(events, second, "a") for second in range(3)])
    assert scorer.points() == 15


def test_three_links_in_eleven_seconds_are_a_person(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(click(events, 0, "a"), click(events, 5, "b"), click(events, 10.5, "c"))
    assert scorer.points() == 15


def test_a_click_within_two_seconds_of_delivery_is_a_bot(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(click(events, 2, "a", delivered_at=events.at(0)))
    assert scorer.points() == 0
    scorer.read(click(events, 300, "a", delivered_at=events.at(0)))
    assert scorer.points() == 5


def test_a_source_that_knows_is_believed(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(
        events.engaged("email_open", mail="a", machine=True), events.engaged("email_open", mail="b", machine=False)
    )
    assert scorer.points() == 2
    scorer.read(*[click(events, second, link, machine=False) for second, link in enumerate("abc")])
    assert scorer.points() == 17


def test_bots_do_not_restart_decay(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.engaged("demo_request"))
    scorer.read(events.engaged("email_open", 59, mail="m", machine=True))
    scorer.advance(events.at(60))
    assert scorer.points() == 25


def test_a_gate_opened_by_a_bot_closes_again(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.engaged("pricing_view"), events.engaged("webinar_attended", asset="w"))
    opened = scorer.read(click(events, 0, "a"), click(events, 4, "b"))
    assert [fact.event for fact in opened] == [LeadScored, LeadScored, LeadQualified]
    closed = scorer.read(click(events, 8, "c"))
    assert [fact.event for fact in closed] == [LeadScored, MqlWithdrawn]
    assert data_of(closed[1], MqlWithdrawn.Data).total == 50
