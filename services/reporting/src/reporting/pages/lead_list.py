"""The list of leads: views, columns and filters in the address; picked rows are given to somebody, or taken along."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import QueryParams

from agreement.types import Band
from events.vocabulary import Status
from reporting.api.csv import file_of
from reporting.filters import NONE, link
from reporting.leads_query import LeadsQuery
from reporting.pages.filter_choices import RANGES
from reporting.pages.formats import words
from reporting.pages.lead_filters import filter_phrases
from reporting.pages.page_router import MANNER, PageRouter, address_with
from reporting.reports.leads import COLUMNS, LEADS, count_leads, leads
from reporting.reports.report import Column, ReportScope, open_scope
from reporting.store import choices
from reporting.store import leads as store
from runtime.http.access import require

VIEWS: Final[Sequence[tuple[str, Mapping[str, str], str]]] = (
    ("All leads", {}, ""),
    ("Unanswered", {"offered": "true"}, "offers that wait for an answer"),
    (
        "Hot and untouched",
        {"band": "hot", "touched": "false", "ended": "false"},
        "nobody of sales has tried to reach them",
    ),
    ("Cooling", {"flag": "cooling"}, "qualified, and silent for so long that their score has halved"),
    ("Came back", {"came_back": "true", "ended": "false"}, "in their second cycle or a later one"),
    ("Nobody's", {"stage": "mql", "owner": NONE, "ended": "false"}, "MQLs that no rep has"),
)
"""Title, filters and explanation: a tab is exactly these filters in the address."""
USUAL: Final = ("name", "company", "stage", "total", "owner", "source", "last_engaged")
"""Columns that are shown unless others are chosen."""
SENT: Final = "facts"
"""Value of `sent`: the picked leads went off."""
_LARGEST: Final = 256 * 1024
_BANDS: Final[tuple[Band, ...]] = ("hot", "warm", "cool", "cold")
_OF_VIEWS: Final = tuple(dict.fromkeys(name for _, filters, _ in VIEWS for name in filters))
_OF_THE_PAGE: Final = ("columns", "sent", *MANNER)
"""Parameters that say how the list looks, not which leads it has."""
_IN_FORM: Final = ("q", "stage", "status", "band", "owner", "source", "campaign", "range", "after", "columns")
"""Filters that the form above the list has; the others stand beside it."""


def add_lead_list(pages: PageRouter) -> None:
    """Adds the list of leads, and the file of those that are picked in it."""

    @pages.page("/leads")
    async def list_page(request: Request, scope: ReportScope) -> Response:
        given = request.query_params
        wanted = {name: value for name, value in given.items() if value and name not in _OF_THE_PAGE}
        query = LeadsQuery.model_validate(wanted)
        with_ = address_with(request)
        if len(named := given.getlist("columns")) > 1:  # as a form without a script sends them
            return RedirectResponse(with_(columns=",".join(named)), 303)
        shown, tabs = chosen_columns(given), views(wanted, given)
        lit = next((filters for (_, filters, _), tab in zip(VIEWS, tabs, strict=True) if tab["here"]), {})
        others = {name: value for name, value in wanted.items() if name not in _IN_FORM}
        values = await choices.choices(scope.tx)
        return pages.renderer.page(
            request,
            "pane.html" if given.get("pane") else "leads.html",
            scope.now,
            **await leads(scope, query),
            query=query,
            columns=shown,
            offered_columns=[column for column in COLUMNS if column.title],
            usual=[column.name for column in shown] == list(USUAL),
            total=await count_leads(scope, query),
            known=await store.known(scope.tx),
            with_=with_,
            sort_link=lambda column: with_(**sort_of(column, query)),
            upwards=query.order == "asc" if query.order else query.sort in store.ASCENDING,
            views=tabs,
            others=others,
            chips=[
                (name, phrase, with_(**dict.fromkeys(("from", "to") if name in ("from", "to") else (name,))))
                for name, phrase in filter_phrases(query, scope, others).items()
                if name not in lit
            ],
            behind=_behind(query),
            whole=with_(pane=None),
            csv=link("/api/export/leads.csv", **{name: value for name, value in wanted.items() if name != "after"}),
            bands=_BANDS,
            ranges=RANGES,
            stages=[term.name for term in scope.agreement.definitions.stages],
            statuses=get_args(Status),
            sources=values["source"],
            campaigns=values["campaign"],
            reps=scope.agreement.teams.reps,
            sent=given.get("sent") == SENT,
        )

    async def selected(request: Request) -> Response:
        body = (await request.body())[:_LARGEST].decode("utf-8", "replace")
        ids = [value for name, value in parse_qsl(body) if name == "lead"][:500]
        async with open_scope(pages.context) as scope:
            return await file_of(LEADS, scope, LeadsQuery(ids=",".join(ids) or NONE))

    pages.routes.add_api_route(
        "/leads/selected.csv", selected, methods=["POST"], dependencies=[Depends(require("read"))], response_model=None
    )


def chosen_columns(given: QueryParams) -> list[Column]:
    """The columns that the address names (`columns=name,total`, or once each), in the list's order; else the usual.

    The name is always there: it leads to the lead.
    """
    names = {name for some in given.getlist("columns") for name in some.split(",") if name}
    wanted = names | {"name"} if names else set(USUAL)
    return [column for column in COLUMNS if column.title and column.name in wanted]


def sort_of(column: Column, query: LeadsQuery) -> dict[str, str | None]:
    """The parameters that sort by a column; the other way round when it is sorted by it already."""
    if query.sort != column.name:
        return {"sort": column.name, "order": None}
    upwards = query.order == "asc" if query.order else query.sort in store.ASCENDING
    return {"sort": column.name, "order": "desc" if upwards else "asc"}


def views(wanted: Mapping[str, str], given: QueryParams) -> list[dict[str, Any]]:
    """The tabs: title, address, explanation, and whether the list is this one, whatever else filters it.

    Order and columns go along to another tab, filters do not.
    """
    along = {name: ",".join(given.getlist(name)) for name in ("sort", "order", "columns") if given.get(name)}
    mine = {name: wanted[name] for name in _OF_VIEWS if name in wanted}
    return [
        {"title": title, "href": link("/leads", **filters, **along), "note": note, "here": mine == dict(filters)}
        for title, filters, note in VIEWS
    ]


def _behind(query: LeadsQuery) -> str:
    """What number this list stands behind, in words."""
    title = "the challenger" if query.passed_by else "what the score is worth"
    outcome = f": {words(query.outcome)}" if query.outcome else ""
    texts = (
        (query.reached and query.stalled, f"that reached {words(query.reached)} and not yet {words(query.stalled)}"),
        (query.reached == "lead", "that became known"),
        (query.reached, f"that reached {words(query.reached)}"),
        (query.rejected, f"that came back: {words(query.rejected)}"),
        (query.handed_at_least is not None or query.passed_by, f"behind {title}{outcome}"),
        (query.recycled, f"brought back by {words(query.recycled)}"),
        (query.promise, f"behind the promise “{words(query.promise)}” ({query.kept or 'judged'})"),
    )
    return next((text for applies, text in texts if applies), "")
