"""What services say to each other: the envelope, every event type, and the map of topics."""

from events.body import Body
from events.envelope import Cause, Event, Fact, Mode
from events.vocabulary import Money

__all__ = ["Body", "Cause", "Event", "Fact", "Mode", "Money"]
