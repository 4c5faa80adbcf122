"""A person's verdict on who did it: lines come or go where it occurred; what was crossed in the past pages nobody."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from services.scoring.tests.conftest import Days, LeadEvents, Scorer

from events.leads import EngagementJudged, EngagementRecorded
from events.scores import LeadQualified, LeadScored
from testing.events import data_of

Maker = Callable[[LeadEvents], EngagementRecorded]


def judged(events: LeadEvents, about: EngagementRecorded, days: Days, *, machine: bool) -> EngagementJudged:
    data, at = about.data, events.at(days)
    fields = {
        **{name: getattr(data, name) for name in ("kind", "name", "message_id", "mail", "link")},
        "occurred": about.occurred,
        "verdict": {"machine": machine, "by": "rep-ana", "at": at},
    }
    return events.builder.make(EngagementJudged, fields, subject=about.subject, at=at)


def test_what_a_person_did_after_all_counts_where_it_occurred(events: LeadEvents, scorer: Scorer) -> None:
    opened = events.engaged("email_open", mail="m", user_agent="GoogleImageProxy")
    scorer.read(opened, events.engaged("blog_read", 1, asset="a"))
    assert (scorer.points(), scorer.engagements()[0].bot) == (5, "scanner")
    facts = scorer.read(judged(events, opened, 2, machine=False))
    assert (scorer.points(), scorer.engagements()[0].bot) == (7, "")
    scored = data_of(facts[0], LeadScored.Data)
    assert (scored.reason, scored.was, scored.total) == ("correction", 5, 7)
    assert [(line.rule, line.at) for line in scored.lines or ()] == [("email_open", opened.time)]


def test_what_a_machine_did_after_all_is_taken_back_and_what_decayed_by_it_with_it(
    events: LeadEvents, scorer: Scorer
) -> None:
    first, second = events.engaged("demo_request"), events.engaged("blog_read", 59, asset="a")
    scorer.read(first, second)
    assert scorer.points() == 55
    scorer.read(judged(events, second, 61, machine=True))
    assert scorer.points() == 25, "60 days after the demo the balance halved: the blog did not prevent it"
    assert [line.rule for line in scorer.lines()] == ["demo_request", "decay"]
    scorer.read(judged(events, second, 62, machine=False))
    assert scorer.points() == 55, "the last word counts"


def test_a_verdict_outlasts_bursts_and_refolding(events: LeadEvents, scorer: Scorer) -> None:
    clicks = [events.engaged("email_click", timedelta(seconds=n), mail="m", link=link) for n, link in enumerate("abc")]
    scorer.read(*clicks)
    assert scorer.points() == 0
    scorer.read(judged(events, clicks[1], 1, machine=False))
    assert (scorer.points(), [one.bot for one in scorer.engagements()]) == (5, ["burst", "", "burst"])
    scorer.read(events.engaged("email_click", timedelta(seconds=3), mail="m", link="d"))
    assert [one.bot for one in scorer.engagements()] == ["burst", "", "burst", "burst"]
    assert scorer.points() == 5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            lambda events: events.engaged("email_click", mail="m", link="a"),
            lambda events: events.engaged("email_click", mail="m", link="b"),
        ),
        (lambda events: events.engaged("email_open", mail="m"), lambda events: events.engaged("email_open", mail="n")),
    ],
    ids=["clicks", "opens"],
)
def test_a_verdict_is_about_one_of_those_of_the_same_instant(
    events: LeadEvents, scorer: Scorer, one: Maker, other: Maker
) -> None:
    first = one(events)
    scorer.read(first, other(events))
    scorer.read(judged(events, first, 1, machine=True))
    assert sorted(engagement.bot for engagement in scorer.engagements()) == ["", "verdict"]


def test_a_verdict_is_about_one_of_those_of_the_same_mail(events: LeadEvents, scorer: Scorer) -> None:
    first = events.engaged("email_open", mail="m")
    scorer.read(first, events.engaged("email_open", 1, mail="m"))
    scorer.read(judged(events, first, 2, machine=True))
    assert [engagement.bot for engagement in scorer.engagements()] == ["verdict", ""]


def test_what_a_person_confirms_is_no_part_of_a_later_burst(events: LeadEvents, scorer: Scorer) -> None:
    first = events.engaged("email_click", mail="m", link="a")
    scorer.read(first)
    scorer.read(judged(events, first, timedelta(seconds=1), machine=False))
    scorer.read(*(events.engaged("email_click", timedelta(seconds=n), mail="m", link=str(n)) for n in (1, 2, 3)))
    assert [engagement.bot for engagement in scorer.engagements()] == ["", "burst", "burst", "burst"]


def test_a_threshold_crossed_in_the_past_pages_nobody(events: LeadEvents, scorer: Scorer) -> None:
    reply = events.engaged("email_reply", mail="m", properties={"auto_submitted": "auto-replied"})
    scorer.read(events.captured(), reply)
    facts = scorer.read(judged(events, reply, 3, machine=False))
    assert [fact.mode for fact in facts if isinstance(fact.data, LeadQualified.Data)] == ["historical"]
    assert {fact.mode for fact in facts} == {"historical"}


def test_a_hand_that_a_person_raised_today_is_answered(events: LeadEvents, scorer: Scorer) -> None:
    reply = events.engaged("email_reply", mail="m", properties={"auto_submitted": "auto-replied"})
    scorer.read(events.captured(), reply)
    facts = scorer.read(judged(events, reply, timedelta(hours=2), machine=False))
    (qualified,) = [fact for fact in facts if isinstance(fact.data, LeadQualified.Data)]
    assert (qualified.mode, data_of(qualified, LeadQualified.Data).how) == ("live", "hand_raise")


def test_a_hand_that_a_machine_raised_after_all_is_answered_no_second_time(events: LeadEvents, scorer: Scorer) -> None:
    """Another hand is still up: the gate stays open, and nobody is paged for what is taken back."""
    first, second = events.engaged("demo_request"), events.engaged("demo_request", timedelta(hours=1))
    scorer.read(events.captured(), first, second)
    facts = scorer.read(judged(events, second, timedelta(hours=2), machine=True))
    assert facts != []
    assert [fact for fact in facts if isinstance(fact.data, LeadQualified.Data)] == []


def test_a_verdict_that_meets_an_erasure_brings_nothing_back(events: LeadEvents, scorer: Scorer) -> None:
    opened = events.engaged("email_open", mail="m")
    scorer.read(events.captured(), opened, events.erased(days=1))
    assert scorer.read(judged(events, opened, 2, machine=True)) == []


def test_a_verdict_about_nothing_or_the_same_once_more_says_nothing(events: LeadEvents, scorer: Scorer) -> None:
    opened = events.engaged("email_open", mail="m")
    scorer.read(opened)
    other = events.engaged("email_open", 1, mail="other")
    assert scorer.read(judged(events, other, 2, machine=True)) == []
    assert scorer.read(judged(events, opened, 2, machine=True)) != []
    assert scorer.read(judged(events, opened, 3, machine=True)) == []
    assert scorer.read(judged(events, opened.replaced(subject="stranger"), 3, machine=True)) == []


@pytest.mark.parametrize("count", [40, 200])
def test_lines_sum_to_the_balance_also_when_it_stands_in_a_block(
    events: LeadEvents, scorer: Scorer, count: int
) -> None:
    """Blocks of 16: the one that is meant is in the hot state no more."""
    every = [events.engaged("case_study", n / 10, asset=f"a{n}") for n in range(count)]
    scorer.read_one_by_one(every)
    scorer.read(judged(events, every[2], count / 10, machine=True))
    scorer.points()
    assert "a2" not in " ".join(line.because for line in scorer.lines())


def test_a_copy_of_a_merge_comes_with_its_verdict(events: LeadEvents, scorer: Scorer) -> None:
    also = {"verdict": {"machine": True, "by": "rep-ana", "at": events.at(0)}, "merged": True}
    scorer.read(events.engaged("pricing_view", also=also))
    assert (scorer.points(), scorer.engagements()[0].bot, scorer.engagements()[0].final) == (0, "verdict", True)
    also = {"verdict": {"machine": False, "by": "rep-ana", "at": events.at(0)}, "user_agent": "GoogleImageProxy"}
    scorer.read(events.engaged("email_open", 1, mail="m", also=also))
    assert scorer.points() == 2
