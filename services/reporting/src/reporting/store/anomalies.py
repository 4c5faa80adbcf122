"""Reads behind days that stand out: what some days brought, by everything that may explain it; and what was said."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from reporting.store.conditions import ANSWERED, MQL_OF_A_MONTH, OFFERS, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_DAYS: Final = """
    SELECT * FROM unnest(CAST(:days AS date[]), CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))
        AS d(day, starts, ends)
"""
_OF_LEAD: Final = """
    c.source, c.campaign, c.band, c.channel,
    (SELECT s.body -> 'facts' ->> 'country' FROM standing s WHERE s.lead = c.id) AS country
"""
_IN_DAY: Final = "{0} >= d.starts AND {0} < d.ends"
_GROUPED: Final = """
    SELECT day, source, campaign, band, channel, country, count(*) AS whole, count(*) FILTER (WHERE good) AS part,
           array_agg(seconds ORDER BY seconds) FILTER (WHERE seconds IS NOT NULL) AS seconds
    FROM (WITH d AS ({days}) {rows}) AS one GROUP BY day, source, campaign, band, channel, country
"""
_ROWS: Final[Mapping[str, str]] = {
    "leads": f"""
        SELECT d.day, true AS good, NULL::float8 AS seconds, {_OF_LEAD}
        FROM d JOIN lead_card c ON {_IN_DAY.format("c.captured_at")} WHERE NOT c.historical""",  # noqa: S608
    "mqls": f"""
        SELECT d.day, true AS good, NULL::float8 AS seconds, {_OF_LEAD}
        FROM d JOIN reached r ON r.stage = 'mql' AND {_IN_DAY.format("r.entered_at")} AND {MQL_OF_A_MONTH}
        JOIN lead_card c ON c.id = r.lead""",  # noqa: S608
    "mql_to_sql": f"""
        SELECT d.day, NULL::float8 AS seconds, {_OF_LEAD}, EXISTS (
            SELECT FROM entry q WHERE q.lead = r.lead AND q.cycle = r.cycle AND q.stage = 'sql' AND NOT q.withdrawn
            AND q.entered_at < r.entered_at + CAST(:matures AS interval)) AS good
        FROM d JOIN reached r ON r.stage = 'mql' AND {_IN_DAY.format("r.entered_at")} AND {MQL_OF_A_MONTH}
        JOIN lead_card c ON c.id = r.lead""",  # noqa: S608
    "answers": f"""
        SELECT d.day, a.accepted AS good, NULL::float8 AS seconds, {_OF_LEAD}
        FROM d JOIN ({OFFERS}) ON {_IN_DAY.format("a.at")} JOIN lead_card c ON c.id = a.lead WHERE {ANSWERED}""",  # noqa: S608
    "won": f"""
        SELECT d.day, true AS good, NULL::float8 AS seconds, {_OF_LEAD}
        FROM d JOIN deal_card k ON k.state = 'won' AND {_IN_DAY.format("k.closed_at")}
        LEFT JOIN lead_card c ON c.id = k.lead""",  # noqa: S608
    "breaches": f"""
        SELECT DISTINCT ON (d.day, o.lead) d.day, true AS good, NULL::float8 AS seconds, {_OF_LEAD}
        FROM d JOIN clock o ON {_IN_DAY.format("o.due")} AND o.state IN ('breached', 'late')
            AND o.charged IS DISTINCT FROM 'system' LEFT JOIN lead_card c ON c.id = o.lead""",  # noqa: S608
    "response_time": f"""
        SELECT d.day, true AS good, extract(epoch FROM o.stopped - o.started)::float8 AS seconds, {_OF_LEAD}
        FROM d JOIN clock o ON {_IN_DAY.format("o.started")} AND o.promise = :promise AND o.state IN ('met', 'late')
        LEFT JOIN lead_card c ON c.id = o.lead""",  # noqa: S608
    "touches": f"""
        SELECT d.day, t.machine AS good, NULL::float8 AS seconds, t.source, t.campaign, NULL::text AS band, t.channel,
               NULL::text AS country
        FROM d JOIN touch t ON t.side = 'marketing' AND {_IN_DAY.format("t.at")}""",  # noqa: S608
}
"""By what is counted: its rows, each of a day of `d`; `good`: it is one of those that a share is about."""
READS: Final = {name: statement(_GROUPED.format(days=_DAYS, rows=rows)) for name, rows in _ROWS.items()}


async def by_day(
    tx: Connection, name: str, days: Sequence[tuple[date, datetime, datetime]], **more: Any
) -> list[DatabaseRow]:
    """Groups of equal rows of these days: `whole` of them, of which `part` are good, with their `seconds` if any.

    `name`: `leads`, `mqls`, `mql_to_sql` (those that got there within `matures`), `answers` (accepted ones are good),
    `won`, `breaches`, `response_time` (of the clocks of `promise`), `touches` of marketing (machines' are good).
    """
    given: dict[str, Any] = {"days": [one for one, _, _ in days], "starts": [one for _, one, _ in days]}
    given |= {"ends": [one for _, _, one in days]}
    wanted = {"mql_to_sql": ("matures",), "response_time": ("promise",)}.get(name, ())
    return await select(tx, READS[name], {**given, **{key: more[key] for key in wanted}})


_SEEN: Final = statement("""
    SELECT * FROM anomaly WHERE day >= CAST(:first AS date) AND day < CAST(:until AS date)
    ORDER BY day DESC, (kind = 'outage') DESC, deviations DESC, anomaly
""")
_FIRST: Final = statement("SELECT min(captured_at) FROM person WHERE NOT historical")


async def seen(tx: Connection, first: date, until: date) -> list[DatabaseRow]:
    """What stood out on these days, the latest first; of a day outages first, then the furthest off."""
    return await select(tx, _SEEN, {"first": first, "until": until})


async def first_live_lead(tx: Connection) -> datetime | None:
    """When the first lead became known that is no old news; None before that."""
    instant: datetime | None = (await tx.execute(_FIRST)).scalar_one_or_none()
    return instant


_BREACHED: Final = statement("""
    SELECT DISTINCT lead FROM clock WHERE due >= :start AND due < :end AND state IN ('breached', 'late')
    AND charged IS DISTINCT FROM 'system' ORDER BY lead LIMIT 200
""")


async def breached(tx: Connection, start: datetime, end: datetime) -> list[str]:
    """Leads with a promise that was broken in the period; at most 200."""
    return list((await tx.execute(_BREACHED, {"start": start, "end": end})).scalars())
