"""The page of the team, for whoever manages it: who is late, who keeps which promise, is it fair; and a pool's log."""

from datetime import datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from agreement.people import People
from reporting.filters import PageQuery, ReportQuery, refuse_unknown
from reporting.pages.filter_choices import RANGES, days_in_words
from reporting.pages.page_router import PageRouter, address_with, query_of
from reporting.pages.panels import card_of
from reporting.pages.team_shapes import bar_parts, shift_words
from reporting.reports.fairness import FairnessQuery, shares
from reporting.reports.fairness_words import BECAUSE, CAUSES
from reporting.reports.picks import PicksQuery, picks
from reporting.reports.pools import pool, pools
from reporting.reports.report import ReportScope
from reporting.reports.team import LATE, PROMISES_BY_REP
from reporting.store import leads
from reporting.store.conditions import DatabaseRow
from runtime.http.access import Caller

ANSWERS: Final = {
    "reassigned": "Sent: the lead is on its way to its new owner.",
    "away": "Sent: nobody new goes to them until then.",
    "active": "Sent: they are back on rotation.",
    "nurtured": "Sent: it goes back to marketing.",
    "nudged": "Sent: they hear of it in their hours, by the channel they read.",
}
"""What the page says when a form of it was taken in."""


class TeamQuery(ReportQuery):
    """The filters, and what was just sent from the page."""

    sent: Literal["reassigned", "away", "active", "nurtured", "nudged"] | None = None


def add_team(pages: PageRouter) -> None:
    """Adds the page of the team, and the log of each pool."""

    @pages.page("/team")
    async def team_page(request: Request, scope: ReportScope) -> Response:
        query = query_of(TeamQuery, request)
        refuse_unknown(query, scope.agreement)
        values = await _shared(request, scope, query)
        cards = [
            await card_of(pages, request, report, scope.now, values, personal=report is LATE)
            for report in (LATE, PROMISES_BY_REP)
        ]
        fair = await shares(scope, FairnessQuery.model_validate(query.model_dump(include={"from_", "to", "range"})))
        now = {one["pool"]: one for one in (await pools(scope, PageQuery(limit=500)))["items"]}
        drawn = [_pool_card(one, now[one["pool"]], scope.now) for one in fair["pools"]]
        return pages.renderer.page(
            request,
            "team.html",
            scope.now,
            cards=cards,
            busy=[one for one in drawn if one["picks"]],
            quiet=[one for one in drawn if not one["picks"]],
            sent=ANSWERS.get(query.sent or ""),
            range=None if query.from_ or query.to else query.range or "90d",
            teams=[(one.id, one.name) for one in scope.agreement.teams.teams if one.side == "sales"],
            reps=[(one.id, one.name) for one in scope.agreement.teams.reps],
            ranges=RANGES,
            **values,
        )

    @pages.page("/pools")
    async def pools_page(request: Request, scope: ReportScope) -> Response:
        return RedirectResponse("/team", 303)

    @pages.page("/pools/{pool}")
    async def pool_page(request: Request, scope: ReportScope) -> Response:
        shown = await pool(scope, request.path_params["pool"])
        given = {name: value for name, value in request.query_params.items() if value}
        query = PicksQuery.model_validate({**given, "pool": shown["pool"]})
        log = await picks(scope, query)
        with_ = address_with(request)
        return pages.renderer.page(
            request,
            "pools.html",
            scope.now,
            pool=shown,
            log=log,
            query=query,
            with_=with_,
            days=days_in_words(scope.period(query)),
            causes=CAUSES,
            members=[(one.id, one.name) for one in scope.agreement.teams.reps],
            chips=_chips(query, scope.people, with_),
            csv=f"/api/export/picks.csv?{request.url.query}&pool={shown['pool']}",
            range=None if query.from_ or query.to else query.range or "90d",
            ranges=RANGES,
        )


async def _shared(request: Request, scope: ReportScope, query: TeamQuery) -> dict[str, Any]:
    """What the templates of the cards may use."""
    caller: Caller | None = getattr(request.state, "caller", None)
    user = caller.user if caller else None
    with_ = address_with(request)
    teams = scope.agreement.teams
    named = {"rep": {one.id: one.name for one in teams.reps}, "team": {one.id: one.name for one in teams.teams}}
    away = {one["rep"]: one for pool in (await pools(scope, PageQuery(limit=500)))["items"] for one in pool["members"]}
    return {
        "days": days_in_words(scope.period(query)),
        "known": await leads.known(scope.tx),
        "query": query,
        "with_": with_,
        "filtered": [name for name, value in query.dimensions().items() if value],
        "chips": [
            (name, named.get(name, {}).get(value, value), with_(**{name: None}))
            for name, value in query.dimensions().items()
            if value
        ],
        "because": BECAUSE,
        "log_page": log_page,
        "here_for": away,
        "acts_for": frozenset(one.id for one in teams.reps if user is None or scope.people.acts_for(user, one.id)),
        "colleagues": lambda row: _colleagues(scope, row),
        "until": until_choices(scope.now, scope.zone),
    }


def _colleagues(scope: ReportScope, row: DatabaseRow) -> list[tuple[str, list[tuple[str, str]]]]:
    """To whom a lead may go, in groups: first who shares the pool with its owner, then everybody else."""
    teams = scope.agreement.teams
    members = teams.pool_by_id[row["pool"]].members if row["pool"] in teams.pool_by_id else ()
    near = [rep for rep in members if rep != row["rep"]] or [
        one.id for one in teams.reps if one.team == scope.people.team(row["rep"]) and one.id != row["rep"]
    ]
    others = [one.id for one in teams.reps if one.active and one.id not in (*near, row["rep"])]
    return [
        (title, [(rep, scope.people.name(rep)) for rep in some])
        for title, some in (("Same pool", near), ("Others", others))
        if some
    ]


def until_choices(now: datetime, zone: str) -> list[tuple[str, str]]:
    """How long somebody goes off rotation: the last day of it as a date of the house's zone, and words; open last."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return [
        (today.isoformat(), "today"),
        ((today + timedelta(days=1)).isoformat(), "until tomorrow"),
        ((today + timedelta(days=7)).isoformat(), "for a week"),
        ("", "until put back"),
    ]


def _pool_card(fair: DatabaseRow, now: DatabaseRow, at: datetime) -> DatabaseRow:
    """A pool as its card shows it: bars of its reps by cause, who is next, shift and caps now."""
    members = {one["rep"]: one for one in now["members"]}
    most = max([1, *(one["picks"] for one in fair["reps"])])
    reps = [
        {
            **one,
            "parts": bar_parts(one["by_cause"], most),
            "next": one["rep"] == now["next"],
            "now": members.get(one["rep"]),
            "shift": shift_words(members[one["rep"]], at) if one["rep"] in members else None,
        }
        for one in fair["reps"]
    ]
    return {**fair, "reps": reps, "manager": now["manager"], "next": now["next"], "next_way": now["next_way"]}


def _chips(query: PicksQuery, people: People, with_: Any) -> list[tuple[str, str, str]]:
    """The filters of a pool's log as chips: name, value in words, and the address without it."""
    shown = {
        "rep": people.name(query.rep) if query.rep else None,
        "cause": CAUSES.get(query.cause or ""),
        "turn": "only turns" if query.turn else "no turn" if query.turn is False else None,
        "credited": "turn credited" if query.credited else None,
        "passed_over": people.name(query.passed_over) if query.passed_over else None,
        "because": BECAUSE.get(query.because or ""),
    }
    return [(name, value, with_(**{name: None})) for name, value in shown.items() if value]


def log_page(address: str) -> str:
    """The page of a pool's log for an address of the report `picks`; without a pool the report's own page."""
    path, _, parameters = address.partition("?")
    pairs = [one.split("=", 1) for one in parameters.split("&") if one]
    name = next((value for key, value in pairs if key == "pool" and value != "-"), None)
    rest = "&".join("=".join(pair) for pair in pairs if name is None or pair[0] != "pool")
    return f"/pools/{name}?{rest}" if name else f"{path.removeprefix('/api')}?{rest}"
