"""What the dashboard shows, gathered in one transaction and put into the shapes of its cards."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from agreement import Agreement
from reporting.answers import reports
from reporting.asked import Asked, AskedFunnel, period
from reporting.pages.frame import duration, money, number, percent
from reporting.store import reports as store


def to_page(address: str | None) -> str | None:
    """The page that shows what an API address lists."""
    return address.removeprefix("/api") if address else None


async def gather(tx: AsyncConnection, agreed: Agreement, asked: AskedFunnel, now: datetime) -> dict[str, Any]:
    same = Asked.model_validate(asked.model_dump(exclude={"mode", "by"}))
    funnel = await reports.funnel(tx, agreed, asked, now)
    levels = await reports.service_levels(tx, agreed, same, now)
    rejections = await reports.rejections(tx, agreed, same, now)
    sources = await reports.sources(tx, agreed, same, now)
    goals = await reports.goals(tx, agreed, now)
    window = period(asked, now, agreed.definitions.house.zone)
    currency = agreed.definitions.house.currency
    money_in = await store.pipeline(tx, window.start, window.end, currency)
    known = await store.values(tx)
    _dress(funnel, levels, rejections, sources, goals)
    dated = asked.from_ or asked.to
    query = "&".join(f"{name}={value}" for name, value in {**window.as_query(), "mode": asked.mode}.items())
    return {
        "funnel": funnel,
        "levels": levels,
        "rejections": rejections,
        "sources": sources,
        "goals": goals,
        "kpis": _kpis(funnel, levels, rejections, money_in, currency),
        "some": known["leads"],
        "first": known["first"],
        "mode": asked.mode,
        "range": None if dated else asked.range or "90d",
        "days": _days(window.first, window.until - timedelta(days=1)),
        "chosen": [(name, value) for name, value in asked.dimensions().items() if value],
        "query": query,
        "window": "&".join(f"{name}={value}" for name, value in window.as_query().items()),
    }


def _dress(funnel: Any, levels: Any, rejections: Any, sources: Any, goals: Any) -> None:
    """Adds to each number the address of its page and the width of its bar."""
    largest = max((stage["count"] for stage in funnel["stages"]), default=0) or 1
    for stage in funnel["stages"]:
        stage["width"] = round(100 * stage["count"] / largest, 1)
        stage["href"] = to_page(stage["leads"])
        stage["stalled_href"] = to_page(stage["stalled"])
    for level in [*levels["marketing"], *levels["sales"]]:
        level["href"] = to_page(level["leads"])
        level["missed_href"] = to_page(level.get("missed_leads"))
        level["shown_actual"], level["note"] = _shown(level)
    for reason in rejections["reasons"]:
        reason["href"] = to_page(reason["leads"])
    for source in sources["items"]:
        source["hrefs"] = {name: to_page(address) for name, address in source["links"].items()}
    for step in goals["chain"]:
        step["href"] = to_page(step["leads"])


def _shown(level: dict[str, Any]) -> tuple[str, str]:
    """The number, and the line under the promise."""
    if level["kind"] == "promise":
        notes = [f"within {level['target']}" if level["target"] != "by urgency" else "4bh or 1bd, by urgency"]
        if level["median_seconds"] is not None:
            notes.append(f"typically {duration(level['median_seconds'])}")
        if level["running"]:
            notes.append(f"{level['running']} running")
        return percent(level["actual"]), " · ".join(notes)
    shown = number if level["target"] > 1 else percent
    last = date.fromisoformat(level["to"]) - timedelta(days=1)
    return shown(level["actual"]), f"target {shown(level['target'])} · {_days(date.fromisoformat(level['from']), last)}"


def _days(first: date, last: date) -> str:
    """`1 to 5 August 2026`, both included."""
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {last:%-d %B %Y}" if first != last else f"{last:%-d %B %Y}"
    return f"{first:%-d %B} to {last:%-d %B %Y}"


def _kpis(funnel: Any, levels: Any, rejections: Any, money_in: Any, currency: str) -> list[dict[str, Any]]:
    by_stage = {stage["stage"]: stage for stage in funnel["stages"]}
    touch = next((level for level in levels["sales"] if level["name"] == "first_touch"), None)
    lead, mql, won = by_stage["lead"], by_stage["mql"], by_stage["won"]
    share = percent(mql["from_first"])
    return [
        {"label": "Leads", "value": number(lead["count"]), "href": lead["href"], "note": "became known"},
        {"label": "MQLs", "value": number(mql["count"]), "href": mql["href"], "note": f"{share} of leads"},
        {
            "label": "Accepted",
            "value": percent(rejections["acceptance"]),
            "href": by_stage["sal"]["href"],
            "note": f"of {number(rejections['answered'])} answered offers",
        },
        {
            "label": "First touch",
            "value": duration(touch["median_seconds"] if touch else None),
            "href": touch["href"] if touch else None,
            "note": f"median; {percent(touch['actual'])} in time" if touch and touch["total"] else "nobody touched yet",
        },
        {
            "label": "Won",
            "value": money(
                {"amount": int(money_in["won"]), "currency": currency} if money_in["won"] is not None else None
            ),
            "href": won["href"],
            "note": f"{money_in['won_deals']} won, {money_in['lost_deals']} lost",
        },
        {
            "label": "Open pipeline",
            "value": money(
                {"amount": int(money_in["open"]), "currency": currency} if money_in["open"] is not None else None
            ),
            "href": "/leads?stage=opportunity",
            "note": f"{money_in['open_deals']} open deals",
        },
    ]
