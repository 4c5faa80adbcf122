"""All that is known of one lead."""

from events.leads import lead_id
from events.vocabulary import STAGES
from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_CARD = statement("""
    SELECT * FROM lead_card c
    WHERE c.id = coalesce(
        (SELECT k.id FROM lead_card k WHERE k.id = :id AND (k.erased_at IS NULL OR NOT :addressed)),
        (SELECT k.id FROM lead_card k WHERE lower(k.email) = lower(:key) ORDER BY k.id LIMIT 1))
""")
"""Each is looked up by an index of its own: asked for by one or the other at once, all people are read."""
_INTO = statement("""
    WITH RECURSIVE trail(lead, step) AS (
        SELECT merged_into, 1 FROM person WHERE lead = :id AND merged_into IS NOT NULL
        UNION SELECT p.merged_into, step + 1 FROM trail JOIN person p USING (lead)
        WHERE p.merged_into IS NOT NULL AND step < 20)
    SELECT lead FROM trail ORDER BY step DESC LIMIT 1
""")
_FACTS = statement("SELECT facts FROM person WHERE lead = :lead")
_STANDING = statement("SELECT body, at FROM standing WHERE lead = :lead")
_ASSIGNMENTS = statement("""
    SELECT a.assignment AS id, a.event, a.version, a.cycle, a.rep, a.team, a.pool, a.step, a.rule, a.flag, a.kind,
           a.touch, a.at, a.why_reassigned, a.passed, a.candidates, a.snapshot, b.answer, b.at AS answered_at,
           b.implied AS by_contact, b.credited, r.note
    FROM assignment a LEFT JOIN answer b USING (lead, assignment)
    LEFT JOIN LATERAL (
        SELECT note FROM remark WHERE remark.lead = a.lead AND remark.assignment = a.assignment AND note IS NOT NULL
              AND kind = 'rejected'
        ORDER BY remark.at DESC LIMIT 1) r ON true
    WHERE a.lead = :lead ORDER BY a.version
""")
_CLOCKS = statement("""
    SELECT promise AS name, clock AS id, level, cycle, assignment, holder, team, target, started, due, state, stopped,
           cause, charged, percent, agreement, deal
    FROM clock WHERE lead = :lead ORDER BY started DESC, due, promise
""")
_TIMELINE = statement("""
    SELECT at, type, text, event, private AS words, cause, historical, agreement
    FROM story WHERE lead = :lead
    ORDER BY at DESC, recorded_at DESC,
             array_position(ARRAY['leads', 'sales', 'scores', 'handoffs', 'slas', 'notices'], split_part(event, '/', 1))
             DESC, split_part(split_part(event, '/', 3), '@', 1)::bigint DESC LIMIT :limit
""")
_ENGAGEMENTS = statement("""
    SELECT t.at, t.event, t.kind, t.asset, t.message_id, t.machine, v.by AS judged_by, v.at AS judged_at
    FROM touch t LEFT JOIN LATERAL (
        SELECT by, at FROM verdict WHERE verdict.lead = t.lead AND verdict.message_id = t.message_id
        ORDER BY at DESC, length(event) DESC, event DESC LIMIT 1) v ON true
    WHERE t.lead = :lead AND t.side = 'marketing'
    ORDER BY t.at DESC, length(t.event) DESC, t.event DESC LIMIT :limit
""")
_NOTICES = statement("""
    SELECT notice AS id, channel, kind, recipient AS to, state, at, assignment, attempt, outbox, error
    FROM notice WHERE lead = :lead ORDER BY at DESC, notice
""")
_DEALS = statement("""
    SELECT * FROM deal_card WHERE deal IN (SELECT deal FROM contact WHERE contact.lead = :lead)
    ORDER BY opened_at DESC NULLS LAST, deal
""")
_ENTRIES = statement(f"""
    SELECT stage, cycle, entered_at, implied, withdrawn FROM entry WHERE lead = :lead
    ORDER BY cycle, entered_at,
             array_position(ARRAY{list(STAGES)}, stage)
""")  # noqa: S608
_PLACE = statement("SELECT passed, candidates, attempts, task, task_rep, task_since FROM place WHERE lead = :lead")


async def card(tx: Connection, key: str) -> DatabaseRow | None:
    """By id or any address it came with; a merged one as whom it turned out to be, an erased one by id only."""
    addressed = "@" in key
    named = lead_id(key.lower()) if addressed else key
    into = (await tx.execute(_INTO, {"id": named})).scalar_one_or_none()
    rows = await select(tx, _CARD, {"id": into or named, "key": key, "addressed": addressed})
    return rows[0] if rows else None


async def parts(tx: Connection, lead: str, timeline: int = 300) -> DatabaseRow:
    """Everything that hangs on a lead.

    `passed` and `candidates`: the steps of routing that gave it no owner and who was looked at, while nobody has it.
    """
    key = {"lead": lead}
    standing = await select(tx, _STANDING, key)
    place = next(iter(await select(tx, _PLACE, key)), {})
    return {
        "facts": (await tx.execute(_FACTS, key)).scalar_one_or_none() or {},
        "standing": standing[0] if standing else None,
        "passed": place.get("passed") or [],
        "candidates": place.get("candidates") or [],
        **{name: place.get(name) for name in ("attempts", "task", "task_rep", "task_since")},
        "assignments": await select(tx, _ASSIGNMENTS, key),
        "clocks": await select(tx, _CLOCKS, key),
        "timeline": await select(tx, _TIMELINE, {**key, "limit": timeline}),
        "engagements": await select(tx, _ENGAGEMENTS, {**key, "limit": timeline}),
        "notices": await select(tx, _NOTICES, key),
        "deals": await select(tx, _DEALS, key),
        "stages": await select(tx, _ENTRIES, key),
    }
