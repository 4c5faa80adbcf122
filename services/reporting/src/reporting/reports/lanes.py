"""Every lane of every service, for operators."""

from typing import Any

from reporting.filters import LanesQuery, page_of
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store.conditions import DatabaseRow
from runtime.database.driver_errors import SchemaError
from runtime.errors import Refused
from runtime.lanes import lane_status


class OutOfSight(Refused):
    """The lanes of the other services cannot be seen from here."""

    status = 503


async def lanes(scope: ReportScope, query: LanesQuery) -> Answer:
    """What `runtime.lanes.lane_status` sees, by lane: per topic what was read, written and shipped.

    On the wire the second of them is called `said`.

    `versions.findings`: what is wrong with the agreement as it was edited since; `refusal`: why it cannot be taken.

    Where readers take events from the database itself nothing is shipped: null. Raises OutOfSight.
    """
    try:
        status = await lane_status.overview(scope.tx)
    except SchemaError as error:
        raise OutOfSight("the services of this house keep their lanes in databases of their own") from error
    items: dict[Any, DatabaseRow] = {}
    """By service and partition."""
    for row in status["inputs"]:
        lane = items.setdefault((row["service"], row["p"]), _lane(row))
        lane["read"][row["topic"]] = row["read"]
        lane["behind"] += row["behind"]
    for row in status["outputs"]:
        lane = items.setdefault((row["service"], row["p"]), _lane(row))
        lane["said"][str(row["topic"])] = row["written"]
        lane["shipped"][str(row["topic"])] = row["shipped"] if scope.ships else None
    answer = {
        "items": [items[key] for key in sorted(items)],
        "dead_letters": status["dead_letters"],
        "versions": {
            "agreement": scope.agreement.version,
            "findings": [str(one) for one in scope.notice.findings],
            "refusal": scope.notice.refusal,
            "schemas": [row for row in status["versions"] if row["version_num"]],
        },
    }
    return page_of(answer, query)


def _lane(row: Any) -> DatabaseRow:
    """A lane nothing is known of yet but its owner; a service without inputs has no owner of a lane."""
    return {
        "service": str(row["service"]).replace("_", "-"),
        "partition": row["p"],
        "owner": row["owner"] if row.get("held") else None,
        "stopped": row.get("stopped"),
        "behind": 0,
        "read": {},
        "said": {},
        "shipped": {},
    }


def by_service(items: list[DatabaseRow]) -> list[DatabaseRow]:
    """One row for each service; `door`: it reads no topic."""
    rows: dict[str, DatabaseRow] = {}
    for lane in items:
        row = rows.setdefault(
            lane["service"],
            {"name": lane["service"], "lanes": 0, "held": 0, "read": 0, "said": 0, "behind": 0, "stopped": None}
            | {"door": True},
        )
        row["lanes"] += 1
        row["held"] += bool(lane["owner"])
        row["door"] = row["door"] and not lane["read"]
        row["read"] += sum(lane["read"].values())
        row["said"] += sum(lane["said"].values())
        row["behind"] += lane["behind"]
        row["stopped"] = row["stopped"] or lane["stopped"]
    return list(rows.values())


LANES = Report(
    "lanes",
    LanesQuery,
    lanes,
    columns=(
        Column("service", "Service"),
        Column("partition", "Partition", "number"),
        Column("owner", "Owner"),
        Column("behind", "Behind", "number"),
        Column("stopped", "Stopped"),
    ),
    summary="How far every lane has read, written and shipped; dead letters; versions",
    title="Lanes",
)
