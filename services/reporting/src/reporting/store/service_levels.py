"""Reads behind the service levels: clocks, judged commitments, and the entries of a running month."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from sys import byteorder
from typing import Any, Final

from reporting.decide.tallies import durations, sizes_of_parts
from reporting.filters import NONE
from reporting.store.conditions import HELD_OFFER, KEPT, LEAD_IS, OFFERS, PROMISED, DatabaseRow, asks_of_leads, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_POSTGRES_BEGAN: Final = datetime(2000, 1, 1, tzinfo=UTC)
_OF_ALL: Final = f"FROM {{}} o WHERE {PROMISED}"
_OF_SOME: Final = f"FROM {{}} o LEFT JOIN lead_journey c ON c.id = o.lead WHERE {PROMISED} AND {LEAD_IS}"
"""The promises that are counted, and listed; where no filter is about the lead it is not looked at."""
_OF_ONE: Final = "(CAST(:promise AS text) IS NULL OR o.promise = :promise)"
_OF_REPS: Final = "o.side = 'sales' AND o.holder IS NOT NULL"
_KINDS: Final = ("outcome_of_clock", "outcome_of_fact")


def _added_up(columns: str, figures: str, condition: str, order: str = "") -> tuple[str, str]:
    """Promises by these columns, of all leads and of some. Of all leads each kind is added up by itself, from its index
    alone, with `order` put in place of `{order}` in the figures; where leads are looked at, both at once, unordered.
    """
    of_all, of_some = (
        " UNION ALL ".join(
            f"SELECT {columns}, {figures.format(order=given)} {counted.format(kind)} AND {condition} GROUP BY {columns}"
            for kind in kinds
        )
        for counted, kinds, given in ((_OF_ALL, _KINDS, order), (_OF_SOME, ("outcome",), ""))
    )
    return of_all, of_some


_COUNTS, _COUNTS_OF_SOME = map(statement, _added_up("o.promise, o.state", "count(*) AS promises", "true"))
_SENT: Final = """
    string_agg(timestamptz_send(o.started), '' {order}) AS started,
    string_agg(timestamptz_send(coalesce(o.stopped, o.started)), '' {order}) AS stopped
"""
"""When each began and stopped, as PostgreSQL sends instants: who asks cuts them into parts, and sorts durations.

Of all leads an index has them in the order in which they began (migration 0045); where leads are looked at they are
sorted by who asks, too: PostgreSQL would sort all rows by all columns first.
"""
_TIMED, _TIMED_OF_SOME = map(statement, _added_up("o.team, o.promise, o.state", _SENT, _OF_ONE, "ORDER BY o.started"))
_REP_COLUMNS: Final = "o.holder, o.promise, o.state"
_OF_PART: Final = f"{_OF_REPS} AND o.started >= parts.since AND o.started < parts.until"
_BY_REP: Final = statement(f"""
    SELECT parts.part, holder AS rep, promise, state, promises
    FROM unnest(CAST(:instants AS timestamptz[]), CAST(:ends AS timestamptz[])) WITH ORDINALITY
         AS parts (since, until, part), LATERAL ({_added_up(_REP_COLUMNS, "count(*) AS promises", _OF_PART)[0]}) AS kept
""")  # noqa: S608
"""An index finds the promises of a part sooner than each of them finds its part …"""
_PART: Final = "width_bucket(o.started, CAST(:instants AS timestamptz[])) AS part"
_BY_REP_OF_SOME: Final = statement(f"""
    SELECT o.holder AS rep, o.promise, o.state, {_PART}, count(*) AS promises
    {_OF_SOME.format("outcome")} AND {_OF_REPS} GROUP BY 1, 2, 3, 4
""")
"""… unless leads are looked at."""
_OUTCOMES: Final = statement(f"""
    SELECT o.lead AS id, c.name, c.email, c.company, o.promise, o.side, o.team, o.holder, o.started, o.stopped, o.state,
           o.charged, o.deal
    FROM (SELECT o.* {_OF_SOME.format("outcome")} AND {_OF_ONE} AND {KEPT}
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


async def counts(tx: Connection, filters: Mapping[str, Any], start: datetime, end: datetime) -> list[DatabaseRow]:
    """Clocks that started in the time, and facts that occurred in it, by promise and state."""
    wanted = _COUNTS_OF_SOME if asks_of_leads(filters) else _COUNTS
    return await select(tx, wanted, {**filters, "start": start, "end": end})


async def timed_tallies(
    tx: Connection,
    filters: Mapping[str, Any],
    instants: Sequence[datetime],
    timed: tuple[datetime, datetime],
    promise: str | None = None,
) -> list[DatabaseRow]:
    """The same by team, as `decide.tallies` adds them up; of all promises or of one. The time is cut into parts by the
    instants, the first and the last of which are its ends. `micros`: how long each took of those that were kept, and
    began from `timed` on to its end.
    """
    parameters = {**filters, **_ends(instants), "promise": promise}
    if asks_of_leads(filters):
        return _in_parts(map(_in_order, await select(tx, _TIMED_OF_SOME, parameters)), instants, timed)
    return _in_parts(map(_read, await select(tx, _TIMED, parameters)), instants, timed)


async def promises_by_rep(
    tx: Connection, filters: Mapping[str, Any], instants: Sequence[datetime]
) -> list[DatabaseRow]:
    """Promises of sales, added up by the rep who had to keep them."""
    wanted = _BY_REP_OF_SOME if asks_of_leads(filters) else _BY_REP
    cut = {"instants": list(instants[:-1]), "ends": list(instants[1:])}
    return await select(tx, wanted, {**filters, **_ends(instants), **cut})


def _ends(instants: Sequence[datetime]) -> dict[str, datetime]:
    return {"start": instants[0], "end": instants[-1]}


def _in_parts(
    rows: Iterable[DatabaseRow], instants: Sequence[datetime], timed: tuple[datetime, datetime]
) -> list[DatabaseRow]:
    """Each row once for each part in which one of its promises began; the first of them has the `micros` of all."""
    cuts, (since, until) = [_sent(instant) for instant in instants], map(_sent, timed)
    tallies: list[DatabaseRow] = []
    for row in rows:
        started, stopped = row["started"], row["stopped"]
        micros = durations(started, stopped, since, until) if row["state"] in ("met", "late") else []
        alike = {"team": row["team"] or NONE, "promise": row["promise"], "state": row["state"]}
        for part, promises in sizes_of_parts(started, cuts):
            tallies.append({**alike, "part": part, "promises": promises, "micros": micros})
            micros = []
    return tallies


def _sent(instant: datetime) -> int:
    return (instant - _POSTGRES_BEGAN) // timedelta(microseconds=1)


def _read(row: DatabaseRow) -> DatabaseRow:
    """With the instants in microseconds since PostgreSQL began to count."""
    return {**row, "started": _numbers(row["started"]), "stopped": _numbers(row["stopped"])}


def _in_order(row: DatabaseRow) -> DatabaseRow:
    """The same, by when each began."""
    started, stopped = zip(*sorted(zip(_numbers(row["started"]), _numbers(row["stopped"]), strict=True)), strict=True)
    return {**row, "started": started, "stopped": stopped}


def _numbers(sent: bytes) -> "array[int]":
    numbers = array("q", sent)
    if byteorder == "little":
        numbers.byteswap()
    return numbers


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
