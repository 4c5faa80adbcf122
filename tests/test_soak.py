"""Every check of `make soak` can fail: a record that is lost, a number that is repeated, a state that differs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from services.scoring.tests.conftest import LeadEvents, Scorer
from tests.soak import clocks, facts, fold, streams
from tests.soak.faults import Faults
from tests.soak.fleet import Member
from tests.soak.place import Place, write_agreement
from tests.soak.record import Record as Requests
from tests.soak.record import Recorder, read_record
from tests.soak.samples import Growth, Sample, Samples
from tests.soak.verdict import unheard

from agreement import Agreement, load
from events import Event
from events.codec import encode
from events.handoffs import LeadAccepted, LeadAssigned, LeadReturned, StageChanged
from events.leads import EngagementRecorded, LeadCaptured
from events.notices import NoticeFailed, NoticeSent, NoticeUnknown
from events.sales import ContactAttempted, SalesAccepted
from events.slas import ClockBreached, ClockStarted
from events.topics import partition
from runtime.chain import START, link, links
from runtime.emit.stored import Stored
from runtime.transport.base import Record
from testing.broker import Broker
from testing.events import NOON, EventBuilder

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
    return replace(record, value=value, hash=link(record.prev, value))


# -- streams ----------------------------------------------------------------------------------------------------------


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
    held[1] = replace(records(2)[0], prev=b"elsewhere")
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


# -- what was accepted ------------------------------------------------------------------------------------------------


def test_what_was_accepted_is_read_back_from_the_file_of_a_dead_recorder(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    with Recorder(path) as recorder:
        recorder.request(["a", "b"])
        recorder.answer(["a", "b"], 200)
        recorder.request(["c"])
        recorder.answer(["c"], "ReadTimeout")
        recorder.request(["d"])
        recorder.answer(["d"], 429)
    with path.open("ab") as file:
        file.write(b'{"sent":["e')
    assert read_record(path) == Requests({"a", "b", "c", "d"}, {"a", "b"})
    assert read_record(path).doubtful == {"c", "d"}


@pytest.fixture
def lead() -> EventBuilder:
    return EventBuilder(LEAD)


def said(lead: EventBuilder, *messages: str) -> list[Event]:
    return [
        lead.make(EngagementRecorded, kind="page_view", name="x", message_id=message, channel="test")
        for message in messages
    ]


def test_what_was_accepted_is_there_once(lead: EventBuilder) -> None:
    requests = Requests({"a", "b", "c"}, {"a", "b"})
    sale = lead.make(SalesAccepted, message_id="b")
    assert facts.said_at_the_door(requests, [*said(lead, "a"), sale]) == []
    assert facts.said_at_the_door(requests, [*said(lead, "a", "c"), sale]) == []
    assert "accepted and not there: 1, such as a" in facts.said_at_the_door(requests, [sale])
    assert "there more than once: 1, such as a" in facts.said_at_the_door(requests, [*said(lead, "a", "a"), sale])
    assert "there and never sent: 1, such as d" in facts.said_at_the_door(requests, [*said(lead, "a", "d"), sale])


def test_a_person_is_captured_once(lead: EventBuilder) -> None:
    twice = [lead.make(LeadCaptured, email="a@b.example", channel="test", facts=()) for _ in range(2)]
    assert facts.said_at_the_door(Requests(), twice) == ["captured more than once: 1, such as a@b.example"]


# -- what follows from it ---------------------------------------------------------------------------------------------


def offer(lead: EventBuilder, version: int, **more: object) -> Event:
    standing = {"fit": 40, "engagement": 50, "total": 90, "band": "hot"}
    fixed = {"cycle": 1, "rep": "rep-ana", "team": "new-york", "step": 7, "rule": "pool", "touch": "4bh"}
    given = {**fixed, "assignment": f"{LEAD}.{version}", "version": version, "snapshot": standing, **more}
    return lead.make(LeadAssigned, given)


def returned(lead: EventBuilder, version: int) -> Event:
    return lead.make(
        LeadReturned, assignment=f"{LEAD}.{version}", cycle=1, rep="rep-ana", reason="accept_timeout", then="repool"
    )


def closed(lead: EventBuilder) -> Event:
    return lead.make(StageChanged, cycle=1, stage="won", status="new", why="x", closed=True)


def test_a_lead_has_one_owner_at_a_time(lead: EventBuilder) -> None:
    assert facts.doubly_assigned([offer(lead, 1), returned(lead, 1), offer(lead, 2)]) == []
    assert facts.doubly_assigned([offer(lead, 1), offer(lead, 2, rule="hands_to")]) == []
    assert facts.doubly_assigned([offer(lead, 1), closed(lead), offer(lead, 2, cycle=2)]) == []
    assert facts.doubly_assigned([offer(lead, 1), offer(lead, 2)]) == [
        f"assigned twice: 1, such as {LEAD}.2 while {LEAD}.1 was active"
    ]
    assert "versions with a hole" in facts.doubly_assigned([offer(lead, 1), returned(lead, 1), offer(lead, 3)])[0]
    assert "versions with a hole" in facts.doubly_assigned([offer(lead, 1), returned(lead, 1), offer(lead, 1)])[0]


CLOCK = {
    "clock": "lead-1/1/accepted",
    "promise": "accepted",
    "level": "owner",
    "side": "sales",
    "cycle": 1,
    "target": "2min",
    "started": NOON,
}


def test_a_promise_is_broken_once_and_not_before_it_is_due(lead: EventBuilder) -> None:
    start = lead.make(ClockStarted, CLOCK, due=lead.at(1))
    breach = lead.make(ClockBreached, CLOCK, due=lead.at(1), recorded=lead.at(1))
    assert facts.wrong_clocks([start, breach]) == []
    assert facts.wrong_clocks([start, breach, breach]) == ["breached twice: 1, such as lead-1/1/accepted"]
    assert "clock started twice" in facts.wrong_clocks([start, start])[0]
    assert "breached and never started" in facts.wrong_clocks([breach])[0]
    early = lead.make(ClockBreached, CLOCK, due=lead.at(1), recorded=lead.at(0.9))
    assert "breached before it was due" in facts.wrong_clocks([start, early])[0]


NOTICE = {"notice": "n1", "kind": "assignment", "channel": "slack", "to": "rep-ana"}


def test_the_end_of_a_notice_is_recorded_once_and_as_it_is_kept(lead: EventBuilder) -> None:
    sent, failed = lead.make(NoticeSent, NOTICE), lead.make(NoticeFailed, NOTICE, error="x")
    unknown = lead.make(NoticeUnknown, NOTICE, error="x")
    assert facts.wrong_notices([unknown, sent], {"n1": "sent", "n2": "pending"}) == []
    assert "recorded more than once" in facts.wrong_notices([sent, sent], {"n1": "sent"})[0]
    assert "recorded more than once" in facts.wrong_notices([sent, failed], {"n1": "sent"})[0]
    for said_, kept in (([failed], {"n1": "sent"}), ([], {"n1": "sent"}), ([sent], {"n1": "pending"}), ([sent], {})):
        assert facts.wrong_notices(said_, kept) == ["notice recorded otherwise than it is kept: 1, such as n1"]


def scoring_events() -> list[Event]:
    events = LeadEvents()
    return [
        events.captured("ann", 0, claims={"title": "CEO"}),
        events.engaged("demo_request", 1, lead="ann"),
        events.captured("bob", 1, email="bob@acme.example"),
        *(events.engaged("pricing_view", 2 + day, lead="bob", asset=f"a{day}") for day in range(9)),
    ]


def score_again(bob: Scorer) -> None:
    bob.read(LeadEvents(EventBuilder("bob")).engaged("email_reply", 12, lead="bob"))


def change_facts(bob: Scorer) -> None:
    bob.persons["bob"] = {}


def oversleep(bob: Scorer) -> None:
    bob.timers.clear()


@pytest.mark.parametrize("spoil", [score_again, change_facts, oversleep])
def test_a_state_that_is_not_the_fold_is_found(agreement: Agreement, spoil: Callable[[Scorer], object]) -> None:
    log = scoring_events()
    kept, pure = fold.folded(log, agreement), fold.folded(log, agreement)
    spoil(kept["bob"])
    (found,) = fold.different(kept, pure, fold.latest(log))
    assert found.startswith("scoring's state of lead bob is not the fold of its facts: ")


def test_a_lead_that_scoring_lost_or_made_up_is_found(agreement: Agreement) -> None:
    log = scoring_events()
    whole, part = fold.folded(log, agreement), fold.folded(log[:2], agreement)
    assert "knows lead bob not" in fold.different(part, whole, fold.latest(log))[0]
    assert "knows lead bob and" in fold.different(whole, part, fold.latest(log))[0]


def test_where_batches_were_cut_and_when_timers_rang_is_no_difference(agreement: Agreement) -> None:
    log = scoring_events()
    kept, pure = fold.folded(log[:5], agreement), fold.folded(log, agreement)
    kept["bob"].read_one_by_one(log[5:8])
    kept["bob"].advance(log[7].time)
    kept["bob"].read_one_by_one(log[8:])
    assert fold.different(kept, pure, fold.latest(log)) == []


def sla_events() -> list[Event]:
    """An offer that was accepted in time, and one that was not answered."""
    mql, other = EventBuilder("ann"), EventBuilder("bob")
    log: list[Event] = []
    for lead in (mql, other):
        log.append(lead.make(StageChanged, cycle=1, stage="mql", status="new", why="gate_passed"))
        log.append(offer(lead, 1, assignment=f"{lead.subject}.1"))
    answer = {"assignment": "ann.1", "cycle": 1, "rep": "rep-ana"}
    return [
        *log,
        mql.make(LeadAccepted, answer, at=mql.at(0.01)),
        mql.make(ContactAttempted, channel="call", by="rep-ana"),
    ]


def test_clocks_that_are_not_the_fold_are_found(agreement: Agreement) -> None:
    log = sla_events()
    whole, part = clocks.folded_clocks(log, agreement), clocks.folded_clocks(log[:4], agreement)
    assert clocks.different_clocks(whole, clocks.folded_clocks(log, agreement), agreement, NOON) == []
    found = clocks.different_clocks(part, whole, agreement, NOON)
    assert any("stopped None for" in one for one in found)
    assert any(
        "on one side only" in one for one in clocks.different_clocks(clocks.Kept({}, {}), whole, agreement, NOON)
    )
    other = replace(whole, mqls={})
    assert clocks.different_clocks(whole, other, agreement, NOON) == ["sla-monitor counts other MQLs"]


# -- processes and faults ---------------------------------------------------------------------------------------------


def life(megabytes: Callable[[int], float], files: Callable[[int], int]) -> list[Growth]:
    samples = Samples()
    for number in range(60):
        samples.lives["scoring-1", 1].append(Sample(number * 10.0, megabytes(number), files(number)))
    return samples.growth()


def test_memory_and_files_that_grow_are_found() -> None:
    (flat,) = life(lambda n: 100 + n % 3, lambda n: 40 + n % 2)
    assert flat.problems == []
    (grown,) = life(lambda n: 100 + n, lambda n: 40)
    assert "memory grew" in grown.problems[0]
    (leaky,) = life(lambda n: 100, lambda n: 40 + n)
    assert "open files grew" in leaky.problems[0]


def test_a_failure_that_nobody_heard_of_is_found(tmp_path: Path) -> None:
    (tmp_path / "scoring-1.log").write_text("up\nTask exception was never retrieved\n")
    (tmp_path / "routing-1.log").write_text("up\n")
    place = Place(tmp_path, [], None, "", "", "")  # type: ignore[arg-type]  # no server is asked
    assert unheard(place) == ["scoring-1.log: Task exception was never retrieved"]


def test_a_seed_draws_the_same_faults_again() -> None:
    def drawn(seed: int) -> list[tuple[str, str]]:
        members = [Member(name, name, 1, Path(), {}) for name in ("ingest-1", "ingest-2", "reporting-1")]
        brokers = [Broker(Path(str(number)), port=number) for number in range(1, 4)]
        place = Place(Path(), brokers, None, "", "", "")  # type: ignore[arg-type]  # nobody is struck
        faults = Faults(place, members, Random(seed))
        return [(fault.kind, fault.at) for _ in range(200) for fault in faults.draw()]

    assert drawn(7) == drawn(7) != drawn(8)
    assert len({kind for kind, _ in drawn(7)}) == 7
    assert ("process killed", "ingest-2") not in drawn(7)


def test_the_terms_of_the_soak_are_terms(tmp_path: Path) -> None:
    write_agreement(tmp_path / "agreement")
    terms = load(tmp_path / "agreement")
    assert {str(urgency.first_touch) for urgency in terms.routing.urgency} == {"3min"}
