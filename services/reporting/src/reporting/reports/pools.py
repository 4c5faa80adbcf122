"""The pools: their members and turns, who can take a lead now, and the last picks of one of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agreement.teams import Pool, Rep
from agreement.turns import Turns, head_starts, ratio_of
from reporting.filters import PageQuery, page_of
from reporting.reports.presence import Presence, next_in_line, presences
from reporting.reports.report import Answer, Column, Report, ReportScope, items_of
from reporting.store import pools as store
from reporting.store.conditions import DatabaseRow
from runtime.errors import Refused


class NoSuchPool(Refused):
    """The agreement has no pool of this name."""

    status = 404


async def pools(scope: ReportScope, query: PageQuery) -> Answer:
    """One page of the agreement's pools, in its order, with members and turns, and who is next."""
    turns = await _turns(scope)
    return page_of({"items": [_pool(scope, pool, turns) for pool in scope.agreement.teams.pools]}, query)


async def pool(scope: ReportScope, name: str) -> Answer:
    """One pool with its last picks and their candidate tables. Raises NoSuchPool."""
    terms = pool_terms(scope, name)
    return {**_pool(scope, terms, await _turns(scope)), "picks": await store.picks(scope.tx, name)}


def pool_terms(scope: ReportScope, name: str) -> Pool:
    """The pool as the agreement has it. Raises NoSuchPool."""
    terms = scope.agreement.teams.pool_by_id.get(name)
    if terms is None:
        raise NoSuchPool(f"pools of the agreement: {', '.join(scope.agreement.teams.pool_by_id)}")
    return terms


@dataclass(frozen=True, slots=True)
class _Turns:
    """What the next pick will use: open work and presence by rep; turns and head starts by pool and rep."""

    open: Mapping[str, DatabaseRow]
    turns: Mapping[tuple[str, str], DatabaseRow]
    head_starts: Mapping[str, Mapping[str, float | None]]
    now: Mapping[str, Presence]


async def _turns(scope: ReportScope) -> _Turns:
    members = [rep for pool in scope.agreement.teams.pools for rep in (*pool.members, *pool.on_call)]
    return _Turns(
        await store.open_work(scope.tx),
        await store.turns(scope.tx),
        await store.head_starts(scope.tx, scope.agreement.teams.pool_by_id),
        await presences(scope, members),
    )


def _pool(scope: ReportScope, pool: Pool, turns: _Turns) -> DatabaseRow:
    members = _lifted([_member(scope, pool, rep, turns) for rep in pool.members], turns.head_starts.get(pool.id))
    upcoming, way = next_in_line(pool, members)
    return {
        "pool": pool.id,
        "title": pool.title,
        "manager": pool.manager,
        "overflow": pool.overflow,
        "on_call": list(pool.on_call),
        "next": upcoming,
        "next_way": way,
        "members": members,
    }


def _lifted(members: list[DatabaseRow], started: Mapping[str, float | None] | None) -> list[DatabaseRow]:
    """With who came, or came back, since the last pick where the next pick lifts them; `started` is None before the
    first."""
    if started is None:
        return members
    turns = {
        one["rep"]: Turns(_taken(one), one["weight"], started.get(one["rep"]), here=one["state"] == "here")
        for one in members
    }
    lifts = head_starts(turns)
    return [_with_head_start(one, lifts[one["rep"]]) if one["rep"] in lifts else one for one in members]


def _with_head_start(one: DatabaseRow, head_start: float) -> DatabaseRow:
    ratio = ratio_of(_taken(one), head_start, one["weight"])
    return {**one, "head_start": round(head_start, 4), "ratio": round(ratio, 4)}


def _taken(one: DatabaseRow) -> int:
    return int(one["assigned"] - one["credits"])


def _member(scope: ReportScope, pool: Pool, rep_id: str, turns: _Turns) -> DatabaseRow:
    rep = scope.agreement.teams.rep_by_id[rep_id]
    team = scope.agreement.teams.team_by_id[rep.team]
    head_start = turns.head_starts.get(pool.id, {}).get(rep_id) or 0.0
    turn, work, now = turns.turns.get((pool.id, rep_id), {}), turns.open.get(rep_id, {}), turns.now[rep_id]
    assigned, credits, open_work = (int(turn.get("assigned", 0)), int(turn.get("credits", 0)), int(work.get("open", 0)))
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
        "open": open_work,
        "opportunities": int(work.get("opportunities", 0)),
        "assigned": assigned,
        "credits": credits,
        "head_start": head_start,
        "ratio": round(ratio_of(assigned - credits, head_start, rep.weight), 4),
        "last_picked_at": turn.get("last_picked_at"),
        "state": now.state,
        "until": now.until,
        "on_shift": now.on_shift,
        "changes_at": now.changes_at,
        "today": now.today,
        "leaves": now.leaves,
        "capped": _capped(rep, now.today, open_work),
    }


def _capped(rep: Rep, today: int, open_work: int) -> bool:
    """At the cap of the day, or of open work."""
    full_day = rep.daily_cap is not None and today >= rep.daily_cap
    return full_day or (rep.open_cap is not None and open_work >= rep.open_cap)


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
        Column("state"),
        Column("on_shift"),
        Column("today"),
        Column("last_picked_at", "Last turn", "relative"),
    ),
    summary="Pools with their members and turns",
    title="Pools",
    rows=_rows,
)
