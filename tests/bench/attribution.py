"""How long the house takes to say who brought the money of a year in which 100,000 deals were won.

The deals, their contacts (one, of every tenth deal two) and eight touches of each are written in SQL, evenly over the
days of a year, a tenth of them in another currency; then the house's own loop shares them out. Each answer is asked
for over HTTP, one after another, uncached: eight models side by side, whole and by campaign, and one model by source;
each of all deals, of one source in eight, of one source and one of ten reps, and of two that have no deal in common.
`attribution_p95_ms` is the slowest answer's 95th percentile; `credits_deals_per_s` is how fast the loop goes through
all of them, leaving half of its time to others.
"""

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

import asyncpg
import uvloop
from tests.bench.figures import Figure

from runtime.clock import wall
from runtime.http.client import AsyncClient, client
from runtime.process.collector import calm_collector
from runtime.settings import Settings
from standalone.house import House

REACH: Final = 100
_ANSWERS: Final = {
    "models": "/api/attribution-models?",
    "groups": "/api/attribution-groups?by=campaign&",
    "sources": "/api/attribution?model=w_baton&",
}
_FILTERS: Final = {
    "all": "",
    "one_source": "&source=source-3",
    "two_filters": "&source=source-3&rep=rep-1",
    "nothing": "&source=source-3&rep=rep-4",
}
"""An odd source and an even rep have no deal in common."""
_SEED: Final = (
    """
    CREATE TEMP TABLE sold AS
    SELECT n, 'lead-' || n AS lead, 'deal-' || n AS deal, 'source-' || n % 8 AS source,
           'campaign-' || n % 24 AS campaign, 100000 + (CAST(n AS bigint) * 104729) % 5000000 AS amount,
           CASE WHEN n % 10 = 3 THEN 'EUR' ELSE 'USD' END AS currency,
           date_trunc('day', now()) - make_interval(days => n % 364, secs => (n % 1000) * 60) AS closed_at
    FROM generate_series(1, $1) AS n
    """,
    """
    INSERT INTO person (lead, facts, captured_at, first_seen, source, campaign, channel, historical)
    SELECT lead, '{}', closed_at - interval '75 days', closed_at - interval '75 days', source, campaign, 'form:demo',
           false
    FROM sold ORDER BY closed_at
    """,
    """
    INSERT INTO place (lead, stage, status, cycle, accepted, closed, first_rep, first_team)
    SELECT lead, 'won', 'connected', 1, true, true, 'rep-' || n % 10, 'team-' || n % 3 FROM sold ORDER BY closed_at
    """,
    """
    INSERT INTO entry (lead, cycle, stage, entered_at, event, implied, withdrawn, re_engaged, hand_raise, historical)
    SELECT lead, 1, stage, closed_at - ago, 'handoffs/0/' || n || stage, false, false, false, false, false
    FROM sold, (VALUES ('mql', interval '40 days'), ('opportunity', interval '20 days'), ('won', interval '0'))
               AS entered(stage, ago)
    ORDER BY closed_at
    """,
    """
    INSERT INTO touch (lead, event, at, side, kind, source, campaign, asset, machine, partner)
    SELECT lead, 'leads/0/' || n || '-' || t, closed_at - make_interval(days => 70 - 9 * t, secs => n % 5000),
           CASE WHEN t IN (3, 5, 7) THEN 'sales' ELSE 'marketing' END,
           CASE WHEN t IN (3, 5, 7) THEN (ARRAY['call', 'email', 'meeting'])[1 + (n + t) % 3]
                ELSE (ARRAY['demo_request', 'webinar_attended', 'case_study', 'pricing_view'])[1 + (n / 3 + t) % 4] END,
           CASE WHEN t IN (0, 2, 6) THEN 'source-' || (n + t * 3) % 8 END,
           CASE WHEN t IN (0, 2, 6) THEN 'campaign-' || (n + t * 3) % 24 END,
           CASE WHEN t IN (1, 4) THEN 'asset-' || (n + t) % 12 END, false,
           CASE WHEN t = 2 AND n % 6 = 0 THEN 'partner-' || n % 5 END
    FROM sold, generate_series(0, 7) AS t ORDER BY closed_at, t
    """,
    """
    INSERT INTO deal (deal, state, opened_at, closed_at, amount, currency, product, primary_lead)
    SELECT deal, 'won', closed_at - interval '20 days', closed_at, amount, currency, 'core', lead
    FROM sold ORDER BY closed_at
    """,
    """
    INSERT INTO deal_step (lead, event, deal, at, recorded_at, kind, merged)
    SELECT lead, 'sales/0/' || n, deal, closed_at, closed_at, 'won', false FROM sold
    UNION ALL
    SELECT 'lead-' || n - 1, 'sales/1/' || n, deal, closed_at, closed_at + interval '1 s', 'won', false
    FROM sold WHERE n % 10 = 5
    """,
    "INSERT INTO journey SELECT * FROM journey_now ORDER BY captured_at",
)
_DUE: Final = "INSERT INTO credit_due (deal, not_before) SELECT deal, now() FROM deal ORDER BY closed_at"
_TABLES: Final = ("person", "place", "entry", "touch", "deal", "deal_step", "journey")


def bench(deals: int, times: int) -> list[Figure]:
    """`deals`: won in a year; `times`: how often each answer is asked for."""
    calm_collector()
    with TemporaryDirectory(prefix="baton-bench-") as folder:
        settings = Settings(data=Path(folder) / "house", port=0, _env_file=None)
        return uvloop.run(measured(settings, deals, times))


async def measured(settings: Settings, deals: int, times: int) -> list[Figure]:
    """The figures of a new house into which so many deals are written."""
    house = await House(settings).start()
    try:
        database = await asyncpg.connect(
            house.dsn.replace("+asyncpg", ""), server_settings={"search_path": "reporting"}
        )
        try:
            await _seed(database, deals)
            started = perf_counter()
            await database.execute(_DUE)
            while await database.fetchval("SELECT EXISTS (SELECT FROM credit_due)"):
                await database.execute("SELECT pg_sleep(1)")
            took = perf_counter() - started
            await database.execute("VACUUM ANALYZE credit, credited_deal, credit_week, credit_due")
        finally:
            await database.close()
        until = wall().date() + timedelta(days=1)
        year = f"from={until - timedelta(days=365)}&to={until}"
        async with client(base_url=house.url, timeout=300) as http:
            answers = [
                (f"{answer}_{which}", await _p95(http, path + year + filtered, times))
                for answer, path in _ANSWERS.items()
                for which, filtered in _FILTERS.items()
            ]
    finally:
        await house.stop()
    return _figures(answers, deals, deals / took)


async def _seed(database: "asyncpg.Connection[asyncpg.Record]", deals: int) -> None:
    for number, one in enumerate(_SEED):
        if number:
            await database.execute(one)
        else:
            await database.execute(one.replace("$1", str(deals)))
    for table in _TABLES:
        await database.execute(f"VACUUM ANALYZE {table}")


async def _p95(http: AsyncClient, path: str, times: int) -> float:
    """Milliseconds; the first request, which plans and warms, is not counted."""
    (await http.get(path)).raise_for_status()
    took: list[float] = []
    for _ in range(times):
        started = perf_counter()
        (await http.get(path)).raise_for_status()
        took.append((perf_counter() - started) * 1000)
    return sorted(took)[ceil(0.95 * times) - 1]


def _figures(answers: Sequence[tuple[str, float]], deals: int, rate: float) -> list[Figure]:
    name, worst = max(answers, key=lambda one: one[1])
    note = f"{deals:,} deals won in a year; the slowest is {name}"
    return [
        Figure("attribution_p95_ms", "who brought a year's money, p95", worst, "ms", REACH, note, at_most=True),
        *(Figure(f"attribution_{name}_p95_ms", f"{name.replace('_', ' ')}, p95", ms, "ms") for name, ms in answers),
        Figure("credits_deals_per_s", "the loop shares out", rate, "/s"),
    ]
