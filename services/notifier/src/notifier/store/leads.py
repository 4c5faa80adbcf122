"""What the lanes load and save: each lead (tables `person` and `matter`), and the notices that its events make."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
import orjson

from notifier.decide import ABOUT_WHO_LEFT, ABOUT_WORK, PATIENCE, Handoff, LeadView, Notice, Outcome, Person
from notifier.decide.state import Document
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.database.upsert import JSON, Upsert
from runtime.values import Parts

_TEXTS: Final = (
    "id", "lead", "kind", "about", "recipient", "channel", "address", "assignment", "cause", "correlation", "card",
    "error",
)  # fmt: skip
REDRAWN: Final = ("slack",)
"""Channels whose cards are drawn anew; a mail stays as it was sent."""
_LOAD: Final = statement("""
    SELECT lead, CAST(person.body AS text) AS person, CAST(matter.body AS text) AS matter
    FROM (SELECT * FROM person WHERE lead = ANY(CAST(:leads AS text[]))) AS person
         FULL JOIN (SELECT * FROM matter WHERE lead = ANY(CAST(:leads AS text[]))) AS matter USING (lead)
""")
_PERSON: Final = msgspec.json.Decoder(Person)
_HANDOFF: Final = msgspec.json.Decoder(Handoff)
_SAVE_PERSONS: Final = Upsert("person", ["lead"], {"lead": "text", "body": JSON})
_SAVE_HANDOFFS: Final = Upsert("matter", ["lead"], {"lead": "text", "body": JSON})
_INSERT: Final = statement("""
    INSERT INTO notice (id, lead, kind, about, recipient, channel, address, assignment, cause, correlation, card,
                        error, personal, payload, state, next_at, made_at, at)
    SELECT n.*, :now, :now
    FROM unnest(CAST(:id AS text[]), CAST(:lead AS text[]), CAST(:kind AS text[]), CAST(:about AS text[]),
                CAST(:recipient AS text[]), CAST(:channel AS text[]), CAST(:address AS text[]),
                CAST(:assignment AS text[]), CAST(:cause AS text[]), CAST(:correlation AS text[]),
                CAST(:card AS text[]), CAST(:error AS text[]), CAST(:personal AS boolean[]),
                CAST(:payload AS jsonb[]), CAST(:state AS text[]),
                CAST(:next_at AS timestamptz[])) AS n
    ORDER BY 1
    ON CONFLICT DO NOTHING
""")
_UPDATE: Final = statement("""
    WITH gone AS (
        SELECT * FROM unnest(CAST(:removed AS text[]), CAST(:how AS text[]), CAST(:survivors AS text[]))
                      AS g (lead, how, survivor)),
    mine AS (
        SELECT n.id, gone.how, gone.lead IS NOT NULL AS removed,
               CASE WHEN n.state = 'pending' AND n.kind = ANY(CAST(:work AS text[])) THEN gone.survivor END AS survivor,
               gone.lead IS NOT NULL AND n.kind <> ALL(CAST(:lasting AS text[])) AS ended,
               n.channel = ANY(CAST(:redrawn AS text[])) AND n.kind = 'assignment' AS redrawn,
               n.kind = 'assignment' AND n.about = ANY(CAST(:timed AS text[])) AND n.next_at <= :patience AS timed
        FROM notice n LEFT JOIN gone USING (lead)
        WHERE lead = ANY(CAST(:leads AS text[])) ORDER BY n.id FOR UPDATE OF n)
    UPDATE notice n SET
        wanted = n.wanted + 1,
        lead = coalesce(mine.survivor, n.lead),
        card = CASE WHEN mine.survivor IS NULL THEN n.card END,
        next_at = CASE WHEN n.state = 'sent' AND NOT (:redraws OR mine.removed) THEN n.next_at
                       WHEN n.state = 'sent' OR (n.state = 'pending' AND mine.timed) THEN :now
                       WHEN n.state = 'pending' AND mine.ended AND mine.survivor IS NULL THEN NULL
                       ELSE n.next_at END,
        payload = CASE WHEN mine.ended AND mine.survivor IS NULL THEN '{}' ELSE n.payload END,
        body = CASE WHEN mine.removed THEN NULL ELSE n.body END,
        error = CASE WHEN mine.ended AND mine.survivor IS NULL AND n.state = 'pending'
                     THEN 'the person is ' || mine.how ELSE n.error END,
        state = CASE WHEN mine.ended AND mine.survivor IS NULL AND n.state = 'pending' THEN 'dropped'
                     ELSE n.state END
    FROM mine WHERE n.id = mine.id AND (mine.removed OR mine.redrawn OR mine.timed)
    RETURNING n.channel, n.state, n.next_at <= :now AS due
""")
"""Only cards of some channels are redrawn; of a person who left, every message is looked at again.

What waits of one who was merged, and is about work, goes out under the survivor, as a message of its own.
"""


_REDRAW: Final = statement("""
    UPDATE notice SET next_at = :now WHERE state = 'sent' AND next_at IS NULL AND wanted > shown
""")


async def load(tx: Connection, leads: Sequence[str]) -> dict[str, LeadView]:
    """As they are now; leads that are not known yet are not in the answer.

    Nothing is locked: only a lead's lane writes it, and its lane has one worker.
    """
    return {
        row.lead: LeadView(
            _PERSON.decode(row.person) if row.person else Person(),
            _HANDOFF.decode(row.matter) if row.matter else Handoff(),
        )
        for row in await tx.execute(_LOAD, {"leads": leads})
    }


def parts(leads: Mapping[str, LeadView], before: Mapping[str, LeadView]) -> Parts:
    """What is to be saved of leads: only the halves that changed, most batches touch persons alone."""
    old = {lead: before.get(lead, LeadView()) for lead in leads}
    saves = _SAVE_PERSONS.parts(
        [(lead, _json(one.person)) for lead, one in leads.items() if one.person != old[lead].person]
    )
    saves.add(
        _SAVE_HANDOFFS.parts(
            [(lead, _json(one.handoff)) for lead, one in leads.items() if one.handoff != old[lead].handoff]
        )
    )
    return saves


def _json(body: Document) -> orjson.Fragment:
    return orjson.Fragment(msgspec.json.encode(body))


async def insert_notices(tx: Connection, notices: Sequence[Notice], now: datetime) -> None:
    """An intent that is already there stays as it is."""
    if not notices:
        return
    parameters = {name: [getattr(notice, name) for notice in notices] for name in _TEXTS}
    await tx.execute(
        _INSERT,
        {
            **parameters,
            "personal": [notice.personal for notice in notices],
            "payload": [orjson.dumps(dict(notice.payload)).decode() for notice in notices],
            "state": ["pending" if notice.next_at else "dropped" for notice in notices],
            "next_at": [notice.next_at for notice in notices],
            "now": now,
        },
    )


async def update_notices(
    tx: Connection, outcome: Outcome, now: datetime, *, redraws: bool = True
) -> tuple[set[str], set[str]]:
    """Cards are due to be redrawn, cards that waited for due times may go, what names those who left is emptied.

    Without `redraws` a card that was sent is not due for what else has changed (`redraw`).
    Returns the channels with something that is due now: for the first time, and once more.
    """
    leads = outcome.redraw | outcome.removed
    if not leads:
        return set(), set()
    removed = sorted(outcome.removed)
    given = {
        "removed": removed,
        "how": [outcome.leads[lead].person.removed for lead in removed],
        "survivors": [outcome.merged.get(lead) for lead in removed],
        "work": list(ABOUT_WORK),
        "lasting": list(ABOUT_WHO_LEFT),
        "timed": sorted(outcome.timed),
        "patience": now + PATIENCE,
        "redrawn": list(REDRAWN),
        "redraws": redraws,
    }
    rows = [row for row in await tx.execute(_UPDATE, {"leads": sorted(leads), **given, "now": now}) if row.due]
    first = {row.channel for row in rows if row.state == "pending"}
    return first, {row.channel for row in rows if row.state != "pending"}


async def redraw(tx: Connection, now: datetime) -> None:
    """Cards that changed since they were drawn are due, where nothing else made them so."""
    await tx.execute(_REDRAW, {"now": now})
