"""Leave by what was said of it: what holds, what is taken back, and what it takes from somebody's time."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.calendar import WEEKDAYS, Calendar
from agreement.leave import KEPT, LONGEST, AwayTimes, RepWord, away_at, has_left, leave_of, remember, within
from agreement.types import Span

MONDAY = datetime(2026, 8, 3, tzinfo=UTC)


def day(number: float) -> datetime:
    return MONDAY + timedelta(days=number)


def away(at: float, since: float | None = None, until: float | None = None) -> RepWord:
    return RepWord(day(at), True, None if since is None else day(since), None if until is None else day(until))


def here(at: float) -> RepWord:
    return RepWord(day(at), False)


def left(at: float) -> RepWord:
    return RepWord(day(at), True, left=True)


def feed(at: float, since: float, until: float) -> RepWord:
    return RepWord(day(at), True, day(since), day(until), feed=True)


def feed_empty(at: float) -> RepWord:
    return RepWord(day(at), False, feed=True)


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
        pytest.param([away(0, 2, 4), away(1, 5, 6)], [(2, 4), (5, 6)], id="another leave beside it"),
        pytest.param([away(0, 2, 4), away(3, 8, 9)], [(2, 4), (8, 9)], id="the next one, said while away"),
        pytest.param([away(1), away(3, 8, 9)], [(1, None)], id="the next one, of who is ill until nobody knows when"),
        pytest.param([away(1), away(3, 8, 9), here(4)], [(1, 4), (8, 9)], id="here again, the next one to come"),
        pytest.param([away(0, 2, 4), away(1, 3, 6)], [(2, 6)], id="two that overlap are one"),
        pytest.param([away(0, 2, 4), away(3, None, 6)], [(2, 6)], id="that of now lasts longer"),
        pytest.param([away(1), away(3, None, 4)], [(1, 4)], id="it is known when that of now ends"),
        pytest.param([away(1), away(3, 0, 4)], [(0, 4)], id="that of now began earlier"),
        pytest.param([away(0, 5, 9), away(1, 5, 7)], [(5, 7)], id="the one to come ends earlier"),
        pytest.param([away(0, 2, 4), away(1, 8, 9), here(1.5)], [], id="both taken back before they began"),
        pytest.param([left(1), away(2, 3, 4)], [(1, None)], id="who has left does not come back by a leave"),
        pytest.param([left(1), away(2, 8, 9), here(4)], [(1, 4), (8, 9)], id="but by being here again"),
        pytest.param([feed(0, 2, 4), away(1, 8, 9)], [(2, 4), (8, 9)], id="a word of mine beside the calendar's"),
        pytest.param([away(0, 8, 9), feed(1, 2, 4), feed_empty(3)], [(2, 3), (8, 9)], id="it takes back its own alone"),
        pytest.param([feed(0, 2, 4), feed(1, 3, 5)], [(3, 5)], id="it has moved in the calendar"),
        pytest.param([feed(0, 2, 4), feed(4, 8, 9)], [(2, 4), (8, 9)], id="the calendar's next one, after the first"),
        pytest.param([away(1), feed(2, 3, 4), feed_empty(3.5)], [(1, None)], id="ill, whatever the calendar has"),
        pytest.param([feed(0, 2, 6), here(3), feed(4, 2, 7)], [(2, 3)], id="here, whatever the calendar has"),
        pytest.param([feed(0, 2, 4), here(1)], [(2, 4)], id="at work: what the calendar has is still to come"),
        pytest.param([away(0, 2, 4), away(4.5, 8, 9)], [(2, 4), (8, 9)], id="two leaves, one after the other"),
        pytest.param([away(3, 4, 2)], [], id="it ends before it begins"),
        pytest.param([away(0, 1, 2 + LONGEST.days)], [(1, None)], id="longer than anybody waits"),
        pytest.param([away(0, 1, 1 + LONGEST.days)], [(1, 1 + LONGEST.days)], id="as long as anybody waits"),
        pytest.param([left(1), left(3)], [(1, None)], id="left, and it is said again"),
        pytest.param(
            [feed(0, 2, 6), feed(4, 3, 5)], [(2, 5)], id="the calendar's, of which the end moves while it lasts"
        ),
        pytest.param([feed(0, 2, 6), feed_empty(4)], [(2, 4)], id="the calendar's is taken out while it lasts"),
        pytest.param([feed(0, 2, 6), feed(5, 3, 4)], [(2, 4)], id="the calendar's was over earlier than it said"),
        pytest.param([here(5), feed(6, 2, 4)], [(2, 4)], id="the calendar's of before somebody was here"),
        pytest.param([here(3), feed(4, 5, 6)], [(5, 6)], id="the calendar's of after somebody was here"),
        pytest.param([away(0, 2, 6), away(4, 0, 1)], [(0, 1), (2, 6)], id="one that is over, said while away"),
        pytest.param([away(0, 2, 4), away(1, 8, 9), here(2)], [(8, 9)], id="here at the instant at which it begins"),
        pytest.param([left(1), here(3), away(4, 5, 6)], [(1, 3), (5, 6)], id="left, and is a colleague again"),
    ],
)
def test_absences_are_a_set_and_each_word_is_about_one_of_them(
    words: list[RepWord], leave: list[tuple[float, float | None]]
) -> None:
    expected = tuple((day(since), None if until is None else day(until)) for since, until in leave)
    assert leave_of(words) == leave_of(reversed(words)) == expected


days = st.integers(0, 20)
a_word = st.builds(
    RepWord,
    days.map(day),
    st.booleans(),
    st.one_of(st.none(), days.map(day)),
    st.one_of(st.none(), days.map(day)),
    st.booleans(),
)
words_of_a_rep = st.lists(a_word, max_size=6, unique_by=lambda one: one.at)


@given(words=words_of_a_rep, order=st.randoms())
def test_in_which_order_it_was_heard_of_never_shows(words: list[RepWord], order: object) -> None:
    shuffled = list(words)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    leave = leave_of(words)
    assert leave_of(shuffled) == leave
    assert all(until is not None and until <= since for (_, until), (since, _) in pairwise(leave))


@given(words=words_of_a_rep, at=st.integers(0, 80), since=st.integers(0, 30), length=st.integers(0, 9))
def test_a_leave_to_come_that_is_said_ends_none_of_now(words: list[RepWord], at: int, since: int, length: int) -> None:
    """Before it begins all is as it was; nor does what is said take away any time but its own."""
    before = [one for one in words if one.at < day(at / 4)]
    word = RepWord(day(at / 4), True, day(at / 4 + 1 + since), day(at / 4 + 1 + since + length))
    leave, more = leave_of(before), leave_of([*before, word])
    begins = {one.begins for one in before}
    for quarter in range(200):
        moment = day(quarter / 4 + 0.1)
        if away_at(leave, moment) and (moment < word.begins or word.begins not in begins):
            assert away_at(more, moment)
        if not away_at(leave, moment):
            assert away_at(more, moment) is (word.begins < moment < (word.until or moment))


@given(words=words_of_a_rep, at=st.integers(0, 80))
def test_what_the_calendar_says_takes_nothing_from_what_people_said(words: list[RepWord], at: int) -> None:
    by_hand = leave_of([one for one in words if not one.feed])
    for quarter in range(90):
        moment = day(quarter / 4 + 0.1)
        assert not away_at(by_hand, moment) or away_at(leave_of(words), moment) or _here_while_away(words, moment)


def _here_while_away(words: list[RepWord], moment: datetime) -> bool:
    """A word by which the rep is here ends the absence of now, and would have taken back those to come without it."""
    return any(not one.away and not one.feed and one.at <= moment for one in words)


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


@given(
    words=st.lists(a_word, max_size=8, unique_by=lambda one: one.at),
    order=st.randoms(),
    more=st.integers(KEPT - 4, KEPT),
)
def test_so_many_words_are_remembered_of_people_and_of_the_calendar_whichever_came_first(
    words: list[RepWord], order: object, more: int
) -> None:
    """The latest; what the calendar says pushes out nothing that people said."""
    every = [*words, *(feed(30 + n, 40 + n, 41 + n) for n in range(more)), *(here(30.5 + n) for n in range(more))]
    order.shuffle(every)  # type: ignore[attr-defined]
    kept: tuple[RepWord, ...] = ()
    for word in every:
        kept = remember(kept, word)
    in_order = sorted(every, key=lambda one: one.at)
    for by_feed in (False, True):
        mine = [one for one in kept if one.feed is by_feed]
        assert mine == [one for one in in_order if one.feed is by_feed][-KEPT:]
    assert list(kept) == sorted(kept, key=lambda one: one.at)


def test_the_calendar_does_not_say_who_has_left_or_is_here() -> None:
    assert has_left([left(1), feed_empty(2), feed(3, 4, 5), away(6)])
    assert not has_left([left(1), here(2), away(3)])
    assert not has_left([feed_empty(1), away(2)])
