"""Reads behind the packs: what a period brought, counted by when it occurred, so that only late facts can change it.

And the packs themselves, and which periods are written already.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from events.packs import PackPart
from reporting.store.conditions import MQL_OF_A_MONTH, PERSONA, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_GROUPS: Final = statement(f"""
    SELECT c.source, c.campaign, c.segment, {PERSONA} AS persona, count(*) AS mqls, count(*) FILTER (WHERE EXISTS (
        SELECT FROM entry q WHERE q.lead = r.lead AND q.cycle = r.cycle AND q.stage = 'sql' AND NOT q.withdrawn
        AND q.entered_at < :end)) AS sqls
    FROM entry r JOIN lead_journey c ON c.id = r.lead
    WHERE r.stage = 'mql' AND NOT r.withdrawn AND {MQL_OF_A_MONTH} AND r.entered_at >= :start AND r.entered_at < :until
    GROUP BY 1, 2, 3, 4
""")  # noqa: S608
_RATINGS: Final = statement("""
    SELECT count(*) AS ratings, avg(quality)::float8 AS average FROM remark
    WHERE kind = 'feedback' AND quality IS NOT NULL AND at >= :start AND at < :end
""")
_AMOUNT: Final = "s.amount, s.currency FROM deal_step s WHERE s.amount IS NOT NULL"
_OF_TIME: Final = "d.opened_at >= :since AND d.opened_at < :end"
_LONG_OVER: Final = "coalesce(d.closed_at < :over_before AND d.opened_at < :over_before, false)"
_LONG_OVER_SPANS: Final = statement(f"""
    SELECT least(age, length + 1) AS age, length, won, count(*) AS deals FROM (
        SELECT floor(extract(epoch FROM :end - d.opened_at) / 604800)::int AS age,
               floor(extract(epoch FROM d.closed_at - d.opened_at) / 604800)::int AS length, d.state = 'won' AS won
        FROM deal_card d WHERE {_OF_TIME} AND {_LONG_OVER}) AS spans
    GROUP BY 1, 2, 3
""")  # noqa: S608
_SPANS: Final = statement(f"""
    SELECT d.opened_at, d.closed_at, d.state, coalesce(latest.amount, d.amount) AS amount,
           coalesce(latest.currency, d.currency) AS currency, begun.amount AS first_amount,
           begun.currency AS first_currency
    FROM deal_card d
    LEFT JOIN LATERAL (
        SELECT {_AMOUNT} AND s.deal = d.deal AND s.at < :end
        ORDER BY s.at DESC, s.recorded_at DESC LIMIT 1) latest ON true
    LEFT JOIN LATERAL (
        SELECT {_AMOUNT} AND s.kind = 'opened' AND s.deal = d.deal AND d.opened_at >= :opened_from
        ORDER BY s.at, s.recorded_at LIMIT 1) begun ON true
    WHERE {_OF_TIME} AND NOT {_LONG_OVER} ORDER BY d.opened_at, d.deal
""")  # noqa: S608
"""Amounts as they were at the end: what a deal is worth since is another week's news. What it was worth when it was
opened is asked of those that were opened from some day on."""
_CLOSED: Final = statement("""
    SELECT d.deal, d.state, d.amount, d.currency, d.closed_at, c.company, x.reason, x.competitor, x.surveyed
    FROM deal_card d JOIN closing x USING (deal) LEFT JOIN lead_card c ON c.id = d.lead
    WHERE d.closed_at >= :start AND d.closed_at < :end ORDER BY d.state DESC, d.closed_at, d.deal
""")
_COMING: Final = statement("""
    SELECT campaign, currency, sum(amount) AS amount, min(starts) AS starts, max(ends) AS ends FROM spend
    WHERE starts >= CAST(:first AS date) GROUP BY campaign, currency ORDER BY min(starts), campaign
""")
_PACKS: Final = statement("""
    SELECT pack, kind, title, first, until, currency, at, agreement,
           (SELECT count(*) FROM pack_reader r WHERE r.pack = pack.pack) AS opened
    FROM pack
    WHERE (CAST(:kind AS text) IS NULL OR kind = :kind) ORDER BY until DESC, first, pack
""")
_PACK: Final = statement("SELECT * FROM pack WHERE pack = :pack")
_FACTS: Final = "type, count(*) AS facts, (array_agg(DISTINCT lead))[1:20] AS leads FROM later"
_LATER: Final = statement(f"""
    WITH later AS MATERIALIZED (
        SELECT type, lead, at FROM story
        WHERE recorded_at > :frozen AND at >= :start AND (at < :end OR type = ANY (CAST(:types AS text[])))),
    late AS (SELECT {_FACTS} WHERE at < :end GROUP BY type ORDER BY count(*) DESC, type LIMIT 12),
    taken_back AS (
        SELECT {_FACTS} WHERE at >= :end
          AND lead IN (SELECT lead FROM entry WHERE stage IN ('mql', 'sql', 'opportunity', 'won')
                       AND entered_at >= :start AND entered_at < :end)
        GROUP BY type)
    SELECT type, facts, leads FROM (SELECT 1 AS part, * FROM late UNION ALL SELECT 2, * FROM taken_back) AS both_parts
    ORDER BY part, CASE part WHEN 1 THEN -facts END, type
""")  # noqa: S608
"""What was recorded since is gone through once."""
TAKING_BACK: Final = ("lead.merged.v1", "mql.withdrawn.v1", "lead.erased.v1", "deal.changed.v1")
"""Facts of later days that change what is counted of earlier ones."""
_ABOUT_LEADS: Final = statement("SELECT DISTINCT item FROM action_note WHERE lead <> item")
_READERS: Final = statement("SELECT by, side, at FROM pack_reader WHERE pack = :pack ORDER BY at, by")
_OPENED: Final = statement("""
    SELECT count(*) AS packs, count(*) FILTER (WHERE 2 = (
        SELECT count(DISTINCT r.side) FROM pack_reader r WHERE r.pack = p.pack)) AS opened
    FROM pack p WHERE p.at >= :start AND p.at < :end
""")
_BEGIN: Final = statement("""
    INSERT INTO period_over (period, at) VALUES (:period, :at) ON CONFLICT DO NOTHING RETURNING period
""")
_WRITTEN: Final = statement("SELECT period FROM period_over")


async def groups(tx: Connection, start: datetime, until: datetime, end: datetime) -> list[DatabaseRow]:
    """MQLs that entered from `start` to `until` by source, campaign, size and persona; SQLs among them before `end`."""
    return await select(tx, _GROUPS, {"start": start, "until": until, "end": end})


async def ratings(tx: Connection, start: datetime, end: datetime) -> DatabaseRow:
    """How many leads were rated in the period, and their average (null: none)."""
    return (await select(tx, _RATINGS, {"start": start, "end": end}))[0]


async def spans(
    tx: Connection, since: datetime, end: datetime, *, opened_from: datetime, over_before: datetime
) -> list[DatabaseRow]:
    """Deals opened from `since` to `end`: how they closed, and what they were worth by its end.

    Those opened from `opened_from` on also with what they were worth then (`first_amount`, null: nobody said). What was
    over before `over_before` is left out: it is in `long_over`.
    """
    given = {"since": since, "end": end, "opened_from": opened_from, "over_before": over_before}
    return await select(tx, _SPANS, given)


async def long_over(tx: Connection, since: datetime, end: datetime, over_before: datetime) -> list[DatabaseRow]:
    """The others of these deals, as groups: in which week of its age a deal closed (`length`), whether it was won, and
    to which week it came at most (`age`), by the end.
    """
    return await select(tx, _LONG_OVER_SPANS, {"since": since, "end": end, "over_before": over_before})


async def closed(tx: Connection, start: datetime, end: datetime) -> list[DatabaseRow]:
    """Deals that closed in the period, wins first, each with its company and why."""
    return await select(tx, _CLOSED, {"start": start, "end": end})


async def coming(tx: Connection, first: date) -> list[DatabaseRow]:
    """Campaigns that money is planned for from this day on."""
    return await select(tx, _COMING, {"first": first})


async def packs(tx: Connection, kind: str | None) -> list[DatabaseRow]:
    """All packs without their parts, the latest first."""
    return await select(tx, _PACKS, {"kind": kind})


async def pack(tx: Connection, name: str) -> DatabaseRow | None:
    """One pack with its parts; None when there is none of this name."""
    rows = await select(tx, _PACK, {"pack": name})
    return {**rows[0], "parts": msgspec.convert(rows[0]["parts"], tuple[PackPart, ...])} if rows else None


async def later_facts(tx: Connection, start: datetime, end: datetime, frozen: datetime) -> list[DatabaseRow]:
    """What was recorded after the freeze, and changes what is counted of the period: by type, how many and of whom."""
    given = {"start": start, "end": end, "frozen": frozen, "types": list(TAKING_BACK)}
    return await select(tx, _LATER, given)


async def items_about_leads(tx: Connection) -> set[str]:
    """Action items that are about a lead: what they say may name a person."""
    return set((await tx.execute(_ABOUT_LEADS)).scalars())


async def readers(tx: Connection, name: str) -> list[DatabaseRow]:
    """Who opened the pack, when first, and for which team (null: neither); the first before the next."""
    return await select(tx, _READERS, {"pack": name})


async def opened(tx: Connection, period: Mapping[str, Any]) -> DatabaseRow:
    """How many packs were frozen from `start` to `end`, and how many of them somebody of each team has opened."""
    return (await select(tx, _OPENED, period))[0]


async def begin(tx: Connection, period: str, at: datetime) -> bool:
    """Takes it upon this transaction to write what a period brought; False when it is written, or another does it."""
    return (await tx.execute(_BEGIN, {"period": period, "at": at})).scalar_one_or_none() is not None


async def written(tx: Connection) -> Sequence[str]:
    """Names of the periods that are written."""
    return list((await tx.execute(_WRITTEN)).scalars())
