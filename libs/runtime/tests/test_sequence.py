"""The rule by which a reader takes a record: the next number that fits the chain, in the newest generation."""

from importlib.resources import files
from runpy import run_path

from runtime.chain import START, UNKNOWN, link, links
from runtime.lanes.sequence import Progress, SequenceCheck

NEXT, REPEAT, GAP, FORK = SequenceCheck.NEXT, SequenceCheck.REPEAT, SequenceCheck.GAP, SequenceCheck.FORK
OURS = links(START, [b"1", b"2", b"3", b"4"])
THEIRS = links(START, [b"1", b"2", b"3'", b"4'"])


def at(seq: int, hashes: list[bytes], generation: int = 1) -> Progress:
    return Progress(seq, hashes[seq], generation)


def check(progress: Progress, seq: int, hashes: list[bytes], generation: int = 1) -> SequenceCheck:
    return progress.check(seq, hashes[seq - 1], hashes[seq], generation)


def test_only_the_next_number_is_taken() -> None:
    progress = Progress()
    assert [check(progress, seq, OURS) for seq in (1, 2, 3)] == [NEXT, GAP, GAP]
    progress.take(1, OURS[1])
    assert [check(progress, seq, OURS) for seq in (1, 2, 3)] == [REPEAT, NEXT, GAP]
    assert progress.copy() == progress


def test_the_next_number_must_continue_what_was_read() -> None:
    """Another content under an old number shows at once when it was the last one, else at the next number."""
    assert check(at(3, THEIRS), 4, OURS) is FORK
    assert check(at(3, THEIRS), 3, OURS) is FORK
    assert check(at(4, THEIRS), 3, OURS) is REPEAT


def test_an_older_generation_is_dropped_and_a_newer_one_continues() -> None:
    assert check(at(2, OURS, generation=2), 3, THEIRS) is REPEAT
    assert check(at(2, OURS, generation=2), 3, OURS, generation=2) is NEXT
    assert check(at(2, OURS), 3, OURS, generation=2) is NEXT
    assert check(at(2, OURS), 4, OURS, generation=2) is GAP


def test_who_read_further_than_where_a_newer_generation_begins_is_forked() -> None:
    assert [check(at(4, THEIRS), seq, OURS, generation=2) for seq in (3, 4)] == [FORK, FORK]


def test_what_was_written_before_there_was_a_chain_is_taken_by_its_number() -> None:
    old = [UNKNOWN] * 4
    progress = Progress()
    for seq in (1, 2, 3):
        assert check(progress, seq, old) is NEXT
        progress.take(seq, old[seq])
        assert check(progress, seq, old) is REPEAT
    assert progress.check(4, START, link(START, b"4")) is NEXT
    progress.take(4, link(START, b"4"))
    assert progress.check(5, UNKNOWN, UNKNOWN) is FORK, "once there is a chain, all that follows has one"


def test_the_hash_covers_all_before_it() -> None:
    assert THEIRS[2] == OURS[2]
    assert THEIRS[4] != OURS[4]
    assert len(set(OURS)) == len(OURS)
    assert links(OURS[2], [b"3", b"4"]) == OURS[2:]


def test_new_columns_begin_where_the_chain_does() -> None:
    migration = run_path(str(files("runtime.database") / "migrations" / "versions" / "0003_chain.py"))
    assert bytes.fromhex(migration["START"]) == START
