"""What lanes of a laboratory have said is taken once, in order, and only where somebody takes it."""

from datetime import UTC, datetime

import pytest
from runtime.emit.heard import Heard

from events import Fact
from events.handoffs import LeadAccepted
from events.scores import LeadCooled

NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)


def accepted(assignment: str) -> Fact:
    data = LeadAccepted.Data(assignment=assignment, cycle=1, rep="rep-ana")
    return LeadAccepted.fact("lead-1", data, time=NOON)


def cooled() -> Fact:
    return LeadCooled.fact("lead-1", LeadCooled.Data(total=50, reason="60 days"), time=NOON)


def test_facts_are_taken_once_and_in_order() -> None:
    heard = Heard(LeadAccepted.topic)
    first, second, third = accepted("a"), accepted("b"), accepted("c")
    heard.add([first, cooled(), second])
    heard.add([third])
    assert heard.take(LeadAccepted.topic) == [first, second, third]
    assert heard.take(LeadAccepted.topic) == []
    heard.add([first])
    assert heard.take(LeadAccepted.topic) == [first]
    with pytest.raises(KeyError):
        heard.take(LeadCooled.topic)
