"""The funnel: how many leads entered each stage, how many went on, and how long they took."""

from datetime import UTC

from reporting.decide import rates
from reporting.filters import NONE, FunnelQuery, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import funnel as store
from reporting.store.conditions import DatabaseRow


async def funnel(scope: ReportScope, query: FunnelQuery) -> Answer:
    """Raises Malformed. `groups` only when `by` is given, the largest first."""
    refuse_unknown(query, scope.agreement)
    days = scope.period(query)
    rows = await store.funnel(scope.tx, scope.filters(query, mode=query.mode, by=query.by))
    matures = days.end + scope.agreement.service_levels.commitments.quality.mature_after.timedelta
    groups = [
        {"key": part, "stages": _stages(scope, query, some, {str(query.by): NONE if part is None else part})}
        for part, some in _by_part(rows).items()
    ]
    return {
        "mode": query.mode,
        "by": query.by,
        "cohort": {
            **days.parameters,
            "zone": days.zone,
            "matured": query.mode == "activity" or scope.now >= matures,
            "matures_at": None if query.mode == "activity" else matures.astimezone(UTC),
        },
        "stages": _stages(scope, query, [row for row in rows if row["whole"]], {}),
        "groups": sorted(groups, key=_largest_first) if query.by else [],
    }


def _by_part(rows: list[DatabaseRow]) -> dict[str | None, list[DatabaseRow]]:
    parts: dict[str | None, list[DatabaseRow]] = {}
    for row in rows:
        if not row["whole"]:
            parts.setdefault(row["part"], []).append(row)
    return parts


def _stages(
    scope: ReportScope, query: FunnelQuery, rows: list[DatabaseRow], group: dict[str, str]
) -> list[DatabaseRow]:
    """The stages with their conversions, each with links to its leads and to those that went no further."""
    stages = rates.funnel(rows, scope.agreement.goals)
    following = [*(stage["stage"] for stage in stages[1:]), None]
    for stage, after in zip(stages, following, strict=True):
        reached = {"reached": stage["stage"], "mode": query.mode, **group}
        stage["leads"] = scope.leads(query, **reached)
        stage["stalled"] = scope.leads(query, **reached, stalled=after) if after else None
    return stages


def _largest_first(group: DatabaseRow) -> tuple[int, str]:
    return -group["stages"][0]["count"], str(group["key"])


def _rows(answer: Answer) -> list[DatabaseRow]:
    rows = [{"group": "all", **stage} for stage in answer["stages"]]
    return rows + [{"group": group["key"], **stage} for group in answer["groups"] for stage in group["stages"]]


FUNNEL = Report(
    "funnel",
    FunnelQuery,
    funnel,
    columns=(
        Column("group", "Group"),
        Column("stage", "Stage", "words"),
        Column("count", "Leads", "number", link="leads"),
        Column("implied"),
        Column("from_previous", "From previous", "percent"),
        Column("from_previous_of"),
        Column("from_first", "From first", "percent"),
        Column("from_first_of"),
        Column("median_seconds", "Typical time", "duration"),
        Column("p90_seconds", "Slowest tenth", "duration"),
    ),
    summary="Stages, conversions and times, by cohort or by activity",
    title="Funnel",
    rows=_rows,
    panel="wide",
)
