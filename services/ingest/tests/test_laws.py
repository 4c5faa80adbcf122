"""The laws of ingest, for any traffic: cuts never show, duplicates change nothing, nothing is lost."""

from collections import Counter
from datetime import datetime, timedelta
from typing import TypedDict

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from events import Fact
from events.leads import EngagementRecorded, LeadCaptured, LeadErased, LeadMerged
from events.sales import ContactConnected
from ingest.decide import Receipt, Registry, Request, Submission, Vocabulary, decide, lead_id, read
from ingest.decide.decide import after
from ingest.decide.submissions import (
    Alias,
    Engagement,
    Erase,
    FormSubmitted,
    Identify,
    Judgement,
    Merge,
    Page,
    SalesFact,
    Track,
)
from testing.events import NOON
from testing.service import shipped_agreement

VOCABULARY = Vocabulary.of(shipped_agreement())
USERS = st.sampled_from([None, "u1", "u2", "u3"])
BROWSERS = st.sampled_from([None, "a1", "a2", "a3"])
KNOWN = st.sampled_from(["dana@acme.com", "lee@acme.com", "kim@acme.com"])
ADDRESSES = st.none() | KNOWN
Arrived = list[list[Submission]]


class Common(TypedDict):
    source: str
    message_id: str
    channel: str
    original: datetime
    exact: bool


class Visitor(TypedDict):
    user: str | None
    anonymous: str | None


@st.composite
def submissions(draw: st.DrawFn, endings: bool = True) -> Submission:
    kinds = ["identify", "track", "page", "form", "alias", "engagement", "sales", "judgement"]
    kind = draw(st.sampled_from([*kinds, *(("erase", "merge") if endings else ())]))
    user, browser, address = draw(USERS), draw(BROWSERS), draw(ADDRESSES)
    lead = lead_id(draw(KNOWN))
    visitor: Visitor = {"user": user, "anonymous": browser if user or browser else "a1"}
    common: Common = {
        "source": "web",
        "message_id": f"m{draw(st.integers(0, 30))}",
        "channel": "segment",
        "original": NOON - timedelta(minutes=draw(st.integers(0, 3))),
        "exact": True,
    }
    match kind:
        case "identify":
            return Identify(**common, **visitor, traits={"email": address, "title": "CRO"})
        case "track":
            name = draw(st.sampled_from(["Demo Requested", "Something Else"]))
            properties = {"asset": draw(st.sampled_from(["", "W1", "w1", " W1"]))}
            return Track(**common, **visitor, name=name, properties=properties)
        case "page":
            return Page(**common, **visitor, properties={"path": "/pricing"})
        case "form":
            fields = {"path": "/pricing", **({"email": address} if address else {})}
            name = draw(st.sampled_from(["demo", "survey"]))
            return FormSubmitted(**common, anonymous=visitor["anonymous"], again_after=10, name=name, fields=fields)
        case "alias":
            return Alias(**common, **visitor, previous=draw(st.sampled_from(["a1", "u1", "u2", "dana@acme.com"])))
        case "engagement":
            data = EngagementRecorded.Data(kind="other", name="x", message_id="x", channel="x")
            return Engagement(**common, lead=lead, data=data)
        case "judgement":
            return Judgement(**common, lead=lead, engagement="x", machine=draw(st.booleans()), by="rep-ana")
        case "sales":
            return SalesFact(**common, lead=lead, event=ContactConnected, data=ContactConnected.Data())
        case "erase":
            return Erase(**common, lead=lead)
        case _:
            return Merge(**common, lead=lead, into=lead_id(draw(KNOWN)))


def requests(endings: bool = True) -> st.SearchStrategy[Arrived]:
    return st.lists(st.lists(submissions(endings), min_size=1, max_size=3), max_size=12)


def readings(batch: Arrived) -> list[Request]:
    return [[read(submission, VOCABULARY, NOON) for submission in request] for request in batch]


def play(registry: Registry, batches: list[Arrived]) -> tuple[Registry, list[Fact], list[Receipt]]:
    facts: list[Fact] = []
    receipts: list[Receipt] = []
    for batch in batches:
        outcome = decide(registry, readings(batch), now=NOON)
        facts += outcome.facts
        receipts += outcome.receipts
        registry = after(registry, outcome)
    return registry, facts, receipts


def living(registry: Registry) -> object:
    """Moved and erased people leave empty places behind; only what is there counts."""
    memory = {
        who: [(row.fact.event, row.fact.time, row.message_id) for row in rows] for who, rows in registry.memory.items()
    }
    return (
        registry.message_times,
        registry.identities,
        registry.people,
        {who: rows for who, rows in memory.items() if rows},
        registry.names,
    )


@given(requests(), st.integers(0, 12), st.integers(0, 12))
def test_where_a_batch_is_cut_never_shows(arrived: Arrived, one: int, two: int) -> None:
    first, second = sorted((one, two))
    whole = play(Registry(), [arrived])
    cut = play(Registry(), [arrived[:first], arrived[first:second], arrived[second:]])
    assert cut[1:] == whole[1:]
    assert living(cut[0]) == living(whole[0])


@given(requests())
def test_everything_sent_twice_changes_nothing(arrived: Arrived) -> None:
    """Each request right after itself: what was refused is refused again."""
    once = play(Registry(), [arrived])
    twice = play(Registry(), [[request for request in arrived for _ in range(2)]])
    assert twice[1] == once[1]
    assert living(twice[0]) == living(once[0])


@given(requests(endings=False))
def test_what_is_captured_once_comes_first_and_endings_come_last(arrived: Arrived) -> None:
    _, facts, _ = play(Registry(), [arrived])
    streams: dict[str, list[type]] = {}
    for fact in facts:
        streams.setdefault(fact.subject, []).append(fact.event)
    for events in streams.values():
        assert events[0] is LeadCaptured
        assert Counter(events)[LeadCaptured] == 1
        assert LeadMerged not in events[:-1]
        assert LeadErased not in events


@given(requests(endings=False))
def test_no_fact_is_lost_when_people_become_one(arrived: Arrived) -> None:
    """Every accepted engagement of a living lead stands on that lead's stream exactly once, parked or merged or not."""
    registry, facts, _ = play(Registry(), [arrived])
    for person in registry.people.values():
        if person.is_known:
            stored = Counter(
                _done(row.fact) for row in registry.memory[person.id] if row.fact.event is EngagementRecorded
            )
            emitted = Counter(_done(f) for f in facts if f.subject == person.id and f.event is EngagementRecorded)
            assert emitted == stored


def _done(fact: Fact) -> tuple[str, datetime]:
    assert isinstance(fact.data, EngagementRecorded.Data)
    return fact.data.message_id, fact.time


@given(requests())
def test_the_registry_given_is_not_written_in(arrived: Arrived) -> None:
    registry, _, _ = play(Registry(), [arrived])
    before = living(registry)
    again = [[replace(s, message_id=f"again-{s.message_id}") for s in request] for request in arrived]
    decide(registry, readings(again), now=NOON)
    assert living(registry) == before
