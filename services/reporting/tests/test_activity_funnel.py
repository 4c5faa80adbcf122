"""The funnel by activity, counted from one row a lead, is that of all entries one by one."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from services.reporting.tests.test_counts import single, world

from events import Event
from events.vocabulary import FUNNEL_STAGES
from reporting.filters import ReportQuery
from reporting.reports.report import open_scope
from reporting.store.conditions import AGAIN, COUNTED, SAME, select
from reporting.store.funnel import _PARTS, funnel
from runtime.database.connect import Database
from runtime.database.statement import statement
from runtime.service import Context

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]
_WHEN: Final = " ".join(f"WHEN '{by}' THEN {part}" for by, part in _PARTS.items())
_ONE_BY_ONE: Final = statement(f"""
    WITH steps AS (
        SELECT r.*, lag(r.entered_at) OVER w AS before, lag(r.implied) OVER w AS before_implied,
               CASE CAST(:by AS text) {_WHEN} END AS part,
               {COUNTED} AS counted, {AGAIN} AS again, c.closed
        FROM reached r JOIN lead_journey c ON c.id = r.lead
        WHERE {SAME} AND r.stage <> 'lost'
          AND r.lead IN (SELECT lead FROM reached WHERE stage = ANY (ARRAY{list(FUNNEL_STAGES)})
                         AND entered_at >= :start AND entered_at < :end)
        WINDOW w AS (PARTITION BY r.lead, r.cycle
                     ORDER BY array_position(ARRAY{list(FUNNEL_STAGES)}, r.stage))
    ),
    paths AS (
        SELECT *, array_agg(stage) FILTER (WHERE counted) OVER (PARTITION BY lead) AS path,
               (ARRAY{list(FUNNEL_STAGES)})[array_position(ARRAY{list(FUNNEL_STAGES)}, stage) + 1] AS following
        FROM steps WHERE counted OR again)
    SELECT stage, part, grouping(part) = 1 AS whole,
           count(DISTINCT lead) FILTER (WHERE counted) AS count,
           count(DISTINCT lead) FILTER (WHERE counted AND implied) AS implied,
           count(DISTINCT lead) FILTER (WHERE again) AS re_engaged,
           count(DISTINCT lead) FILTER (WHERE counted AND NOT following = ANY (path)) AS stalled,
           count(DISTINCT lead) FILTER (WHERE counted AND NOT following = ANY (path) AND closed) AS ended,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM entered_at - before)::float8)
               FILTER (WHERE counted AND NOT implied AND NOT before_implied) AS median_seconds,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM entered_at - before)::float8)
               FILTER (WHERE counted AND NOT implied AND NOT before_implied) AS p90_seconds
    FROM paths GROUP BY GROUPING SETS ((stage), (stage, part))
""")
_MANY_CYCLES: Final = (
    """
    INSERT INTO entry (lead, cycle, stage, entered_at, event, implied, withdrawn, re_engaged, hand_raise, historical)
    SELECT j.lead, cycle, stage, j.captured_at + ((7 * n + 5 * cycle + 11 * place) % 40) * interval '17 hours', 'test',
           (n + cycle + place) % 5 = 0, (n + 2 * cycle + place) % 7 = 0, cycle > 1 AND (n + cycle) % 3 <> 0, false,
           false
    FROM (SELECT lead, captured_at, row_number() OVER (ORDER BY lead) AS n FROM journey) j,
         generate_series(1, 6) AS cycle,
         unnest(ARRAY['mql', 'sal', 'sql', 'opportunity', 'won']) WITH ORDINALITY AS stages(stage, place)
    WHERE place <= 1 + (n + cycle) % 5 AND (n + place) % 4 <> 3 ON CONFLICT DO NOTHING
    """,
    "TRUNCATE journey",
    "INSERT INTO journey SELECT * FROM journey_now",
)


async def test_each_figure_is_that_of_the_entries_one_by_one(context: Context, database: Database, fold: Fold) -> None:
    """Of leads with six cycles in any order, filled in and withdrawn, under each filter, divided by anything."""
    await fold(context, database, world().events)
    seen = dict[str, int]()
    async with open_scope(context) as scope:
        for command in _MANY_CYCLES:
            await scope.tx.execute(statement(command))
        for where in (one for one in single() if set(one) <= set(ReportQuery.model_fields)):
            filters = scope.filters(ReportQuery.model_validate(where), mode="activity")
            for days in (90, 12, 3):
                for by in (None, *_PARTS):
                    given = {**filters, **_until(filters["end"], days), "by": by}
                    rows = [one for one in await select(scope.tx, _ONE_BY_ONE, given) if by or one["whole"]]
                    wanted, found = _by_stage(rows), _by_stage(await funnel(scope.tx, given))
                    assert found == wanted, (where, days, by)
                    for row in rows:
                        for name, value in row.items():
                            seen[name] = seen.get(name, 0) + bool(value)
    assert min(seen.values()) > 10, seen


def _until(end: datetime, days: int) -> dict[str, datetime]:
    return {"start": end - timedelta(days=days), "end": end}


def _by_stage(rows: Sequence[dict[str, object]]) -> dict[tuple[object, ...], dict[str, object]]:
    return {(row["stage"], row["part"], row["whole"]): row for row in rows}
