"""What counts towards a commitment, when it is judged, and how."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import Event
from sla_monitor.decide.judge import judge, wilson
from sla_monitor.decide.periods import due_of, end_of, period_of
from sla_monitor.decide.start import Terms
from sla_monitor.decide.tally import AGAIN, JUDGE, Mql, Period, Tally, count, following, timers

AUGUST, JULY, JUNE = date(2026, 8, 1), date(2026, 7, 1), date(2026, 6, 1)


def counts(events: list[Event], terms: Terms) -> dict[str, int]:
    found = count({}, events, terms).tallies
    return {counter: tally.n for (counter, _), tally in found.items()}


def test_an_mql_counts_once_and_its_completeness_with_it(story: Any, terms: Terms) -> None:
    events = [story.stage(0, completeness=80), story.stage(1, completeness=90, status="assigned")]
    assert counts(events, terms) == {"mql": 1, "complete": 1}
    assert counts([story.stage(0, completeness=79)], terms)["complete"] == 0


def test_who_is_re_engaged_or_withdrawn_does_not_count(story: Any, terms: Terms) -> None:
    assert counts([story.stage(0, cycle=2, re_engaged=True)], terms) == {}
    withdrawn = story.stage(2, "lead", withdrawn=True)
    assert counts([story.stage(0, completeness=90), withdrawn, withdrawn], terms) == {"mql": 0, "complete": 0, "sql": 0}


def test_a_conversion_belongs_to_the_month_of_its_mql_while_that_matures(story: Any, terms: Terms) -> None:
    early = [story.stage(0), story.stage(24 * 29, "opportunity"), story.stage(24 * 29, "won", closed=True)]
    assert {period for _, period in count({}, early, terms).tallies} == {AUGUST}
    assert counts(early, terms)["sql"] == 1
    assert "sql" not in counts([story.stage(0), story.stage(24 * 31, "sql")], terms)
    assert counts([story.stage(0), story.stage(5, "lost", implied=("sal", "sql"))], terms)["sql"] == 1


@given(
    lines=st.lists(
        st.tuples(
            st.sampled_from(["mql", "sql", "won", "lead"]), st.integers(1, 2), st.booleans(), st.integers(0, 900)
        ),
        max_size=10,
    ),
    cut=st.integers(0, 10),
)
def test_where_a_batch_is_cut_never_shows(lines: list[Any], cut: int, terms: Terms, stories: Any) -> None:
    story = stories()
    events = [
        story.stage(at, stage, cycle=cycle, withdrawn=stage == "lead", completeness=90 if complete else None)
        for stage, cycle, complete, at in lines
    ]
    whole, head = count({}, events, terms), count({}, events[:cut], terms)
    tail = count(head.mqls, events[cut:], terms)
    assert {**head.mqls, **tail.mqls} == whole.mqls
    sums = dict[Period, int]()
    for part in (head, tail):
        for period, tally in part.tallies.items():
            sums[period] = sums.get(period, 0) + tally.n
    assert sums == {period: tally.n for period, tally in whole.tallies.items()}


@given(lines=st.lists(st.tuples(st.sampled_from(["mql", "sql", "lead"]), st.integers(0, 90)), max_size=10))
def test_the_counts_are_those_of_the_mqls_that_are_left(lines: list[Any], terms: Terms, stories: Any) -> None:
    story = stories()
    events = [story.stage(at, stage, withdrawn=stage == "lead") for stage, at in lines]
    found = count({}, events, terms)
    left: list[Mql] = [mql for mql in found.mqls.values() if not mql.withdrawn]
    assert sum(t.n for (counter, _), t in found.tallies.items() if counter == "mql") == len(left)
    assert sum(t.n for (counter, _), t in found.tallies.items() if counter == "sql") == sum(m.converted for m in left)


def test_months_begin_at_midnight_of_the_house(terms: Terms) -> None:
    assert period_of("volume", datetime(2026, 8, 1, 3, 59, tzinfo=UTC), terms) == JULY
    assert due_of("volume", JULY, terms) == datetime(2026, 8, 1, 4, tzinfo=UTC)
    assert due_of("quality", JULY, terms) == datetime(2026, 8, 31, 4, tzinfo=UTC)
    assert end_of("volume", date(2026, 12, 1), terms) == date(2027, 1, 1)
    assert period_of("feedback", datetime(2026, 8, 5, 12, tzinfo=UTC), terms) == date(2026, 8, 3)
    assert end_of("feedback", date(2026, 8, 3), terms) == date(2026, 8, 10)


def test_the_first_live_count_plans_the_judgement_and_late_ones_repeat_it(terms: Terms) -> None:
    in_august, in_october = datetime(2026, 8, 5, tzinfo=UTC), datetime(2026, 10, 5, tzinfo=UTC)
    live = {("mql", AUGUST): Tally(1, live=True, at=in_august)}
    first = timers(live, [("mql", AUGUST)], in_august, terms)
    assert {(t.subject, t.kind) for t in first} == {
        (name, JUDGE) for name in ("volume", "completeness", "quality", "conversion", "feedback")
    }
    assert len({(t.kind, t.key) for t in first}) == 5
    assert timers(live, [], in_august, terms) == []
    assert {(t.subject, t.kind) for t in timers(live, [], in_october, terms)} == {
        (name, AGAIN) for name in ("volume", "completeness", "quality", "conversion")
    }
    assert timers({("mql", AUGUST): Tally(1)}, [], in_october, terms) == []
    assert [timer.key for timer in following(first[:1], terms)] == ["volume/2026-09-01"]


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
    judged = judge("quality", JULY, sums, terms)
    assert judged.state == state
    assert (judged.low is None) == (judged.high is None) == (judged.denominator == 0)


def test_volume_completeness_and_feedback_are_judged_by_their_own_numbers(terms: Terms) -> None:
    sums = {("mql", JULY): 120, ("complete", JULY): 108}
    assert judge("volume", JULY, sums, terms).state == "met"
    complete = judge("completeness", JULY, sums, terms)
    assert (complete.state, complete.actual, complete.target) == ("met", 0.9, 0.9)
    assert judge("feedback", date(2026, 8, 3), {}, terms).state == "missed"
    assert judge("feedback", date(2026, 8, 3), {("feedback", date(2026, 8, 3)): 1}, terms).state == "met"


def test_the_interval_is_the_textbooks() -> None:
    low, high = wilson(10, 40, 0.95)
    assert (round(low, 4), round(high, 4)) == (0.1419, 0.4019)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_rate(pair: tuple[int, int]) -> None:
    low, high = wilson(*pair, 0.95)
    assert 0 <= low <= pair[0] / pair[1] + 1e-9
    assert pair[0] / pair[1] - 1e-9 <= high <= 1
