"""Funnel, service levels, rejections, sources and goals, each number with a link to the leads behind it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from agreement import Agreement
from agreement.service_levels import CompletenessGoal, Volume
from reporting.asked import NONE, Asked, AskedFunnel, Period, known, link, period
from reporting.decide import rates
from reporting.store import reports as store

LEADS = "/api/leads"


def _wanted(asked: Asked, window: Period, **more: Any) -> dict[str, Any]:
    return {**asked.dimensions(), "start": window.start, "end": window.end, **more}


def _behind(asked: Asked, window: Period, **more: Any) -> str:
    return link(LEADS, **{**window.as_query(), **asked.dimensions(), **more})


async def funnel(tx: AsyncConnection, agreed: Agreement, asked: AskedFunnel, now: datetime) -> dict[str, Any]:
    known(asked, agreed)
    window = period(asked, now, agreed.definitions.house.zone)
    rows = await store.funnel(tx, _wanted(asked, window, mode=asked.mode, by=asked.by))
    matures = window.end + timedelta(seconds=agreed.service_levels.commitments.quality.mature_after.seconds)

    def stages(part: list[dict[str, Any]], **also: Any) -> list[dict[str, Any]]:
        found = rates.funnel(part, agreed.goals)
        for number, stage in enumerate(found):
            reached = {"reached": stage["stage"], "mode": asked.mode, **also}
            stage["leads"] = _behind(asked, window, **reached)
            following = rates.STAGES[number + 1] if number + 1 < len(found) else None
            stage["stalled"] = _behind(asked, window, **reached, stalled=following) if following else None
        return found

    parts: dict[str | None, list[dict[str, Any]]] = {}
    for row in rows:
        if not row["whole"]:
            parts.setdefault(row["part"], []).append(row)
    groups = [
        {"key": part, "stages": stages(some, **{str(asked.by): part if part is not None else NONE})}
        for part, some in parts.items()
    ]
    return {
        "mode": asked.mode,
        "by": asked.by,
        "cohort": {
            **window.as_query(),
            "zone": window.zone,
            "matured": asked.mode == "activity" or now >= matures,
            "matures_at": None if asked.mode == "activity" else matures.astimezone(UTC),
        },
        "stages": stages([row for row in rows if row["whole"]]),
        "groups": sorted(groups, key=lambda group: (-group["stages"][0]["count"], str(group["key"])))
        if asked.by
        else [],
    }


async def service_levels(tx: AsyncConnection, agreed: Agreement, asked: Asked, now: datetime) -> dict[str, Any]:
    """Both sides' promises from their clocks, and their monthly commitments as judged or as they run."""
    window = period(asked, now, agreed.definitions.house.zone)
    rows = await store.promises(tx, window.start, window.end)
    teams: dict[str, list[dict[str, Any]]] = {}
    whole: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["whole"]:
            whole[row["promise"]] = row
        else:
            teams.setdefault(row["promise"], []).append(row)
    found: dict[str, Any] = {**window.as_query(), "marketing": [], "sales": []}
    for level in await _commitments(tx, agreed, now):
        found[level["side"]].append(level)
    for term in agreed.service_levels.promises:
        level = _level(whole.get(term.name)) | {
            "name": term.name,
            "title": term.title,
            "side": term.side,
            "target": str(term.target) if term.target else "by urgency",
            "leads": _behind(asked, window, promise=term.name, kept="judged"),
            "missed_leads": _behind(asked, window, promise=term.name, kept="breached"),
            "teams": [{"team": part["team"], **_level(part)} for part in teams.get(term.name, ())],
        }
        found[term.side].append(level)
    return found


def _level(row: dict[str, Any] | None) -> dict[str, Any]:
    met, late, breached, running = (row[name] if row else 0 for name in ("met", "late", "breached", "running"))
    total = met + late + breached
    return {
        "kind": "promise",
        "actual": rates.rate(met, total),
        "met": met,
        "total": total,
        "late": late,
        "breached": breached,
        "running": running,
        "median_seconds": row["median_seconds"] if row else None,
        "state": "no_data" if not total else "met" if met == total else "missed",
    }


async def _commitments(tx: AsyncConnection, agreed: Agreement, now: datetime) -> list[dict[str, Any]]:
    terms = agreed.service_levels.commitments
    zone = agreed.definitions.house.zone
    window = period(Asked(range="mtd"), now, zone)
    month = await store.month(tx, window.start, window.end, terms.completeness.score)
    behind = link(LEADS, **window.as_query(), reached="mql", mode="activity")
    running: dict[str, tuple[Volume | CompletenessGoal, float, float | None, int, int]] = {
        "volume": (terms.volume, terms.volume.per_month, month["mqls"], month["mqls"], terms.volume.per_month),
        "completeness": (
            terms.completeness,
            terms.completeness.target_percent / 100,
            rates.rate(month["complete"], month["rated"]),
            month["complete"],
            month["rated"],
        ),
    }
    found = [
        {
            "kind": "commitment",
            "name": name,
            "title": term.title,
            "side": term.side,
            "target": target,
            "actual": actual,
            "met": met,
            "total": total,
            "state": "running" if total else "no_data",
            **window.as_query(),
            "leads": behind,
        }
        for name, (term, target, actual, met, total) in running.items()
    ]
    for row in await store.commitments(tx):
        title = getattr(getattr(terms, row["name"], None), "title", row["name"])
        found.append(
            {
                "kind": "commitment",
                "name": row["name"],
                "title": title,
                "side": row["side"],
                "target": row["target"],
                "actual": row["actual"],
                "met": row["numerator"],
                "total": row["denominator"],
                "state": row["state"],
                "from": row["starts"].isoformat(),
                "to": row["ends"].isoformat(),
                "leads": link(LEADS, **{"from": row["starts"], "to": row["ends"]}, reached="mql", mode="activity"),
            }
        )
    return found


async def rejections(tx: AsyncConnection, agreed: Agreement, asked: Asked, now: datetime) -> dict[str, Any]:
    known(asked, agreed)
    window = period(asked, now, agreed.definitions.house.zone)
    rows, answers = await store.rejections(tx, _wanted(asked, window))
    total = sum(row["offers"] for row in rows)
    titles = agreed.routing.by_reason
    return {
        **window.as_query(),
        "accepted": answers["accepted"],
        "answered": answers["answered"],
        "links": {
            name: _behind(asked, window, answered=answer)
            for name, answer in (("accepted", "accepted"), ("answered", "any"), ("rejected", "rejected"))
        },
        "acceptance": rates.rate(answers["accepted"], answers["answered"]),
        "rejected": total,
        "reasons": [
            {
                "reason": row["reason"],
                "title": titles[row["reason"]].title if row["reason"] in titles else row["reason"].replace("_", " "),
                "count": row["leads"],
                "offers": row["offers"],
                "share": rates.rate(row["offers"], total),
                "credited": row["credited"],
                "owed_by_marketing": row["owed"],
                "leads": _behind(asked, window, rejected=row["reason"]),
            }
            for row in rows
        ],
    }


async def sources(tx: AsyncConnection, agreed: Agreement, asked: Asked, now: datetime) -> dict[str, Any]:
    """By first touch of the leads that became known in the period. No spend imported: null, never 0."""
    known(asked, agreed)
    window = period(asked, now, agreed.definitions.house.zone)
    currency = agreed.definitions.house.currency
    rows = await store.sources(tx, _wanted(asked, window, currency=currency, first=window.first, until=window.until))

    def money(amount: Any) -> dict[str, Any] | None:
        return {"amount": round(amount), "currency": currency} if amount is not None else None

    def each(amount: Any, count: int) -> dict[str, Any] | None:
        return money(amount / count) if amount is not None and count else None

    items = []
    for row in rows:
        leads, mqls, sqls, won = (int(row[name] or 0) for name in ("leads", "mqls", "sqls", "won"))
        items.append(
            {
                "source": row["source"],
                "leads": leads,
                "mqls": mqls,
                "sqls": sqls,
                "won": won,
                "mql_to_sql": rates.rate(sqls, mqls),
                "revenue": money(row["revenue"]),
                "spend": money(row["spend"]),
                "cost_per_lead": each(row["spend"], leads),
                "cost_per_mql": each(row["spend"], mqls),
                "links": {
                    name: _behind(asked, window, source=row["source"] or NONE, reached=stage, mode="cohort")
                    for name, stage in (("leads", "lead"), ("mqls", "mql"), ("sqls", "sql"), ("won", "won"))
                },
            }
        )
    return {**window.as_query(), "items": items, "next": None}


async def goals(tx: AsyncConnection, agreed: Agreement, now: datetime) -> dict[str, Any]:
    """The year's revenue worked backwards to a month's MQLs, beside what this month brought."""
    zone, currency = agreed.definitions.house.zone, agreed.definitions.house.currency
    window = period(Asked(range="mtd"), now, zone)
    counts = await store.entries(tx, window.start, window.end)
    money = await store.pipeline(tx, window.start, window.end, currency)
    chain = rates.backwards(agreed.goals)
    needed = chain["revenue"]["amount"]
    won = int(money["won"] or 0)
    remaining = max(needed - won, 0)
    opened = int(money["open"]) if money["open"] is not None else None
    return {
        "month": window.as_query(),
        "revenue": {
            "needed": chain["revenue"],
            "won": {"amount": won, "currency": currency},
            "deals": money["won_deals"],
            "leads": link(LEADS, **window.as_query(), deals="won"),
        },
        "chain": [
            {
                **step,
                "actual": counts.get(step["stage"], 0),
                "leads": link(LEADS, **window.as_query(), reached=step["stage"], mode="activity"),
            }
            for step in chain["chain"]
        ],
        "pipeline": {
            "open": {"amount": opened, "currency": currency} if opened is not None else None,
            "deals": money["open_deals"],
            "leads": link(LEADS, deals="open"),
            "coverage": opened / remaining if opened is not None and remaining else None,
            "at_least": agreed.goals.coverage.at_least,
        },
    }
