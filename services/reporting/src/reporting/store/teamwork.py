"""Reads of what the teams keep for each other: content, action items, campaigns of sales, the self-assessment."""

from datetime import datetime
from typing import Final

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_REASONS: Final = statement("""
    SELECT asset, reason, count(*) AS count
    FROM (SELECT DISTINCT ON (asset, coalesce(by, event)) asset, reason FROM content_note WHERE kind = 'rated'
          ORDER BY asset, coalesce(by, event), at DESC, recorded_at DESC, length(event) DESC, event DESC) AS latest
    WHERE reason IS NOT NULL GROUP BY asset, reason ORDER BY asset, count(*) DESC, reason
""")
_REQUESTS: Final = statement("""
    SELECT r.request, r.at, r.by, r.note AS text, r.persona, r.stage, a.asset AS answered_with, a.at AS answered_at,
           c.title AS answered_title
    FROM content_note r LEFT JOIN LATERAL (
        SELECT asset, at FROM content_note WHERE kind = 'answered' AND request = r.request
        ORDER BY at LIMIT 1) a ON true LEFT JOIN content c ON c.asset = a.asset
    WHERE r.kind = 'requested' ORDER BY a.at IS NOT NULL, r.at DESC, r.request
""")
_LATEST: Final = """(array_agg({0} ORDER BY at DESC, recorded_at DESC, length(event) DESC, event DESC)
    FILTER (WHERE {1} IS NOT NULL))[1] AS {2}"""
_ITEMS: Final = statement(f"""
    WITH items AS (
        SELECT item, min(at) AS since, (array_agg(by ORDER BY at, recorded_at, length(event), event))[1] AS by,
               (array_agg(pack ORDER BY at, recorded_at, length(event), event)
                   FILTER (WHERE pack IS NOT NULL))[1] AS pack,
               {", ".join(_LATEST.format(name, name, name) for name in ("text", "owner", "due", "done"))},
               {_LATEST.format("by", "done", "ticked_by")}, {_LATEST.format("at", "done", "ticked_at")}
        FROM action_note GROUP BY item)
    SELECT item, pack, text, owner, due, coalesce(done, false) AS done, since, by,
           CASE WHEN done THEN ticked_by END AS done_by, CASE WHEN done THEN ticked_at END AS done_at
    FROM items ORDER BY coalesce(done, false), due NULLS LAST, since, item
""")  # noqa: S608
_ANSWERS: Final = statement("""
    SELECT DISTINCT ON (question) question, answer, by, at FROM assessment
    ORDER BY question, at DESC, recorded_at DESC, length(event) DESC, event DESC
""")
_CAMPAIGNS: Final = statement("""
    WITH members AS (
        SELECT m.campaign, m.title, m.lead, min(m.at) AS since, max(m.at) AS last_at FROM membership m
        GROUP BY m.campaign, m.title, m.lead)
    SELECT m.campaign, (array_agg(m.title ORDER BY m.last_at DESC))[1] AS title, count(DISTINCT m.lead) AS leads,
           count(DISTINCT m.lead) FILTER (WHERE c.last_engaged > m.since) AS engaged_since,
           count(DISTINCT m.lead) FILTER (WHERE c.stage = 'won') AS won, max(m.last_at) AS last_at
    FROM members m JOIN lead_card c ON c.id = m.lead
    GROUP BY m.campaign ORDER BY count(DISTINCT m.lead) DESC, m.campaign
""")
_MEMBERSHIPS: Final = statement("""
    SELECT campaign, title, at, by FROM membership WHERE lead = :lead ORDER BY at DESC, event
""")
_SNOOZED: Final = statement("""
    SELECT DISTINCT ON (lead, by) lead, by, at, until FROM snooze
    WHERE lead = :lead ORDER BY lead, by, at DESC, length(event) DESC, event DESC
""")


async def reasons(tx: Connection) -> dict[str, list[DatabaseRow]]:
    """By asset, why it is not used by each rep's latest word, the most frequent first."""
    rows: dict[str, list[DatabaseRow]] = {}
    for row in await select(tx, _REASONS):
        rows.setdefault(row.pop("asset"), []).append(row)
    return rows


async def requests(tx: Connection) -> list[DatabaseRow]:
    """What sales asked for, open ones first, with what answered it."""
    return await select(tx, _REQUESTS)


async def action_items(tx: Connection) -> list[DatabaseRow]:
    """Each item as its facts leave it; open ones first, by their due date."""
    return await select(tx, _ITEMS)


async def answers(tx: Connection) -> dict[str, DatabaseRow]:
    """By question, the latest answer."""
    return {row["question"]: row for row in await select(tx, _ANSWERS)}


async def campaigns(tx: Connection) -> list[DatabaseRow]:
    """Campaigns that sales put leads in, those with the most first."""
    return await select(tx, _CAMPAIGNS)


async def memberships(tx: Connection, lead: str) -> list[DatabaseRow]:
    """Campaigns that sales put this lead in, the newest first."""
    return await select(tx, _MEMBERSHIPS, {"lead": lead})


async def snoozes(tx: Connection, lead: str, now: datetime) -> list[DatabaseRow]:
    """Who has put this lead off beyond now, and until when: of each rep the latest word."""
    return [row for row in await select(tx, _SNOOZED, {"lead": lead}) if row["until"] > now]
