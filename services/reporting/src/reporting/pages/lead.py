"""The page of one lead, and why something was decided about it."""

from functools import partial
from typing import Final

from fastapi import Request
from fastapi.responses import Response

from agreement.survivorship import PINNED
from events.vocabulary import ENDED_STAGES
from reporting.filters import link
from reporting.pages.actions import action_bar
from reporting.pages.formats import words
from reporting.pages.frame import frame_of
from reporting.pages.lead_parts import answer_words, ladder, offer_lanes, running_clock, stage_path, why_rep
from reporting.pages.page_router import PageRouter
from reporting.pages.score_drawing import BALANCE_HEIGHT, BALANCE_WIDTH, balance, waterfall
from reporting.pages.story import groups_of, story_of
from reporting.pages.story_lines import GROUPS, StoryGroup
from reporting.reports.account import NoSuchAccount, account
from reporting.reports.decision import decision
from reporting.reports.inbox import left_of
from reporting.reports.lead import lead
from reporting.reports.report import Answer, ReportScope
from runtime.http.audit import identify

SHOWN_DAYS: Final = 12
"""Of the story; earlier ones are folded away."""
SHOWN_PROMISES: Final = 6
SHOWN_COLLEAGUES: Final = 3
_NOBODY: Final = {
    "suppressed": "It is left alone",
    "waiting_for_shift": "It waits for the next shift",
    "waiting": "It is with nobody yet",
}
"""By status, and `waiting` for a lead in the funnel that is still new: why no rep has it."""


def add_lead(pages: PageRouter) -> None:
    """Adds the page of one lead, and of one decision."""

    @pages.page("/leads/{lead}")
    async def lead_page(request: Request, scope: ReportScope) -> Response:
        shown = await lead(scope, request.path_params["lead"])
        identify(request.scope, shown["id"])
        terms, name = scope.agreement, scope.people.name
        pool_title = terms.teams.pool_title
        titles = {promise.name: promise.title for promise in terms.service_levels.promises}
        groups = groups_of(request.query_params.get("show"))
        clocks = sorted(shown["clocks"], key=lambda one: (one["stopped"] is not None, -one["due"].timestamp()))
        offers = shown["assignments"]
        return pages.renderer.page(
            request,
            "lead.html",
            scope.now,
            lead=shown,
            bar=action_bar(scope, request.state.caller.user, shown),
            titles=titles,
            why_nobody=why_nobody(shown),
            stages=stage_path(shown),
            running=running_clock(shown, titles, scope.now, partial(left_of, scope), scope.zone),
            company=await _company(pages, request, scope, shown),
            days=story_of(shown, name, scope.zone, groups, terms.routing.channel_title),
            shown_days=SHOWN_DAYS,
            chips=[(group, group in groups, _toggle(request, groups, group)) for group in GROUPS],
            promises=[(one, round(100 * left_of(scope, one).share, 1)) for one in clocks],
            shown_promises=SHOWN_PROMISES,
            offers=offer_lanes(offers, name, scope.now),
            reasons=[
                (one, why_rep(one, name, pool_title), ladder(one, name, pool_title), answer_words(one))
                for one in reversed(offers)
            ],
            fall=waterfall(shown["score"]["lines"]) if shown["score"] else None,
            line=balance(shown, terms, scope.now),
            line_size=(BALANCE_WIDTH, BALANCE_HEIGHT),
            pinned=PINNED,
            programmes=_programmes(scope, shown),
            any_programme=not terms.routing.programmes,
            base=str(request.base_url).rstrip("/"),
            versions=versions_of(shown),
        )

    @pages.page("/explain/{decision:path}")
    async def why_page(request: Request, scope: ReportScope) -> Response:
        shown = await decision(scope, request.path_params["decision"])
        return pages.renderer.page(request, "explain.html", scope.now, decision=shown)


def _programmes(scope: ReportScope, shown: Answer) -> list[tuple[str, str]]:
    """Campaigns of the mail tool that marketing offers at the lead's stage, and in which it is not: id and title."""
    inside = {one["campaign"] for one in shown["campaigns"]}
    offered = scope.agreement.routing.programmes
    return [(one.campaign, one.title) for one in offered if shown["stage"] in one.stages and one.campaign not in inside]


def _toggle(request: Request, groups: tuple[StoryGroup, ...], group: StoryGroup) -> str:
    """The address of this page with the group shown as well, or no more."""
    wanted = [one for one in GROUPS if (one in groups) != (one == group)]
    return link(request.url.path, show=",".join(wanted) or None)


async def _company(pages: PageRouter, request: Request, scope: ReportScope, shown: Answer) -> Answer | None:
    """The company's score and the others whom we know there; null without a company, or for who may not see it."""
    if not shown["domain"] or not frame_of(request, pages.renderer.people).opens("/accounts/{domain}"):
        return None
    try:
        known = await account(scope, shown["domain"])
    except NoSuchAccount:
        return None
    others = [one for one in known["people"] if one["id"] != shown["id"]]
    return {
        "score": known["score"]["total"],
        "others": others[:SHOWN_COLLEAGUES],
        "more": len(others) - SHOWN_COLLEAGUES,
    }


def versions_of(lead: Answer) -> dict[str, str]:
    """By event, and by `score` for the score as it stands: the version of the agreement it was decided under."""
    known = {row["event"]: row["agreement"] for row in lead["timeline"] if row["agreement"]}
    scores = (row for row in lead["timeline"] if row["event"].startswith("scores/") and row["agreement"])
    newest = next(scores, None)
    return known | ({"score": newest["agreement"]} if newest else {})


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
