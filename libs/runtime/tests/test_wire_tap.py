"""What lanes of a laboratory have said is taken once, in order, and only where somebody takes it."""

from datetime import UTC, datetime

import pytest

from events import Fact
from events.handoffs import LeadAccepted
from events.scores import LeadCooled
from runtime.emit.wire_tap import WireTap

NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)


def accepted(assignment: str) -> Fact:
    data = LeadAccepted.Data(assignment=assignment, cycle=1, rep="rep-ana")
    return LeadAccepted.fact("lead-1", data, time=NOON)


def cooled() -> Fact:
    return LeadCooled.fact("lead-1", LeadCooled.Data(total=50, reason="60 days"), time=NOON)


def test_facts_are_taken_once_and_in_order() -> None:
    tap = WireTap(LeadAccepted.topic)
    first, second, third = accepted("a"), accepted("b"), accepted("c")
    tap.add([first, cooled(), second])
    tap.add([third])
    assert tap.take(LeadAccepted.topic) == [first, second, third]
    assert tap.take(LeadAccepted.topic) == []
    tap.add([first])
    assert tap.take(LeadAccepted.topic) == [first]
    with pytest.raises(KeyError):
        tap.take(LeadCooled.topic)
