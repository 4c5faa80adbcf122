"""A record that is lost, a number that is repeated, a reader that stands elsewhere: each is found."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest
from tests.soak import streams

from events.codec import encode
from events.leads import EngagementRecorded
from events.topics import partition
from runtime.chain import START, link, links
from runtime.emit.stored import Stored
from runtime.transport.base import Record
from testing.events import NOON

LEAD = "lead-1"
NAME = ("leads", partition(LEAD))
LINES = [
    encode(
        EngagementRecorded.fact(
            LEAD,
            EngagementRecorded.Data(kind="page_view", name="x", message_id=f"m{number}", channel="test"),
            time=NOON,
        ),
        place=f"leads/{NAME[1]}/{number}",
        source="ingest",
        recorded=NOON,
        agreement="test",
    )
    for number in range(1, 7)
]


def stream(*sizes: int) -> streams.Stream:
    """The lines in batches of these sizes, as a writer has them."""
    batches, first, hash = [], 1, START
    for size in sizes:
        lines = LINES[first - 1 : first - 1 + size]
        batches.append(Stored(*NAME, first, hash, b"\n".join(lines)))
        first, hash = first + size, links(hash, lines)[-1]
    return streams.Stream(batches, first - 1, first - 1, hash)


def records(*numbers: int) -> list[Record]:
    """What Kafka holds when these were sent, in this order."""
    hashes = links(START, LINES)
    return [
        Record(*NAME, offset, offset + 1, seq, hashes[seq - 1], hashes[seq], LINES[seq - 1])
        for offset, seq in enumerate(numbers)
    ]


def garbled(record: Record) -> Record:
    value = record.value.replace(b"page_view", b"other")
    return msgspec.structs.replace(record, value=value, hash=link(record.prev, value))


def test_a_whole_stream_is_not_complained_of() -> None:
    assert streams.broken(NAME, stream(2, 1, 3)) == []
    assert streams.broken(NAME, stream()) == []


def test_a_batch_that_is_gone_is_found() -> None:
    one = stream(2, 1, 3)
    del one.batches[1]
    assert streams.broken(NAME, one) == [f"leads/{NAME[1]}: 4 follows 2"]


def test_a_last_batch_that_is_gone_is_found() -> None:
    one = stream(2, 1, 3)
    del one.batches[2]
    assert "its head says 6, its batches end at 3" in streams.broken(NAME, one)[0]


def test_another_content_breaks_the_chain() -> None:
    one = stream(2, 1, 3)
    one.batches[0] = replace(one.batches[0], body=one.batches[0].body.replace(b"page_view", b"other"))
    assert "does not continue the chain" in streams.broken(NAME, one)[0]


def test_an_event_under_another_number_is_found() -> None:
    one = stream(2, 1, 3)
    one.batches[0] = replace(one.batches[0], body=b"\n".join(LINES[1::-1]))
    assert "stands at 1" in streams.broken(NAME, one)[0]


def test_an_event_in_another_lane_is_found() -> None:
    other = ("leads", NAME[1] + 1)
    assert "stands at 1" in streams.broken(other, stream(2))[0]


@pytest.mark.parametrize("numbers", [(1, 2, 3), (1, 2, 1, 2, 3), (1, 3, 2, 3), (1, 2, 3, 3, 1)])
def test_repeats_and_healed_gaps_are_what_kafka_may_hold(numbers: Sequence[int]) -> None:
    assert streams.not_in_kafka(NAME, stream(2, 1), records(*numbers)) == []


@pytest.mark.parametrize(("numbers", "taken"), [((1, 3), 1), ((1, 2), 2), ((2, 3), 0), ((), 0)])
def test_a_record_that_kafka_lost_is_found(numbers: Sequence[int], taken: int) -> None:
    assert streams.not_in_kafka(NAME, stream(2, 1), records(*numbers)) == [
        f"leads/{NAME[1]}: of 3 records Kafka gives {taken}"
    ]


def test_a_record_more_than_was_stored_is_found() -> None:
    assert "under the number 4" in streams.not_in_kafka(NAME, stream(2, 1), records(1, 2, 3, 4))[0]


def test_a_repeated_number_with_another_content_is_found() -> None:
    held = records(1, 2, 1, 3)
    held[2] = garbled(held[2])
    assert "under the repeated number 1" in streams.not_in_kafka(NAME, stream(2, 1), held)[0]


def test_another_content_and_a_fork_are_found() -> None:
    held = records(1, 2, 3)
    held[1] = garbled(held[1])
    assert "under the number 2" in streams.not_in_kafka(NAME, stream(2, 1), held)[0]
    held[1] = msgspec.structs.replace(records(2)[0], prev=b"elsewhere")
    assert "record 2 at offset 0 does not continue" in streams.not_in_kafka(NAME, stream(2, 1), held)[0]


def test_a_reader_that_stands_elsewhere_is_found() -> None:
    one = stream(2, 1)
    there = streams.Reading("scoring", *NAME, 3, one.last_hash)
    assert streams.behind([there], {NAME: one}) == []
    for other in (replace(there, last_seq=2), replace(there, last_hash=START)):
        assert streams.behind([other], {NAME: one})
    assert streams.unshipped({NAME: one}) == []
    one.shipped_seq = 2
    assert streams.unshipped({NAME: one}) == [f"leads/{NAME[1]} is shipped up to 2 of 3"]
