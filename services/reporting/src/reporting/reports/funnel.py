"""The funnel: how many leads entered each stage, how many went on, and how long they took."""

from datetime import UTC

from events.vocabulary import humanize, humanize_first
from reporting.decide import rates
from reporting.figures import percent
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
        stalled = {**reached, "stalled": after}
        stage["leads"] = scope.leads(query, **reached)
        stage["stalled"] = scope.leads(query, **stalled) if after else None
        stage["links"] = {
            "here": scope.leads(query, **stalled, ended="false") if after else None,
            "ended": scope.leads(query, **stalled, ended="true") if after else None,
            "implied": scope.leads(query, **reached, implied="true"),
            "re_engaged": scope.leads(query, **{**group, "mode": query.mode, "again": stage["stage"]}),
        }
    return stages


def _finding(answer: Answer) -> str | None:
    """The step that falls furthest short of its target, or loses most where none does."""
    stages = answer["stages"]
    if not stages[0]["count"]:
        return None
    short = [one for one in stages if one["target"] and one["target"]["actual"] is not None]
    short = sorted(short, key=lambda one: one["target"]["actual"] - one["target"]["rate"])
    if short and short[0]["target"]["actual"] < short[0]["target"]["rate"]:
        one, target = short[0], short[0]["target"]
        return (
            f"{humanize_first(target['from'])} to {humanize(one['stage'])} is the weak step: "
            f"{percent(target['actual'])}, {percent(target['rate'])} agreed"
        )
    won = stages[-1]
    return f"{won['count']} of {stages[0]['count']} leads were won, no step is below its target"


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
        Column("count", "Leads", "number", link="leads", better="more"),
        Column("implied", "Filled in", "number", link="links.implied", wide=True),
        Column("from_previous", "From previous", "percent", better="more"),
        Column("from_previous_of"),
        Column("from_first", "From first", "percent", better="more"),
        Column("from_first_of"),
        Column("median_seconds", "Typical time", "duration", better="less"),
        Column("p90_seconds", "Slowest tenth", "duration", better="less"),
        Column("here", "Still here", "number", link="links.here"),
        Column("ended", "Left", "number", link="links.ended", better="less"),
        Column("stalled_count", "Went no further", "number", link="stalled"),
        Column("re_engaged", "Came back later, not counted", "number", link="links.re_engaged", wide=True),
    ),
    summary="Stages, conversions and times, by cohort or by activity",
    title="Funnel",
    definition=(
        "Cohort: leads that became known in these days, followed to where they are now, each stage once and in order "
        "(a stage that was skipped is filled in). Activity: what was entered in these days, whenever the lead became "
        "known; then a step is no share of the one before. Second cycles are counted apart."
    ),
    chapter="definitions",
    finding=_finding,
    key=("group", "stage"),
    rows=_rows,
    panel="wide",
)
