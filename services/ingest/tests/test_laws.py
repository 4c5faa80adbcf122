"""The laws of the front door, for any traffic: cuts never show, duplicates change nothing, nothing is lost."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agreement import Agreement, load, shipped
from events import Fact
from events.leads import EngagementRecorded, LeadCaptured, LeadErased, LeadMerged
from ingest.decide import Book, Request, Submission, Verdict, Words, decide, lead_id, read
from ingest.decide.book import after

NOW = datetime(2026, 8, 5, 12, 0, tzinfo=UTC)
TERMS: Agreement = load(shipped())
WORDS = Words(TERMS)
USERS = st.sampled_from([None, "u1", "u2", "u3"])
BROWSERS = st.sampled_from([None, "a1", "a2", "a3"])
KNOWN = st.sampled_from(["dana@acme.com", "lee@acme.com", "kim@acme.com"])
ADDRESSES = st.none() | KNOWN


@st.composite
def submissions(draw: st.DrawFn, endings: bool = True) -> Submission:
    whats = ["identify", "track", "page", "form", "alias", "said"] + (["erase", "merge"] if endings else [])
    what = draw(st.sampled_from(whats))
    user, browser, address = draw(USERS), draw(BROWSERS), draw(ADDRESSES)
    if user is None and browser is None:
        browser = "a1"
    lead = lead_id(draw(KNOWN))
    return Submission(
        source="web",
        message_id=f"m{draw(st.integers(0, 30))}",
        again_after=10 if what == "form" else None,
        channel="segment",
        what=what,  # type: ignore[arg-type]
        name=draw(st.sampled_from(["Demo Requested", "Webinar Attended", "Something Else"])),
        user=user,
        anonymous=browser,
        previous=draw(st.sampled_from(["a1", "u1", "u2", "dana@acme.com"])),
        lead=lead if what in ("said", "erase", "merge") else None,
        into=lead_id(draw(KNOWN)) if what == "merge" else None,
        event=EngagementRecorded if what == "said" else None,
        body=EngagementRecorded.Data(kind="other", name="x", message_id="x", channel="x") if what == "said" else None,
        traits={"email": address, "title": "CRO"} if what == "identify" else {},
        properties={"path": "/pricing", **({"email": address} if what == "form" and address else {})},
        original=NOW - timedelta(minutes=draw(st.integers(0, 3))),
        exact=True,
    )


def requests(endings: bool = True) -> st.SearchStrategy[list[list[Submission]]]:
    return st.lists(st.lists(submissions(endings), min_size=1, max_size=3), max_size=12)


def told(batch: list[list[Submission]]) -> list[Request]:
    return [[(submission, read(submission, WORDS, NOW)) for submission in request] for request in batch]


def play(book: Any, batches: Any) -> Any:
    facts: list[Fact] = []
    verdicts: list[Verdict] = []
    for batch in batches:
        outcome = decide(book, told(batch), NOW)
        facts += outcome.facts
        verdicts += outcome.verdicts
        book = after(book, outcome)
    return book, facts, verdicts


def living(book: Book) -> Any:
    """Moved and erased people leave empty places behind; only what is there counts."""
    memory = {
        who: [(row.fact.event, row.fact.time, row.message_id) for row in rows] for who, rows in book.memory.items()
    }
    return book.seen, book.identities, book.people, {who: rows for who, rows in memory.items() if rows}


@settings(max_examples=100, deadline=None)
@given(requests(), st.integers(0, 12), st.integers(0, 12))
def test_where_a_batch_is_cut_never_shows(arrived: Any, one: Any, two: Any) -> None:
    first, second = sorted((one, two))
    whole = play(Book(), [arrived])
    cut = play(Book(), [arrived[:first], arrived[first:second], arrived[second:]])
    assert cut[1:] == whole[1:]
    assert living(cut[0]) == living(whole[0])


@settings(max_examples=100, deadline=None)
@given(requests())
def test_everything_sent_twice_changes_nothing(arrived: Any) -> None:
    """Each request right after itself: what was refused is refused again."""
    once = play(Book(), [arrived])
    twice = play(Book(), [[request for request in arrived for _ in range(2)]])
    assert twice[1] == once[1]
    assert living(twice[0]) == living(once[0])


@settings(max_examples=100, deadline=None)
@given(requests(endings=False))
def test_what_is_captured_once_comes_first_and_endings_come_last(arrived: Any) -> None:
    _, facts, _ = play(Book(), [arrived])
    streams: dict[str, list[type]] = {}
    for fact in facts:
        streams.setdefault(fact.subject, []).append(fact.event)
    for events in streams.values():
        assert events[0] is LeadCaptured
        assert Counter(events)[LeadCaptured] == 1
        assert LeadMerged not in events[:-1]
        assert LeadErased not in events


@settings(max_examples=100, deadline=None)
@given(requests(endings=False))
def test_no_fact_is_lost_when_people_become_one(arrived: Any) -> None:
    """Every accepted engagement of a living lead stands on that lead's stream exactly once, parked or merged or not."""
    book, facts, _ = play(Book(), [arrived])
    for person in book.people.values():
        if person.known:
            kept = Counter(_deed(row.fact) for row in book.memory[person.id] if row.fact.event is EngagementRecorded)
            said = Counter(_deed(f) for f in facts if f.subject == person.id and f.event is EngagementRecorded)
            assert said == kept


def _deed(fact: Fact) -> tuple[str, datetime]:
    assert isinstance(fact.data, EngagementRecorded.Data)
    return fact.data.message_id, fact.time


@given(requests())
def test_the_book_given_is_not_written_in(arrived: Any) -> None:
    book, _, _ = play(Book(), [arrived])
    before = living(book)
    again = [[replace(s, message_id=f"again-{s.message_id}") for s in request] for request in arrived]
    decide(book, told(again), NOW)
    assert living(book) == before
