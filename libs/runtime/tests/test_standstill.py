"""How long work has waited, and when its writer is asked again."""

from itertools import pairwise

from runtime.lanes.standstill import LONGEST, Standstill

PLACE = (3, "leads")


def seen(standstill: Standstill, mark: object, now: float) -> None:
    standstill.note({PLACE: (mark, f"after {mark}")}, now)


def test_what_moves_does_not_stand() -> None:
    standstill = Standstill()
    for now in range(10):
        seen(standstill, now, now)
    assert not standstill.longer_than(1, 9)
    seen(standstill, 9, 10)
    assert standstill.longer_than(1, 10) == [(PLACE, "after 9")]


def test_what_is_gone_has_not_waited() -> None:
    standstill = Standstill()
    seen(standstill, 1, 0)
    standstill.note({}, 5)
    seen(standstill, 1, 6)
    assert not standstill.longer_than(5, 8)


def test_the_writer_is_asked_again_after_twice_the_time() -> None:
    standstill = Standstill()
    seen(standstill, 1, 0)
    moments = [now for now in range(200) if standstill.asks(PLACE, 10, now)]
    assert moments == [10, 30, 70, 150]
    standstill.asks(PLACE, 10_000, 200)
    later = [now for now in range(200, 3000) if standstill.asks(PLACE, 10, now)]
    assert max(b - a for a, b in pairwise(later)) == LONGEST


def test_whoever_was_asked_is_known_until_something_moves() -> None:
    standstill = Standstill()
    seen(standstill, 1, 0)
    assert not standstill.has_asked(PLACE, 1)
    standstill.asks(PLACE, 10, 10)
    assert standstill.has_asked(PLACE, 1)
    assert not standstill.has_asked(PLACE, 2)
    seen(standstill, 2, 12)
    assert not standstill.has_asked(PLACE, 2)


def test_after_a_move_the_writer_is_asked_as_if_for_the_first_time() -> None:
    standstill = Standstill()
    seen(standstill, 1, 0)
    assert standstill.asks(PLACE, 10, 10) == 1
    seen(standstill, 2, 12)
    assert not standstill.asks(PLACE, 10, 21)
    assert standstill.asks(PLACE, 10, 22) == 1
