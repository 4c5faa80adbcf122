"""The open work of the reps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from events.vocabulary import OPEN_STAGES
from reporting.store.conditions import COUNTS, OPEN_WORK_BY_REP, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_PROMISED: Final = "stopped IS NULL AND state IN ('running', 'breached')"
"""Of `clock`: its promise is not kept yet."""
_OPEN: Final = "p.owner IS NOT NULL AND NOT p.closed AND p.stage = ANY (CAST(:stages AS text[]))"
"""Of `place p`: a rep has it in work."""
_OFFER: Final = "p.assignment IS NOT NULL AND NOT p.accepted"
"""Of such: it waits for the rep's answer."""
_WORK: Final = f"""
    SELECT p.lead, p.assignment, p.flag, p.accepted, coalesce(p.status, 'new') AS status,
           coalesce(p.stage, 'lead') AS stage,
           CASE WHEN p.assignment IS NULL AND p.task IS NOT NULL THEN p.task_rep ELSE p.owner END AS owner,
           p.attempts, p.task, p.task_rep, p.task_since, s.employees, a.at AS assigned_at, a.touch,
           k.due, k.promise AS clock, k.state AS clock_state, k.started, k.target,
           k.charged, z.until AS snoozed_until,
           z.asked AS snooze_asked
    FROM {{listed}} LEFT JOIN standing s ON s.lead = p.lead
    LEFT JOIN assignment a ON a.lead = p.lead AND a.assignment = p.assignment
    LEFT JOIN LATERAL (
        SELECT due, promise, state, started, target, charged FROM clock
        WHERE clock.lead = p.lead AND clock.assignment = p.assignment AND {_PROMISED}
        ORDER BY due LIMIT 1) k ON true
    LEFT JOIN LATERAL (
        SELECT least(until, k.due) AS until, at, until AS asked FROM snooze
        WHERE snooze.lead = p.lead AND coalesce(snooze.by, p.owner, p.task_rep) = coalesce(p.owner, p.task_rep)
        ORDER BY at DESC, length(event) DESC, event DESC LIMIT 1) z ON z.until > CAST(:now AS timestamptz)
             AND z.at >= coalesce(a.at, z.at)
    WHERE NOT EXISTS (SELECT FROM stray WHERE stray.lead = p.lead) AND (CAST(:late_by AS timestamptz) IS NULL
           OR (k.state = 'breached' AND k.due <= :late_by AND k.charged = p.owner))
          AND (CAST(:snoozed AS boolean) IS NULL OR (z.until IS NOT NULL) = :snoozed) AND (
          ({_OPEN} AND (CAST(:reps AS text[]) IS NULL OR p.owner = ANY (:reps)) AND (NOT :offered OR ({_OFFER})))
          OR (NOT :offered AND p.task IS NOT NULL AND (CAST(:reps AS text[]) IS NULL OR p.task_rep = ANY (:reps))))
    ORDER BY z.until IS NOT NULL, coalesce(k.due, p.task_since) NULLS LAST, s.total DESC NULLS LAST, p.lead
    LIMIT :limit OFFSET :offset
"""  # noqa: S608
_INBOX: Final = statement(_WORK.format(listed="place p"))
_SOME: Final = statement(
    _WORK.format(listed="unnest(CAST(:leads AS text[])) AS wanted(lead) JOIN place p USING (lead)")
)
"""Of these leads alone."""
_PLAIN: Final = f"""
    {_OPEN} AND p.task IS NULL AND (NOT :offered OR ({_OFFER}))
    AND p.lead NOT IN (SELECT lead FROM marked)
    AND NOT EXISTS (SELECT FROM stray WHERE stray.lead = p.lead)
"""  # noqa: S608
"""Of `place p`: work that has no date, and is ordered by its score alone."""
_PAGE_END: Final = "CAST(:limit AS bigint) + CAST(:offset AS bigint)"
_FAR: Final = 3
"""So many times a page of the best scores is looked through before all of them are."""
_ORDER: Final = statement(f"""
    WITH snoozed AS MATERIALIZED (  -- the latest snooze of whoever has the lead; it may be over
        SELECT DISTINCT ON (n.lead) n.lead, n.until, n.at >= coalesce(a.at, n.at) AS counts
        FROM snooze n JOIN place p USING (lead) LEFT JOIN assignment a USING (lead, assignment)
        WHERE n.lead IN (SELECT lead FROM snooze WHERE until > CAST(:now AS timestamptz))
              AND coalesce(n.by, p.owner, p.task_rep) = coalesce(p.owner, p.task_rep)
        ORDER BY n.lead, n.at DESC, length(n.event) DESC, n.event DESC),
    marked AS MATERIALIZED (  -- leads that may have a date
        SELECT lead FROM clock WHERE {_PROMISED}
        UNION SELECT lead FROM snoozed UNION SELECT lead FROM place WHERE task IS NOT NULL),
    dated AS (  -- all of those that are work, each with its date
        SELECT p.lead, coalesce(k.due, CASE WHEN p.task IS NOT NULL THEN p.task_since END) AS due, s.total,
               coalesce(z.counts AND least(z.until, k.due) > CAST(:now AS timestamptz), false) AS put_off
        FROM marked JOIN place p USING (lead) LEFT JOIN LATERAL (
            SELECT min(due) AS due FROM clock
            WHERE clock.lead = p.lead AND clock.assignment = p.assignment AND {_PROMISED}) k ON true
        LEFT JOIN snoozed z ON z.lead = p.lead LEFT JOIN standing s ON s.lead = p.lead
        WHERE (({_OPEN} AND (NOT :offered OR ({_OFFER}))) OR (NOT :offered AND p.task IS NOT NULL))
              AND NOT EXISTS (SELECT FROM stray WHERE stray.lead = p.lead)),
    best AS MATERIALIZED (SELECT lead, total FROM standing ORDER BY total DESC, lead LIMIT {_FAR} * ({_PAGE_END})),
    near AS MATERIALIZED (  -- the best of the others, most often among the best of all
        SELECT s.lead, s.total FROM best s CROSS JOIN LATERAL (SELECT * FROM place WHERE lead = s.lead OFFSET 0) p
        WHERE {_PLAIN} ORDER BY s.total DESC, s.lead LIMIT {_PAGE_END}),
    looked AS MATERIALIZED (
        SELECT (SELECT count(*) FROM near) >= {_PAGE_END} OR (SELECT count(*) FROM best) < {_FAR} * ({_PAGE_END})
               AS enough),
    scored AS MATERIALIZED (
        SELECT lead, total FROM near WHERE (SELECT enough FROM looked)
        UNION ALL (
            SELECT s.lead, s.total FROM standing s JOIN place p ON p.lead = s.lead
            WHERE NOT (SELECT enough FROM looked) AND {_PLAIN} ORDER BY s.total DESC, s.lead LIMIT {_PAGE_END})),
    unscored AS (  -- only where those do not fill the page
        SELECT p.lead FROM place p LEFT JOIN standing s ON s.lead = p.lead
        WHERE s.lead IS NULL AND {_PLAIN} AND (SELECT count(*) FROM scored) < {_PAGE_END}
        ORDER BY p.lead LIMIT {_PAGE_END}),
    listed AS (
        SELECT lead, due, total, put_off FROM dated
        UNION ALL SELECT lead, NULL, total, false FROM scored
        UNION ALL SELECT lead, NULL, NULL, false FROM unscored)
    SELECT lead FROM listed WHERE CAST(:snoozed AS boolean) IS NULL OR put_off = :snoozed
    ORDER BY put_off, due NULLS LAST, total DESC NULLS LAST, lead
    LIMIT CAST(:limit AS bigint) OFFSET CAST(:offset AS bigint)
""")  # noqa: S608
"""The leads of one page of everybody's work, in the order of `_INBOX`, without a sort of all that is open.

Work without a promise that runs, a task or a snooze has no date and comes by its score: of it a page needs only the
best scores, as many as there are up to the page's end: the best of all leads are looked up one by one until the page is
full, and beyond them only where too few of those are open work. They are sorted together with all that has a date. What
else is shown is read by `_SOME`, of the page's leads only.
"""

_WAITING: Final = statement(f"""
    SELECT p.lead FROM place p
    WHERE {_OPEN} AND {_OFFER} AND NOT coalesce(p.accepted, false) AND NOT coalesce(p.closed, false)
""")  # noqa: S608
"""The leads that wait for an answer, from the index of offers: few, and `_SOME` brings them in order."""

_IN_WORK = statement(f"""
    SELECT rep, sum(n)::bigint AS n
    FROM (SELECT rep, n FROM ({OPEN_WORK_BY_REP}) AS owned WHERE stage = ANY (CAST(:stages AS text[]))
          UNION ALL
          SELECT task_rep, 1 FROM place w
          WHERE task IS NOT NULL AND task_rep IS NOT NULL AND {COUNTS.format("w")}
                AND NOT (owner IS NOT DISTINCT FROM task_rep AND NOT closed AND stage = ANY (CAST(:stages AS text[])))
         ) w
    GROUP BY rep HAVING sum(n) > 0
""")  # noqa: S608


async def in_work(tx: Connection) -> dict[str, int]:
    """By rep: how many pieces of work stand in the rep's inbox, put off or not, as far as the reader may see them."""
    return {row["rep"]: row["n"] for row in await select(tx, _IN_WORK, {"stages": list(OPEN_STAGES)})}


_OFFERED: Final = statement(f"SELECT count(*) FROM place p WHERE p.owner = :rep AND {_OPEN} AND {_OFFER}")  # noqa: S608


async def waiting(tx: Connection, rep: str) -> int:
    """How many offers wait for this rep's answer."""
    return int((await tx.execute(_OFFERED, {"rep": rep, "stages": list(OPEN_STAGES)})).scalar_one())


async def inbox(
    tx: Connection,
    reps: Sequence[str] | None,
    now: datetime,
    limit: int,
    offset: int,
    *,
    snoozed: bool | None = None,
    offered: bool = False,
    late_by: datetime | None = None,
) -> list[DatabaseRow]:
    """What reps (null: all) have in work, offered, accepted or taken unasked, and their tasks; most urgent first.

    `snoozed`: only what is put off, or what is not. What was put off before the offer in force counts no more, and
    nothing is put off beyond the next promise (`snooze_asked`: until when the rep wished it). `offered`: only what
    waits for an answer. `late_by`: only what its rep is charged with a breach of, due then or before. Who the leads are
    is not read: `cards` does, of those that are shown.
    """
    parameters = {
        **{"now": now, "snoozed": snoozed, "offered": offered, "limit": limit, "offset": offset},
        **{"reps": reps and list(reps), "late_by": late_by, "stages": list(OPEN_STAGES)},
    }
    if reps is not None or late_by is not None:
        return await select(tx, _INBOX, parameters)
    leads = list((await tx.execute(_WAITING if offered else _ORDER, parameters)).scalars())
    if not offered:  # the page alone
        parameters["offset"] = 0
    return await select(tx, _SOME, {**parameters, "leads": leads}) if leads else []


_CARDS: Final = statement("""
    SELECT id AS lead, name, title, company, fit, engagement, total, band, passed, flags
    FROM lead_card WHERE id = ANY (CAST(:leads AS text[]))
""")


async def cards(tx: Connection, leads: Sequence[str]) -> dict[str, DatabaseRow]:
    """By lead: who it is, and its score."""
    return {row["lead"]: row for row in await select(tx, _CARDS, {"leads": list(leads)})}


_SIGNALS = statement("""
    SELECT lead, body -> 'signals' AS signals FROM standing WHERE lead = ANY (CAST(:leads AS text[]))
""")


async def signals(tx: Connection, leads: Sequence[str]) -> dict[str, DatabaseRow | None]:
    """By lead: what the score names as signals, as the standing has them."""
    return {row["lead"]: row["signals"] for row in await select(tx, _SIGNALS, {"leads": list(leads)})}


_IGNORED = statement("""
    SELECT DISTINCT ON (lead) lead, event, at, text FROM story
    WHERE lead = ANY (CAST(:leads AS text[])) AND type = 'answer.ignored.v1' AND recorded_at >= :since
    ORDER BY lead, at DESC, length(event) DESC, event DESC
""")


async def ignored(tx: Connection, leads: Sequence[str], since: datetime) -> list[DatabaseRow]:
    """Of each lead the latest answer that no longer counted, if it came in since then: `lead event at text`."""
    return await select(tx, _IGNORED, {"leads": list(leads), "since": since})
