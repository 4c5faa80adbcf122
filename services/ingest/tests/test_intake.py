"""The intake on a real database: one transaction for many, nothing twice, nothing half-kept."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from services.ingest.tests.conftest import Maker, Rows, Stream, kinds

from events.sales import SalesAccepted
from ingest import store
from ingest.decide import Submission, lead_id
from ingest.decide.submissions import Alias, Erase, FormSubmitted, Identify, Page, SalesFact, Track
from ingest.intake import Intake
from ingest.store import Reject
from runtime.clock import LaboratoryClock
from runtime.database.connect import Database
from runtime.http.problems import Malformed, Overloaded
from runtime.service import Context

DANA = lead_id("dana@acme.com")
LEE = lead_id("lee@acme.com")


def pass_time(context: Context, by: timedelta) -> None:
    assert isinstance(context.clock, LaboratoryClock)
    context.clock.advance(context.clock.instant + by)


async def test_a_visit_a_form_and_an_answer_of_sales_arrive_in_order(
    intake: Intake, make: Maker, stream: Stream, rows: Rows
) -> None:
    await intake.submit([make(Page, anonymous="a1", properties={"path": "/pricing"})])
    form = make(FormSubmitted, name="demo", anonymous="a1", fields={"email": "dana@acme.com", "title": "CRO"})
    await intake.submit([form])
    accepted = SalesAccepted.Data(assignment=f"{DANA}.1", by="rep-ana")
    await intake.submit([make(SalesFact, lead=DANA, event=SalesAccepted, data=accepted)])
    events = await stream("leads")
    assert [(event.type, event.subject) for event in events] == [
        ("lead.captured.v1", DANA),
        ("engagement.recorded.v1", DANA),
        ("engagement.recorded.v1", DANA),
    ]
    assert kinds(events) == [None, "pricing_view", "demo_request"]
    (answer,) = await stream("sales")
    assert (answer.type, answer.subject, answer.data.by) == ("sales.accepted.v1", DANA, "rep-ana")
    assert [row["type"] for row in await rows("fact")] == [
        "engagement.recorded.v1",
        "lead.captured.v1",
        "engagement.recorded.v1",
        "sales.accepted.v1",
    ]
    assert {row["person"] for row in await rows("fact")} == {DANA}


async def test_many_at_once_share_transactions_and_all_are_answered(
    intake: Intake, make: Maker, stream: Stream
) -> None:
    people = [f"p{n}@acme.com" for n in range(50)]
    receipts = await asyncio.gather(*(intake.submit([make(Identify, traits={"email": email})]) for email in people))
    assert [receipt.accepted for receipt in receipts] == [1] * 50
    assert sorted(event.data.email for event in await stream("leads")) == sorted(people)


async def test_a_request_waits_for_as_many_as_came_together_last_time(
    intake: Intake, make: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour of patience: whoever waits for nobody is answered all the same, whoever waits for company is not."""
    monkeypatch.setattr("ingest.intake.LINGER", 3600.0)
    visit = partial(make, Page, user="u1", properties={"path": "/pricing"})
    for _ in range(2):
        assert (await intake.submit([visit()])).accepted == 1
    await asyncio.gather(*(intake.submit([visit()]) for _ in range(3)))
    waiting = [asyncio.create_task(intake.submit([visit()])) for _ in range(2)]
    done, _ = await asyncio.wait(waiting, timeout=0.1)
    assert not done
    assert (await intake.submit([visit()])).accepted == 1
    assert [(await one).accepted for one in waiting] == [1, 1]


async def test_company_that_does_not_come_is_not_waited_for_again(
    intake: Intake, make: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.intake.LINGER", 0.001)
    await asyncio.gather(*(intake.submit([make(Page, user="u1")]) for _ in range(3)))
    assert (await intake.submit([make(Page, user="u1")])).accepted == 1
    monkeypatch.setattr("ingest.intake.LINGER", 3600.0)
    assert (await intake.submit([make(Page, user="u1")])).accepted == 1


async def test_who_has_waited_too_long_is_told_to_come_again(
    intake: Intake, context: Context, make: Maker, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it sent is kept all the same: its repeat is a duplicate."""
    monkeypatch.setattr("ingest.intake.PATIENCE", 0.01)
    once = make(Track, email="dana@acme.com", name="x")
    async with context.database.begin() as other:
        await store.lock(other)
        with pytest.raises(Overloaded):
            await intake.submit([once])
    monkeypatch.undo()
    assert (await intake.submit([once])).duplicates == 1
    assert len(await stream("leads")) == 2


async def test_the_same_message_is_kept_once_whenever_it_comes(intake: Intake, make: Maker, stream: Stream) -> None:
    once = make(Track, email="dana@acme.com", name="Demo Requested", message_id="m")
    first, second = await asyncio.gather(intake.submit([once]), intake.submit([once]))
    third = await intake.submit([once, once])
    assert [(v.accepted, v.duplicates) for v in (first, second, third)] == [(1, 0), (0, 1), (0, 2)]
    assert len(await stream("leads")) == 2


async def test_two_sources_may_use_the_same_message_id(intake: Intake, make: Maker, stream: Stream) -> None:
    for source in ("one", "two"):
        await intake.submit([make(Track, email="dana@acme.com", name="x", message_id="m", source=source)])
    assert len(await stream("leads")) == 3


async def test_the_same_form_counts_again_after_its_window(
    intake: Intake, make: Maker, stream: Stream, context: Context
) -> None:
    again = make(FormSubmitted, name="demo", fields={"email": "dana@acme.com"}, message_id="h", again_after=10.0)
    for seconds in (0, 5, 9):
        pass_time(context, timedelta(seconds=seconds - (5 if seconds == 9 else 0)))
        await intake.submit([again])
    assert kinds(await stream("leads")) == [None, "demo_request"]
    pass_time(context, timedelta(seconds=10))
    await intake.submit([again])
    assert (await intake.submit([again])).duplicates == 1, "the window begins anew"
    assert kinds(await stream("leads")) == [None, "demo_request", "demo_request"]


async def test_a_fact_about_a_stranger_is_refused_and_nothing_of_its_request_is_kept(
    intake: Intake, make: Maker, stream: Stream, rows: Rows
) -> None:
    accepted = SalesAccepted.Data(by="rep-ana")
    known = make(Identify, traits={"email": "dana@acme.com"})
    unknown = make(SalesFact, lead="nobody", event=SalesAccepted, data=accepted, pointer="/1/lead")
    with pytest.raises(Malformed) as refusal:
        await intake.submit([known, unknown])
    assert refusal.value.errors == [{"pointer": "/1/lead", "detail": "no lead nobody is known here"}]
    assert await stream("leads") == []
    assert await rows("message") == []


async def test_poison_is_answered_alone_and_its_neighbours_pass(intake: Intake, make: Maker, stream: Stream) -> None:
    """PostgreSQL takes no NUL; the edges remove it, so this one is smuggled past them."""
    poison = make(Track, email="dana@acme.com", name="x\0y")
    fine = make(Track, email="lee@acme.com", name="Demo Requested")
    results = await asyncio.gather(intake.submit([fine]), intake.submit([poison]), return_exceptions=True)
    assert isinstance(results[1], Malformed)
    assert {event.subject for event in await stream("leads")} == {LEE}


async def test_poison_of_a_lenient_client_is_put_aside_and_the_rest_is_kept(
    intake: Intake, make: Maker, stream: Stream, rows: Rows
) -> None:
    poison = make(Track, email="dana@acme.com", name="x\0y", raw=b"{}")
    fine = make(Track, email="lee@acme.com", name="Demo Requested")
    receipt = await intake.submit([poison, fine], lenient=True, rejects=[Reject("web", None, "no name", b"[]")])
    assert receipt.accepted == 1
    assert {event.subject for event in await stream("leads")} == {LEE}
    assert sorted(row["reason"] for row in await rows("reject")) == [
        "cannot be kept: UntranslatableCharacterError",
        "no name",
    ]


async def test_two_intakes_serve_one_house(context: Context, make: Maker, stream: Stream) -> None:
    """Two processes, the same visitor, at the same moment."""
    intakes = [Intake(context), Intake(context)]
    visits = [make(Page, anonymous="a1", properties={"path": "/pricing"}) for _ in range(20)]
    forms = [make(FormSubmitted, name="demo", anonymous="a1", fields={"email": "dana@acme.com"}) for _ in range(2)]
    arrivals: list[Submission] = [*visits, *forms]
    await asyncio.gather(*(intakes[n % 2].submit([each]) for n, each in enumerate(arrivals)))
    named = [getattr(event.data, "kind", event.type) for event in await stream("leads")]
    assert named[0] == "lead.captured.v1"
    assert sorted(named[1:]) == ["demo_request"] * 2 + ["pricing_view"] * 20


async def test_two_people_become_one_across_transactions(
    intake: Intake, make: Maker, stream: Stream, rows: Rows, context: Context
) -> None:
    await intake.submit([make(Identify, user="u1", traits={"email": "dana@acme.com"})])
    pass_time(context, timedelta(hours=1))
    await intake.submit([make(Identify, user="u2", anonymous="a2", traits={"email": "lee@acme.com"})])
    await intake.submit([make(Track, user="u2", name="Webinar Attended", properties={"asset": "w1"})])
    await intake.submit([make(Alias, previous="u2", user="u1")])
    await intake.submit([make(Page, anonymous="a2", properties={"path": "/pricing"})])
    events = await stream("leads")
    winners = [getattr(event.data, "kind", event.type) for event in events if event.subject == DANA]
    losers = [event.type for event in events if event.subject == LEE]
    assert winners == ["lead.captured.v1", "lead.updated.v1", "webinar_attended", "pricing_view"]
    assert losers == ["lead.captured.v1", "engagement.recorded.v1", "lead.merged.v1"]
    assert {row["person"] for row in await rows("identity")} == {DANA}
    assert {row["person"] for row in await rows("fact")} == {DANA}


async def test_erasure_empties_the_memory(intake: Intake, make: Maker, stream: Stream, rows: Rows) -> None:
    rejected = Reject("web", None, "no name", b'{"email": "dana@acme.com"}')
    await intake.submit([make(Identify, anonymous="a1", traits={"email": "dana@acme.com"})], rejects=[rejected])
    await intake.submit([make(Erase, email="dana@acme.com")])
    assert [row["type"] for row in await rows("fact")] == ["lead.erased.v1"]
    assert await rows("identity") == []
    assert await rows("reject") == []
    assert [(row["id"], row["email"]) for row in await rows("person")] == [(DANA, None)]
    assert [event.type for event in await stream("leads")][-1] == "lead.erased.v1"


async def test_old_message_ids_are_forgotten_in_time(intake: Intake, make: Maker, rows: Rows, context: Context) -> None:
    await intake.submit([make(Track, email="dana@acme.com", name="x", message_id="old")])
    pass_time(context, timedelta(days=31))
    await intake.submit([make(Track, email="dana@acme.com", name="x", message_id="new")])
    assert [row["message_id"] for row in await rows("message")] == ["new"]


async def test_a_full_queue_says_come_again(intake: Intake, make: Maker) -> None:
    many = [make(Track, user="u", name="x")] * 10_001
    first = asyncio.create_task(intake.submit(many))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded) as refusal:
        await intake.submit([make(Track, user="u", name="x")])
    assert refusal.value.retry_after > 0
    assert (await first).accepted == 1


async def test_a_database_that_is_away_says_come_again(context: Context, make: Maker) -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/none", "ingest")
    with pytest.raises(Overloaded):
        await Intake(replace(context, database=away)).submit([make(Track, user="u", name="x")])
    await away.close()


async def test_a_neighbour_frozen_inside_says_come_again(context: Context, make: Maker, stream: Stream) -> None:
    hasty = Database(context.database.dsn, "ingest", settings={"lock_timeout": "50ms"})
    intake = Intake(replace(context, database=hasty))
    once = make(Track, email="dana@acme.com", name="x")
    async with context.database.begin() as frozen:
        await store.lock(frozen)
        with pytest.raises(Overloaded):
            await intake.submit([once])
    assert (await intake.submit([once])).accepted == 1
    assert len(await stream("leads")) == 2
    await hasty.close()
