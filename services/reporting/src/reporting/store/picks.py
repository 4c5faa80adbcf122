"""The log of the picks: each offer of a time with why this rep got it, who was passed over, and how it ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from agreement.leave import KEPT, RepWord
from reporting.store.conditions import LEAD_IS, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

CAUSES: Final[Mapping[str, tuple[str, ...]]] = {
    "turn": ("pool", "hands_to"),
    "on_call": ("on_call",),
    "same_company": ("same_company",),
    "hand_over": ("handed_over", "reassigned", "refused"),
    "previous_owner": ("recycled",),
    "manager": ("manager",),
    "own_account": (),
}
"""Why a rep got a lead, with the rules of offers that are so; `own_account` is every other rule: a named account, a
referral, a customer, a deal."""
REASONS: Final[Mapping[str, str]] = {
    "off_shift": "off shift",
    "away": "away",
    "left": "left",
    "had_it": "had it",
    "daily_cap": "daily cap",
    "open_cap": "open cap",
}
"""Why a member of the pool was passed over, with how the candidate table begins to say it."""


_RULES: Final = {rule: cause for cause, rules in CAUSES.items() for rule in rules}
_BY_RULE: Final = " ".join(f"WHEN '{rule}' THEN '{cause}'" for rule, cause in _RULES.items())
CAUSE: Final = f"CASE s.rule {_BY_RULE} ELSE 'own_account' END"
"""Of an offer `assignment s`."""
TURN: Final = "(s.pool IS NOT NULL AND coalesce(s.turn, s.rule NOT IN ('on_call', 'manager')))"
"""Whether it took a turn of the pool; of offers that are older than that field, by their rule."""
_BY_WORD: Final = " ".join(f"WHEN row ->> 'reason' LIKE '{word}%' THEN '{name}'" for name, word in REASONS.items())
_BECAUSE: Final = f"CASE {_BY_WORD} ELSE row ->> 'reason' END"
_PASSED: Final = "coalesce(row ->> 'pool', s.pool) = s.pool AND NOT CAST(row ->> 'eligible' AS boolean)"
"""A row of the candidate table of `assignment s`: a member of its pool who could not take it."""
_LOG: Final = "assignment s LEFT JOIN answer a USING (lead, assignment)"
_CREDITED: Final = """
    assignment s LEFT JOIN (
        SELECT lead, assignment, returned_at, at FROM answer WHERE credited) a USING (lead, assignment)
"""
"""The same with the few answers alone that gave a turn back."""
_MADE: Final = "NOT s.historical AND s.at >= :start AND s.at < :end"

_SHARES: Final = statement(f"""
    SELECT s.pool, s.rep, {CAUSE} AS cause, count(*) AS picks, count(*) FILTER (WHERE {TURN}) AS turns,
           count(*) FILTER (WHERE a.lead IS NOT NULL AND {TURN}) AS credited
    FROM {_CREDITED} WHERE {_MADE} AND (CAST(:pool AS text) IS NULL OR s.pool = :pool OR s.pool IS NULL)
    GROUP BY s.pool, s.rep, cause
""")  # noqa: S608
_PASSED_OVER: Final = statement(f"""
    SELECT s.pool, row ->> 'rep' AS rep, {_BECAUSE} AS because, count(*) AS picks
    FROM assignment s, jsonb_array_elements(s.candidates) AS row
    WHERE {_MADE} AND s.pool IS NOT NULL AND (CAST(:pool AS text) IS NULL OR s.pool = :pool) AND {_PASSED}
    GROUP BY 1, 2, 3
""")  # noqa: S608
_PICKS: Final = statement(f"""
    SELECT s.assignment, s.lead AS id, c.name, c.company, c.email, s.pool, s.rep, s.team, s.at, s.rule, s.flag,
           {CAUSE} AS cause, {TURN} AS turn, s.why_reassigned, s.candidates, s.passed, s.event, s.version,
           coalesce(a.return_reason, a.answer) AS answer,
           coalesce(a.accepted AND a.return_reason IS NULL, false) AS accepted,
           coalesce(a.credited, false) AND {TURN} AS credited, coalesce(a.returned_at, a.at) AS answered_at
    FROM {_LOG} LEFT JOIN lead_card c ON c.id = s.lead
    WHERE {_MADE} AND {LEAD_IS}
      AND (CAST(:team AS text) IS NULL OR coalesce(s.team, '-') = :team)
      AND (CAST(:rep AS text) IS NULL OR s.rep = :rep)
      AND (CAST(:pool AS text) IS NULL OR coalesce(s.pool, '-') = :pool)
      AND (CAST(:cause AS text) IS NULL OR {CAUSE} = :cause)
      AND (CAST(:turn AS boolean) IS NULL OR {TURN} = :turn)
      AND (CAST(:credited AS boolean) IS NULL OR (coalesce(a.credited, false) AND {TURN}) = :credited)
      AND (CAST(:passed_over AS text) IS NULL OR EXISTS (
          SELECT FROM jsonb_array_elements(s.candidates) AS row
          WHERE row ->> 'rep' = :passed_over AND {_PASSED}
          AND (CAST(:because AS text) IS NULL OR {_BECAUSE} = :because)))
    ORDER BY s.at DESC, s.version DESC, s.assignment LIMIT :limit OFFSET :offset
""")  # noqa: S608
_ENTRIES: Final = statement(f"""
    SELECT s.assignment, s.event, s.pool, s.rep, s.at, s.version, s.rule, s.candidates,
           {CAUSE} AS cause, {TURN} AS turn,
           CASE WHEN a.lead IS NOT NULL AND {TURN} THEN coalesce(a.returned_at, a.at) END AS credited_at
    FROM {_CREDITED} WHERE {_MADE} AND s.pool IS NOT NULL AND (CAST(:pool AS text) IS NULL OR s.pool = :pool)
    ORDER BY s.pool, s.at, s.version, s.assignment
""")  # noqa: S608
_TODAY: Final = statement("""
    SELECT r.rep, count(s.lead) AS today
    FROM unnest(CAST(:reps AS text[]), CAST(:since AS timestamptz[])) AS r(rep, since)
    JOIN assignment s ON s.rep = r.rep AND s.at >= r.since
    WHERE s.at >= CAST(:first AS timestamptz) GROUP BY r.rep
""")
_STATES: Final = statement("""
    SELECT rep, state, since, until, at, feed FROM (
        SELECT *, row_number() OVER (PARTITION BY rep, feed ORDER BY at DESC, length(event) DESC, event DESC) AS place
        FROM rep_state) AS s
    WHERE place <= :kept ORDER BY rep, at, length(event), event
""")


async def shares(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """By pool (null: none), rep and cause: picks of the time, those that took a turn, and turns credited since."""
    return await select(tx, _SHARES, filters)


async def passed_over(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """By pool, member and reason: picks at which the member could not take the lead."""
    return await select(tx, _PASSED_OVER, filters)


async def picks(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """The picks one by one, the latest first, with their candidate tables."""
    return await select(tx, _PICKS, filters)


async def entries(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """The log of one pool, or of all, the oldest first; of each pick when its turn was credited, if it was."""
    return await select(tx, _ENTRIES, filters)


async def taken_today(tx: Connection, since: Mapping[str, datetime]) -> dict[str, int]:
    """By rep: offers since the beginning of the rep's own day, which the caller names."""
    if not since:
        return {}
    parameters = {"reps": list(since), "since": list(since.values()), "first": min(since.values())}
    return {row["rep"]: row["today"] for row in await select(tx, _TODAY, parameters)}


async def words(tx: Connection) -> dict[str, list[RepWord]]:
    """By rep: what was said of whether the rep is here, as far as it is remembered; nothing was of those who lack."""
    found: dict[str, list[RepWord]] = {}
    for row in await select(tx, _STATES, {"kept": KEPT}):
        left = row["state"] == "left"
        word = RepWord(row["at"], left or row["state"] == "away", row["since"], row["until"], row["feed"], left)
        found.setdefault(row["rep"], []).append(word)
    return found
