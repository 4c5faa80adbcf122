"""Engagement points: each row of the table, the caps, and what time does to the balance (domain, 3.2 and 3.3)."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from services.scoring.tests.conftest import LeadEvents, Scorer

from events.leads import ConsentChanged, MailSent
from events.scores import LeadCooled, LeadQualified, LeadScored
from scoring.decide.decide import HANDLES
from testing.events import data_of

Step = tuple[str, float, Mapping[str, object]]
"""Kind of an engagement, its day, and what else is known of it."""
EXAMPLE: list[Step] = [
    ("demo_request", 0, {}),
    ("pricing_view", 0, {}),
    ("pricing_view", 1, {}),
    ("webinar_attended", 5, {"asset": "webinar A"}),
    ("case_study", 6, {"asset": "case study A"}),
    ("blog_read", 70, {"asset": "blog A"}),
]


def play(events: LeadEvents, scorer: Scorer, *steps: Step) -> None:
    for kind, days, data in steps:
        scorer.advance(events.at(days))
        scorer.read(events.engaged(kind, days, also=data))


@pytest.mark.parametrize(
    ("day", "balance"),
    [(0, 80), (1, 80), (5, 100), (6, 100), (65, 100), (66, 50), (70, 55), (129, 55), (130, 27), (159, 27), (160, 0)],
)
def test_the_worked_example_of_the_domain(events: LeadEvents, scorer: Scorer, day: int, balance: int) -> None:
    play(events, scorer, *[step for step in EXAMPLE if step[1] <= day])
    scorer.advance(events.at(day))
    assert scorer.points() == balance


def test_a_late_case_study_takes_the_decay_back(events: LeadEvents, scorer: Scorer) -> None:
    play(events, scorer, *EXAMPLE)
    scorer.advance(events.at(71))
    assert scorer.points() == 55
    late = events.engaged("case_study", 64, asset="case study B", mode="historical").replaced(
        recordedtime=events.at(71)
    )
    facts = scorer.read(late)
    assert scorer.points() == 100
    assert [line.rule for line in scorer.lines()] == [
        "demo_request",
        "pricing_view",
        "webinar_attended",
    ]
    standing = data_of(facts[0], LeadScored.Data)
    assert (standing.reason, standing.engagement) == ("correction", 100)
    scorer.advance(events.at(130))
    assert scorer.points() == 50, "64 + 60 days is past, but the blog of day 70 counts from day 70"


def test_decay_is_announced_with_the_instant_at_which_it_was_due(events: LeadEvents, scorer: Scorer) -> None:
    play(events, scorer, *EXAMPLE[:5])
    facts = scorer.advance(events.at(200))
    decays = [(fact.time, data_of(fact, LeadScored.Data)) for fact in facts if fact.event is LeadScored]
    assert decays[1][1].gate.reason == "50 of 60", "on day 90 the raised hand no longer holds the gate open"
    assert [(time, data.engagement, data.reason) for time, data in decays] == [
        (events.at(66), 50, "decay"),
        (events.at(90), 50, "decay"),
        (events.at(96), 0, "decay"),
    ]


def test_decay_that_nobody_noticed_in_time_is_announced_before_the_next_event(
    events: LeadEvents, scorer: Scorer
) -> None:
    scorer.read(events.engaged("demo_request"))
    facts = scorer.read(events.engaged("blog_read", 62))
    assert [(fact.time, data_of(fact, LeadScored.Data).engagement) for fact in facts if fact.event is LeadScored] == [
        (events.at(60), 25),
        (events.at(62), 30),
    ]
    assert facts[0].mode == "historical"


def test_a_hand_raise_whose_balance_decays_has_cooled_at_once(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(), events.engaged("demo_request", 0))
    facts = scorer.advance(events.at(61))
    assert [(fact.event, fact.time) for fact in facts] == [(LeadScored, events.at(60)), (LeadCooled, events.at(60))]


def test_who_unsubscribes_is_told_as_a_fact_and_only_once(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(), events.engaged("blog_read", 0))
    no = events.builder.make(ConsentChanged, subject="ann", channel="email", granted=False, at=events.at(1))
    standings = [data_of(fact, LeadScored.Data).standing for fact in scorer.read(no)]
    assert [standing and standing.facts.unsubscribed for standing in standings] == [True]
    assert scorer.read(no) == []
    yes = events.builder.make(ConsentChanged, subject="ann", channel="email", granted=True, at=events.at(2))
    standings = [data_of(fact, LeadScored.Data).standing for fact in scorer.read(yes)]
    assert [standing and standing.facts.unsubscribed for standing in standings] == [None]


def test_a_lead_that_decays_below_the_gate_has_cooled(events: LeadEvents, scorer: Scorer) -> None:
    webinar: Step = ("webinar_attended", 0, {"asset": "a"})
    play(events, scorer, ("pricing_view", 0, {}), webinar, ("case_study", 0, {"asset": "b"}))
    assert scorer.facts[-1].event is LeadQualified
    facts = scorer.advance(events.at(60))
    assert [fact.event for fact in facts] == [LeadScored, LeadCooled]
    cooled = data_of(facts[1], LeadCooled.Data)
    assert (facts[1].time, cooled.total, cooled.reason) == (events.at(60), 32, "32 of 60")


ONCE_PER_30_DAYS = [("demo_request", 50), ("contact_sales", 40), ("free_trial", 40), ("pricing_view", 30)]


@pytest.mark.parametrize(("kind", "points"), ONCE_PER_30_DAYS)
def test_counted_once_per_thirty_days(events: LeadEvents, scorer: Scorer, kind: str, points: int) -> None:
    play(events, scorer, (kind, 0, {}), (kind, timedelta(days=30) / timedelta(days=1) - 0.001, {}))
    assert scorer.points() == points
    play(events, scorer, (kind, 30, {}))
    assert scorer.points() == min(100, 2 * points)


@pytest.mark.parametrize(("kind", "points"), [("webinar_attended", 20), ("case_study", 15), ("whitepaper", 5)])
def test_counted_once_per_distinct_asset(events: LeadEvents, scorer: Scorer, kind: str, points: int) -> None:
    play(events, scorer, (kind, 0, {"asset": "a"}), (kind, 40, {"asset": "a"}), (kind, 41, {"asset": "b"}))
    assert scorer.points() == 2 * points


@pytest.mark.parametrize(
    ("kind", "points", "most"),
    [("product_page", 10, 20), ("blog_read", 5, 15), ("email_click", 5, 20)],
)
def test_counted_up_to_a_cap_in_any_ninety_days(
    events: LeadEvents, scorer: Scorer, kind: str, points: int, most: int
) -> None:
    play(events, scorer, *[(kind, day, {"mail": f"m{day}", "link": "l"}) for day in range(most // points + 2)])
    assert scorer.points() == most
    play(events, scorer, (kind, 59, {"link": "l"}), (kind, 90, {"link": "l"}))
    assert scorer.points() == most + points, "what was given on day 0 has left the window on day 90"


def test_site_visits_stop_at_ten_points_and_the_fifth_gives_fifteen_more(events: LeadEvents, scorer: Scorer) -> None:
    play(events, scorer, *[("site_visit", day, {}) for day in range(4)])
    assert scorer.points() == 8
    play(events, scorer, ("site_visit", 4, {}))
    assert scorer.points() == 25
    play(events, scorer, *[("site_visit", day, {}) for day in range(5, 10)])
    assert scorer.points() == 25, "the tenth visit is a fifth one again, but within 30 days"
    play(events, scorer, *[("site_visit", day, {}) for day in range(34, 39)])
    assert scorer.points() == 40


def test_a_newsletter_counts_once(events: LeadEvents, scorer: Scorer) -> None:
    play(events, scorer, ("newsletter_signup", 0, {}), ("newsletter_signup", 50, {}))
    assert scorer.points() == 5


def test_opens_count_once_per_message_and_up_to_ten_points(events: LeadEvents, scorer: Scorer) -> None:
    play(events, scorer, ("email_open", 0, {"mail": "m0"}), ("email_open", 1, {"mail": "m0"}))
    assert scorer.points() == 2
    play(events, scorer, *[("email_open", 2 + n, {"mail": f"m{n + 1}"}) for n in range(7)])
    assert scorer.points() == 10


def test_a_reply_counts_once_per_message(events: LeadEvents, scorer: Scorer) -> None:
    play(events, scorer, *[("email_reply", n, {"mail": mail}) for n, mail in enumerate(("a", "a", "b"))])
    assert scorer.points() == 50


def test_what_exceeds_the_cap_is_not_banked(events: LeadEvents, scorer: Scorer) -> None:
    play(events, scorer, ("demo_request", 0, {}), ("contact_sales", 0, {}), ("free_trial", 0, {}))
    assert scorer.points() == 100
    scorer.advance(events.at(60))
    assert scorer.points() == 50


def test_an_unknown_event_is_worth_nothing_and_does_not_stop_decay(events: LeadEvents, scorer: Scorer) -> None:
    play(events, scorer, ("demo_request", 0, {}), ("other", 30, {}))
    scorer.advance(events.at(60))
    assert scorer.points() == 25


@pytest.mark.parametrize(
    "act",
    [
        ("meeting_booked", {}),  # a touch of sales
        ("other", {"name": "Email Bounced"}),
        ("other", {"name": "Email Delivered"}),
        ("form_submitted", {}),
        ("email_open", {"mail": "m", "machine": True}),
        ("email_reply", {"mail": "m", "properties": {"auto_submitted": "auto-replied"}}),
    ],
)
def test_what_is_not_scored_or_no_person_s_restarts_no_decay(
    events: LeadEvents, scorer: Scorer, act: tuple[str, Mapping[str, object]]
) -> None:
    kind, data = act
    play(events, scorer, ("demo_request", 0, {}), (kind, 30, data))
    no = events.builder.make(ConsentChanged, subject="ann", channel="email", granted=False, at=events.at(40))
    scorer.read(no)
    scorer.advance(events.at(60))
    assert scorer.points() == 25
    assert MailSent not in HANDLES, "what was sent to a person is nothing the person did"


def test_what_is_dated_in_the_future_occurred_when_it_was_recorded(events: LeadEvents, scorer: Scorer) -> None:
    ahead = events.engaged("demo_request", 5).replaced(recordedtime=events.at(0))
    scorer.read(ahead, now=events.at(0))
    assert scorer.lines()[0].at == events.at(0)
    scorer.advance(events.at(60))
    assert scorer.points() == 25


def test_time_takes_nothing_from_the_fit(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(title="CRO", employees=120), events.engaged("demo_request", 0))
    scorer.advance(events.at(400))
    assert (scorer.standing().fit, scorer.standing().engagement, scorer.standing().total) == (55, 0, 55)


def test_an_engagement_at_the_very_instant_of_the_decay_comes_after_it(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.engaged("demo_request"))
    scorer.read(events.engaged("pricing_view", 60))
    assert scorer.points() == 55


def test_lines_name_what_the_person_did(events: LeadEvents, scorer: Scorer) -> None:
    play(events, scorer, ("case_study", 0, {"asset": "retail"}), ("pricing_view", 1, {}))
    lines = scorer.standing().engagement_lines
    assert [(line.rule, line.points, line.because) for line in lines] == [
        ("pricing_view", 30, "pricing page"),
        ("case_study", 15, "case study: retail"),
    ]
    assert lines[0].events == ("leads/3/2",)
    assert [signal.text for signal in scorer.standing().signals] == ["pricing page", "case study: retail"]


def test_repeats_show_even_where_they_add_nothing(events: LeadEvents, scorer: Scorer) -> None:
    play(events, scorer, *[("pricing_view", day, {}) for day in range(3)])
    assert scorer.points() == 30
    assert scorer.standing().signals[0].text == "pricing page 3x"
    assert scorer.standing().signals[0].count == 3


def test_what_comes_later_than_the_memory_is_worth_nothing(events: LeadEvents, scorer: Scorer) -> None:
    for day in range(0, 600, 10):
        scorer.read(events.engaged("blog_read", day, asset=f"b{day}"))
    before, balance = scorer.engagements(), scorer.points()
    late = [
        events.engaged("webinar_attended", day, asset="w").replaced(recordedtime=events.at(601)) for day in (1, 420)
    ]
    assert scorer.read(late[0], now=events.at(601)) == []
    assert (scorer.engagements(), scorer.points()) == (before, balance)
    scorer.read(late[1], now=events.at(601))
    assert [line.rule for line in scorer.lines()].count("webinar_attended") == 1, "within the memory of 180 days"
