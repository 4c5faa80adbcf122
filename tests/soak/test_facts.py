"""What was accepted and is not there, two owners, two breaches, two records of a notice; growth; faults by seed."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from tests.soak import facts
from tests.soak.faults import Faults
from tests.soak.fleet import Member
from tests.soak.record import Record as Requests
from tests.soak.record import Recorder, read_record
from tests.soak.samples import Growth, Sample, Samples
from tests.soak.soak_house import SoakHouse, write_agreement
from tests.soak.verdict import unheard

from agreement import load
from events import Event
from events.handoffs import LeadAssigned, LeadReturned, StageChanged
from events.leads import EngagementRecorded, LeadCaptured
from events.notices import NoticeFailed, NoticeSent, NoticeUnknown
from events.sales import SalesAccepted
from events.slas import ClockBreached, ClockStarted
from testing.broker import Broker
from testing.events import NOON, EventBuilder

LEAD = "lead-1"


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


def events_of(lead: EventBuilder, *messages: str) -> list[Event]:
    return [
        lead.make(EngagementRecorded, kind="page_view", name="x", message_id=message, channel="test")
        for message in messages
    ]


def test_what_was_accepted_is_there_once(lead: EventBuilder) -> None:
    requests = Requests({"a", "b", "c"}, {"a", "b"})
    sale = lead.make(SalesAccepted, message_id="b")
    assert facts.said_at_the_door(requests, [*events_of(lead, "a"), sale]) == []
    assert facts.said_at_the_door(requests, [*events_of(lead, "a", "c"), sale]) == []
    assert "accepted and not there: 1, such as a" in facts.said_at_the_door(requests, [sale])
    assert "there more than once: 1, such as a" in facts.said_at_the_door(requests, [*events_of(lead, "a", "a"), sale])
    assert "there and never sent: 1, such as d" in facts.said_at_the_door(requests, [*events_of(lead, "a", "d"), sale])


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
    for notices, kept in (([failed], {"n1": "sent"}), ([], {"n1": "sent"}), ([sent], {"n1": "pending"}), ([sent], {})):
        assert facts.wrong_notices(notices, kept) == ["notice recorded otherwise than it is kept: 1, such as n1"]


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
    house = SoakHouse(tmp_path, [], None, "", "", "")  # type: ignore[arg-type]  # no server is asked
    assert unheard(house) == ["scoring-1.log: Task exception was never retrieved"]


def test_a_seed_draws_the_same_faults_again() -> None:
    def drawn(seed: int) -> list[tuple[str, str]]:
        members = [Member(name, name, 1, Path(), {}) for name in ("ingest-1", "ingest-2", "reporting-1")]
        brokers = [Broker(Path(str(number)), port=number) for number in range(1, 4)]
        house = SoakHouse(Path(), brokers, None, "", "", "")  # type: ignore[arg-type]  # nobody is struck
        faults = Faults(house, members, Random(seed))
        return [(fault.kind, fault.at) for _ in range(200) for fault in faults.draw()]

    assert drawn(7) == drawn(7) != drawn(8)
    assert len({kind for kind, _ in drawn(7)}) == 7
    assert ("process killed", "ingest-2") not in drawn(7)


def test_the_terms_of_the_soak_are_terms(tmp_path: Path) -> None:
    write_agreement(tmp_path / "agreement")
    terms = load(tmp_path / "agreement")
    assert {str(urgency.first_touch) for urgency in terms.routing.urgency} == {"3min"}
