"""Scoring's job as a user of Quix Streams would write it: a stateful dataframe, one event after the other.

A process of its own: `python -m tests.bench.quix_peer --kafka ... --prefix ... --folder ... --events N` works the topic
`leads`, keyed by lead, and writes `scores`. It decides with scoring's own fold; a lead's state lies in RocksDB beside
the process and in a changelog topic, as Quix does it by itself, and is committed with the offsets every five seconds
(Quix's default, at least once). It keeps no timers and no companies. Prints a line of JSON: seconds from the first
event until everything is committed, and facts written.
"""

import argparse
import pickle
from collections import defaultdict
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Protocol

import msgspec
import orjson

from agreement import load
from events import Event, Fact
from events.codec import decode, encode
from events.topics import PARTITIONS, partition
from runtime.clock import wall
from runtime.process.collector import calm_collector
from scoring.decide import State, Terms, decide, past
from scoring.decide.state import Company, Lead
from testing.service import SHIPPED

_HOT = msgspec.msgpack.Decoder(Lead)
_ENCODER = msgspec.msgpack.Encoder()


class NoCompanies(dict[str, Company | None]):
    """Nothing is known of any company: it reads no other topic."""

    def __contains__(self, domain: object) -> bool:
        return True

    def __missing__(self, domain: str) -> None:
        return None


class PeerState(Protocol):
    """The state of one key, as Quix gives it."""

    def get_bytes(self, key: str) -> bytes | None: ...

    def set_bytes(self, key: str, value: bytes) -> None: ...


class Scorer:
    """One event in, its facts out."""

    def __init__(self) -> None:
        agreement = load(SHIPPED)
        self._terms, self._agreement = Terms.of(agreement), agreement.version
        self._numbers = defaultdict[int, "count[int]"](lambda: count(1))
        self.read = self.written = 0
        self.began = 0.0

    def work(self, line: bytes, state: PeerState) -> list[bytes]:
        """Facts that follow from an event; the state is that of its lead."""
        self.began = self.began or perf_counter()
        event = decode(line)
        if event is None:
            return []
        facts = self._decide(event, state)
        p = partition(event.subject)
        self.written += len(facts)
        return [
            encode(fact, place=f"scores/{p}/{next(self._numbers[p])}", source="scoring", recorded=wall(),
                   agreement=self._agreement)
            for fact in facts
        ]  # fmt: skip

    def _decide(self, event: Event, state: PeerState) -> list[Fact]:
        """Loads the hot state, and facts and past only when they are missed; keeps what changed, each by itself."""
        lead, hot, now = event.subject, state.get_bytes("hot"), wall()
        known = {lead: hot} if hot else {}
        outcome = decide(State(known, companies=NoCompanies()), [event], self._terms, now=now)
        if outcome.missing:
            numbers = past.wanted(_HOT.decode(hot)) if hot else range(0)
            blocks = {n: state.get_bytes(f"block/{n}") or b"" for n in numbers}
            facts = state.get_bytes("facts")
            whole = State(known, {lead: pickle.loads(facts) if facts else {}}, {lead: blocks}, NoCompanies())
            outcome = decide(whole, [event], self._terms, now=now)
        if lead in outcome.leads:
            state.set_bytes("hot", _ENCODER.encode(outcome.leads[lead]))
        if lead in outcome.persons:
            state.set_bytes("facts", pickle.dumps(outcome.persons[lead]))
        for n, body in outcome.blocks.get(lead, {}).items():
            state.set_bytes(f"block/{n}", body)
        return outcome.facts


def _work(kafka: str, prefix: str, folder: Path, events: int) -> dict[str, float]:
    from quixstreams import Application  # noqa: PLC0415  (only `make bench` installs it)
    from quixstreams.models import TopicConfig  # noqa: PLC0415

    scorer = Scorer()

    def processed(_topic: str, _partition: int, _offset: int) -> None:
        scorer.read += 1
        if scorer.read >= events:
            app.stop()

    app = Application(
        kafka, consumer_group=f"{prefix}quix", auto_offset_reset="earliest", state_dir=folder, loglevel=None,
        on_message_processed=processed, consumer_poll_timeout=0.1,
    )  # fmt: skip
    shape = TopicConfig(num_partitions=PARTITIONS, replication_factor=1)
    leads = app.topic(f"{prefix}leads", value_deserializer="bytes", config=shape)
    scores = app.topic(f"{prefix}scores", value_serializer="bytes", config=shape)
    app.dataframe(leads).apply(scorer.work, stateful=True, expand=True).to_topic(scores)
    calm_collector()
    app.run()
    return {"seconds": perf_counter() - scorer.began, "written": scorer.written}


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--kafka", "--prefix"):
        parser.add_argument(name, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="of the state")
    parser.add_argument("--events", type=int, required=True)
    given = parser.parse_args()
    print(orjson.dumps(_work(given.kafka, given.prefix, given.folder, given.events)).decode())


if __name__ == "__main__":
    main()
