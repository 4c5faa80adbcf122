"""The log of the picks: each offer of a time with why this rep got it, who was passed over, and how it ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from agreement.leave import KEPT, RepWord
from reporting.decide.picks import CAUSES, OTHER_CAUSE, WITHOUT_TURN
from reporting.store.conditions import LEAD_IS, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

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
CAUSE: Final = f"CASE s.rule {_BY_RULE} ELSE '{OTHER_CAUSE}' END"
"""Of an offer `assignment s`."""
TURN: Final = f"(s.pool IS NOT NULL AND coalesce(s.turn, s.rule NOT IN ({', '.join(map(repr, WITHOUT_TURN))})))"
"""Whether it took a turn of the pool; of offers that are older than that field, by their rule."""
_PASSED: Final = r"split_part({}, E'\n', 1)"
_REASON: Final = r"substr({0}, strpos({0}, E'\n') + 1)"
_BY_WORD: Final = " ".join(f"WHEN {{0}} LIKE '{word}%' THEN '{name}'" for name, word in REASONS.items())
_BECAUSE: Final = f"CASE {_BY_WORD} ELSE {{0}} END".format(_REASON.format("one"))
"""Of an entry `one` of `passed_over`, which an offer has for each member of its pool who could not take it: rep and
reason, a line each."""
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
    SELECT pool, {_PASSED.format("one")} AS rep, {_BECAUSE} AS because, CAST(sum(n) AS bigint) AS picks
    FROM (SELECT s.pool, one, count(*) AS n FROM assignment s, unnest(s.passed_over) AS one
          WHERE {_MADE} AND s.passed_over IS NOT NULL AND (CAST(:pool AS text) IS NULL OR s.pool = :pool)
          GROUP BY s.pool, one) AS said
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
          SELECT FROM unnest(s.passed_over) AS one
          WHERE {_PASSED.format("one")} = :passed_over
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
_IN_ORDER: Final = 's.at, s.assignment COLLATE "C"'
"""As the log has its picks."""


def _listed(value: str, which: str = "") -> str:
    return f"array_agg({value} ORDER BY {_IN_ORDER}) {which}"


_GIVEN: Final = "greatest(s.at, coalesce(a.returned_at, a.at))"
_TAKER: Final = f"CASE WHEN {TURN} THEN '+' ELSE '-' END || s.rep"
_OF_POOL: Final = f"{_MADE} AND s.pool IS NOT NULL AND (CAST(:pool AS text) IS NULL OR s.pool = :pool)"
_DIGESTS: Final = statement(f"""
    SELECT * FROM (
        SELECT s.pool, {_listed("s.at")} AS instants, string_agg(s.digest, '' ORDER BY {_IN_ORDER}) AS digests,
               string_agg({_TAKER}, E'\\n' ORDER BY {_IN_ORDER}) AS takers,
               {_listed("s.assignment", "FILTER (WHERE s.past)")} AS past
        FROM assignment s WHERE {_OF_POOL} GROUP BY s.pool) AS log
    LEFT JOIN (
        SELECT s.pool, {_listed("s.assignment")} AS credited, {_listed("s.rep")} AS credited_reps,
               {_listed(_GIVEN)} AS credited_at
        FROM {_CREDITED} WHERE {_OF_POOL} AND a.lead IS NOT NULL AND {TURN} GROUP BY s.pool) AS back USING (pool)
""")  # noqa: S608
"""The log is read in the order of its index (migration 0045), which a join would not keep."""
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


async def digests(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Of each pool the same log in its order: of the picks `instants`, those `past` somebody, and in one text `digests`
    and `takers` (a line each, `+` before who took a turn); of turns that were given back `credited` (assignments),
    their reps, and when.
    """
    return await select(tx, _DIGESTS, filters)


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
