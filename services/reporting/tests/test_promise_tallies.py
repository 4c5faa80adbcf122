"""Promises that are added up each kind by itself, and cut into parts by who asks, are those of one plain statement."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from services.reporting.tests.test_counts import single, world

from events import Event
from reporting.decide.tallies import counted, quantiles_of
from reporting.filters import ReportQuery
from reporting.reports.report import open_scope
from reporting.store import service_levels
from reporting.store.conditions import LEAD_IS, PROMISED, select
from runtime.database.connect import Database
from runtime.database.statement import statement
from runtime.service import Context

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]
END: Final = datetime(2026, 11, 20, 5, tzinfo=UTC)
INSTANTS: Final = [END - timedelta(days=days) for days in (60, 34, 20, 13, 6, 0)]
TIMED: Final = (INSTANTS[1], INSTANTS[-1])
"""All but the first part."""
_STATES: Final = "(ARRAY['met', 'late', 'breached', 'running', 'void', 'met'])[1 + (n * 7) % 6]"
_WHEN: Final = f"TIMESTAMPTZ '{END}' - ((n * 7919) % 5300000) * interval '1.000037 seconds'"
"""In two months; some instants are those of `INSTANTS`."""
_REP: Final = "(ARRAY['rep-dan', 'rep-kate'])[1 + n % 2]"
_MANY: Final = (
    f"""
    INSERT INTO clock (lead, clock, promise, side, team, holder, started, due, stopped, state, charged, cycle,
                       target)
    SELECT j.lead, 'many-' || n, 'promise-' || n % 3, CASE WHEN n % 5 = 0 THEN 'marketing' ELSE 'sales' END,
           (ARRAY['new-york', 'london', NULL])[1 + n % 3], CASE WHEN n % 11 <> 0 THEN {_REP} END, s.at, s.at,
           CASE WHEN {_STATES} <> 'running' THEN s.at + (n * n % 400000) * interval '1.7000013 seconds' END, {_STATES},
           (ARRAY['system', 'rep-1', NULL])[1 + n % 3], 1, '4bh'
    FROM (SELECT lead, row_number() OVER (ORDER BY lead) AS place, count(*) OVER () AS leads FROM journey) j,
         generate_series(1, 900) AS n, LATERAL (SELECT {_WHEN} AS at) s WHERE j.place = 1 + n % j.leads
    """,
    f"""
    INSERT INTO status_update (lead, fact, promise, side, kind, by, team, target, occurred, recorded, due, late)
    SELECT j.lead, 'many-' || n, 'promise-' || n % 2, 'sales', 'call', {_REP}, 'london', '1bd', s.at,
           s.at + (n * n % 700000) * interval '0.9000017 seconds', s.at, n % 3 = 0
    FROM (SELECT lead, row_number() OVER (ORDER BY lead) AS place, count(*) OVER () AS leads FROM journey) j,
         generate_series(1, 600) AS n, LATERAL (SELECT {_WHEN} AS at) s WHERE j.place = 1 + n % j.leads
    """,
)
_PLAIN: Final = statement(f"""
    SELECT coalesce(o.team, '-') AS team, o.holder AS rep, o.side, o.promise, o.state, count(*) AS promises,
           width_bucket(o.started, CAST(:instants AS timestamptz[])) AS part
    FROM outcome o LEFT JOIN lead_journey c ON c.id = o.lead WHERE {PROMISED} AND {LEAD_IS}
    GROUP BY o.team, o.holder, o.side, o.promise, o.state, part
""")
_PLAIN_TIMES: Final = statement(f"""
    SELECT o.promise, coalesce(o.team, '-') AS team,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', o.stopped - o.started)) AS median_seconds,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY date_part('epoch', o.stopped - o.started)) AS p90_seconds
    FROM outcome o LEFT JOIN lead_journey c ON c.id = o.lead
    WHERE {PROMISED} AND {LEAD_IS} AND o.state IN ('met', 'late') AND o.started >= :since
    GROUP BY o.promise, coalesce(o.team, '-')
""")


async def test_tallies_are_those_of_a_plain_statement(context: Context, database: Database, fold: Fold) -> None:
    await fold(context, database, world().events)
    compared, parts = 0, range(1, len(INSTANTS))
    async with open_scope(context) as scope:
        for command in _MANY:
            await scope.tx.execute(statement(command))
        for where in (one for one in single() if set(one) <= set(ReportQuery.model_fields)):
            filters = ReportQuery.model_validate(where).dimensions()
            given = {**filters, "start": INSTANTS[0], "end": INSTANTS[-1], "instants": INSTANTS, "since": TIMED[0]}
            plain = await select(scope.tx, _PLAIN, given)
            timed = await service_levels.timed_tallies(scope.tx, filters, INSTANTS, TIMED)
            for part in parts:
                by = ("promise", "team")
                assert counted(timed, (part,), by) == counted(plain, (part,), by), where
            counts = await service_levels.counts(scope.tx, filters, INSTANTS[0], INSTANTS[-1])
            found = counted([{**row, "part": 1} for row in counts], (1,), ("promise",))
            assert found == counted(plain, parts, ("promise",)), where
            of_reps = await service_levels.promises_by_rep(scope.tx, filters, INSTANTS)
            wanted = [row for row in plain if row["side"] == "sales" and row["rep"]]
            for part in parts:
                by = ("rep", "promise")
                assert counted(of_reps, (part,), by) == counted(wanted, (part,), by), where
            times = {(row.pop("promise"), row.pop("team")): row for row in await select(scope.tx, _PLAIN_TIMES, given)}
            measured = quantiles_of(timed, ("promise", "team"))
            assert {key: one for key, one in measured.items() if one["median_seconds"] is not None} == times, where
            compared += len(times)
    assert compared > 15
