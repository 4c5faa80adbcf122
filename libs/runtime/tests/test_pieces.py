"""What is stored in pieces is shipped as few: the same lines, numbers and hashes, in record batches that fit."""

from runtime.chain import START, UNKNOWN, links
from runtime.emit.stored import Stored, joined
from runtime.emit.stream_writer import LARGEST
from runtime.lanes.shipper import _pieces
from runtime.transport.kafka_headers import with_headers

LINES = [b'{"n":%d}' % n for n in range(7)]
HASHES = links(START, LINES)


def piece(first: int, last: int, *, topic: str = "leads", generation: int = 1) -> Stored:
    """Lines first to last of the stream, counted from 0; their numbers begin at 1."""
    body = b"\n".join(LINES[first : last + 1])
    return Stored(topic, 3, first + 1, HASHES[first], body, generation)


def test_pieces_that_follow_each_other_travel_as_one_with_the_headers_of_each() -> None:
    parts = [piece(0, 0), piece(1, 3), piece(4, 6)]
    (one,) = _pieces(parts)
    assert one == parts
    whole = joined(one)
    assert (whole.first_seq, whole.n, whole.lines) == (1, 7, LINES)
    assert list(with_headers(whole, "h")) == [record for part in parts for record in with_headers(part, "h")]


def test_a_gap_a_fork_and_another_generation_are_not_joined() -> None:
    forked = Stored("leads", 3, 2, b"other", LINES[1])
    for second in (piece(2, 3), forked, piece(1, 1, generation=2), piece(0, 0)):
        assert _pieces([piece(0, 0), second]) == [[piece(0, 0)], [second]]


def test_topics_in_turn_are_joined_each_by_itself() -> None:
    parts = [piece(0, 0), piece(0, 1, topic="sales"), piece(1, 1), piece(2, 2, topic="sales")]
    assert _pieces(parts) == [[parts[0], parts[2]], [parts[1], parts[3]]]


def test_what_was_written_before_streams_had_a_chain_is_joined_to_its_like_only() -> None:
    old = [Stored("leads", 3, 1, UNKNOWN, LINES[0]), Stored("leads", 3, 2, UNKNOWN, LINES[1])]
    assert _pieces([*old, piece(2, 2)]) == [old, [piece(2, 2)]]


def test_a_piece_never_outgrows_a_record_batch() -> None:
    line = b"x" * (LARGEST // 3)
    hashes = links(START, [line] * 5)
    parts = [Stored("leads", 3, n + 1, hashes[n], line) for n in range(5)]
    assert [len(one) for one in _pieces(parts)] == [2, 2, 1]
