"""What waits for a steward: disputed facts, and leads whose data are to be fixed; and what stewards decided."""

from collections.abc import Sequence

from events.sales import WAITING
from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_QUEUE = f"""
    SELECT s.lead, jsonb_array_elements_text(s.body -> 'facts' -> 'disputed') AS item, s.disputed_since AS since
    FROM standing s WHERE s.disputed_since IS NOT NULL
    UNION ALL
    SELECT p.lead, '{WAITING}', p.since FROM place p WHERE p.status = 'waiting_for_steward'
"""  # noqa: S608
_OPEN = "q.lead NOT IN (SELECT lead FROM stray UNION ALL SELECT lead FROM person WHERE erased_at IS NOT NULL)"
"""Whoever counts and is not forgotten: the few others are read once."""
_COUNT = statement(f"""
    SELECT count(*) AS items FROM ({_QUEUE}) q WHERE {_OPEN}
""")  # noqa: S608
_COUNT_DECIDED = statement("SELECT count(*) AS items FROM steward_decision d JOIN lead_card c ON c.id = d.lead")
_WAITING = statement(f"""
    SELECT q.lead, q.item, q.since, c.name, c.email, c.company, c.stage, c.status, c.captured_at,
           person.facts AS claims, standing.body, standing.at AS scored_at, a.answer AS rejected, a.rep, r.note
    FROM (SELECT * FROM ({_QUEUE}) q WHERE {_OPEN} ORDER BY since, lead, item LIMIT :limit OFFSET :offset) q
    JOIN lead_card c ON c.id = q.lead JOIN person USING (lead) LEFT JOIN standing USING (lead)
    LEFT JOIN LATERAL (
        SELECT answer, assignment, rep FROM answer
        WHERE answer.lead = q.lead AND NOT accepted ORDER BY at DESC LIMIT 1) a ON q.item = '{WAITING}'
    LEFT JOIN LATERAL (
        SELECT note FROM remark
        WHERE remark.lead = q.lead AND remark.assignment = a.assignment AND note IS NOT NULL
        ORDER BY remark.at DESC LIMIT 1) r ON true
    ORDER BY q.since, q.lead, q.item
""")  # noqa: S608
_DECIDED = statement("""
    SELECT d.lead, d.item, d.at, d.recorded_at, d.decision, d.steward, d.facts, d.record, d.note, c.name, c.company
    FROM steward_decision d JOIN lead_card c ON c.id = d.lead
    ORDER BY d.recorded_at DESC, d.lead, d.event LIMIT :limit OFFSET :offset
""")


async def count(tx: Connection) -> int:
    """How many questions wait for a steward."""
    items: int = (await select(tx, _COUNT))[0]["items"]
    return items


async def count_decided(tx: Connection) -> int:
    """How many decisions of stewards there are."""
    items: int = (await select(tx, _COUNT_DECIDED))[0]["items"]
    return items


async def waiting(tx: Connection, limit: int, offset: int) -> Sequence[DatabaseRow]:
    """The questions, those that wait longest first, with what is claimed of the person and the standing."""
    return await select(tx, _WAITING, {"limit": limit, "offset": offset})


async def decided(tx: Connection, limit: int, offset: int) -> Sequence[DatabaseRow]:
    """What stewards decided, the newest first."""
    return await select(tx, _DECIDED, {"limit": limit, "offset": offset})
