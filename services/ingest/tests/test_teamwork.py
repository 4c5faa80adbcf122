"""Facts of sales beside a lead's way: what needs no lead, what stands for what is left out, each wrong spot by name."""

from collections.abc import Mapping

import pytest
from httpx import AsyncClient
from services.ingest.tests.conftest import Keyring, Stream
from services.ingest.tests.test_sales import SalesPost

from ingest.decide import lead_id

Json = Mapping[str, object]
DANA = lead_id("dana@acme.com")
LONG = "x" * 8193


@pytest.fixture
async def post(http: AsyncClient, keys: Keyring) -> SalesPost:
    await http.post("/f/demo", data={"email": "dana@acme.com"})
    return SalesPost(http, keys.server)


@pytest.mark.parametrize(
    ("fact", "subject"),
    [
        ({"type": "content_requested", "text": "a price list", "id": "r-1"}, "r-1"),
        ({"type": "content_requested", "text": "a price list", "request": 7}, "7"),
        ({"type": "content_feedback", "asset": " retail-case ", "used": True}, "retail-case"),
        ({"type": "action_item", "text": "call them", "id": "a-1"}, "a-1"),
        ({"type": "action_item", "item": "a-1", "done": True}, "a-1"),
        ({"type": "assessed", "question": "Same Goals", "answer": True}, "same goals"),
        ({"type": "enrolled", "account": "https://www.Acme.com/x", "campaign": "stories"}, "acme.com"),
        ({"type": "content_requested", "text": "a price list", "lead": "dana@acme.com"}, DANA),
    ],
)
async def test_what_is_about_no_lead_needs_none(post: SalesPost, stream: Stream, fact: Json, subject: str) -> None:
    answer = await post({"by": "rep-ana", **fact})
    assert answer.status_code == 200, answer.text
    (event,) = await stream("sales")
    assert event.subject == subject


async def test_the_id_of_the_fact_stands_for_that_of_the_item_and_the_request(post: SalesPost, stream: Stream) -> None:
    facts = [{"type": "action_item", "text": "call them", "id": "f-1", "owner": "someone@else.example"},
             {"type": "content_requested", "text": "a price list", "id": "f-2"},
             {"type": "assessed", "question": "Do both teams answer for the same revenue number?", "answer": 8},
             {"type": "snoozed", "lead": DANA, "until": "2026-08-10"}]  # fmt: skip
    assert (await post(facts)).status_code == 200
    events = {event.type: event for event in await stream("sales")}
    item, request = events["action.item.v1"], events["content.requested.v1"]
    answer, snoozed = events["assessment.answered.v1"], events["lead.snoozed.v1"]
    assert (item.data.item, item.data.owner) == ("f-1", "someone@else.example")
    assert (request.data.request, answer.data.question, answer.data.answer) == ("f-2", "same goals", "8")
    assert f"{snoozed.data.until:%Y-%m-%dT%H:%M%z}" == "2026-08-10T04:00+0000", "the beginning of that day in New York"


@pytest.mark.parametrize(
    ("fact", "pointer"),
    [
        ({"type": "snoozed", "lead": DANA}, "/until"),
        ({"type": "snoozed", "lead": DANA, "until": "later"}, "/until"),
        ({"type": "snoozed", "until": "2026-08-10"}, "/lead"),
        ({"type": "enrolled", "lead": DANA, "campaign": " "}, "/campaign"),
        ({"type": "enrolled", "campaign": "stories"}, "/lead"),
        ({"type": "enrolled", "account": "acme.com"}, "/campaign"),
        ({"type": "renewed", "lead": DANA}, "/deal"),
        ({"type": "renewed", "lead": DANA, "deal": "d", "until": "soon"}, "/until"),
        ({"type": "churned", "deal": "d"}, "/lead"),
        ({"type": "churned", "lead": DANA, "deal": ""}, "/deal"),
        ({"type": "content_requested", "text": "  "}, "/text"),
        ({"type": "content_requested"}, "/text"),
        ({"type": "content_feedback", "used": True}, "/asset"),
        ({"type": "content_feedback", "asset": "a", "used": "perhaps"}, "/used"),
        ({"type": "action_item", "done": True}, "/text"),
        ({"type": "action_item", "text": "x", "owner": "nobody"}, "/owner"),
        ({"type": "action_item", "text": "x", "due": "2026-13-01"}, "/due"),
        ({"type": "action_item", "item": "x" * 256, "done": True}, "/item"),
        ({"type": "assessed", "question": "the weather", "answer": "yes"}, "/question"),
        ({"type": "assessed", "question": "same goals"}, "/answer"),
        ({"type": "assessed", "question": "same goals", "answer": "yes", "by": "rep-nobody"}, "/by"),
        ({"type": "feedback", "lead": DANA, "quality": 7, "note": LONG}, "/note"),
        ({"type": "rejected", "lead": DANA, "reason": "other", "note": LONG}, "/note"),
        ({"type": "deal_lost", "lead": DANA, "deal": "d", "reason": "price", "competitor": LONG}, "/competitor"),
        ({"type": "survey", "lead": DANA, "deal": "d", "outcome": "won", "content": ["a", LONG]}, "/content/1"),
        ({"type": "survey", "lead": DANA, "deal": "d", "outcome": "won", "objections": ["a"] * 65}, "/objections"),
        ({"type": "content_requested", "text": LONG}, "/text"),
    ],
)
async def test_what_is_wrong_is_named_by_its_spot_and_nothing_is_kept(
    post: SalesPost, stream: Stream, fact: Json, pointer: str
) -> None:
    answer = await post([fact, {"type": "accepted", "lead": DANA}])
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/0{pointer}"]
    assert await stream("sales") == []


async def test_a_cloudevent_keeps_the_same_limits_and_reads_the_same_words(http: AsyncClient, keys: Keyring) -> None:
    async def send(kind: str, data: Json) -> tuple[int, list[str]]:
        event = {"specversion": "1.0", "id": f"{kind}-1", "source": "crm", "type": kind, "data": data}
        headers = {"authorization": f"Bearer {keys.server}", "content-type": "application/cloudevents+json"}
        answer = await http.post("/events", json=event, headers=headers)
        return answer.status_code, [one["pointer"] for one in answer.json().get("errors", ())]

    assert await send("action.item", {"text": "call them", "owner": "rep-ana"}) == (200, [])
    assert await send("assessment.answered", {"question": "feedback", "answer": False}) == (200, [])
    assert await send("content.requested", {"text": LONG}) == (422, ["/data/text"])
    published = {"asset": "a", "kind": "guide", "title": "A guide", "answers": "r-1"}
    assert await send("content.published", published) == (200, [])
    assert await send("content.published", {**published, "title": LONG}) == (422, ["/data/title"])
