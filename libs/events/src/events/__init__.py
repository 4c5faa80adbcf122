"""What services say to each other: the envelope, every event type, and the map of topics."""

from events.envelope import Body, Event, Fact, Mode
from events.money import Money

__all__ = ["Body", "Event", "Fact", "Mode", "Money"]
