"""After an erasure no table of any service holds a word of or about the person: asked of all tables there are."""

import pytest

from runtime.database.connect import admin
from runtime.database.connection import Connection
from runtime.database.statement import statement
from testing.house import Client

pytestmark = pytest.mark.slow

EVE = "canaryeve@quiet-brook.io"
PERSON = {"name": "Canaryname Canaryson", "company": "Quiet Brook", "title": "VP Sales", "country": "US",
          "phone": "+1 202 555 0143", "message": "canarymessage, please call"}  # fmt: skip
CANARIES = ("canary", "2025550143", "202 555 0143")
STREAMS = ("stream_batch",)
"""What was shipped is kept seven days, and goes by itself (design, section 4)."""
TABLES = """
    SELECT table_schema, table_name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
    ORDER BY 1, 2
"""


async def leaks(connection: Connection) -> list[str]:
    found = []
    for schema, table in await connection.execute(statement(TABLES)):
        if table in STREAMS:
            continue
        rows = await connection.execute(statement(f'SELECT CAST(t AS text) AS words FROM "{schema}"."{table}" t'))
        words = [row.words.lower() for row in rows]
        found += [f"{schema}.{table}" for one in words if any(canary in one for canary in CANARIES)]
    return sorted(set(found))


async def test_no_table_holds_a_word_of_who_was_erased(client: Client, house_dsn: str) -> None:
    await client.submit(email=EVE, **PERSON)
    await client.settle()
    lead = await client.lead(EVE)
    rep, offer = str(lead["owner"]), lead["assignments"][0]["id"]
    note = "canarynote about her"
    await client.sales(
        {"type": "rejected", "lead": EVE, "by": rep, "assignment": offer, "reason": "bad_data", "note": note},
        {"type": "feedback", "lead": EVE, "by": rep, "quality": 3, "note": note},
        {"type": "survey", "lead": EVE, "by": rep, "deal": "D-1", "outcome": "lost", "champion": note,
         "could_differ": note, "deal_breaker": note, "objections": [note]},
        {"type": "deal_lost", "lead": EVE, "by": rep, "deal": "D-1", "reason": "price", "note": note},
        {"type": "churned", "lead": EVE, "by": rep, "deal": "D-1", "note": note},
        {"type": "renewed", "lead": EVE, "by": rep, "deal": "D-1", "note": note},
        {"type": "deal_won", "lead": EVE, "by": rep, "deal": "D-2", "promised": note},
        {"type": "survey", "lead": EVE, "by": rep, "deal": "D-2", "outcome": "won", "champion": note,
         "could_differ": note, "objections": [note]},
        {"type": "content_requested", "lead": EVE, "by": rep, "text": note},
        {"type": "content_feedback", "lead": EVE, "by": rep, "asset": "retail", "note": note},
        {"type": "action_item", "lead": EVE, "by": rep, "text": note},
        {"type": "assessed", "lead": EVE, "by": rep, "question": "feedback", "answer": note},
        {"type": "snoozed", "lead": EVE, "by": rep, "until": "2026-08-20"},
        {"type": "enrolled", "lead": EVE, "by": rep, "campaign": "stories"},
        {"type": "suppressed", "lead": EVE, "by": rep, "note": note},
    )  # fmt: skip
    await client.track(type="track", event="Email Replied", userId="eve", messageId="m-1",
                       properties={"email_id": "m1", "subject": "canarysubject"},
                       context={"traits": {"email": EVE}})  # fmt: skip
    await client.settle()
    await client.post("/api/engagements/judge", {"lead": EVE, "message_id": "m-1", "machine": True})
    await client.post(f"/api/stewards/{lead['id']}.lead/decide", {"decision": "drop", "note": note})
    await client.settle()
    async with admin(house_dsn) as connection:
        before = await leaks(connection)
        assert {"ingest.fact", "scoring.person", "notifier.person", "reporting.person", "reporting.story"} <= {*before}
        assert {"reporting.content_note", "reporting.action_note", "reporting.remark", "reporting.survey",
                "reporting.assessment", "reporting.steward_decision"} <= {*before}  # fmt: skip
        await client.event("lead.erased.v1", EVE, {})
        await client.settle()
        assert await leaks(connection) == []
