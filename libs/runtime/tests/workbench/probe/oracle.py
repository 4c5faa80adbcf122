"""What every stream and every table must hold in the end, computed purely from what was said at the door."""

from collections.abc import Sequence

from events import Event, Fact
from events.leads import EngagementRecorded
from events.scores import LeadCooled
from events.topics import partition
from probe.bench import LANES, Bench
from probe.fold import Tally, fold


async def verify(bench: Bench, written: Sequence[Fact], *, healed: bool = False, cut: str | None = None) -> None:
    """Every record of every stream, and the final state; raises AssertionError where they differ.

    `healed`: gaps in Kafka that were filled later are allowed. `cut`: a topic of which Kafka has lost the beginning.
    """
    for service in ("scoring", "routing"):
        assert not await bench.rows(service, "SELECT topic, p, seq, reason FROM dead_letter")
    leads, scores, handoffs = [await bench.events(topic) for topic in ("leads", "scores", "handoffs")]
    same(leads, [fact for p in range(LANES) for fact in written if partition(fact.subject, LANES) == p])
    tallies, expected = by_lane(leads)
    same([event for event in scores if not rings(event)], expected)
    assert await bench.tallies("scoring") == tallies
    await verify_timers(bench, leads, scores)
    tallies, expected = by_lane(scores)
    same(handoffs, expected)
    assert await bench.tallies("routing") == tallies
    if bench.settings.kafka:
        for topic in {"leads", "scores", "handoffs"} - {cut}:
            assert await bench.read_kafka(topic, healed=healed) == await bench.stream(topic), topic


def by_lane(events: Sequence[Event]) -> tuple[dict[str, Tally], list[Fact]]:
    """Events come lane by lane; so do the facts they must lead to."""
    return fold({}, events)


async def verify_timers(bench: Bench, leads: Sequence[Event], scores: Sequence[Event]) -> None:
    """Each planned timer rang once in the table and once on the stream."""
    planned = sorted(e.data.message_id for e in leads if isinstance(e, EngagementRecorded) and e.data.kind == "wake")
    rung = await bench.rows("scoring", "SELECT key, times FROM rung")
    assert sorted((row.key, row.times) for row in rung) == [(key, 1) for key in planned]
    assert sorted(e.data.reason for e in scores if rings(e)) == planned


def rings(event: Event) -> bool:
    return isinstance(event, LeadCooled) and event.data.total == -1


def same(events: Sequence[Event], facts: Sequence[Fact]) -> None:
    assert [(e.subject, e.type, e.data, e.time) for e in events] == [
        (f.subject, f.event.type_name(), f.data, f.time) for f in facts
    ]
    assert [e.causationid for e in events] == [f.cause for f in facts]
