"""Pages of leads: the list, one lead, its company, and why something was decided."""

from typing import Final

from fastapi import Request
from fastapi.responses import Response

from agreement.types import Band
from events.vocabulary import ENDED_STAGES
from reporting.filters import LeadsQuery
from reporting.pages.formats import words
from reporting.pages.page_router import PageRouter, address_with, query_of
from reporting.reports.account import account
from reporting.reports.decision import decision
from reporting.reports.lead import lead
from reporting.reports.leads import COLUMNS, count_leads, leads
from reporting.reports.report import Answer, ReportScope
from reporting.store import leads as store

_QUIET: Final = ("clock.started", "clock.reminded", "notice.", "lead.scored", "lead.updated", "clock.voided")
_STRONG: Final = ("lead.assigned", "lead.accepted", "lead.returned", "lead.qualified", "deal.", "clock.breached")
_BANDS: Final[tuple[Band, ...]] = ("hot", "warm", "cool", "cold")
_NOBODY: Final = {
    "suppressed": "It is left alone",
    "waiting_for_shift": "It waits for the next shift",
    "waiting": "It is with nobody yet",
}
"""By status, and `waiting` for a lead in the funnel that is still new: why no rep has it."""
_IN_FORM: Final = ("q", "stage", "band", "owner", "after")
"""Filters that the form above the list has; the others stand beside it."""


def add_leads(pages: PageRouter) -> None:
    """Adds the pages of the list of leads, of one lead, of one company, and of one decision."""

    @pages.page("/leads")
    async def list_page(request: Request, scope: ReportScope) -> Response:
        query = query_of(LeadsQuery, request)
        with_ = address_with(request)
        others = {name: value for name, value in request.query_params.items() if value and name not in _IN_FORM}
        return pages.renderer.page(
            request,
            "leads.html",
            scope.now,
            **await leads(scope, query),
            query=query,
            columns=[column for column in COLUMNS if column.title],
            total=await count_leads(scope, query),
            known=await store.known(scope.tx),
            with_=with_,
            others=others,
            chips=[
                (name, value, with_(**{name: None})) for name, value in others.items() if name not in ("sort", "limit")
            ],
            behind=_behind(query),
            csv=f"/api/export/leads.csv?{request.url.query}",
            bands=_BANDS,
            stages=[term.name for term in scope.agreement.definitions.stages],
            reps=scope.agreement.teams.reps,
        )

    @pages.page("/leads/{lead}")
    async def lead_page(request: Request, scope: ReportScope) -> Response:
        shown = await lead(scope, request.path_params["lead"])
        for line in shown["timeline"]:
            quiet, strong = line["type"].startswith(_QUIET), line["type"].startswith(_STRONG)
            line["weight"] = "quiet" if quiet else "strong" if strong else ""
        titles = {promise.name: promise.title for promise in scope.agreement.service_levels.promises}
        return pages.renderer.page(
            request, "lead.html", scope.now, lead=shown, titles=titles, why_nobody=why_nobody(shown)
        )

    @pages.page("/accounts/{domain}")
    async def account_page(request: Request, scope: ReportScope) -> Response:
        shown = await account(scope, request.path_params["domain"])
        return pages.renderer.page(request, "account.html", scope.now, account=shown)

    @pages.page("/explain/{decision:path}")
    async def why_page(request: Request, scope: ReportScope) -> Response:
        shown = await decision(scope, request.path_params["decision"])
        return pages.renderer.page(request, "explain.html", scope.now, decision=shown)


def _behind(query: LeadsQuery) -> str:
    """What number this list stands behind, in words."""
    title = "the challenger" if query.passed_by else "what the score is worth"
    outcome = f": {words(query.outcome)}" if query.outcome else ""
    texts = (
        (query.reached and query.stalled, f"that reached {query.reached} and not yet {query.stalled}"),
        (query.reached, f"behind the number of {query.reached} in the funnel"),
        (query.rejected, f"that came back: {words(query.rejected)}"),
        (query.handed_at_least is not None or query.passed_by, f"behind {title}{outcome}"),
        (query.recycled, f"brought back by {words(query.recycled)}"),
        (query.promise, f"behind the promise “{words(query.promise)}” ({query.kept or 'judged'})"),
    )
    return next((text for applies, text in texts if applies), "")


def why_nobody(lead: Answer) -> str | None:
    """Why no rep has the lead, in a sentence; null when one has it, or when its story is over."""
    owned = not lead["closed"] and (lead["assignment"] or lead["owner"])
    if owned or lead["erased"] or lead["stage"] in ENDED_STAGES:
        return None
    why = f": {words(lead['why'])}" if lead["why"] else ""
    known = "waiting" if lead["stage"] != "lead" and lead["status"] == "new" else lead["status"]
    if known in _NOBODY:
        return f"{_NOBODY[known]}{why}."
    if lead["nurture"]:
        goal = f", with the goal “{lead['nurture']['goal']}”" if lead["nurture"]["goal"] else ""
        return f"It is in nurture, segment {words(lead['nurture']['segment'])}{goal}{why}."
    if lead["status"] not in ("new", "assigned"):
        return f"Its status is “{words(lead['status'])}”{why}."
    gate = lead["gate"] or {"passed": False, "reason": "there is no score yet"}
    return f"Nothing was decided yet{why}." if gate["passed"] else f"The gate is closed: {gate['reason']}."
