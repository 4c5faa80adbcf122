"""Engagement points: each row of the table, the caps, and what time does to the balance (domain, 3.2 and 3.3)."""

from datetime import timedelta
from typing import Any

import pytest

from events.scores import LeadCooled, LeadQualified, LeadScored

EXAMPLE = [
    ("demo_request", 0, {}),
    ("pricing_view", 0, {}),
    ("pricing_view", 1, {}),
    ("webinar_attended", 5, {"asset": "webinar A"}),
    ("case_study", 6, {"asset": "case study A"}),
    ("blog_read", 70, {"asset": "blog A"}),
]


def play(said: Any, desk: Any, *deeds: tuple[str, float, dict[str, Any]]) -> None:
    for kind, days, data in deeds:
        desk.advance(said.at(days))
        desk.tell(said.did(kind, days, **data))


@pytest.mark.parametrize(
    ("day", "balance"),
    [(0, 80), (1, 80), (5, 100), (6, 100), (65, 100), (66, 50), (70, 55), (129, 55), (130, 27), (159, 27), (160, 0)],
)
def test_the_worked_example_of_the_domain(said: Any, desk: Any, day: int, balance: int) -> None:
    play(said, desk, *[deed for deed in EXAMPLE if deed[1] <= day])
    desk.advance(said.at(day))
    assert desk.points() == balance


def test_a_late_case_study_takes_the_decay_back(said: Any, desk: Any) -> None:
    play(said, desk, *EXAMPLE)
    desk.advance(said.at(71))
    assert desk.points() == 55
    late = said.did("case_study", 64, asset="case study B", mode="historical").replaced(recordedtime=said.at(71))
    facts = desk.tell(late)
    assert desk.points() == 100
    assert [line.rule for line in desk.leads["ann"].ledgers["default"].lines] == [
        "demo_request",
        "pricing_view",
        "webinar_attended",
    ]
    assert facts[0].data.reason == "correction"
    assert facts[0].data.engagement == 100
    desk.advance(said.at(130))
    assert desk.points() == 50, "64 + 60 days is past, but the blog of day 70 counts from day 70"


def test_decay_is_said_with_the_instant_at_which_it_was_due(said: Any, desk: Any) -> None:
    play(said, desk, *EXAMPLE[:5])
    facts = desk.advance(said.at(200))
    decays = [fact for fact in facts if fact.event is LeadScored]
    assert decays[1].data.gate.reason == "50 of 60", "on day 90 the raised hand no longer holds the gate open"
    assert [(fact.time, fact.data.engagement, fact.data.reason) for fact in decays] == [
        (said.at(66), 50, "decay"),
        (said.at(90), 50, "decay"),
        (said.at(96), 0, "decay"),
    ]


def test_decay_that_nobody_noticed_in_time_is_said_before_the_next_event(said: Any, desk: Any) -> None:
    desk.tell(said.did("demo_request"))
    facts = desk.tell(said.did("blog_read", 62))
    assert [(fact.time, fact.data.engagement) for fact in facts if fact.event is LeadScored] == [
        (said.at(60), 25),
        (said.at(62), 30),
    ]
    assert facts[0].mode == "historical"


def test_a_lead_that_decays_below_the_gate_has_cooled(said: Any, desk: Any) -> None:
    deeds: Any = ("pricing_view", {}), ("webinar_attended", {"asset": "a"}), ("case_study", {"asset": "b"})
    play(said, desk, *[(kind, 0, data) for kind, data in deeds])
    assert desk.facts[-1].event is LeadQualified
    facts = desk.advance(said.at(60))
    assert [fact.event for fact in facts] == [LeadScored, LeadCooled]
    assert facts[1].data.total == 32
    assert facts[1].time == said.at(60)
    assert facts[1].data.reason == "32 of 60"


ONCE_PER_30_DAYS = [("demo_request", 50), ("contact_sales", 40), ("free_trial", 40), ("pricing_view", 30)]


@pytest.mark.parametrize(("kind", "points"), ONCE_PER_30_DAYS)
def test_counted_once_per_thirty_days(said: Any, desk: Any, kind: str, points: int) -> None:
    play(said, desk, (kind, 0, {}), (kind, timedelta(days=30) / timedelta(days=1) - 0.001, {}))
    assert desk.points() == points
    play(said, desk, (kind, 30, {}))
    assert desk.points() == min(100, 2 * points)


@pytest.mark.parametrize(("kind", "points"), [("webinar_attended", 20), ("case_study", 15), ("whitepaper", 5)])
def test_counted_once_per_distinct_asset(said: Any, desk: Any, kind: str, points: int) -> None:
    play(said, desk, (kind, 0, {"asset": "a"}), (kind, 40, {"asset": "a"}), (kind, 41, {"asset": "b"}))
    assert desk.points() == 2 * points


@pytest.mark.parametrize(
    ("kind", "points", "most"),
    [("product_page", 10, 20), ("blog_read", 5, 15), ("email_click", 5, 20)],
)
def test_counted_up_to_a_cap_in_any_ninety_days(said: Any, desk: Any, kind: str, points: int, most: int) -> None:
    play(said, desk, *[(kind, day, {"mail": f"m{day}", "link": "l"}) for day in range(most // points + 2)])
    assert desk.points() == most
    play(said, desk, (kind, 59, {"link": "l"}), (kind, 90, {"link": "l"}))
    assert desk.points() == most + points, "what was given on day 0 has left the window on day 90"


def test_site_visits_stop_at_ten_points_and_the_fifth_gives_fifteen_more(said: Any, desk: Any) -> None:
    play(said, desk, *[("site_visit", day, {}) for day in range(4)])
    assert desk.points() == 8
    play(said, desk, ("site_visit", 4, {}))
    assert desk.points() == 25
    play(said, desk, *[("site_visit", day, {}) for day in range(5, 10)])
    assert desk.points() == 25, "the tenth visit is a fifth one again, but within 30 days"
    play(said, desk, *[("site_visit", day, {}) for day in range(34, 39)])
    assert desk.points() == 40


def test_a_newsletter_counts_once(said: Any, desk: Any) -> None:
    play(said, desk, ("newsletter_signup", 0, {}), ("newsletter_signup", 50, {}))
    assert desk.points() == 5


def test_opens_count_once_per_message_and_up_to_ten_points(said: Any, desk: Any) -> None:
    play(said, desk, ("email_open", 0, {"mail": "m0"}), ("email_open", 1, {"mail": "m0"}))
    assert desk.points() == 2
    play(said, desk, *[("email_open", 2 + n, {"mail": f"m{n + 1}"}) for n in range(7)])
    assert desk.points() == 10


def test_a_reply_counts_once_per_message(said: Any, desk: Any) -> None:
    play(said, desk, *[("email_reply", n, {"mail": mail}) for n, mail in enumerate(("a", "a", "b"))])
    assert desk.points() == 50


def test_what_exceeds_the_cap_is_not_banked(said: Any, desk: Any) -> None:
    play(said, desk, ("demo_request", 0, {}), ("contact_sales", 0, {}), ("free_trial", 0, {}))
    assert desk.points() == 100
    desk.advance(said.at(60))
    assert desk.points() == 50


def test_an_unknown_event_is_worth_nothing_and_does_not_stop_decay(said: Any, desk: Any) -> None:
    play(said, desk, ("demo_request", 0, {}), ("other", 30, {}))
    desk.advance(said.at(60))
    assert desk.points() == 25


def test_an_engagement_at_the_very_instant_of_the_decay_comes_after_it(said: Any, desk: Any) -> None:
    desk.tell(said.did("demo_request"))
    desk.tell(said.did("pricing_view", 60))
    assert desk.points() == 55


def test_lines_say_what_was_done(said: Any, desk: Any) -> None:
    play(said, desk, ("case_study", 0, {"asset": "retail"}), ("pricing_view", 1, {}))
    lines = desk.standing().engagement_lines
    assert [(line.rule, line.points, line.because) for line in lines] == [
        ("pricing_view", 30, "pricing page"),
        ("case_study", 15, "case study: retail"),
    ]
    assert lines[0].events == ("leads/3/2",)
    assert [signal.text for signal in desk.standing().signals] == ["pricing page", "case study: retail"]


def test_repeats_show_even_where_they_add_nothing(said: Any, desk: Any) -> None:
    play(said, desk, *[("pricing_view", day, {}) for day in range(3)])
    assert desk.points() == 30
    assert desk.standing().signals[0].text == "pricing page 3x"
    assert desk.standing().signals[0].count == 3


def test_memory_is_bounded_and_the_balance_goes_on(said: Any, desk: Any) -> None:
    for day in range(0, 600, 10):
        desk.tell(said.did("blog_read", day, asset=f"b{day}"))
    lead = desk.leads["ann"]
    assert lead.sealed is not None
    assert lead.entries[0].at >= lead.as_of - desk.terms.memory
    newest = lead.copy()
    desk.tell(said.did("blog_read", 1, asset="too late").replaced(recordedtime=said.at(601)))
    assert desk.points() == newest.ledgers["default"].head.balance
