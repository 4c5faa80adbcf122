"""Old news calls nobody, a list says whom it would have called; and each decision explains itself."""

import pytest
from typing_extensions import TypedDict

from testing.answers import StepAnswer
from testing.house import Client

pytestmark = pytest.mark.slow

VP = {"first_name": "Robin", "last_name": "Hale", "title": "VP Sales", "country": "US", "company": "Firm"}
BATCH = "crm-2026"


class Call(TypedDict):
    lead: str
    kind: str
    at: str
    rep: str | None
    pool: str | None
    rule: str | None
    touch: str | None
    why: str


class Calls(TypedDict):
    batch: str
    items: list[Call]


class Batch(TypedDict):
    batch: str
    calls: int
    leads: int
    list: str


class Batches(TypedDict):
    items: list[Batch]


class Made(TypedDict):
    kind: str
    rep: str | None
    rule: str | None
    record: str | None
    segment: str | None
    why: str | None
    passed: list[StepAnswer]


class Link(TypedDict):
    type: str


class Explained(TypedDict):
    lead: str
    event: str
    decision: Made | None
    chain: list[Link]


async def imported(client: Client, email: str, query: str, **data: object) -> None:
    """As a CRM would send it: two months old."""
    events = [
        {"specversion": "1.0", "id": f"{email}-{kind}", "source": "crm", "type": kind, "subject": email,
         "time": at, "data": given}
        for kind, at, given in (
            ("lead.updated.v1", "2026-06-01T10:00:00Z", {"traits": {**VP, "employees": 120, **data}, "source": "crm"}),
            ("engagement.recorded.v1", "2026-06-01T10:00:01Z", {"kind": "demo_request", "name": "Demo"}),
        )
    ]  # fmt: skip
    headers = {"authorization": f"Bearer {client.server_key}", "content-type": "application/cloudevents-batch+json"}
    answer = await client.http.post(f"/events{query}", json=events, headers=headers)
    assert answer.status_code == 200, answer.text
    await client.settle()


async def test_an_import_lists_whom_it_would_have_called(client: Client) -> None:
    await client.advance(hours=2)
    await imported(client, "kim@old-news.io", f"?import={BATCH}")
    await imported(client, "lee@oldest-news.io", "")
    await client.advance(minutes=3)
    lead = await client.lead("kim@old-news.io")
    assert (lead["stage"], lead["assignments"], lead["notices"]) == ("mql", [], [])
    batches = {one["batch"]: one for one in (await client.get("/api/history", Batches))["items"]}
    assert list(batches) == ["ce:crm 2026-08-05", BATCH]
    assert (batches[BATCH]["calls"], batches[BATCH]["leads"]) == (1, 1)
    (call,) = (await client.get(batches[BATCH]["list"], Calls))["items"]
    assert (call["lead"], call["kind"], call["at"]) == (lead["id"], "assignment", "2026-06-01T10:00:01Z")
    assert (call["pool"], call["rule"], call["touch"]) == ("mid-na", "pool", "4bh")
    assert (await client.get("/api/history/ce:crm%202026-08-05", Calls))["batch"] == "ce:crm 2026-08-05"
    assert (await client.http.get("/api/history/nothing", headers={"authorization": f"Bearer {client.server_key}"})
            ).status_code == 404  # fmt: skip
    page = (await client.http.get("/operations")).text
    assert "crm-2026" in page
    assert "History: would have gone to mid-na" in " ".join(one["text"] for one in lead["timeline"])


async def test_old_news_of_what_a_rep_has_would_have_been_told(client: Client) -> None:
    await client.advance(hours=2)
    await client.submit("newsletter", email="kim@worked.io")
    await client.sales({"type": "accepted", "lead": "kim@worked.io", "by": "rep-dan"})
    await client.settle()
    await imported(client, "kim@worked.io", f"?import={BATCH}")
    calls = (await client.get(f"/api/history/{BATCH}", Calls))["items"]
    assert {(one["kind"], one["rep"], one["rule"]) for one in calls} == {("activity", "rep-dan", "already_owned")}


async def test_every_decision_explains_itself(client: Client) -> None:
    await client.advance(hours=2)
    await client.submit("demo", email="buyer@deal-open.io", employees="120", **VP)
    await client.submit("newsletter", email="reader@quiet.io")
    await client.submit("demo", email="prof@state.edu", employees="500", industry="GOVERNMENT_ADMINISTRATION", **VP)
    await client.advance(minutes=3)
    buyer = await client.lead("buyer@deal-open.io")
    await client.sales({"type": "deal_opened", "lead": buyer["id"], "by": buyer["owner"], "deal": "D-1"})
    await client.settle()
    await client.submit("demo", email="colleague@deal-open.io", employees="120", **VP)
    await client.settle()
    expected = {
        "buyer@deal-open.io": ("assigned", "pool"),
        "reader@quiet.io": ("nurtured", None),
        "prof@state.edu": ("suppressed", None),
        "colleague@deal-open.io": ("told", None),
    }
    for email, (kind, rule) in expected.items():
        lead = await client.lead(email)
        explained = await client.get(f"/api/explain/{email}", Explained)
        made = explained["decision"]
        assert made is not None
        assert (explained["lead"], made["kind"], made["rule"]) == (lead["id"], kind, rule)
        assert made["passed"] or kind == "suppressed"
        assert explained["chain"][-1]["type"].split(".")[0] in ("lead", "engagement")
        again = await client.get(f"/api/explain/{explained['event']}", Explained)
        assert again["decision"] == made
        page = await client.http.get(f"/explain/{explained['event']}")
        assert "The steps, and who could be picked" in page.text
    joined = (await client.get("/api/explain/colleague@deal-open.io", Explained))["decision"]
    assert joined is not None
    assert (joined["rep"], joined["record"]) == (buyer["owner"], buyer["id"])
    moved = next(one for one in (await client.lead("reader@quiet.io"))["timeline"]
                 if one["type"].startswith("stage.changed"))  # fmt: skip
    beside = (await client.get(f"/api/explain/{moved['event']}", Explained))["decision"]
    assert beside is not None
    assert beside["kind"] == "nurtured", "what the same cause led to explains the move"
