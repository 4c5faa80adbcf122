"""Attempts are counted as domain 6 says: the same rep, channel and instant is one, however often it was reported."""

from collections.abc import Callable, Sequence

import pytest

from events import Fact
from events.handoffs import LeadAssigned
from events.sales import ContactAttempted
from runtime.values import Input
from sla_monitor.decide import State
from testing.events import EventBuilder

THREE = "lead-1/1/three_attempts/lead-1.1"
Run = Callable[[Sequence[Input]], tuple[State, list[Fact]]]


@pytest.mark.parametrize(
    ("channel", "by", "hour", "state"),
    [
        ("call", "rep-ana", 2, "running"),
        ("email", "rep-ana", 2, "met"),
        ("call", "rep-ben", 2, "running"),
        ("call", None, 2, "met"),
        ("call", "rep-ana", 3, "met"),
    ],
    ids=["the same again", "another channel", "not the holder", "nobody named", "another instant"],
)
def test_the_same_rep_channel_and_instant_is_one_attempt(
    lead: EventBuilder, run: Run, channel: str, by: str | None, hour: float, state: str
) -> None:
    attempts = [lead.make(ContactAttempted, at=lead.at(1)), lead.make(ContactAttempted, at=lead.at(2))]
    again = lead.make(ContactAttempted, at=lead.at(hour), channel=channel, by=by)
    after, _ = run([lead.make(LeadAssigned, at=lead.at(0)), *attempts, again])
    assert after.leads["lead-1"].clocks[THREE].state == state
