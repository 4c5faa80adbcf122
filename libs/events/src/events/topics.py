"""The map of the house as data: which service writes which topic, who reads it, what it carries, how long it stays."""

from dataclasses import dataclass
from typing import Final
from zlib import crc32

from events import campaigns, handoffs, leads, notices, packs, sales, scores, slas
from events.envelope import Event

FLOW: Final = ("ingest", "scoring", "routing", "sla-monitor", "notifier", "reporting")
PARTITIONS: Final = 12


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of the map: who writes it, who reads it, which events it carries, and how long they are kept."""

    name: str
    producer: str
    readers: tuple[str, ...]
    events: tuple[type[Event], ...]
    keep_days: int = 28
    """How long a record can be read on Kafka. At most 28 where it may name a person: erasure has a month."""
    feedback: tuple[str, ...] = ()
    """Readers upstream of the producer: the edges that flow back."""

    @property
    def carries(self) -> tuple[str, ...]:
        """Wire types, `lead.scored.v1`."""
        return tuple(event.type_name() for event in self.events)

    @property
    def reship_days(self) -> int:
        """How long the writer itself keeps what it wrote, to ship it again: a quarter of the log's time."""
        return max(1, self.keep_days // 4)


TOPICS: Final = {
    topic.name: topic
    for topic in (
        Topic("leads", "ingest", ("scoring", "notifier", "reporting"), leads.EVENTS),
        Topic("sales", "ingest", ("routing", "sla-monitor", "notifier", "reporting"), sales.EVENTS),
        Topic("campaigns", "ingest", ("scoring", "routing", "notifier", "reporting"), campaigns.EVENTS),
        Topic("scores", "scoring", ("routing", "reporting"), scores.EVENTS),
        Topic("handoffs", "routing", ("sla-monitor", "notifier", "reporting"), handoffs.EVENTS),
        Topic("slas", "sla-monitor", ("notifier", "reporting", "routing"), slas.EVENTS, feedback=("routing",)),
        Topic("notices", "notifier", ("reporting", "sla-monitor"), notices.EVENTS, feedback=("sla-monitor",)),
        Topic("packs", "reporting", ("notifier", "reporting"), packs.EVENTS, feedback=("notifier", "reporting")),
    )
}
TYPES: Final = {event.type_name(): event for topic in TOPICS.values() for event in topic.events}
OLDER: Final = {event.type_name(): event for event in scores.OLDER}
"""Versions that are written no more, each with a step in `upcast`."""


def reads(service: str) -> tuple[str, ...]:
    """Topics a service reads, in map order."""
    return tuple(topic.name for topic in TOPICS.values() if service in topic.readers)


def writes(service: str) -> tuple[str, ...]:
    """Topics a service writes, in map order."""
    return tuple(topic.name for topic in TOPICS.values() if topic.producer == service)


def partition(subject: str, partitions: int = PARTITIONS) -> int:
    """crc32 of the subject: computed once at the door, inherited by every later hop."""
    return crc32(subject.encode()) % partitions
