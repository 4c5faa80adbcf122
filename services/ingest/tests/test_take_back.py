"""Facts that the database has forgotten are said again at the door: each once, and all that follows."""

from collections.abc import Sequence

from services.ingest.tests.conftest import Maker, Rows, Stream

from events import Event
from events.body import wire
from events.leads import ConsentChanged, LeadCaptured
from events.sales import ContactConnected, RepAvailability
from ingest.api.take_back import ACCEPTED, KNOWN, LEFT, take_back
from ingest.decide import Submission, lead_id
from ingest.decide.submissions import Consent, Erase, FormSubmitted, Identify, Merge, SalesFact, Track
from ingest.intake import Intake
from runtime.chain import START
from runtime.database.connect import Database
from runtime.database.statement import statement
from runtime.service import Context

DANA, LEE = "dana@acme.com", "lee@acme.com"
_TABLES = ("stream_batch", "fact", "message", "identity", "person")


def everything(make: Maker) -> list[Submission]:
    """One of each kind that reaches the streams."""
    form = {"email": DANA, "title": "CRO", "message": "call me", "utm_source": "ads"}
    rep = RepAvailability.Data.read({"rep": "r1", "state": "away", "by": "r1", "message_id": "s2"})
    return [
        make(FormSubmitted, channel="form:demo", learned_from="form", name="demo", fields=form, anonymous="a1"),
        make(Identify, traits={"email": LEE, "title": "Analyst"}, user="u2"),
        make(Track, name="Pricing Viewed", properties={"path": "/pricing"}, user="u2"),
        make(Consent, email=LEE, data=ConsentChanged.Data(channel="email", granted=True)),
        make(SalesFact, lead=lead_id(DANA), event=ContactConnected, data=ContactConnected.Data(message_id="s1")),
        make(SalesFact, rep="r1", event=RepAvailability, data=rep),
    ]


async def lost(database: Database, stream: Stream) -> list[tuple[Event, str]]:
    """All that was said, in the order of acceptance; the database forgets it."""
    events = sorted([*await stream("leads"), *await stream("sales")], key=lambda event: event.recordedtime)
    async with database.begin() as tx:
        for table in _TABLES:
            await tx.execute(statement(f"DELETE FROM {table}"))
        await tx.execute(statement("UPDATE lane_output SET last_seq = 0, last_hash = :start"), {"start": START})
    return [(event, f"{event.id}#0") for event in events]


def content(events: Sequence[Event]) -> list[tuple[str, str, object, object]]:
    return sorted((e.subject, e.type, e.time, wire(e.data)) for e in events)


async def test_what_was_said_is_said_again_as_it_was(
    context: Context, intake: Intake, database: Database, make: Maker, stream: Stream
) -> None:
    for submission in everything(make):
        await intake.submit([submission])
    before = content([*await stream("leads"), *await stream("sales")])
    forgotten = await lost(database, stream)
    assert await take_back(context, forgotten) == [ACCEPTED] * len(forgotten)
    assert content([*await stream("leads"), *await stream("sales")]) == before


async def test_it_is_harmless_to_repeat(
    context: Context, intake: Intake, database: Database, make: Maker, stream: Stream, rows: Rows
) -> None:
    for submission in everything(make):
        await intake.submit([submission])
    forgotten = await lost(database, stream)
    await take_back(context, forgotten)
    facts = await rows("fact")
    assert await take_back(context, forgotten) == [KNOWN] * len(forgotten)
    assert await rows("fact") == facts


async def test_what_was_sent_again_meanwhile_stays_one_fact(
    context: Context, intake: Intake, database: Database, make: Maker, stream: Stream, rows: Rows
) -> None:
    sent = everything(make)
    for submission in sent:
        await intake.submit([submission])
    forgotten = await lost(database, stream)
    await intake.submit([sent[0]])
    await intake.submit([sent[4]])
    fates = await take_back(context, forgotten)
    again = {event.data.message_id for (event, _), fate in zip(forgotten, fates, strict=True) if fate == KNOWN}
    assert again == {sent[0].message_id, "s1"}
    ids = [row["data"]["message_id"] for row in await rows("fact") if "message_id" in row["data"]]
    assert len(ids) == len(set(ids))


async def test_an_unknown_lead_is_refused_in_words_and_the_others_are_taken(
    context: Context, intake: Intake, database: Database, make: Maker, stream: Stream
) -> None:
    for submission in everything(make):
        await intake.submit([submission])
    forgotten = [
        one
        for one in await lost(database, stream)
        if not (isinstance(one[0], LeadCaptured) and one[0].data.email == DANA)
    ]
    fates = await take_back(context, forgotten)
    assert {fate for (event, _), fate in zip(forgotten, fates, strict=True) if event.subject == lead_id(DANA)} == {
        f"no lead {lead_id(DANA)} is known here"
    }
    assert {fate for (event, _), fate in zip(forgotten, fates, strict=True) if event.subject != lead_id(DANA)} == {
        ACCEPTED
    }


async def test_a_merge_makes_its_copies_itself_and_an_erasure_stays_one(
    context: Context, intake: Intake, database: Database, make: Maker, stream: Stream, rows: Rows
) -> None:
    for submission in everything(make):
        await intake.submit([submission])
    await intake.submit([make(Merge, lead=lead_id(LEE), into=lead_id(DANA))])
    await intake.submit([make(Erase, email=DANA)])
    forgotten = await lost(database, stream)
    fates = await take_back(context, forgotten)
    assert LEFT in fates
    assert [row["id"] for row in await rows("person") if row["since"]] == []
    assert [event.type for event in await stream("leads") if event.subject == lead_id(LEE)][-1] == "lead.erased.v1"
