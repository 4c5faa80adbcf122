"""POST /events: CloudEvents in three modes, of three topics, in the full shape or as tools send them."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from httpx import AsyncClient, Response
from services.ingest.tests.conftest import Keyring, Rows, Stream

from events.leads import EngagementJudged, LeadErased
from events.topics import TOPICS
from ingest.api.event_data import ENTERING
from ingest.decide import lead_id

DANA = lead_id("dana@acme.com")
LEE = lead_id("lee@acme.com")


def cloud(
    kind: str = "lead.captured", subject: str | None = "dana@acme.com", data: object = None, **more: object
) -> dict[str, object]:
    given = {"first_name": "Dana"} if data is None else data
    event = {"specversion": "1.0", "id": "e1", "source": "/crm", "type": kind, "data": given}
    return {**event, **({"subject": subject} if subject else {}), **more}


@dataclass
class EventPost:
    """Posts with the server key."""

    http: AsyncClient
    key: str

    async def __call__(
        self, body: object, kind: str | None = "application/cloudevents+json", **headers: str
    ) -> Response:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        usual = {"authorization": f"Bearer {self.key}", **({"content-type": kind} if kind else {})}
        return await self.http.post("/events", content=content, headers={**usual, **headers})


@pytest.fixture
def post(http: AsyncClient, keys: Keyring) -> EventPost:
    return EventPost(http, keys.server)


BATCH = "application/cloudevents-batch+json"


@pytest.mark.parametrize("stamp", [{}, {"time": "2026-08-05T11:00:00Z"}])
async def test_a_fact_keeps_its_own_source_with_and_without_a_time(
    post: EventPost, stream: Stream, stamp: Mapping[str, str]
) -> None:
    facts = [
        {"name": "title", "value": "CRO", "source": "steward"},
        {"name": "company", "value": "Acme", "source": "enrichment"},
        {"name": "country", "value": "Russian Federation"},
    ]
    answer = await post(cloud("lead.updated", data={"facts": facts, "first_name": "Dana"}, **stamp))
    assert answer.status_code == 200
    (captured,) = await stream("leads")
    assert {fact.name: (fact.value, fact.source) for fact in captured.data.facts if fact.name != "email"} == {
        "title": ("CRO", "steward"),
        "company": ("Acme", "enrichment"),
        "country": ("RU", "crm"),
        "first_name": ("Dana", "crm"),
    }


@pytest.mark.parametrize("mode", ["structured", "batch", "binary", "base64", "plain", "plain list", "charset"])
async def test_every_mode(post: EventPost, stream: Stream, mode: str) -> None:
    event = cloud(data={"title": "CRO"}, time="2026-08-05T11:00:00Z")
    match mode:
        case "structured":
            answer = await post(event)
        case "batch":
            answer = await post([event], BATCH)
        case "charset":
            answer = await post(event, "application/cloudevents+json; charset=utf-8")
        case "base64":
            packed = base64.b64encode(orjson.dumps(event["data"])).decode()
            answer = await post({**{k: v for k, v in event.items() if k != "data"}, "data_base64": packed})
        case "plain":
            answer = await post(event, "application/json")
        case "plain list":
            answer = await post([event], "application/json")
        case _:
            headers = {f"ce-{name}": str(value) for name, value in event.items() if name != "data"}
            answer = await post(event["data"], "application/json", **headers)
    assert (answer.status_code, answer.json()) == (200, {"accepted": 1, "duplicates": 0}), answer.text
    (captured,) = await stream("leads")
    assert (captured.subject, captured.time) == (DANA, datetime(2026, 8, 5, 11, tzinfo=UTC))
    assert [fact.name for fact in captured.data.facts] == ["email", "title"]


async def test_header_values_are_unquoted_and_decoded_once(post: EventPost, stream: Stream) -> None:
    headers = {"ce-specversion": "1.0", "ce-id": '"a%20b"', "ce-source": "%252F", "ce-type": "lead.captured"}
    answer = await post({"name": "x"}, "application/json", **headers, **{"ce-subject": "%C3%BC@acme.com"})
    assert answer.status_code == 200
    assert (await stream("leads"))[0].data.email == "ü@acme.com"


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("/Müller".encode("latin-1"), "/Müller"),
        ("/Müller".encode(), "/Müller"),
        (b"/M%C3%BCller", "/Müller"),
        (b"/100%", "/100%"),
        (b"/\xe9%", "/é%"),
    ],
    ids=["npm's client: Latin-1", "UTF-8 as it is", "percent-encoded", "a percent sign alone", "both"],
)
async def test_a_header_that_is_not_encoded_is_utf8_or_latin1(
    http: AsyncClient, keys: Keyring, rows: Rows, name: bytes, read: str
) -> None:
    headers = {"authorization": f"Bearer {keys.server}", "content-type": "application/json", "ce-specversion": "1.0",
               "ce-id": "e1", "ce-type": "lead.captured", "ce-subject": "dana@acme.com"}  # fmt: skip
    sent = [*((key.encode(), value.encode()) for key, value in headers.items()), (b"ce-source", name)]
    answer = await http.post("/events", content=b'{"first_name": "Dana"}', headers=sent)
    assert answer.status_code == 200, answer.text
    assert {row["source"] for row in await rows("message")} == {f"ce:{read}"}


async def test_source_and_id_make_an_event_one(post: EventPost, stream: Stream) -> None:
    events = [cloud(), cloud(id="e2", data={"title": "CRO"}), cloud(id="e2")]
    assert (await post(events, BATCH)).json() == {"accepted": 2, "duplicates": 1}
    assert (await post(events, BATCH)).json() == {"accepted": 0, "duplicates": 3}
    assert (await post(cloud(source="/other"))).json() == {"accepted": 1, "duplicates": 0}
    assert [event.type for event in await stream("leads")] == ["lead.captured.v1", *["lead.updated.v1"] * 2]


async def test_facts_in_our_own_shape_keep_source_and_time(post: EventPost, stream: Stream) -> None:
    known = [{"name": "title", "value": "CRO", "source": "crm_human", "at": "2026-08-01T00:00:00Z"}]
    known += [{"name": "company", "value": "Acme"}]
    await post(cloud("lead.updated.v1", data={"facts": known, "source": "crm"}, time="2026-08-05T10:00:00Z"))
    facts = (await stream("leads"))[0].data.facts
    assert [(fact.name, fact.source, str(fact.at)[:10]) for fact in facts] == [
        ("email", "crm", "2026-08-05"),
        ("title", "crm_human", "2026-08-01"),
        ("company", "crm", "2026-08-05"),
    ]


async def test_engagements_by_kind_and_by_name(post: EventPost, stream: Stream) -> None:
    events = [
        cloud("engagement.recorded", data={"kind": "webinar_attended", "asset": "w1"}, id="a"),
        cloud("engagement.recorded", data={"event": "Email Clicked", "properties": {"link": "https://x.com"}}, id="b"),
        cloud("engagement.recorded", data={"name": "Case Study Viewed", "asset": "c1"}, id="c"),
        cloud("consent.changed", data={"channel": "email", "granted": False}, id="d"),
    ]
    assert (await post(events, BATCH)).status_code == 200
    recorded = (await stream("leads"))[1:]
    assert [(getattr(event.data, "kind", None), getattr(event.data, "asset", None)) for event in recorded] == [
        ("webinar_attended", "w1"),
        ("email_click", None),
        ("case_study", "c1"),
        (None, None),
    ]


async def test_facts_of_sales_and_campaigns(post: EventPost, stream: Stream) -> None:
    events = [
        cloud(id="0"),
        cloud("sales.accepted", data={"by": "ana.lima@northwind.example", "assignment": "x"}, id="1"),
        cloud("deal.won.v1", subject=DANA, data={"deal": "d1"}, id="2"),
        cloud("rep.availability", subject=None, data={"rep": "rep-ana", "state": "left"}, id="3"),
        cloud("company.changed", subject=None, data={"domain": "Acme.com", "happened": "funding"}, id="4"),
        cloud(
            "spend.recorded",
            subject=None,
            id="5",
            data={
                "campaign": "spring",
                "amount": {"amount": 100, "currency": "USD"},
                "start": "2026-08-01",
                "end": "2026-08-02",
            },
        ),
        cloud("content.published", subject=None, id="6", data={"asset": "c1", "kind": "case_study", "title": "Acme"}),
    ]
    answer = await post(events, BATCH)
    assert answer.json() == {"accepted": 7, "duplicates": 0}, answer.text
    assert {event.type: event.subject for event in await stream("sales")} == {
        "sales.accepted.v1": DANA,
        "deal.won.v1": DANA,
        "rep.availability.v1": "rep-ana",
    }
    assert {event.type: event.subject for event in await stream("campaigns")} == {
        "company.changed.v1": "acme.com",
        "spend.recorded.v1": "spring",
        "content.published.v1": "c1",
    }


async def test_erasure_and_merge_come_in_here(post: EventPost, stream: Stream) -> None:
    await post([cloud(id="1"), cloud(id="2", subject="lee@acme.com")], BATCH)
    assert (await post(cloud("lead.merged", subject=LEE, data={"into": "dana@acme.com"}, id="3"))).status_code == 200
    assert (await post(cloud("lead.erased", data={}, id="4"))).status_code == 200
    endings = [(event.type, event.subject) for event in await stream("leads")]
    assert ("lead.erased.v1", DANA) in endings
    assert [kind for kind, subject in endings if kind == "lead.merged.v1"] == ["lead.merged.v1"]


async def test_an_erasure_tells_its_reason(post: EventPost, stream: Stream) -> None:
    await post(cloud(id="1"))
    await post(cloud("lead.erased", data={"reason": "bounced"}, id="2"))
    erased = (await stream("leads"))[-1].data
    assert isinstance(erased, LeadErased.Data)
    assert erased.reason == "bounced"


def test_every_type_of_its_topics_enters() -> None:
    """But a verdict: it is about an engagement that is stored, and has a route that looks for it."""
    topics = {event for topic in ("leads", "sales", "campaigns") for event in TOPICS[topic].events}
    assert set(ENTERING.values()) == topics - {EngagementJudged}


async def test_history_is_marked(post: EventPost, stream: Stream) -> None:
    await post(
        [cloud(id="1", time="2026-07-01T00:00:00Z"), cloud(id="2", mode="historical", data={"title": "x"})], BATCH
    )
    assert [event.mode for event in await stream("leads")] == ["historical", "historical"]


@pytest.mark.parametrize(
    ("event", "pointer"),
    [
        (cloud(specversion="0.3"), "/1/specversion"),
        (cloud(id=""), "/1/id"),
        (cloud(id=7), "/1/id"),
        (cloud(source=None), "/1/source"),
        (cloud("lead.scored"), "/1/type"),
        (cloud("engagement.judged"), "/1/type"),
        (cloud("nothing"), "/1/type"),
        (cloud(subject=None), "/1/subject"),
        (cloud(subject=DANA.replace("-", "x")), "/1/subject"),
        (cloud(subject="x" * 300), "/1/subject"),
        (cloud(time="noon"), "/1/time"),
        (cloud(data=[]), "/1/data"),
        (cloud(data={"facts": {}}), "/1/data/facts"),
        (cloud(data={"facts": [7]}), "/1/data/facts/0"),
        (cloud("engagement.recorded", data={}), "/1/data/kind"),
        (cloud("engagement.recorded", data={"kind": "dance"}), "/1/data/kind"),
        (cloud("consent.changed", data={"channel": "email"}), "/1/data/granted"),
        (cloud("sales.accepted", subject="stranger@acme.com"), "/1/subject"),
        (cloud("sales.rejected", subject="x@acme.com", data={"reason": "moon"}), "/1/data/reason"),
        (cloud("lead.erased", subject="stranger@acme.com"), "/1/subject"),
        (cloud("spend.recorded", data={"campaign": "x"}), "/1/data/amount"),
        (cloud(data={}), "/1/data"),
        (cloud("lead.updated", data={}), "/1/data"),
        ("text", "/1/specversion"),
        (None, "/1/specversion"),
        (cloud(data={"x": "y" * 200_000}), "/1/data"),
    ],
)
async def test_what_is_wrong_is_pointed_at_and_nothing_is_kept(
    post: EventPost, stream: Stream, event: object, pointer: str
) -> None:
    answer = await post([cloud(id="fine"), event], BATCH)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert await stream("leads") == []


@pytest.mark.parametrize(
    ("body", "kind", "headers", "status"),
    [
        (b"{", "application/cloudevents+json", {}, 400),
        (b"{}", BATCH, {}, 400),
        (b"<a/>", "application/xml", {}, 415),
        (b"{}", "application/cloudevents+avro", {}, 415),
        (b"<a/>", "text/xml", {"ce-specversion": "1.0"}, 415),
        (b"{}", "application/json", {"ce-specversion": "1.0", "ce-datacontenttype": "application/json"}, 400),
        (b"{}", "application/json", {"ce-specversion": "1.0", "ce-id": "%ff"}, 400),
        (b"{}", "application/json", {"ce-specversion": "1.0", "ce-id": "%FCber%20"}, 400),
        (b"x" * 1_100_000, "application/json", {}, 413),
        (b"[" + b"{}," * 500 + b"{}]", BATCH, {}, 413),
    ],
)
async def test_what_cannot_be_read(
    post: EventPost, body: bytes, kind: str, headers: Mapping[str, str], status: int
) -> None:
    answer = await post(body, kind, **headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text


async def test_only_keys_with_the_scope_may_post(http: AsyncClient, keys: Keyring) -> None:
    for secret, status in ((keys.write, 403), ("lk_wrong", 401)):
        headers = {"authorization": f"Bearer {secret}", "content-type": "application/cloudevents+json"}
        assert (await http.post("/events", json=cloud(), headers=headers)).status_code == status
    assert (await http.post("/events", json=cloud())).status_code == 401


async def test_the_webhook_profile_shakes_hands(http: AsyncClient) -> None:
    answer = await http.options("/events", headers={"webhook-request-origin": "eventgrid.example"})
    assert answer.headers["webhook-allowed-origin"] == "eventgrid.example"


@pytest.mark.parametrize("mode", ["binary", "structured"])
async def test_the_unmodified_client_of_cloudevents(post: EventPost, stream: Stream, mode: str) -> None:
    event = CloudEvent(
        {"id": "e9", "source": "/erp", "type": "lead.captured", "specversion": "1.0", "subject": "dana@acme.com"},
        {"title": "CRO"},
    )
    message = (to_binary_event if mode == "binary" else to_structured_event)(event)
    headers = {name.lower(): value for name, value in message.headers.items()}
    kind = headers.pop("content-type", None)
    assert (await post(bytes(message.body), kind, **headers)).status_code == 200
    assert (await stream("leads"))[0].subject == DANA
