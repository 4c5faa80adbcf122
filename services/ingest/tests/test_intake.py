"""The door on a real database: one transaction for many, nothing twice, nothing half-kept."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from events.sales import SalesAccepted
from ingest import store
from ingest.decide import Submission, lead_id
from ingest.handler import Door
from ingest.store import Reject
from runtime.database.connect import Database
from runtime.http.problems import Malformed, Overloaded

DANA = lead_id("dana@acme.com")
LEE = lead_id("lee@acme.com")


async def test_a_visit_a_form_and_an_answer_of_sales_arrive_in_order(
    door: Any, told: Any, stream: Any, rows: Any
) -> None:
    await door.take([told("page", anonymous="a1", properties={"path": "/pricing"})])
    form = told("form", name="demo", anonymous="a1", properties={"email": "dana@acme.com", "title": "CRO"})
    await door.take([form])
    accepted = SalesAccepted.Data(assignment=f"{DANA}.1", by="rep-ana")
    await door.take([told("said", lead=DANA, event=SalesAccepted, body=accepted)])
    said = await stream("leads")
    assert [(e["type"], e["subject"]) for e in said] == [
        ("lead.captured.v1", DANA),
        ("engagement.recorded.v1", DANA),
        ("engagement.recorded.v1", DANA),
    ]
    assert [e["data"].get("kind") for e in said] == [None, "pricing_view", "demo_request"]
    (answer,) = await stream("sales")
    assert (answer["type"], answer["subject"], answer["data"]["by"]) == ("sales.accepted.v1", DANA, "rep-ana")
    assert [row["type"] for row in await rows("fact")] == [
        "engagement.recorded.v1",
        "lead.captured.v1",
        "engagement.recorded.v1",
        "sales.accepted.v1",
    ]
    assert {row["person"] for row in await rows("fact")} == {DANA}


async def test_many_at_once_share_transactions_and_all_are_answered(door: Any, told: Any, stream: Any) -> None:
    people = [f"p{n}@acme.com" for n in range(50)]
    verdicts = await asyncio.gather(*(door.take([told("identify", traits={"email": email})]) for email in people))
    assert [verdict.accepted for verdict in verdicts] == [1] * 50
    assert sorted(event["data"]["email"] for event in await stream("leads")) == sorted(people)


async def test_the_same_message_is_kept_once_whenever_it_comes(door: Any, told: Any, stream: Any) -> None:
    once = told("track", email="dana@acme.com", name="Demo Requested", message_id="m")
    first, second = await asyncio.gather(door.take([once]), door.take([once]))
    third = await door.take([once, once])
    assert [(v.accepted, v.duplicates) for v in (first, second, third)] == [(1, 0), (0, 1), (0, 2)]
    assert len(await stream("leads")) == 2


async def test_two_sources_may_use_the_same_message_id(door: Any, told: Any, stream: Any) -> None:
    for source in ("one", "two"):
        await door.take([told("track", email="dana@acme.com", name="x", message_id="m", source=source)])
    assert len(await stream("leads")) == 3


async def test_the_same_form_counts_again_after_its_window(door: Any, told: Any, stream: Any, context: Any) -> None:
    again = told("form", name="demo", properties={"email": "dana@acme.com"}, message_id="h", again_after=10.0)
    for seconds in (0, 5, 9):
        context.clock.advance(context.clock.instant + timedelta(seconds=seconds - (5 if seconds == 9 else 0)))
        await door.take([again])
    assert [e["data"].get("kind") for e in await stream("leads")] == [None, "demo_request"]
    context.clock.advance(context.clock.instant + timedelta(seconds=10))
    await door.take([again])
    kinds = [e["data"]["kind"] for e in await stream("leads") if e["type"] == "engagement.recorded.v1"]
    assert kinds == ["demo_request"] * 2


async def test_a_fact_about_a_stranger_is_refused_and_nothing_of_its_request_is_kept(
    door: Any, told: Any, stream: Any, rows: Any
) -> None:
    accepted = SalesAccepted.Data(by="rep-ana")
    known = told("identify", traits={"email": "dana@acme.com"})
    unknown = told("said", lead="nobody", event=SalesAccepted, body=accepted, pointer="/1/lead")
    with pytest.raises(Malformed) as refusal:
        await door.take([known, unknown])
    assert refusal.value.errors == [{"pointer": "/1/lead", "detail": "no lead nobody is known here"}]
    assert await stream("leads") == []
    assert await rows("message") == []


async def test_poison_is_answered_alone_and_its_neighbours_pass(door: Any, told: Any, stream: Any) -> None:
    """PostgreSQL takes no NUL; the edges remove it, so this one is smuggled past them."""
    poison = told("track", email="dana@acme.com", name="x\0y")
    fine = told("track", email="lee@acme.com", name="Demo Requested")
    results = await asyncio.gather(door.take([fine]), door.take([poison]), return_exceptions=True)
    assert isinstance(results[1], Malformed)
    assert {event["subject"] for event in await stream("leads")} == {LEE}


async def test_poison_of_a_lenient_client_is_put_aside_and_the_rest_is_kept(
    door: Any, told: Any, stream: Any, rows: Any
) -> None:
    poison = told("track", email="dana@acme.com", name="x\0y", raw=b"{}")
    fine = told("track", email="lee@acme.com", name="Demo Requested")
    verdict = await door.take([poison, fine], lenient=True, rejects=[Reject("web", None, "no name", b"[]")])
    assert verdict.accepted == 1
    assert {event["subject"] for event in await stream("leads")} == {LEE}
    assert sorted(row["reason"] for row in await rows("reject")) == ["cannot be kept: DBAPIError", "no name"]


async def test_two_doors_serve_one_house(context: Any, told: Any, stream: Any) -> None:
    """Two processes, the same visitor, at the same moment."""
    doors = [Door(context), Door(context)]
    visits = [told("page", anonymous="a1", properties={"path": "/pricing"}) for _ in range(20)]
    forms = [told("form", name="demo", anonymous="a1", properties={"email": "dana@acme.com"}) for _ in range(2)]
    await asyncio.gather(*(doors[n % 2].take([each]) for n, each in enumerate([*visits, *forms])))
    kinds = [event["data"].get("kind", event["type"]) for event in await stream("leads")]
    assert kinds[0] == "lead.captured.v1"
    assert sorted(kinds[1:]) == ["demo_request"] * 2 + ["pricing_view"] * 20


async def test_two_people_become_one_across_transactions(
    door: Any, told: Any, stream: Any, rows: Any, context: Any
) -> None:
    await door.take([told("identify", user="u1", traits={"email": "dana@acme.com"})])
    context.clock.advance(context.clock.instant + timedelta(hours=1))
    await door.take([told("identify", user="u2", anonymous="a2", traits={"email": "lee@acme.com"})])
    await door.take([told("track", user="u2", name="Webinar Attended", properties={"asset": "w1"})])
    await door.take([told("alias", previous="u2", user="u1")])
    await door.take([told("page", anonymous="a2", properties={"path": "/pricing"})])
    said = await stream("leads")
    winners = [e["data"].get("kind", e["type"]) for e in said if e["subject"] == DANA]
    losers = [e["type"] for e in said if e["subject"] == LEE]
    assert winners == ["lead.captured.v1", "lead.updated.v1", "webinar_attended", "pricing_view"]
    assert losers == ["lead.captured.v1", "engagement.recorded.v1", "lead.merged.v1"]
    assert {row["person"] for row in await rows("identity")} == {DANA}
    assert {row["person"] for row in await rows("fact")} == {DANA}


async def test_erasure_empties_the_memory(door: Any, told: Any, stream: Any, rows: Any) -> None:
    rejected = Reject("web", None, "no name", b'{"email": "dana@acme.com"}')
    await door.take([told("identify", anonymous="a1", traits={"email": "dana@acme.com"})], rejects=[rejected])
    await door.take([told("erase", email="dana@acme.com")])
    assert [row["type"] for row in await rows("fact")] == ["lead.erased.v1"]
    assert await rows("identity") == []
    assert await rows("reject") == []
    assert [(row["id"], row["email"]) for row in await rows("person")] == [(DANA, None)]
    assert [event["type"] for event in await stream("leads")][-1] == "lead.erased.v1"


async def test_old_message_ids_are_forgotten_in_time(door: Any, told: Any, rows: Any, context: Any) -> None:
    await door.take([told("track", email="dana@acme.com", name="x", message_id="old")])
    context.clock.advance(context.clock.instant + timedelta(days=31))
    await door.take([told("track", email="dana@acme.com", name="x", message_id="new")])
    assert [row["message_id"] for row in await rows("message")] == ["new"]


async def test_a_full_queue_says_come_again(door: Any, told: Any) -> None:
    many: list[Submission] = [told("track", user="u", name="x")] * 10_001
    first = asyncio.create_task(door.take(many))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded) as refusal:
        await door.take([told("track", user="u", name="x")])
    assert refusal.value.retry_after > 0
    assert (await first).accepted == 1


async def test_a_database_that_is_away_says_come_again(context: Any, told: Any) -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/none", "ingest")
    with pytest.raises(Overloaded):
        await Door(replace(context, database=away)).take([told("track", user="u", name="x")])
    await away.close()


async def test_a_neighbour_frozen_in_the_door_says_come_again(context: Any, told: Any, stream: Any) -> None:
    hasty = Database(context.database.dsn, "ingest", settings={"lock_timeout": "50ms"})
    door = Door(replace(context, database=hasty))
    once = told("track", email="dana@acme.com", name="x")
    async with context.database.begin() as frozen:
        await store.enter(frozen)
        with pytest.raises(Overloaded):
            await door.take([once])
    assert (await door.take([once])).accepted == 1
    assert len(await stream("leads")) == 2
    await hasty.close()
