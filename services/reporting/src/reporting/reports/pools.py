"""The pools: their members and turns, and the last picks of one of them."""

from collections.abc import Iterable

from agreement.teams import Pool
from reporting.filters import PageQuery, page_of
from reporting.reports.report import Answer, Column, Report, ReportScope, items_of
from reporting.store import pools as store
from reporting.store.conditions import DatabaseRow
from runtime.errors import Refused


class NoSuchPool(Refused):
    """The agreement has no pool of this name."""

    status = 404


async def pools(scope: ReportScope, query: PageQuery) -> Answer:
    """One page of the agreement's pools, in its order, with members and turns."""
    turns = await _turns(scope)
    return page_of({"items": [_pool(scope, pool, turns) for pool in scope.agreement.teams.pools]}, query)


async def pool(scope: ReportScope, name: str) -> Answer:
    """One pool with its last picks and their candidate tables. Raises NoSuchPool."""
    terms = scope.agreement.teams.pool_by_id.get(name)
    if terms is None:
        raise NoSuchPool(f"pools of the agreement: {', '.join(scope.agreement.teams.pool_by_id)}")
    return {**_pool(scope, terms, await _turns(scope)), "picks": await store.picks(scope.tx, name)}


Turns = tuple[dict[str, DatabaseRow], dict[tuple[str, str], DatabaseRow], dict[tuple[str, str], float]]
"""Open work by rep; by pool and rep assigned and credited turns, and head starts: what the next pick will use."""


async def _turns(scope: ReportScope) -> Turns:
    return await store.open_work(scope.tx), await store.turns(scope.tx), await store.head_starts(scope.tx)


def _pool(scope: ReportScope, pool: Pool, turns: Turns) -> DatabaseRow:
    return {
        "pool": pool.id,
        "title": pool.title,
        "manager": pool.manager,
        "overflow": pool.overflow,
        "on_call": list(pool.on_call),
        "members": [_member(scope, pool, rep, turns) for rep in pool.members],
    }


def _member(scope: ReportScope, pool: Pool, rep_id: str, turns: Turns) -> DatabaseRow:
    rep = scope.agreement.teams.rep_by_id[rep_id]
    team = scope.agreement.teams.team_by_id[rep.team]
    open_work, by_pool, head_starts = turns
    head_start = head_starts.get((pool.id, rep_id), 0.0)
    turn = by_pool.get((pool.id, rep_id), {})
    assigned, credits = int(turn.get("assigned", 0)), int(turn.get("credits", 0))
    return {
        "rep": rep_id,
        "name": scope.people.name(rep_id),
        "team": team.name,
        "zone": team.zone,
        "shift": {day: [f"{s.start:%H:%M}-{s.end:%H:%M}" for s in shifts] for day, shifts in team.shifts.items()},
        "active": rep.active,
        "weight": rep.weight,
        "daily_cap": rep.daily_cap,
        "open_cap": rep.open_cap,
        "open": int(open_work.get(rep_id, {}).get("open", 0)),
        "opportunities": int(open_work.get(rep_id, {}).get("opportunities", 0)),
        "assigned": assigned,
        "credits": credits,
        "head_start": head_start,
        "ratio": round((assigned - credits + head_start) / rep.weight, 4),
        "last_picked_at": turn.get("last_picked_at"),
    }


def _rows(answer: Answer) -> Iterable[DatabaseRow]:
    return ({"pool": one["pool"], **member} for one in items_of(answer) for member in one["members"])


POOLS = Report(
    "pools",
    PageQuery,
    pools,
    columns=(
        Column("pool", "Pool"),
        Column("rep"),
        Column("name", "Rep"),
        Column("team", "Team"),
        Column("active"),
        Column("weight", "Weight", "number"),
        Column("assigned", "Turns", "number"),
        Column("credits", "Credited", "number"),
        Column("ratio", "Ratio"),
        Column("open", "Open", "number"),
        Column("opportunities", "Opportunities", "number"),
        Column("daily_cap"),
        Column("open_cap"),
        Column("last_picked_at", "Last turn", "relative"),
    ),
    summary="Pools with their members and turns",
    title="Pools",
    rows=_rows,
)
