"""Whatever JSON clients send: read, decided and written out again without an exception, or turned away in words."""

from collections.abc import Mapping, Sequence

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events import Event
from events.body import wire
from ingest.api.bodies import Unparsable, parsed, unpacked
from ingest.api.checks import Checks
from ingest.api.event_data import ENTERING, IncomingEvent, submission
from ingest.api.invalid_input import InvalidInput
from ingest.api.sales import TYPES as SALES
from ingest.api.sales import sales_fact
from ingest.api.tracking import TrackingClient, batch
from ingest.decide import Registry, Submission, Vocabulary, decide, read
from runtime.http.access import Caller
from runtime.http.problems import TooLarge
from testing.events import NOON
from testing.examples import examples
from testing.service import shipped_agreement

Json = Mapping[str, object]
TERMS = shipped_agreement()
VOCABULARY, CHECKS = Vocabulary.of(TERMS), Checks(TERMS)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["dana@acme.com", "u1", "2026-08-05T12:00:00Z", "0001-01-01T00:00:00+14:00", "http://[x", "https://x.com/?a=b", "%"]
)
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.sampled_from([2.0**63, 1e29])
    | st.floats(allow_nan=False)
    | TEXTS
)
LARGE = st.sampled_from([2.0**53, 2.0**63, 1e29])
VALUES = st.recursive(
    PLAIN | LARGE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)
NAMES = st.sampled_from(
    ["type", "event", "userId", "anonymousId", "previousId", "groupId", "messageId", "traits", "properties", "context",
     "timestamp", "sentAt", "email", "company", "address", "name", "campaign", "page", "url", "path", "title", "asset",
     "kind", "subject", "facts", "value", "at", "source", "lead", "by", "amount", "reason", "deal", "rep", "into",
     "consent", "unsubscribed", "employees", "timeline_months", "quality",
     "currency", "outcome", "delivered_at", "machine", "id", "time", "mode", "domain", "channel"]
)  # fmt: skip
OBJECTS = st.dictionaries(NAMES | TEXTS, VALUES | st.dictionaries(NAMES, VALUES, max_size=4), max_size=8)
KINDS = st.sampled_from(["identify", "track", "page", "screen", "group", "alias"])


def decide_and_encode(submissions: Sequence[Submission]) -> None:
    """Everything that the store and the stream writer will want to write can be written."""
    outcome = decide(Registry(), [[read(each, VOCABULARY, NOON)] for each in submissions], now=NOON)
    for fact in outcome.facts:
        assert fact.event.data_type().read(orjson.loads(wire(fact.data))) == fact.data
        fact.subject.encode()


@pytest.mark.slow
@settings(max_examples=examples(300), deadline=None)
@given(st.lists(st.tuples(KINDS, OBJECTS), max_size=4), OBJECTS)
def test_tracking_messages(messages: list[tuple[str, Json]], context: Json) -> None:
    sendable = parsed(orjson.dumps([{**message, "type": kind} for kind, message in messages]))
    contents = batch(parsed(orjson.dumps(context)), sendable, TrackingClient("web", VOCABULARY))
    assert len(contents.submissions) + len(contents.rejects) == len(messages)
    decide_and_encode(contents.submissions)


@pytest.mark.slow
@settings(max_examples=examples(300), deadline=None)
@given(st.sampled_from([*ENTERING.values()]), OBJECTS, OBJECTS)
def test_cloud_events(event: type[Event], attributes: Json, data: Json) -> None:
    attributes = {**attributes, "id": "1", "source": "s", "subject": attributes.get("subject", "dana@acme.com")}
    try:
        incoming = IncomingEvent(parsed(orjson.dumps(attributes)), parsed(orjson.dumps(data)), "")
        made = submission(event, incoming, CHECKS)
    except InvalidInput:
        return
    decide_and_encode([made])


@pytest.mark.slow
@settings(max_examples=examples(300), deadline=None)
@given(st.sampled_from(sorted(SALES)), OBJECTS)
def test_sales_facts(kind: str, fact: Json) -> None:
    try:
        made = sales_fact(parsed(orjson.dumps({**fact, "type": kind})), "", Caller(None), CHECKS)
    except InvalidInput:
        return
    decide_and_encode([made])


@settings(max_examples=examples(300), deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["", "gzip", "deflate", "br", "x" * 100]))
def test_any_bytes(raw: bytes, encoding: str) -> None:
    try:
        parsed(unpacked(raw, encoding, 1000))
    except (Unparsable, TooLarge):
        return
