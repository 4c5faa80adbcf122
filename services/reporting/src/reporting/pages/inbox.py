"""The inbox: a rep's open work in four tabs at the left, and at the right who it is about, with what to do."""

from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from agreement.people import User
from reporting.filters import DecisionsQuery, InboxQuery, link
from reporting.pages.actions import action_bar
from reporting.pages.inbox_pane import pane_of
from reporting.pages.inbox_words import heading, join, short_time, tone
from reporting.pages.looks import PaneLooks
from reporting.pages.page_router import PageRouter, query_of
from reporting.pages.renderer import HEADERS
from reporting.reports.decisions import decisions, to_decide
from reporting.reports.expansion import whole_list
from reporting.reports.inbox import WorkViews, rep_id, shown_of, work_of
from reporting.reports.inbox_views import VIEWS, InboxView
from reporting.reports.lead import NoSuchLead, lead
from reporting.reports.report import ReportScope
from reporting.store import inbox as store
from reporting.store import leads
from reporting.store.conditions import DatabaseRow

SHOWN: Final = 200
"""Rows of a tab, or customers worth a call, that are drawn; the count says how many there are."""
_TABS: Final[dict[InboxView, str]] = {
    "answer": "Answer now",
    "call": "Call today",
    "waiting": "Waiting",
    "snoozed": "Snoozed",
}
_EMPTY: Final[dict[InboxView, str]] = {
    "answer": "Nothing waits for an answer. New leads appear here by themselves, a moment after they are assigned.",
    "call": "Nobody is to be called today. What you accept stands here on the day of its next step.",
    "waiting": "Nothing waits for somebody else.",
    "snoozed": "Nothing is put off. Press h on a lead to see it again later, never after its promise.",
    "late": "No breach is older than the agreement leaves to its rep.",
}
_IGNORED_SINCE: Final = timedelta(minutes=10)


class InboxPageQuery(InboxQuery):
    """Whose inbox, which tab, and which lead is open; `part`: only that piece of the page, as HTML."""

    view: InboxView | None = None
    lead: Annotated[str | None, Field(max_length=255)] = None
    part: Literal["list", "pane", "answers"] | None = None
    sent: Annotated[str | None, Field(max_length=4000)] = None
    """With part `answers`: leads, with commas between, about which an answer was sent."""


def add_inbox(pages: PageRouter) -> None:
    """Adds `/inbox`."""
    looks = PaneLooks()

    @pages.page("/inbox")
    async def inbox_page(request: Request, scope: ReportScope) -> Response:
        query = query_of(InboxPageQuery, request)
        user = request.state.caller.user
        if user is not None and user.rep and "rep" not in request.query_params:
            query = query.model_copy(update={"rep": user.id})  # one's own, unless everybody's is rep_given
        if query.part == "answers":
            return _part(pages, request, scope, "answers", lines=await _ignored(scope, query.sent))
        if query.part == "pane":
            return _part(pages, request, scope, "pane", **await _pane(request, scope, query, query.lead, looks))
        rep_given = request.query_params.get("rep")
        work = await work_of(scope, rep_id(scope, query.rep, "rep"))
        fullest: InboxView = next((one for one in VIEWS if work.views[one]), "answer")
        view: InboxView = query.view or work.view_with(query.lead) or fullest
        waiting = await decisions(scope, DecisionsQuery(manager=query.rep))
        listed = await _list(query.rep, rep_given, work, view, scope)
        if query.part == "list":
            return _part(pages, request, scope, "list", **listed, decisions=waiting["items"])
        picked = query.lead or (listed["rows"][0]["lead"] if listed["rows"] else None)
        in_work = await store.in_work(scope.tx)
        growing = (await whole_list(scope, query.rep))["items"]
        return pages.renderer.page(
            request,
            "inbox.html",
            scope.now,
            **listed,
            **await _pane(request, scope, query, picked, looks),
            opened=query.lead is not None,
            decisions=waiting["items"],
            to_decide=await to_decide(scope, waiting, query.rep),
            growing=growing[:SHOWN],
            worth_a_call=len(growing),
            known=await leads.known(scope.tx),
            reps=[
                {"id": rep.id, "name": rep.name, "work": in_work.get(rep.id, 0) if _sees_work_of(user, rep.id) else 0}
                for rep in sorted(scope.agreement.teams.reps, key=lambda rep: rep.name)
            ],
            segments=scope.agreement.routing.nurture.segments,
        )


def _sees_work_of(user: User | None, rep: str) -> bool:
    """Whether all that this rep has is shown to who reads: of somebody else's work a rep sees a part, and no number."""
    return user is None or user.sees_all or user.id == rep


async def _list(
    who: str | None, rep_given: str | None, work: WorkViews, view: InboxView, scope: ReportScope
) -> dict[str, Any]:
    """Tabs with their counts, and the rows of one: each with its words. `rep_given`: the rep as the address has it."""
    warn, rows = warn_percent(scope), await shown_of(scope, work.views[view][:SHOWN])
    late = "Late in the team" if who and scope.people.manages(who) else "With the manager" if who else "Late for days"
    return {
        "who": who,
        "view": view,
        "tabs": [
            {
                "view": one,
                "title": _TABS.get(one, late),
                "count": len(work.views[one]),
                "address": _address(rep_given, one),
            }
            for one in VIEWS
            if one != "late" or work.views["late"] or view == "late"
        ],
        "whole": work.whole,
        "empty": _EMPTY[view],
        "rows": [row_of(scope, row, view, warn, _address(rep_given, view, row["lead"])) for row in rows],
        "more": max(0, len(work.views[view]) - SHOWN),
        "list_address": _address(rep_given, view),
    }


def warn_percent(scope: ReportScope) -> float:
    """From where a promise is drawn as close to its end: the last reminder of the house before it is over."""
    before = [reminder.percent for reminder in scope.agreement.service_levels.reminders if reminder.percent < 100]
    return max(before, default=100.0)


def row_of(scope: ReportScope, row: DatabaseRow, view: InboxView, warn: float, address: str) -> dict[str, Any]:
    """A row of the list as it is written."""
    step, due, zone, routing = row["next_step"], row["due"], row["zone"], scope.agreement.routing
    person = ", ".join(part for part in (row["title"], row["company"]) if part)
    plan = ""
    if step and step["kind"] == "outreach":
        last = max(one.business_day for one in routing.outreach)
        plan = f"{step['business_day']} of {last}: {join([routing.channel_title(one) for one in step['channels']])}"
    time = short_time(row["left_seconds"], due, scope.now, zone) if row["left_seconds"] is not None else ""
    return {
        **row,
        "shown": row["name"] or "Name not known",
        "person": person or row["company"] or "",
        "step": plan or (step["text"] if step else ""),
        "time": time,
        "tone": tone(row["used"], row["left_seconds"], warn),
        "heading": heading(due, scope.now, zone) if view in ("answer", "waiting") else "",
        "address": address,
        "version": f"{row['state']}.{row['stage']}.{row['status']}.{row['attempts']}.{row['assignment'] or ''}",
    }


def _address(rep_given: str | None, view: InboxView, lead: str | None = None) -> str:
    return link("/inbox", rep=rep_given, view=view, lead=lead)


async def _pane(
    request: Request, scope: ReportScope, query: InboxPageQuery, key: str | None, looks: PaneLooks
) -> dict[str, Any]:
    """What stands at the right: one lead, with its action bar; null where there is none to show.

    `back`: what follows a form without scripts: the same tab, with whatever comes first then.
    """
    back = _address(request.query_params.get("rep"), query.view) if query.view else "/inbox"
    try:
        shown = await lead(scope, key) if key else None
    except NoSuchLead:
        shown = None
    if shown is None:
        return {"pane": None, "bar": None, "back": back}
    looks.note(request, shown["id"])
    bar = action_bar(scope, request.state.caller.user, shown)
    return {"pane": pane_of(scope, shown, warn_percent(scope)), "bar": bar, "back": back}


async def _ignored(scope: ReportScope, sent: str | None) -> list[DatabaseRow]:
    leads_ = [one for one in (sent or "").split(",") if one][:50]
    return await store.ignored(scope.tx, leads_, scope.now - _IGNORED_SINCE) if leads_ else []


def _part(pages: PageRouter, request: Request, scope: ReportScope, name: str, **values: Any) -> Response:
    """A piece of the page: its template shows nothing else."""
    body = pages.renderer.fragment(request, f"inbox_{name}.html", scope.now, **values)
    return HTMLResponse(body, headers=HEADERS)
