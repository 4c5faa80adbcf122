"""A laboratory's clock may jump: timers that it overtakes are worked each at its own instant."""

from datetime import UTC, datetime, timedelta

from runtime.clock import DatabaseClock, LaboratoryClock
from runtime.values import Timer

NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)


def timer(key: str, minutes: int) -> Timer:
    return Timer("lead-1", "reminder", key, NOON + timedelta(minutes=minutes))


def test_what_falls_due_while_the_clock_jumps_is_worked_in_turn() -> None:
    clock = LaboratoryClock(NOON)
    clock.advance(NOON + timedelta(hours=1))
    a, b, c, now = timer("a", 10), timer("b", 10), timer("c", 30), timer("d", 60)
    assert clock.overtaken([a, b, c, now], clock.instant) == [
        (NOON + timedelta(minutes=10), [a, b]),
        (NOON + timedelta(minutes=30), [c]),
    ]


def test_what_was_due_before_the_jump_is_late_and_worked_now() -> None:
    clock = LaboratoryClock(NOON)
    clock.advance(NOON + timedelta(hours=1))
    assert clock.overtaken([timer("a", -5), timer("b", 0)], clock.instant) == []


def test_a_clock_that_stops_at_each_timer_overtakes_none() -> None:
    clock = LaboratoryClock(NOON)
    clock.advance(NOON + timedelta(minutes=10))
    assert clock.overtaken([timer("a", 10)], clock.instant) == []


def test_in_production_a_late_timer_is_worked_now() -> None:
    assert list(DatabaseClock().overtaken([timer("a", 10)], NOON + timedelta(hours=1))) == []
