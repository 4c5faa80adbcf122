"""What services say to each other: the envelope, every event type, and the map of topics."""

from events.envelope import Cause, Event, Fact, Mode
from events.vocabulary import Body, Money

__all__ = ["Body", "Cause", "Event", "Fact", "Mode", "Money"]
