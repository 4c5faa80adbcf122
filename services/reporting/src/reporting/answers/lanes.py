"""Every lane of every service, for operators."""

from typing import Any

from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from agreement import Agreement
from runtime.errors import Refused
from runtime.observe import lane_status


class OutOfSight(Refused):
    """The lanes of the other services cannot be seen from here."""

    status = 503


async def lanes(tx: AsyncConnection, agreed: Agreement, *, ships: bool) -> dict[str, Any]:
    """What `runtime.observe.lane_status` sees, with what each service has said beside what it has read.

    Where readers take what was said from the database itself nothing is shipped: null.
    """
    try:
        seen = await lane_status.overview(tx)
    except ProgrammingError as error:
        raise OutOfSight("the services of this house keep their lanes in databases of their own") from error
    said: dict[Any, dict[str, Any]] = {}
    shipped: dict[Any, dict[str, Any]] = {}
    for row in seen["outputs"]:
        key = (row["service"], row["p"])
        said.setdefault(key, {})[str(row["topic"])] = row["said"]
        shipped.setdefault(key, {})[str(row["topic"])] = row["shipped"] if ships else None
    items: dict[Any, dict[str, Any]] = {}
    for row in seen["inputs"]:
        key = (row["service"], row["p"])
        lane = items.setdefault(
            key,
            {
                "service": str(row["service"]).replace("_", "-"),
                "partition": row["p"],
                "owner": row["owner"] if row["held"] else None,
                "stopped": row["stopped"],
                "behind": 0,
                "read": {},
                "said": said.get(key, {}),
                "shipped": shipped.get(key, {}),
            },
        )
        lane["read"][row["topic"]] = row["read"]
        lane["behind"] += row["behind"]
    for key, topics in said.items():
        if key not in items:
            items[key] = {
                "service": str(key[0]).replace("_", "-"),
                "partition": key[1],
                "owner": None,
                "stopped": None,
                "behind": 0,
                "read": {},
                "said": topics,
                "shipped": shipped[key],
            }
    return {
        "items": [items[key] for key in sorted(items)],
        "next": None,
        "dead_letters": seen["dead_letters"],
        "versions": {
            "agreement": agreed.version,
            "schemas": [row for row in seen["versions"] if row["version_num"]],
        },
    }


def by_service(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for each service."""
    found: dict[str, dict[str, Any]] = {}
    for lane in items:
        name = lane["service"]
        row = found.setdefault(
            name,
            {"name": name, "lanes": 0, "held": 0, "read": 0, "said": 0, "behind": 0, "stopped": None, "door": True},
        )
        row["lanes"] += 1
        row["held"] += bool(lane["owner"])
        row["door"] = row["door"] and not lane["read"]
        row["read"] += sum(lane["read"].values())
        row["said"] += sum(lane["said"].values())
        row["behind"] += lane["behind"]
        row["stopped"] = row["stopped"] or lane["stopped"]
    return list(found.values())
