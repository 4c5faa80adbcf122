"""Whatever JSON clients send: read, decided and written out again without an exception, or turned away in words."""

from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement import load, shipped
from events.topics import TYPES
from ingest.api.bodies import Unparsable, parsed, unpacked
from ingest.api.checks import Checks, Wrong
from ingest.api.meaning import Cloud, submission
from ingest.api.sales import TYPES as SALES
from ingest.api.sales import _submission as sales_fact
from ingest.api.tracking import Client, batch
from ingest.decide import Book, Submission, Words, decide, read
from runtime.http.access import Caller
from runtime.http.problems import TooLarge

NOW = datetime(2026, 8, 5, 12, 0, tzinfo=UTC)
TERMS = load(shipped())
WORDS, CHECKS = Words(TERMS), Checks(TERMS)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["dana@acme.com", "u1", "2026-08-05T12:00:00Z", "0001-01-01T00:00:00+14:00", "http://[x", "https://x.com/?a=b", "%"]
)
PLAIN = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXTS
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)
NAMES = st.sampled_from(
    ["type", "event", "userId", "anonymousId", "previousId", "groupId", "messageId", "traits", "properties", "context",
     "timestamp", "sentAt", "email", "company", "address", "name", "campaign", "page", "url", "path", "title", "asset",
     "kind", "subject", "facts", "value", "at", "source", "lead", "by", "amount", "reason", "deal", "rep", "into",
     "consent", "unsubscribed", "employees", "delivered_at", "machine", "id", "time", "mode", "domain", "channel"]
)  # fmt: skip
OBJECTS = st.dictionaries(NAMES | TEXTS, VALUES | st.dictionaries(NAMES, VALUES, max_size=4), max_size=8)
KINDS = st.sampled_from(["identify", "track", "page", "screen", "group", "alias"])


def decided(submissions: list[Submission]) -> None:
    """Everything the store and the speaker will want to write can be written."""
    outcome = decide(Book(), [[(each, read(each, WORDS, NOW))] for each in submissions], NOW)
    for fact in outcome.facts:
        orjson.loads(fact.data.model_dump_json(exclude_none=True))
        fact.subject.encode()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(KINDS, OBJECTS), max_size=4), OBJECTS)
def test_tracking_messages(messages: list[tuple[str, dict[str, Any]]], context: dict[str, Any]) -> None:
    sendable = parsed(orjson.dumps([{**message, "type": kind} for kind, message in messages]))
    told = batch(parsed(orjson.dumps(context)), sendable, Client("web"))
    assert len(told.submissions) + len(told.rejects) == len(messages)
    decided(told.submissions)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([e for e in TYPES.values() if e.topic in ("leads", "sales", "campaigns")]), OBJECTS, OBJECTS)
def test_cloud_events(event: Any, attributes: dict[str, Any], data: dict[str, Any]) -> None:
    attributes |= {"id": "1", "source": "s", "subject": attributes.get("subject", "dana@acme.com")}
    try:
        found = submission(
            event, Cloud(parsed(orjson.dumps(attributes)), parsed(orjson.dumps(data)), ""), CHECKS, WORDS
        )
    except Wrong:
        return
    decided([found])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SALES)), OBJECTS)
def test_sales_facts(kind: str, fact: dict[str, Any]) -> None:
    try:
        found = sales_fact(parsed(orjson.dumps({**fact, "type": kind})), "", Caller(None), CHECKS)
    except Wrong:
        return
    decided([found])


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["", "gzip", "deflate", "br", "x" * 100]))
def test_any_bytes(raw: bytes, encoding: str) -> None:
    try:
        parsed(unpacked(raw, encoding, 1000))
    except (Unparsable, TooLarge):
        return
