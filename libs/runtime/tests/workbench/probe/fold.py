"""What the probes compute, purely: the oracle of the tests folds with it too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from events import Event, Fact
from events.handoffs import AnswerIgnored
from events.leads import EngagementRecorded
from events.scores import LeadCooled


@dataclass(frozen=True, slots=True)
class Tally:
    """A count shows doubles and losses; a chain of hashes shows wrong order too."""

    n: int = 0
    chain: str = ""


def step(before: Tally, event: Event) -> tuple[Tally, Fact]:
    after = Tally(before.n + 1, sha256(f"{before.chain}|{mark(event)}".encode()).hexdigest()[:12])
    return after, answer_to(event, after)


def fold(tallies: Mapping[str, Tally], events: Sequence[Event]) -> tuple[dict[str, Tally], list[Fact]]:
    """The touched tallies afterwards, and one fact per event."""
    changed: dict[str, Tally] = {}
    facts = []
    for event in events:
        before = changed.get(event.subject) or tallies.get(event.subject) or Tally()
        changed[event.subject], fact = step(before, event)
        facts.append(fact)
    return changed, facts


def mark(event: Event) -> str:
    match event:
        case EngagementRecorded():
            return event.data.message_id
        case LeadCooled():
            return event.data.reason
        case _:
            return event.id


def answer_to(event: Event, tally: Tally) -> Fact:
    if isinstance(event, LeadCooled):
        data = AnswerIgnored.Data(answer=tally.chain, reason="closed", text=str(tally.n))
        return AnswerIgnored.fact(event.subject, data, time=event.time, cause=event)
    return LeadCooled.fact(
        event.subject, LeadCooled.Data(total=tally.n, reason=tally.chain), time=event.time, cause=event
    )
