"""Reads behind the service levels: clocks, judged commitments, and the entries of a running month."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from reporting.store.conditions import HELD_OFFER, KEPT, LEAD_IS, OFFERS, PROMISED, DatabaseRow, asks_of_leads, select
from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement

_OF_ALL: Final = f"FROM outcome o WHERE {PROMISED}"
_OF_SOME: Final = f"FROM outcome o LEFT JOIN lead_journey c ON c.id = o.lead WHERE {PROMISED} AND {LEAD_IS}"
"""The promises that are counted, and listed; where no filter is about the lead it is not looked at."""
_OF_ONE: Final = "(CAST(:promise AS text) IS NULL OR o.promise = :promise)"
_OF_REPS: Final = "o.side = 'sales' AND o.holder IS NOT NULL"


_SECONDS: Final = """,
    array_agg(date_part('epoch', o.stopped - o.started))
        FILTER (WHERE o.state IN ('met', 'late') AND o.started >= :timed_from AND o.started < :timed_until) AS seconds
"""
"""Sorted by who asks: PostgreSQL would do it once for each share, and once more for the whole of the teams."""


def _tallied(by: str, counted: str, seconds: str = "") -> Statement:
    """The one way in which promises are added up, by this column beside promise, state and part of the time."""
    return statement(f"""
        SELECT {by}, o.promise, o.state, width_bucket(o.started, CAST(:instants AS timestamptz[])) AS part,
               count(*) AS promises {seconds}
        {counted} AND {_OF_ONE} GROUP BY 1, 2, 3, 4
    """)


_TEAM: Final = "coalesce(o.team, '-') AS team"
_TALLIES, _TALLIES_OF_SOME = (_tallied(_TEAM, counted) for counted in (_OF_ALL, _OF_SOME))
_TIMED, _TIMED_OF_SOME = (_tallied(_TEAM, counted, _SECONDS) for counted in (_OF_ALL, _OF_SOME))
_BY_REP, _BY_REP_OF_SOME = (_tallied("o.holder AS rep", f"{counted} AND {_OF_REPS}") for counted in (_OF_ALL, _OF_SOME))
_OUTCOMES: Final = statement(f"""
    SELECT o.lead AS id, c.name, c.email, c.company, o.promise, o.side, o.team, o.holder, o.started, o.stopped, o.state,
           o.charged, o.deal
    FROM (SELECT o.* {_OF_SOME} AND {_OF_ONE} AND {KEPT}
          ORDER BY o.started DESC, o.lead, o.promise LIMIT :limit OFFSET :offset) o
    LEFT JOIN lead_card c ON c.id = o.lead ORDER BY o.started DESC, o.lead, o.promise
""")  # noqa: S608
_COMMITMENTS = statement("SELECT DISTINCT ON (side, name) * FROM commitment ORDER BY side, name, starts DESC")
_MQL_ENTRIES = statement("""
    SELECT width_bucket(e.entered_at, CAST(:starts AS timestamptz[])) AS part, e.implied, e.re_engaged, e.withdrawn,
           p.merged_into IS NOT NULL AS merged, e.completeness, count(*) AS entries
    FROM entry e LEFT JOIN person p ON p.lead = e.lead AND p.merged_into IS NOT NULL
    WHERE e.stage = 'mql' AND e.entered_at >= (CAST(:starts AS timestamptz[]))[1] AND e.entered_at < :end
    GROUP BY part, e.implied, e.re_engaged, e.withdrawn, merged, e.completeness
""")


async def tallies(
    tx: Connection, filters: Mapping[str, Any], instants: Sequence[datetime], promise: str | None = None
) -> list[DatabaseRow]:
    """Clocks that started in the time, and facts that occurred in it, by team, as `decide.tallies` adds them up; of all
    promises or of one. The time is cut into parts by the instants, the first and the last of which are its ends.
    """
    wanted = _TALLIES_OF_SOME if asks_of_leads(filters) else _TALLIES
    return await select(tx, wanted, {**filters, **_cut(instants), "promise": promise})


async def timed_tallies(
    tx: Connection,
    filters: Mapping[str, Any],
    instants: Sequence[datetime],
    timed: tuple[datetime, datetime],
    promise: str | None = None,
) -> list[DatabaseRow]:
    """The same, with `seconds`: how long each took of those that were kept, and began from `timed` on to its end."""
    wanted = _TIMED_OF_SOME if asks_of_leads(filters) else _TIMED
    time = {**_cut(instants), "timed_from": timed[0], "timed_until": timed[1]}
    return await select(tx, wanted, {**filters, **time, "promise": promise})


async def promises_by_rep(
    tx: Connection, filters: Mapping[str, Any], instants: Sequence[datetime]
) -> list[DatabaseRow]:
    """Promises of sales, added up by the rep who had to keep them."""
    wanted = _BY_REP_OF_SOME if asks_of_leads(filters) else _BY_REP
    return await select(tx, wanted, {**filters, **_cut(instants), "promise": None})


def _cut(instants: Sequence[datetime]) -> dict[str, Any]:
    return {"start": instants[0], "end": instants[-1], "instants": list(instants)}


async def outcomes(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """The same promises one by one, the latest first; `promise` and `kept` say which of them."""
    return await select(tx, _OUTCOMES, filters)


async def commitments(tx: Connection) -> list[DatabaseRow]:
    """The last judgement of each monthly commitment."""
    return await select(tx, _COMMITMENTS)


_OF_GUARANTEE: Final = f"""
    FROM {OFFERS} LEFT JOIN lead_journey c ON c.id = a.lead
    WHERE a.lead_guarantee AND coalesce(a.returned_at, a.at) >= :start AND coalesce(a.returned_at, a.at) < :end
          AND {HELD_OFFER} AND {LEAD_IS}
"""
_GUARANTEE = statement(f"SELECT count(*) {_OF_GUARANTEE}")
_GUARANTEES = statement(f"""
    SELECT a.lead AS id, c.name, c.email, c.company, a.rep, a.answer, a.at, a.source, a.campaign, a.assignment
    FROM (SELECT a.lead, a.rep, coalesce(a.return_reason, a.answer) AS answer, coalesce(a.returned_at, a.at) AS at,
                 a.source, a.campaign, a.assignment
          {_OF_GUARANTEE} ORDER BY 4 DESC, a.lead, a.assignment LIMIT :limit OFFSET :offset) a
    LEFT JOIN lead_card c ON c.id = a.lead ORDER BY a.at DESC, a.lead, a.assignment
""")  # noqa: S608


async def guarantee(tx: Connection, filters: Mapping[str, Any]) -> int:
    """Leads that came back in the time and that marketing owes one more for."""
    return int((await tx.execute(_GUARANTEE, filters)).scalar_one())


async def guarantees(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """The same leads, the latest first, with who gave them back and when; `limit` of them from `offset` on."""
    return await select(tx, _GUARANTEES, filters)


_STATUS_UPDATES = statement(f"""
    WITH RECURSIVE each AS (
        (SELECT promise FROM status_update ORDER BY promise LIMIT 1)
        UNION ALL
        SELECT (SELECT u.promise FROM status_update u WHERE u.promise > each.promise ORDER BY u.promise LIMIT 1)
        FROM each WHERE each.promise IS NOT NULL)
    SELECT s.lead AS id, c.name, s.kind, s.by, s.team, s.occurred, s.recorded, s.due, s.late, s.target,
           s.fact, CASE WHEN s.late THEN 'late' ELSE 'in_time' END AS verdict
    FROM (SELECT latest.* FROM each CROSS JOIN LATERAL (
              SELECT s.* FROM status_update s LEFT JOIN lead_journey c ON c.id = s.lead
              WHERE s.promise = each.promise AND s.occurred >= :start AND s.occurred < :end
                AND (CAST(:rep AS text) IS NULL OR s.by = :rep) AND (CAST(:team AS text) IS NULL OR s.team = :team)
                AND (CAST(:late AS boolean) IS NULL OR s.late = :late)
                AND {LEAD_IS}
              ORDER BY s.occurred DESC, s.fact LIMIT CAST(:limit AS bigint) + CAST(:offset AS bigint)) AS latest
          ORDER BY occurred DESC, fact LIMIT :limit OFFSET :offset) s
    LEFT JOIN lead_card c ON c.id = s.lead ORDER BY s.occurred DESC, s.fact
""")  # noqa: S608
"""Of each promise, which are few, the latest are read from the index."""


async def status_updates(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Facts of sales that occurred in the period, the latest first; `late` null: all of them. A page of them."""
    return await select(tx, _STATUS_UPDATES, filters)


async def mql_entries_by_part(
    tx: Connection, starts: Sequence[datetime], end: datetime
) -> list[tuple[int, dict[str, Any], int]]:
    """Entries into the stage `mql` by part of the time: number 1 begins at the first of `starts`, and so on.

    Each with the fields of an `agreement.months.MqlEntry`, and how many are like that.
    """
    rows = await select(tx, _MQL_ENTRIES, {"starts": list(starts), "end": end})
    return [(row.pop("part"), row, row.pop("entries")) for row in rows]
