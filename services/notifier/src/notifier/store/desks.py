"""What the lanes of notifier load and save: the desk of each lead, and the notices that are owed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from notifier.decide import Desk, Matter, Notice, Outcome, Person
from notifier.decide.fold import PATIENCE

_TEXTS: Final = (
    *("id", "lead", "kind", "about", "recipient", "channel", "address", "assignment", "cause", "correlation"),
)
_PERSONS: Final = text("SELECT lead, body FROM person WHERE lead = ANY(CAST(:leads AS text[])) ORDER BY lead")
_MATTERS: Final = text("SELECT lead, body FROM matter WHERE lead = ANY(CAST(:leads AS text[])) ORDER BY lead")
_LOCK_PERSONS: Final = text(f"{_PERSONS} FOR UPDATE")
_LOCK_MATTERS: Final = text(f"{_MATTERS} FOR UPDATE")
_SAVE_PERSONS: Final = text("""
    INSERT INTO person (lead, body)
    SELECT * FROM unnest(CAST(:leads AS text[]), CAST(:bodies AS jsonb[])) ORDER BY 1
    ON CONFLICT (lead) DO UPDATE SET body = excluded.body
""")
_SAVE_MATTERS: Final = text("""
    INSERT INTO matter (lead, body)
    SELECT * FROM unnest(CAST(:leads AS text[]), CAST(:bodies AS jsonb[])) ORDER BY 1
    ON CONFLICT (lead) DO UPDATE SET body = excluded.body
""")
_OWE: Final = text("""
    INSERT INTO notice (id, lead, kind, about, recipient, channel, address, assignment, cause, correlation, personal,
                        payload, state, next_at, made_at, at)
    SELECT n.*, :now, :now
    FROM unnest(CAST(:id AS text[]), CAST(:lead AS text[]), CAST(:kind AS text[]), CAST(:about AS text[]),
                CAST(:recipient AS text[]), CAST(:channel AS text[]), CAST(:address AS text[]),
                CAST(:assignment AS text[]), CAST(:cause AS text[]), CAST(:correlation AS text[]),
                CAST(:personal AS boolean[]), CAST(:payload AS jsonb[]), CAST(:state AS text[]),
                CAST(:next_at AS timestamptz[])) AS n
    ORDER BY 1
    ON CONFLICT DO NOTHING
""")
_FOLLOW: Final = text("""
    WITH mine AS (
        SELECT id, lead = ANY(CAST(:gone AS text[])) AS gone,
               channel = 'slack' AND kind = 'assignment' AS living,
               kind = 'assignment' AND about = ANY(CAST(:timed AS text[])) AND next_at <= :patience AS timed
        FROM notice WHERE lead = ANY(CAST(:leads AS text[])) ORDER BY id FOR UPDATE)
    UPDATE notice n SET
        wanted = n.wanted + 1,
        next_at = CASE WHEN n.state = 'sent' OR (n.state = 'pending' AND mine.timed) THEN :now
                       WHEN n.state = 'pending' AND mine.gone THEN NULL
                       ELSE n.next_at END,
        payload = CASE WHEN mine.gone THEN '{}' ELSE n.payload END,
        body = CASE WHEN mine.gone THEN NULL ELSE n.body END,
        state = CASE WHEN mine.gone AND n.state = 'pending' THEN 'dropped' ELSE n.state END
    FROM mine WHERE n.id = mine.id AND (mine.gone OR mine.living OR mine.timed)
""")
"""Only Slack cards live; of those who left, every message is looked at again."""


async def lock(tx: AsyncConnection, leads: Sequence[str]) -> dict[str, Desk]:
    """In key order; leads nobody spoke of yet are not in the answer."""
    return await _load(tx, leads, _LOCK_PERSONS, _LOCK_MATTERS)


async def load(tx: AsyncConnection, leads: Sequence[str]) -> dict[str, Desk]:
    """As they are now, for reading."""
    return await _load(tx, leads, _PERSONS, _MATTERS)


async def _load(tx: AsyncConnection, leads: Sequence[str], first: TextClause, second: TextClause) -> dict[str, Desk]:
    persons = {row.lead: Person.model_validate(row.body) for row in await tx.execute(first, {"leads": leads})}
    matters = {row.lead: Matter.model_validate(row.body) for row in await tx.execute(second, {"leads": leads})}
    return {
        lead: Desk(persons.get(lead, Person()), matters.get(lead, Matter())) for lead in sorted({*persons, *matters})
    }


async def save(tx: AsyncConnection, desks: Mapping[str, Desk], before: Mapping[str, Desk]) -> None:
    """Only the halves that changed: most batches touch persons alone."""
    known = {lead: before.get(lead, Desk()) for lead in desks}
    persons = {lead: desk.person for lead, desk in desks.items() if desk.person != known[lead].person}
    matters = {lead: desk.matter for lead, desk in desks.items() if desk.matter != known[lead].matter}
    for statement, changed in ((_SAVE_PERSONS, persons), (_SAVE_MATTERS, matters)):
        if changed:
            bodies = [body.model_dump_json(exclude_defaults=True) for body in changed.values()]
            await tx.execute(statement, {"leads": list(changed), "bodies": bodies})


async def owe(tx: AsyncConnection, notices: Sequence[Notice], now: datetime) -> None:
    """An intent that is already there stays as it is."""
    if not notices:
        return
    given = {name: [getattr(notice, name) for notice in notices] for name in _TEXTS}
    await tx.execute(
        _OWE,
        {
            **given,
            "personal": [notice.personal for notice in notices],
            "payload": [orjson.dumps(dict(notice.payload)).decode() for notice in notices],
            "state": ["pending" if notice.next_at else "dropped" for notice in notices],
            "next_at": [notice.next_at for notice in notices],
            "now": now,
        },
    )


async def follow(tx: AsyncConnection, outcome: Outcome, now: datetime) -> None:
    """Living cards want a new look, cards that waited for due times may go, what names those who left is emptied."""
    leads = outcome.touched | outcome.gone
    if leads:
        await tx.execute(
            _FOLLOW,
            {
                "leads": sorted(leads),
                "gone": sorted(outcome.gone),
                "timed": sorted(outcome.timed),
                "patience": now + PATIENCE,
                "now": now,
            },
        )
