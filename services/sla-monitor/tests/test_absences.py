"""What is remembered of a rep's words: the last ones by when they occurred, and each as soon as it is heard."""

from datetime import UTC, datetime, timedelta

from agreement.leave import KEPT, LONGEST, RepWord, has_left, leave_of, remember, within
from sla_monitor.decide.absences import Absences

START = datetime(2026, 8, 5, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def away(hour: int, hours: int = 1) -> RepWord:
    return RepWord(START + hour * HOUR, True, until=START + (hour + hours) * HOUR)


def test_the_last_words_are_kept_in_whatever_order_they_come() -> None:
    words = [away(2 * n) for n in range(KEPT + 20)]
    one, other = Absences({}), Absences({})
    for word in words:
        one.hear("rep-ana", word)
    for word in reversed(words):
        other.hear("rep-ana", word)
    assert one.changed == other.changed == {"rep-ana": tuple(words[-KEPT:])}
    assert len(one.of("rep-ana")) == KEPT


def test_a_word_holds_from_when_it_is_heard_also_in_its_own_batch() -> None:
    absences = Absences({"rep-ana": (away(0, 9),)})
    assert absences.of("rep-ana") == ((START, START + 9 * HOUR),)
    absences.hear("rep-ana", RepWord(START + HOUR, False))
    assert absences.of("rep-ana") == ((START, START + HOUR),)
    assert absences.of("rep-ben") == absences.of(None) == ()


def test_what_takes_no_time_is_no_leave_and_a_year_is_one() -> None:
    assert leave_of([RepWord(START, True, since=START, until=START)]) == ()
    assert leave_of([away(0, 9), RepWord(START, False)]) == ()
    assert leave_of([RepWord(START, True, until=START + LONGEST)]) == ((START, START + LONGEST),)
    assert leave_of([RepWord(START, True, until=START + LONGEST + HOUR)]) == ((START, None),)
    assert within(((START - HOUR, START),), START, START + HOUR) == ()


def test_a_calendar_that_speaks_often_drives_out_no_word_of_people() -> None:
    words = remember((), RepWord(START, True, left=True))
    for n in range(1, KEPT + 20):
        words = remember(words, RepWord(START + n * HOUR, n % 2 == 1, until=START + (n + 1) * HOUR, feed=True))
    assert (len(words), has_left(words)) == (KEPT + 1, True)
