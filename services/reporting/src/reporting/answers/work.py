"""The inbox, the pools and why a decision was made."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from agreement import Agreement
from agreement.teams import Pool
from reporting.asked import pack, unpack, wrong
from reporting.store import work as store
from runtime.errors import Refused


class NoSuchPool(Refused):
    """The agreement has no pool of this name."""

    status = 404


class NoSuchDecision(Refused):
    """No decision or event has this id."""

    status = 404


async def inbox(
    tx: AsyncConnection, agreed: Agreement, rep: str | None, now: datetime, *, limit: int = 50, after: str | None = None
) -> dict[str, Any]:
    """Rep by id or e-mail; without one, everybody's open work."""
    who = None
    if rep:
        found = [one.id for one in agreed.teams.reps if rep in (one.id, one.email)]
        if not found:
            raise wrong("rep", "is not a rep of the agreement")
        who = found[0]
    offset = int(unpack(after, int)[0]) if after else 0
    rows = await store.inbox(tx, who, limit + 1, offset)
    names = agreed.teams.rep_by_id
    titles = agreed.service_levels.by_name
    items = [
        {
            **row,
            "signals": row["signals"] or [],
            "state": "accepted" if row["accepted"] else "offered",
            "owner_name": names[row["owner"]].name if row["owner"] in names else row["owner"],
            "clock_title": titles[row["clock"]].title if row["clock"] in titles else row["clock"],
            "overdue": bool(row["due"] and row["due"] <= now),
        }
        for row in rows[:limit]
    ]
    return {"items": items, "next": pack(offset + limit) if len(rows) > limit else None}


async def pools(tx: AsyncConnection, agreed: Agreement) -> dict[str, Any]:
    open_work, turns = await store.open_work(tx), await store.turns(tx)
    return {"items": [_pool(agreed, pool, open_work, turns) for pool in agreed.teams.pools], "next": None}


async def pool(tx: AsyncConnection, agreed: Agreement, name: str) -> dict[str, Any]:
    """Raises NoSuchPool."""
    found = agreed.teams.pool_by_id.get(name)
    if found is None:
        raise NoSuchPool(f"pools of the agreement: {', '.join(agreed.teams.pool_by_id)}")
    shown = _pool(agreed, found, await store.open_work(tx), await store.turns(tx))
    return {**shown, "picks": await store.picks(tx, name)}


def _pool(agreed: Agreement, pool: Pool, open_work: dict[str, Any], turns: dict[Any, Any]) -> dict[str, Any]:
    members = []
    for identity in pool.members:
        rep = agreed.teams.rep_by_id[identity]
        team = agreed.teams.team_by_id[rep.team]
        turn = turns.get((pool.id, identity), {})
        assigned, credits = int(turn.get("assigned", 0)), int(turn.get("credits", 0))
        members.append(
            {
                "rep": identity,
                "name": rep.name,
                "team": team.name,
                "zone": team.zone,
                "shift": {
                    day: [f"{s.start:%H:%M}-{s.end:%H:%M}" for s in shifts] for day, shifts in team.shifts.items()
                },
                "active": rep.active,
                "weight": rep.weight,
                "daily_cap": rep.daily_cap,
                "open_cap": rep.open_cap,
                "open": int(open_work.get(identity, {}).get("open", 0)),
                "assigned": assigned,
                "credits": credits,
                "ratio": (assigned - credits) / rep.weight,
                "last_picked_at": turn.get("last_picked_at"),
            }
        )
    return {
        "pool": pool.id,
        "title": pool.title,
        "manager": pool.manager,
        "overflow": pool.overflow,
        "on_call": list(pool.on_call),
        "members": members,
    }


async def explain(tx: AsyncConnection, agreed: Agreement, identity: str) -> dict[str, Any]:
    """A decision (an assignment or any event) down to the first event that led to it. Raises NoSuchDecision."""
    decision = await store.decision(tx, identity)
    event = decision["event"] if decision else identity
    chain = await store.chain(tx, event)
    if not chain:
        raise NoSuchDecision(
            f"nothing here is known as {identity!r}: give an event id such as handoffs/3/12, or an assignment"
        )
    rep = agreed.teams.rep_by_id.get(decision["rep"]) if decision else None
    return {
        "id": identity,
        "event": event,
        "lead": chain[0]["lead"],
        "text": chain[0]["text"],
        "agreement": chain[0]["agreement"],
        "decision": {**decision, "rep_name": rep.name if rep else decision["rep"]} if decision else None,
        "chain": chain,
        "followed_by": await store.followed(tx, chain[0]["lead"], event),
    }
