"""A wire tap on what the lanes of a laboratory say: copies for the program that drives them."""

from collections.abc import Sequence

from events import Fact


class WireTap:
    """Keeps committed facts of some topics until they are taken; the same one when the agreement changes."""

    def __init__(self, *topics: str) -> None:
        """`topics`: facts of others are dropped."""
        self._facts: dict[str, list[Fact]] = {topic: [] for topic in topics}

    def add(self, facts: Sequence[Fact]) -> None:
        """Facts of a batch that is committed."""
        for fact in facts:
            kept = self._facts.get(fact.event.topic)
            if kept is not None:
                kept.append(fact)

    def take(self, topic: str) -> Sequence[Fact]:
        """Those that nobody took yet, in the order in which they were said. Raises KeyError for a topic not kept."""
        facts, self._facts[topic] = self._facts[topic], []
        return facts
