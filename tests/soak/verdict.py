"""Everything that is compared once the house stands still; each problem in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.soak import clocks, facts, fold, streams
from tests.soak.record import read_record
from tests.soak.soak_house import SoakHouse

from agreement import load
from agreement.places import place_of
from events import Event
from events.codec import decode
from events.topics import FLOW, TOPICS
from runtime.database.connect import admin
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.schema_names import in_schemas, schema_of

UNHEARD: Final = ("exception was never retrieved", "Task was destroyed but it is pending")
"""What no log may say: somebody failed and nobody heard of it."""


@dataclass
class Verdict:
    """What was wrong, and what was compared."""

    problems: list[str] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)


async def compare(house: SoakHouse) -> Verdict:
    """Of a house whose services have stopped, every record of every stream, and the states that follow from them."""
    verdict = Verdict()
    every: dict[streams.StreamName, streams.Stream] = {}
    async with admin(house.dsn) as tx:
        for topic in TOPICS:
            stored = await streams.stored_streams(tx, topic)
            heard = await streams.kafka_records(house.kafka, topic, house.prefix)
            for at, stream in stored.items():
                verdict.problems += streams.broken(at, stream)
                verdict.problems += streams.not_in_kafka(at, stream, heard.get(at, []))
            verdict.counted[f"records_{topic}"] = sum(stream.last_seq for stream in stored.values())
            verdict.counted[f"in_kafka_{topic}"] = sum(len(records) for records in heard.values())
            every |= stored
        await _judge_facts(verdict, house, tx, every)
        verdict.problems += await _stopped_or_dead(tx)
        verdict.problems += await left_behind(tx)
    verdict.problems += unheard(house)
    return verdict


async def _judge_facts(
    verdict: Verdict, house: SoakHouse, tx: Connection, every: dict[streams.StreamName, streams.Stream]
) -> None:
    record = read_record(house.folder / "requests.jsonl")
    door = events(every, ["leads", "campaigns", "sales"])
    handoffs, slas, notices = (events(every, [topic]) for topic in ("handoffs", "slas", "notices"))
    kept = {row.id: row.state for row in await tx.execute(statement("SELECT id, state FROM notifier.notice"))}
    verdict.problems += facts.said_at_the_door(record, door)
    verdict.problems += facts.doubly_assigned(handoffs)
    verdict.problems += facts.wrong_clocks(slas)
    verdict.problems += facts.wrong_notices(notices, kept)
    agreement = load(house.agreement)
    stored, pure = await fold.kept_by_scoring(tx, agreement), fold.folded(door, agreement)
    verdict.counted["leads_folded"] = len(pure)
    verdict.problems += fold.different(stored, pure, fold.latest(door))
    sales = [event for event in door if event.topic == "sales"]
    running, expected = await clocks.kept_clocks(tx), clocks.folded_clocks([*handoffs, *sales], agreement)
    verdict.counted["clocks_folded"] = len(expected.clocks)
    verdict.problems += clocks.different_clocks(running, expected, agreement, fold.latest(door))
    verdict.counted |= {"accepted": len(record.accepted), "doubtful": len(record.doubtful), "notices": len(kept)}
    for event in (*handoffs, *slas, *notices):
        verdict.counted[event.type] = verdict.counted.get(event.type, 0) + 1


def events(every: dict[streams.StreamName, streams.Stream], topics: Sequence[str]) -> list[Event]:
    """Of these topics, decoded, stream by stream."""
    lines = streams.events_of(every, topics)
    return [event for event in map(decode, lines) if event is not None]


async def _stopped_or_dead(tx: Connection) -> list[str]:
    """Lanes that stopped, and records that were put aside."""
    schemas = [schema_of(name) for name in FLOW]
    stopped = in_schemas(
        "SELECT '{schema}' AS service, p, stopped FROM {schema}.lane WHERE stopped IS NOT NULL", schemas
    )
    dead = in_schemas("SELECT '{schema}' AS service, topic, p, seq, reason FROM {schema}.dead_letter", schemas)
    found = [f"{row.service}'s lane {row.p} has stopped: {row.stopped}" for row in await tx.execute(statement(stopped))]
    found += [
        f"{row.service} buried {row.topic}/{row.p}/{row.seq}: {row.reason}" for row in await tx.execute(statement(dead))
    ]
    return found


async def left_behind(tx: Connection) -> list[str]:
    """Leads in no place (domain, section 1). A new one may be in its first minute when the house stops."""
    rows = await tx.execute(
        statement("""
            SELECT lead, stage, status, owner, segment, why FROM reporting.place JOIN reporting.person USING (lead)
            WHERE merged_into IS NULL AND erased_at IS NULL ORDER BY lead
        """)
    )
    return [
        f"{row.lead} is left behind: {row.stage}, {row.status}, owner {row.owner}, {row.why}"
        for row in rows
        if place_of(row.stage, row.status, row.owner, segment=row.segment, reason=row.why, young=True) is None
    ]


def unheard(house: SoakHouse) -> list[str]:
    """Lines of the services' logs that tell of failures nobody heard of."""
    found = []
    for log in sorted(house.folder.glob("*.log")):
        with log.open(errors="replace") as lines:
            found += [f"{log.name}: {line[:300].strip()}" for line in lines if any(words in line for words in UNHEARD)]
    return found
