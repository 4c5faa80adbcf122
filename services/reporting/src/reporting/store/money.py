"""Reads behind the shared figures that no other report has: how long a sale takes, and MQLs that nobody followed up."""

from collections.abc import Mapping
from typing import Any, Final

from reporting.store.conditions import MQL_OF_A_MONTH, SAME, TOUCHED, DatabaseRow, select
from reporting.store.deals import COUNTED_DEALS, OF_ALL_DEALS
from runtime.database.connection import Connection
from runtime.database.statement import statement

_CYCLE: Final = statement(f"""
    SELECT count(*) AS deals,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM taken)::float8) AS median_seconds
    FROM (SELECT d.closed_at - (SELECT j.captured_at FROM journey j WHERE j.lead = d.lead) AS taken
          {COUNTED_DEALS} OFFSET 0) AS won
    WHERE taken >= interval '0'
""")  # noqa: S608
"""Of each of these deals its contact is looked up: joined, PostgreSQL reads all leads for some hundred deals."""
_IN_FIRST: Final = "c.mql_at >= :start AND c.mql_at < :end AND NOT c.mql_implied"
_MQLS: Final = statement(f"""
    SELECT count(*) AS mqls, count(*) FILTER (WHERE NOT touched) AS never FROM (
        SELECT {TOUCHED} AS touched FROM lead_journey c WHERE {_IN_FIRST} AND {SAME}
        UNION ALL
        SELECT touched FROM (
            SELECT DISTINCT c.id, {TOUCHED} AS touched FROM entry r JOIN lead_journey c ON c.id = r.lead
            WHERE r.stage = 'mql' AND r.cycle <> 1 AND r.entered_at >= :start AND r.entered_at < :end
                  AND NOT r.withdrawn AND {MQL_OF_A_MONTH} AND NOT coalesce({_IN_FIRST}, false) AND {SAME}) AS again
        ) AS entered
""")  # noqa: S608
"""First cycles stand in the journeys, later ones are few; who was MQL in both counts once."""
_COHORT: Final = statement(f"""
    SELECT count(*) AS leads, count(c.mql_at) AS mqls, count(c.sql_at) AS sqls, count(c.won_at) AS customers
    FROM lead_journey c WHERE c.captured_at >= :start AND c.captured_at < :end AND {SAME}
""")  # noqa: S608


async def cohort(tx: Connection, filters: Mapping[str, Any]) -> DatabaseRow:
    """Leads that became known in the period, and how many of them came to be MQL, SQL and customer in their first
    cycle: what the funnel of the cohort counts, of few stages.
    """
    return (await select(tx, _COHORT, filters))[0]


async def cycle(tx: Connection, filters: Mapping[str, Any]) -> DatabaseRow:
    """Deals won in the period whose primary contact is known, and the median from then to the day they were won."""
    return (await select(tx, _CYCLE, {**OF_ALL_DEALS, **filters, "state": "won"}))[0]


async def mqls(tx: Connection, filters: Mapping[str, Any]) -> DatabaseRow:
    """Leads that became MQL in the period as a month counts them, and those of them that nobody `never` followed up."""
    return (await select(tx, _MQLS, filters))[0]
