"""The map of the house as data: which service writes which topic, who reads it, and what it carries."""

from dataclasses import dataclass
from typing import Final, get_args
from zlib import crc32

from events import campaigns, handoffs, leads, notices, sales, scores, slas
from events.envelope import Event

FLOW: Final = ("ingest", "scoring", "routing", "sla-monitor", "notifier", "reporting")
PARTITIONS: Final = 12


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    producer: str
    consumers: tuple[str, ...]
    events: tuple[type[Event], ...]
    feedback: tuple[str, ...] = ()
    """Consumers upstream of the producer: the one edge that flows back."""
    personal: bool = False
    """Carries personal data (or free text that may hold some): kept 28 days at most."""

    @property
    def carries(self) -> tuple[str, ...]:
        return tuple(event.kind() for event in self.events)

    @property
    def readers(self) -> tuple[str, ...]:
        return self.consumers + self.feedback


def _members(union: object) -> tuple[type[Event], ...]:
    return get_args(get_args(union)[0])


TOPICS: Final = {
    topic.name: topic
    for topic in (
        Topic("leads", "ingest", ("scoring", "notifier", "reporting"), _members(leads.LeadsEvent), personal=True),
        Topic("sales", "ingest", ("routing", "sla-monitor", "reporting"), _members(sales.SalesEvent), personal=True),
        Topic("campaigns", "ingest", ("scoring", "reporting"), _members(campaigns.CampaignsEvent)),
        Topic("scores", "scoring", ("routing", "reporting"), _members(scores.ScoresEvent)),
        Topic("handoffs", "routing", ("sla-monitor", "notifier", "reporting"), _members(handoffs.HandoffsEvent)),
        Topic("slas", "sla-monitor", ("notifier", "reporting"), _members(slas.SlasEvent), feedback=("routing",)),
        Topic("notices", "notifier", ("reporting",), _members(notices.NoticesEvent)),
    )
}
TYPES: Final = {event.kind(): event for topic in TOPICS.values() for event in topic.events}


def reads(service: str) -> tuple[str, ...]:
    """Topics a service reads, in map order."""
    return tuple(t.name for t in TOPICS.values() if service in t.readers)


def says(service: str) -> tuple[str, ...]:
    """Topics a service writes, in map order."""
    return tuple(t.name for t in TOPICS.values() if t.producer == service)


def partition(subject: str, partitions: int = PARTITIONS) -> int:
    """crc32 of the subject: computed once at the door, inherited by every later hop."""
    return crc32(subject.encode()) % partitions
