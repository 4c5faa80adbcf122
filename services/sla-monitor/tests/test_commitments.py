"""What counts towards a commitment, when it is judged, and how."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import Event
from events.handoffs import LeadAssigned, StageChanged
from events.sales import FeedbackGiven
from events.slas import CommitmentJudged
from events.vocabulary import Stage
from runtime.values import Timer
from sla_monitor.decide import Outcome, State, Terms, decide
from sla_monitor.decide.commitments import JUDGE, JUDGE_AGAIN, timer_of
from sla_monitor.decide.periods import due_of, end_of, period_of
from sla_monitor.decide.state import MonthKey
from testing.events import EventBuilder, of_type

AUGUST, JULY, JUNE = date(2026, 8, 1), date(2026, 7, 1), date(2026, 6, 1)
IN_AUGUST, IN_OCTOBER = datetime(2026, 8, 5, tzinfo=UTC), datetime(2026, 10, 5, tzinfo=UTC)
Builders = Callable[[str], EventBuilder]


def count(events: Sequence[Event], terms: Terms, state: State | None = None) -> Outcome:
    return decide(state or State(), events, terms, now=IN_AUGUST)


def counts(events: Sequence[Event], terms: Terms) -> dict[str, int]:
    return {counter: tally.n for (counter, _), tally in count(events, terms).tallies.items()}


def judgement(name: str, period: date, sums: Mapping[MonthKey, int], terms: Terms) -> CommitmentJudged.Data:
    outcome = decide(State(sums=sums), [timer_of(name, period, terms)], terms, now=IN_OCTOBER)
    (data,) = of_type(outcome.facts, CommitmentJudged.Data)
    return data


def judgement_timers(outcome: Outcome) -> list[Timer]:
    return [timer for timer in outcome.timers if timer.kind in (JUDGE, JUDGE_AGAIN)]


def test_an_mql_counts_once_and_its_completeness_with_it(lead: EventBuilder, terms: Terms) -> None:
    events = [
        lead.make(StageChanged, at=lead.at(0), completeness=80),
        lead.make(StageChanged, at=lead.at(1), completeness=90, status="assigned"),
    ]
    assert counts(events, terms) == {"mql": 1, "complete": 1}
    assert counts([lead.make(StageChanged, at=lead.at(0), completeness=79)], terms)["complete"] == 0


def test_who_is_re_engaged_or_withdrawn_does_not_count(lead: EventBuilder, terms: Terms) -> None:
    assert counts([lead.make(StageChanged, at=lead.at(0), cycle=2, re_engaged=True)], terms) == {}
    withdrawn = lead.make(StageChanged, at=lead.at(2), stage="lead", withdrawn=True)
    assert counts([lead.make(StageChanged, at=lead.at(0), completeness=90), withdrawn, withdrawn], terms) == {
        "mql": 0,
        "complete": 0,
        "sql": 0,
    }


def test_none_of_the_mqls_of_a_lead_that_turned_out_to_be_another_counts(lead: EventBuilder, terms: Terms) -> None:
    events = [
        lead.make(StageChanged, at=lead.at(0), completeness=90),
        lead.make(StageChanged, at=lead.at(1), stage="sql"),
        lead.make(StageChanged, at=lead.at(2), cycle=2, completeness=90),
    ]
    before = count(events, terms)
    assert {counter: tally.n for (counter, _), tally in before.tallies.items()} == {"mql": 2, "complete": 2, "sql": 1}
    merged = lead.make(StageChanged, at=lead.at(3), cycle=2, status="suppressed", why="merged", merged=True)
    taken_back = count([merged, merged], terms, State(mqls=before.mqls)).tallies
    expected = {"mql": -2, "complete": -2, "sql": -1}
    assert {counter: tally.n for (counter, _), tally in taken_back.items()} == expected, "of all cycles, and once"
    assert set(counts([*events, merged], terms).values()) == {0}
    won = lead.make(StageChanged, at=lead.at(3), stage_from="won", stage="won", closed=True, merged=True, why="merged")
    assert count([won], terms).clocks == {}, "nothing is closed anew: no clock of a customer begins"


def test_a_conversion_belongs_to_the_month_of_its_mql_while_that_matures(lead: EventBuilder, terms: Terms) -> None:
    early = [
        lead.make(StageChanged, at=lead.at(0)),
        lead.make(StageChanged, at=lead.at(24 * 29), stage="opportunity"),
        lead.make(StageChanged, at=lead.at(24 * 29), stage="won", closed=True),
    ]
    assert {period for _, period in count(early, terms).tallies} == {AUGUST}
    assert counts(early, terms)["sql"] == 1
    assert "sql" not in counts(
        [lead.make(StageChanged, at=lead.at(0)), lead.make(StageChanged, at=lead.at(24 * 31), stage="sql")], terms
    )
    assert (
        counts(
            [
                lead.make(StageChanged, at=lead.at(0)),
                lead.make(StageChanged, at=lead.at(5), stage="lost", implied=("sal", "sql")),
            ],
            terms,
        )["sql"]
        == 1
    )


def test_an_mql_that_comes_again_after_it_was_withdrawn_counts_in_its_new_month(
    lead: EventBuilder, terms: Terms
) -> None:
    """As a running month is counted: a withdrawn entry gives way to the next one of its cycle."""
    events = [
        lead.make(StageChanged, at=lead.at(0), completeness=90),
        lead.make(StageChanged, at=lead.at(2), stage="lead", withdrawn=True),
        lead.make(StageChanged, at=lead.at(24 * 30), completeness=70),
        lead.make(StageChanged, at=lead.at(24 * 31), stage="sql"),
    ]
    september = date(2026, 9, 1)
    assert {period: tally.n for period, tally in count(events, terms).tallies.items()} == {
        ("mql", AUGUST): 0,
        ("complete", AUGUST): 0,
        ("sql", AUGUST): 0,
        ("mql", september): 1,
        ("complete", september): 0,
        ("sql", september): 1,
    }


def test_an_implied_mql_was_nobodys_delivery(lead: EventBuilder, terms: Terms) -> None:
    skipped = lead.make(StageChanged, at=lead.at(0), stage="sal", implied=("mql",), completeness=90)
    assert counts([skipped, lead.make(StageChanged, at=lead.at(1), stage="sql")], terms) == {}


def test_a_completeness_that_is_not_known_is_not_complete_and_is_divided_by(lead: EventBuilder, terms: Terms) -> None:
    assert counts([lead.make(StageChanged, at=lead.at(0), completeness=None)], terms) == {"mql": 1, "complete": 0}


@given(
    lines=st.lists(
        st.tuples(
            st.sampled_from(("mql", "sql", "won", "lead")), st.integers(1, 2), st.booleans(), st.integers(0, 900)
        ),
        max_size=10,
    )
)
def test_the_counts_are_those_of_the_mqls_that_are_left(
    lines: list[tuple[Stage, int, bool, int]], terms: Terms, builders: Builders
) -> None:
    lead = builders("lead-1")
    events = [
        lead.make(
            StageChanged,
            at=lead.at(at),
            stage=stage,
            cycle=cycle,
            withdrawn=stage == "lead",
            completeness=90 if complete else None,
        )
        for stage, cycle, complete, at in lines
    ]
    outcome = count(events, terms)
    left = [mql for mql in outcome.mqls.values() if not mql.withdrawn]
    for counter, expected in (
        ("mql", len(left)),
        ("complete", sum(mql.complete for mql in left)),
        ("sql", sum(mql.converted for mql in left)),
    ):
        assert sum(tally.n for (name, _), tally in outcome.tallies.items() if name == counter) == expected


def test_months_begin_at_midnight_of_the_house(terms: Terms) -> None:
    assert period_of("volume", datetime(2026, 8, 1, 3, 59, tzinfo=UTC), terms) == JULY
    assert due_of("volume", JULY, terms) == datetime(2026, 8, 1, 4, tzinfo=UTC)
    assert due_of("quality", JULY, terms) == datetime(2026, 8, 31, 4, tzinfo=UTC)
    assert end_of("volume", date(2026, 12, 1), terms) == date(2027, 1, 1)
    assert period_of("feedback", datetime(2026, 8, 5, 12, tzinfo=UTC), terms) == date(2026, 8, 3)
    assert end_of("feedback", date(2026, 8, 3), terms) == date(2026, 8, 10)


def test_the_first_live_count_plans_the_judgement_and_late_ones_repeat_it(lead: EventBuilder, terms: Terms) -> None:
    entry = lead.make(StageChanged, at=lead.at(0))
    first = judgement_timers(decide(State(), [entry], terms, now=IN_AUGUST))
    assert {(t.subject, t.kind) for t in first} == {
        (name, JUDGE) for name in ("volume", "completeness", "quality", "conversion", "feedback")
    }
    assert len({(t.kind, t.key) for t in first}) == 5
    known = State(live=frozenset({("mql", AUGUST), ("complete", AUGUST)}))
    assert judgement_timers(decide(known, [entry], terms, now=IN_AUGUST)) == []
    assert {(t.subject, t.kind) for t in judgement_timers(decide(known, [entry], terms, now=IN_OCTOBER))} == {
        (name, JUDGE_AGAIN) for name in ("volume", "completeness", "quality", "conversion")
    }
    old_news = lead.make(StageChanged, at=lead.at(0), mode="historical")
    assert judgement_timers(decide(State(), [old_news], terms, now=IN_OCTOBER)) == []


def test_a_judged_month_plans_the_next_one_and_counts_what_its_batch_brought(lead: EventBuilder, terms: Terms) -> None:
    entry, judge = lead.make(StageChanged, at=lead.at(0)), timer_of("volume", AUGUST, terms)
    outcome = decide(State(sums={("mql", AUGUST): 99}), [entry, judge], terms, now=IN_OCTOBER)
    (data,) = of_type(outcome.facts, CommitmentJudged.Data)
    assert (data.numerator, data.state) == (100, "met")
    assert "volume/2026-09-01" in [timer.key for timer in judgement_timers(outcome)]
    again = decide(State(), [timer_of("volume", AUGUST, terms, JUDGE_AGAIN)], terms, now=IN_OCTOBER)
    assert (len(again.facts), again.timers) == (1, [])


@pytest.mark.parametrize(
    ("months", "state"),
    [
        ([(0, 0)], "no_data"),
        ([(20, 29)], "immature"),
        ([(10, 40)], "met"),
        ([(9, 40)], "missed"),
        ([(7, 40), (9, 40)], "missed"),
        ([(7, 40), (7, 40)], "review"),
        ([(7, 40), (1, 20)], "missed"),
    ],
)
def test_quality_is_judged_on_enough_leads_and_reviewed_after_two_bad_months(
    terms: Terms, months: list[tuple[int, int]], state: str
) -> None:
    sums = {
        (counter, month): pair[place]
        for month, pair in zip((JULY, JUNE), months, strict=False)
        for place, counter in enumerate(("sql", "mql"))
    }
    quality = judgement("quality", JULY, sums, terms)
    assert quality.state == state
    assert (quality.low is None) == (quality.high is None) == (quality.denominator == 0)


def test_beside_the_quality_stands_the_interval_of_wilson(terms: Terms) -> None:
    """10 of 40: 95 % of such months lie between 14.2 and 40.2 per cent."""
    quality = judgement("quality", JULY, {("sql", JULY): 10, ("mql", JULY): 40}, terms)
    assert (quality.actual, quality.target) == (0.25, 0.25)
    assert [quality.low, quality.high] == pytest.approx([0.1419, 0.4019], abs=1e-4)


@pytest.mark.parametrize(
    ("name", "mqls", "complete", "guarantee", "judged"),
    [
        ("volume", 100, 0, 0, ("met", 100, 100)),
        ("volume", 99, 99, 0, ("missed", 99, 100)),
        ("volume", 120, 0, 20, ("met", 120, 120)),
        ("volume", 120, 108, 21, ("missed", 120, 121)),
        ("completeness", 120, 108, 0, ("met", 0.9, 0.9)),
        ("completeness", 120, 107, 21, ("missed", 107 / 120, 0.9)),
        ("completeness", 1, 1, 0, ("met", 1.0, 0.9)),
        ("completeness", 0, 0, 0, ("no_data", None, 0.9)),
    ],
)
def test_volume_and_completeness_are_judged_by_their_own_numbers(
    terms: Terms, name: str, mqls: int, complete: int, guarantee: int, judged: tuple[str, float | None, float]
) -> None:
    """`guarantee`: one more for each lead that came back for it."""
    sums = {("mql", JULY): mqls, ("complete", JULY): complete, ("owed", JULY): guarantee}
    done = judgement(name, JULY, sums, terms)
    assert (done.state, done.actual, done.target) == judged


WEEK = date(2026, 8, 3)


@pytest.mark.parametrize(
    ("sums", "state", "lacking", "ratings"),
    [
        ({}, "no_data", (), (0, 1)),
        ({"feedback": 1}, "met", (), (1, 1)),
        ({"offered/smb-na": 4}, "missed", ("smb-na",), (0, 1)),
        ({"offered/smb-na": 4, "feedback": 3, "rated/smb-na": 3}, "met", (), (3, 1)),
        (
            {"offered/smb-na": 4, "offered/mid-na": 1, "feedback": 3, "rated/smb-na": 3},
            "missed",
            ("mid-na",),
            (3, 2),
        ),
    ],
    ids=["nothing to rate", "of before", "none", "enough", "one pool of two is silent"],
)
def test_each_pool_that_was_offered_leads_rates_one_a_week(
    terms: Terms, sums: Mapping[str, int], state: str, lacking: tuple[str, ...], ratings: tuple[int, int]
) -> None:
    judged = judgement("feedback", WEEK, {(counter, WEEK): n for counter, n in sums.items()}, terms)
    assert (judged.state, judged.lacking, (judged.numerator, judged.denominator)) == (state, lacking, ratings)


def test_a_rating_counts_for_each_pool_of_who_gives_it(lead: EventBuilder, terms: Terms) -> None:
    events = [
        lead.make(LeadAssigned, at=lead.at(0)),
        lead.make(FeedbackGiven, at=lead.at(1), by="rep-ben"),
        lead.make(FeedbackGiven, at=lead.at(2), by=None),
    ]
    assert {key: tally.n for key, tally in count(events, terms).tallies.items()} == {
        ("offered/smb-na", WEEK): 1,
        ("feedback", WEEK): 2,
        ("rated/smb-na", WEEK): 1,
        ("rated/triage-na", WEEK): 1,
    }
