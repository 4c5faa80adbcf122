"""POST /sales: the shapes of the interface, all or nothing, each refusal pointing at its spot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from httpx import AsyncClient, Response
from services.ingest.tests.conftest import Keyring, Stream

from ingest.decide import lead_id

Json = Mapping[str, object]
DANA = lead_id("dana@acme.com")


@dataclass
class SalesPost:
    """Posts as the CRM does."""

    http: AsyncClient
    key: str

    async def __call__(self, body: object, query: str = "") -> Response:
        return await self.http.post(f"/sales{query}", json=body, headers={"authorization": f"Bearer {self.key}"})


@pytest.fixture
async def post(http: AsyncClient, keys: Keyring) -> SalesPost:
    await http.post("/f/demo", data={"email": "dana@acme.com"})
    return SalesPost(http, keys.server)


FACTS: list[Json] = [
    {"type": "accepted", "assignment": f"{DANA}.1"},
    {"type": "rejected", "assignment": f"{DANA}.1", "reason": "not_icp", "note": "too small"},
    {"type": "contact_attempted", "channel": "call"},
    {"type": "connected"},
    {"type": "qualified", "need": True, "budget": True, "authority": False, "timeline_months": 3},
    {"type": "disqualified", "reason": "timing", "revisit_on": "2026-12-01"},
    {"type": "deal_opened", "deal": "d1", "amount": {"amount": 5000000, "currency": "USD"}, "product": "core"},
    {"type": "deal_changed", "deal": "d1", "amount": {"amount": 6000000, "currency": "USD"}},
    {"type": "deal_won", "deal": "d1"},
    {"type": "deal_lost", "deal": "d2", "reason": "competitor", "competitor": "Rival"},
    {"type": "feedback", "quality": 7, "note": "good"},
    {"type": "suppressed", "account": "acme.com"},
    {"type": "handed_back", "account": "acme.com"},
    {"type": "reassigned", "to": "ben.carter@northwind.example", "reason": "on holiday"},
    {"type": "handed_over", "to": "rep-ben"},
    {"type": "nurtured", "segment": "1", "reason": "nobody sells there"},
    {"type": "nudged"},
    {"type": "reviewed", "item": f"{DANA}.1"},
    {"type": "snoozed", "until": "2026-08-06T08:00:00Z"},
    {"type": "enrolled", "campaign": "stories"},
    {"type": "renewed", "deal": "d1", "amount": {"amount": 5000000, "currency": "USD"}, "until": "2027-08-05"},
    {"type": "churned", "deal": 77, "reason": "price"},
    {"type": "content_requested", "text": "a case study for retail", "persona": "sales leader"},
    {"type": "content_feedback", "asset": "retail-case", "used": False, "reason": "out of date"},
    {"type": "action_item", "pack": "2026-W32", "text": "call them", "owner": "rep-ana", "due": "2026-08-12"},
    {"type": "assessed", "question": "same goals", "answer": "partly"},
]


async def test_every_kind_of_fact_is_taken_in_one_list(post: SalesPost, stream: Stream) -> None:
    facts = [{"lead": "dana@acme.com", "by": "ana.lima@northwind.example", **fact} for fact in FACTS]
    answer = await post(facts)
    assert (answer.status_code, answer.json()) == (200, {"accepted": 26, "duplicates": 0})
    events = await stream("sales")
    assert {event.subject for event in events} == {DANA}
    assert {event.data.by for event in events} == {"rep-ana"}
    assert len({event.type for event in events}) == 26


async def test_one_fact_needs_no_list_and_its_id_makes_it_one(post: SalesPost, stream: Stream) -> None:
    fact = {"type": "accepted", "lead": DANA, "by": "rep-ana", "id": "x1", "at": "2026-08-05T11:00:00+00:00"}
    assert (await post(fact)).json() == {"accepted": 1, "duplicates": 0}
    assert (await post([fact])).json() == {"accepted": 0, "duplicates": 1}
    (event,) = await stream("sales")
    assert (event.time, event.data.message_id, event.mode) == (datetime(2026, 8, 5, 11, tzinfo=UTC), "x1", "live")


async def test_one_unknown_owner_in_500_refuses_that_fact_and_not_the_batch_when_asked(
    post: SalesPost, stream: Stream
) -> None:
    right: Json = {"type": "connected", "lead": DANA, "by": "rep-ana"}
    facts = [{**right, "id": f"f{n}"} for n in range(500)]
    facts[300] = {**right, "id": "f300", "by": "rep-nobody"}
    assert (await post(facts)).status_code == 422
    assert await stream("sales") == []
    answer = await post(facts, "?partial=true")
    verdicts = answer.json()["verdicts"]
    assert answer.status_code == 207
    assert {name: answer.json()[name] for name in ("accepted", "duplicates", "refused")} == {
        "accepted": 499, "duplicates": 0, "refused": 1,
    }  # fmt: skip
    assert [one["verdict"] for one in verdicts] == ["accepted"] * 300 + ["refused"] + ["accepted"] * 199
    assert verdicts[300]["pointer"] == "/300/by"
    assert "rep-nobody" in verdicts[300]["detail"]
    assert [event.data.message_id for event in await stream("sales")] == [f"f{n}" for n in range(500) if n != 300]
    again = (await post(facts, "?partial=true")).json()
    assert (again["accepted"], again["duplicates"], again["refused"]) == (0, 499, 1)


async def test_each_fact_has_its_verdict(post: SalesPost) -> None:
    facts = [
        {"type": "connected", "lead": DANA, "id": "a"},
        {"type": "connected", "lead": "stranger@acme.com"},
        {"type": "promoted", "lead": DANA},
        "accepted",
        {"type": "connected", "lead": DANA, "id": "a"},
    ]
    verdicts = (await post(facts, "?partial=true")).json()["verdicts"]
    assert [(one["verdict"], one["pointer"]) for one in verdicts] == [
        ("accepted", None), ("refused", "/1/lead"), ("refused", "/2/type"), ("refused", "/3"), ("duplicate", None),
    ]  # fmt: skip


async def test_a_rep_comes_and_goes(post: SalesPost, stream: Stream) -> None:
    assert (await post({"type": "availability", "rep": "rep-ana", "state": "away"})).status_code == 200
    (event,) = await stream("sales")
    assert (event.type, event.subject) == ("rep.availability.v1", "rep-ana")


@pytest.mark.parametrize("deal", [48211, 48211.0, "48211", " 48211 "])
async def test_a_deal_of_another_system_may_have_a_number(post: SalesPost, stream: Stream, deal: object) -> None:
    assert (await post({"type": "deal_won", "lead": DANA, "deal": deal})).status_code == 200
    (event,) = await stream("sales")
    assert (event.data.deal, event.data.merged) == ("48211", False)


@pytest.mark.parametrize(
    ("record", "kept"), [("Dana@Acme.com", DANA), (DANA, DANA), (4711, "4711"), (" OPP-7 ", "OPP-7")]
)
async def test_the_record_of_one_in_the_pipeline_is_a_lead_a_deal_or_an_address(
    post: SalesPost, stream: Stream, record: object, kept: str
) -> None:
    fact = {"type": "rejected", "lead": DANA, "reason": "already_in_pipeline", "record": record}
    assert (await post(fact)).status_code == 200
    (event,) = await stream("sales")
    assert event.data.record == kept


async def test_a_tick_needs_no_lead_the_item_names_it(post: SalesPost, stream: Stream) -> None:
    assert (await post({"type": "reviewed", "item": f"{DANA}.3", "by": "rep-grace"})).status_code == 200
    (event,) = await stream("sales")
    assert (event.type, event.subject, event.data.item) == ("item.reviewed.v1", DANA, f"{DANA}.3")


async def test_a_date_is_the_end_of_that_day_in_the_houses_zone(post: SalesPost, stream: Stream) -> None:
    assert (await post({"type": "deal_won", "lead": DANA, "deal": "d", "at": "2026-08-04"})).status_code == 200
    (event,) = await stream("sales")
    assert event.time == datetime(2026, 8, 5, 3, 59, 59, tzinfo=UTC)


async def test_today_is_the_end_of_today_and_a_fast_clock_is_now(post: SalesPost, stream: Stream) -> None:
    """NOON is 8 in the morning of 5 August in New York."""
    facts = [{"type": "deal_won", "lead": DANA, "deal": "d", "at": at} for at in ("2026-08-05", "2026-08-05T13:00:00Z")]
    assert (await post(facts)).status_code == 200
    by_day, by_clock = await stream("sales")
    assert (by_day.time, by_day.mode) == (datetime(2026, 8, 6, 3, 59, 59, tzinfo=UTC), "live")
    assert by_clock.time == by_clock.recordedtime < datetime(2026, 8, 5, 13, tzinfo=UTC)


@pytest.mark.parametrize("at", ["2026-08-07", "2026-12-24", "2026-08-06T12:00:01Z", "2027-01-01T00:00:00Z"])
@pytest.mark.parametrize("type", ["deal_won", "connected"])
async def test_what_is_to_come_is_refused_and_not_cut_to_now(
    post: SalesPost, stream: Stream, type: str, at: str
) -> None:
    answer = await post([{"type": type, "lead": DANA, **({"deal": "d"} if type == "deal_won" else {}), "at": at}])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/0/at"
    assert "expected_close" in answer.json()["errors"][0]["detail"]
    assert await stream("sales") == []


async def test_a_leave_has_a_beginning_and_an_end(post: SalesPost, stream: Stream) -> None:
    leave = {"type": "availability", "by": "rep-ana", "state": "away", "from": "2026-08-10T00:00:00Z"}
    assert (await post({**leave, "until": "2026-08-24T00:00:00Z"})).status_code == 200
    (event,) = await stream("sales")
    assert (event.data.since, event.data.until) == (
        datetime(2026, 8, 10, tzinfo=UTC),
        datetime(2026, 8, 24, tzinfo=UTC),
    )


async def test_a_leave_of_whole_days_is_of_the_houses_days(post: SalesPost, stream: Stream) -> None:
    leave = {"type": "availability", "by": "rep-ana", "state": "away", "from": "2026-08-10", "until": "2026-08-21"}
    assert (await post(leave)).status_code == 200
    (event,) = await stream("sales")
    assert (event.data.since, event.data.until) == (
        datetime(2026, 8, 10, 4, tzinfo=UTC),
        datetime(2026, 8, 22, 4, tzinfo=UTC),
    ), "away through the 21st in New York"


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"from": "soon"}, "/from"),
        ({"from": "2026-02-31"}, "/from"),
        ({"since": "soon"}, "/since"),
        ({"until": "2026-13-01"}, "/until"),
        ({"from": "2026-08-10", "until": "2026-08-09"}, "/until"),
    ],
)
async def test_a_leave_that_cannot_be_is_refused_at_its_spot(
    post: SalesPost, given: dict[str, str], pointer: str
) -> None:
    answer = await post({"type": "availability", "by": "rep-ana", "state": "away", **given})
    assert (answer.status_code, [one["pointer"] for one in answer.json()["errors"]]) == (422, [pointer])


@pytest.mark.parametrize(
    ("account", "subject"),
    [("https://www.Acme.com/about", "acme.com"), ("Acme Inc.", "acme inc."), ("acme.com", "acme.com")],
)
async def test_an_account_needs_no_lead(post: SalesPost, stream: Stream, account: str, subject: str) -> None:
    assert (await post({"type": "suppressed", "account": account, "by": "rep-ana"})).status_code == 200
    (event,) = await stream("sales")
    assert (event.type, event.subject, event.data.account) == ("account.suppressed.v1", subject, subject)


@pytest.mark.parametrize(
    ("fact", "pointer"),
    [
        ({"type": "promoted", "lead": DANA}, "/1/type"),
        ({"type": ["accepted"], "lead": DANA}, "/1/type"),
        ({"lead": DANA}, "/1/type"),
        ("accepted", "/1"),
        (None, "/1"),
        ({"type": "accepted"}, "/1/lead"),
        ({"type": "accepted", "lead": "stranger@acme.com"}, "/1/lead"),
        ({"type": "accepted", "lead": "no such id"}, "/1/lead"),
        ({"type": "accepted", "lead": DANA, "by": "rep-nobody"}, "/1/by"),
        ({"type": "accepted", "lead": DANA, "by": 7}, "/1/by"),
        ({"type": "accepted", "lead": DANA, "at": "yesterday"}, "/1/at"),
        ({"type": "accepted", "lead": DANA, "id": ""}, "/1/id"),
        ({"type": "rejected", "lead": DANA, "reason": "moody"}, "/1/reason"),
        ({"type": "rejected", "lead": DANA, "reason": "accept_timeout"}, "/1/reason"),
        ({"type": "rejected", "lead": DANA, "reason": "other"}, "/1/note"),
        ({"type": "rejected", "lead": DANA, "reason": "other", "note": " \n"}, "/1/note"),
        ({"type": "rejected", "lead": DANA}, "/1/reason"),
        ({"type": "rejected", "lead": DANA, "reason": "out_of_territory", "region": "moon"}, "/1/region"),
        ({"type": "rejected", "lead": DANA, "reason": "not_icp", "region": "emea"}, "/1/region"),
        ({"type": "rejected", "lead": DANA, "reason": "not_icp", "record": "d1"}, "/1/record"),
        ({"type": "rejected", "lead": DANA, "reason": "already_in_pipeline", "record": []}, "/1/record"),
        ({"type": "reviewed", "item": "a-stranger.1"}, "/1/item"),
        ({"type": "reviewed"}, "/1/item"),
        ({"type": "contact_attempted", "lead": DANA, "channel": "pigeon"}, "/1/channel"),
        ({"type": "deal_opened", "lead": DANA}, "/1/deal"),
        ({"type": "deal_opened", "lead": DANA, "deal": " "}, "/1/deal"),
        ({"type": "deal_opened", "lead": DANA, "deal": True}, "/1/deal"),
        ({"type": "deal_won", "lead": DANA, "deal": "d", "at": "2026-02-30"}, "/1/at"),
        (
            {"type": "deal_opened", "lead": DANA, "deal": "d", "amount": {"amount": 5.5, "currency": "USD"}},
            "/1/amount/amount",
        ),
        ({"type": "deal_lost", "lead": DANA, "deal": "d", "reason": "moon"}, "/1/reason"),
        ({"type": "feedback", "lead": DANA, "quality": 11}, "/1/quality"),
        ({"type": "feedback", "lead": DANA, "quality": True}, "/1/quality"),
        ({"type": "qualified", "lead": DANA, "timeline_months": False}, "/1/timeline_months"),
        (
            {"type": "deal_opened", "lead": DANA, "deal": "d", "amount": {"amount": True, "currency": "USD"}},
            "/1/amount/amount",
        ),
        *(
            ({"type": kind, "lead": DANA, "deal": "d", "amount": {"amount": 5, "currency": "USD"} | wrong}, where)
            for kind in ("deal_opened", "deal_changed", "deal_won", "renewed")
            for wrong, where in (({"amount": -5}, "/1/amount/amount"), ({"currency": "XXX"}, "/1/amount/currency"))
        ),
        ({"type": "availability", "rep": "rep-ana", "state": "asleep"}, "/1/state"),
        ({"type": "availability", "state": "away"}, "/1/rep"),
    ],
)
async def test_what_is_wrong_is_pointed_at_and_nothing_is_kept(
    post: SalesPost, stream: Stream, fact: object, pointer: str
) -> None:
    answer = await post([{"type": "accepted", "lead": DANA}, fact])
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert await stream("sales") == []


async def test_a_long_list_is_refused(post: SalesPost) -> None:
    assert (await post([{"type": "connected", "lead": DANA}] * 501)).status_code == 422


async def test_reps_at_this_machine_need_no_key_but_strangers_do(
    http: AsyncClient, keys: Keyring, post: SalesPost
) -> None:
    fact = {"type": "accepted", "lead": DANA, "by": "rep-ana"}
    own_page = {"sec-fetch-site": "same-origin"}
    assert (await http.post("/sales", json=fact, headers=own_page)).status_code == 200
    assert (await http.post("/sales", json=fact, headers={"sec-fetch-site": "cross-site"})).status_code == 401
    assert (await http.post("/sales", json=fact)).status_code == 401
    assert (await http.post("/sales", json=fact, headers={"authorization": f"Bearer {keys.write}"})).status_code == 403


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 200 + b"]" * 200])
async def test_what_is_not_json_is_refused(http: AsyncClient, keys: Keyring, body: bytes) -> None:
    answer = await http.post("/sales", content=body, headers={"authorization": f"Bearer {keys.server}"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("fact", "pointer"),
    [
        ({"type": "deal_opened", "lead": DANA, "deal": "d" * 256}, "/deal"),
        ({"type": "deal_opened", "lead": DANA, "deal": "  "}, "/deal"),
        ({"type": "suppressed", "lead": DANA, "account": "a" * 253 + ".com"}, "/account"),
        ({"type": "suppressed", "account": "   "}, "/account"),
    ],
)
async def test_what_is_a_key_of_others_is_neither_blank_nor_endless(
    post: SalesPost, fact: dict[str, object], pointer: str
) -> None:
    answer = await post(fact)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
