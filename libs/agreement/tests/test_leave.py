"""Leave by what was said of it: what holds, what is taken back, and what it takes from somebody's time."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.calendar import WEEKDAYS, Calendar
from agreement.leave import LONGEST, AwayTimes, RepWord, away_at, leave_of, within
from agreement.types import Span

MONDAY = datetime(2026, 8, 3, tzinfo=UTC)


def day(number: float) -> datetime:
    return MONDAY + timedelta(days=number)


def away(at: float, since: float | None = None, until: float | None = None) -> RepWord:
    return RepWord(day(at), True, None if since is None else day(since), None if until is None else day(until))


def here(at: float) -> RepWord:
    return RepWord(day(at), False)


@pytest.mark.parametrize(
    ("words", "leave"),
    [
        pytest.param([away(0, 2, 4)], [(2, 4)], id="said before it begins"),
        pytest.param([away(3, 2, 4)], [(2, 4)], id="said after it began"),
        pytest.param([away(1)], [(1, None)], id="from now on, nobody knows until when"),
        pytest.param([away(0, 2, 4), here(1)], [], id="taken back before it began"),
        pytest.param([away(0, 2, 5), here(3)], [(2, 3)], id="back early: what was before stays"),
        pytest.param([away(1), here(3)], [(1, 3)], id="back from a leave without an end"),
        pytest.param([away(0, 2, 4), here(4)], [(2, 4)], id="back when it said"),
        pytest.param([away(0, 2, 4), away(1, 5, 6)], [(5, 6)], id="another leave in its place"),
        pytest.param([away(0, 2, 4), away(3, 8, 9)], [(2, 3), (8, 9)], id="the next one, said while away"),
        pytest.param([away(0, 2, 4), away(4.5, 8, 9)], [(2, 4), (8, 9)], id="two leaves, one after the other"),
        pytest.param([away(3, 4, 2)], [], id="it ends before it begins"),
        pytest.param([away(0, 1, 2 + LONGEST.days)], [(1, None)], id="longer than anybody waits"),
    ],
)
def test_what_was_said_last_holds_from_then_on(words: list[RepWord], leave: list[tuple[float, float | None]]) -> None:
    expected = tuple((day(since), None if until is None else day(until)) for since, until in leave)
    assert leave_of(words) == leave_of(reversed(words)) == expected


days = st.integers(0, 20)
a_word = st.builds(
    RepWord, days.map(day), st.booleans(), st.one_of(st.none(), days.map(day)), st.one_of(st.none(), days.map(day))
)
words_of_a_rep = st.lists(a_word, max_size=6, unique_by=lambda one: one.at)


@given(words=words_of_a_rep, order=st.randoms())
def test_in_which_order_it_was_heard_of_never_shows(words: list[RepWord], order: object) -> None:
    shuffled = list(words)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    leave = leave_of(words)
    assert leave_of(shuffled) == leave
    assert all(until is not None and until <= since for (_, until), (since, _) in pairwise(leave))


@given(words=words_of_a_rep, hours=st.integers(1, 40), start=st.integers(0, 24 * 20))
def test_what_leave_takes_is_given_back_behind_it(words: list[RepWord], hours: int, start: int) -> None:
    """Between start and due the rep is at work for the promised time: the team's hours less those of the leave."""
    leave, begun = leave_of(words), day(start / 24)
    team = Calendar("UTC", {name: [(time(9), time(12)), (time(13), time(18))] for name in WEEKDAYS[:5]})
    own = Calendar("UTC", {name: [(time(9), time(12)), (time(13), time(18))] for name in WEEKDAYS[:5]}, absences=leave)
    due = own.add(begun, Span.model_validate(f"{hours}bh"))
    taken = sum(
        (team.elapsed(max(since, begun), min(until, due)) for since, until in within(leave, begun, due)), timedelta(0)
    )
    assert team.elapsed(begun, due) - taken == own.elapsed(begun, due) == timedelta(hours=hours)
    assert not any(since < due < until for since, until in within(leave, begun, due))


def test_nobody_is_away_at_the_instant_at_which_leave_begins_or_ends() -> None:
    leave: AwayTimes = ((day(1), day(2)), (day(5), None))
    assert [away_at(leave, day(at)) for at in (0, 1, 1.5, 2, 3, 5, 6)] == [
        False,
        False,
        True,
        False,
        False,
        False,
        True,
    ]
