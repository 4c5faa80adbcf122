"""The search of the frame: leads, reps, campaigns and pages by a few letters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from fastapi.responses import Response

from events.vocabulary import humanize
from reporting.filters import link
from reporting.leads_query import LeadsQuery
from reporting.pages.filter_choices import choices_of
from reporting.pages.frame import PageFrame, frame_of
from reporting.pages.page_router import PageRouter
from reporting.reports.leads import leads
from reporting.reports.report import ReportScope

MOST: Final = 8
"""Of each kind."""
LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One thing that was found: what it is called, where it is, and what else is known of it."""

    name: str
    address: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class SearchGroup:
    """What was found of one kind, the best first."""

    kind: str
    hits: Sequence[SearchHit]
    whole: str | None = None
    """Where all of it is, when there is more."""


def add_search(pages: PageRouter) -> None:
    """Adds `/search?q=`."""

    @pages.page("/search")
    async def search_page(request: Request, scope: ReportScope) -> Response:
        words = request.query_params.get("q", "").strip()[:LONGEST]
        frame = frame_of(request, scope.people)
        groups = [
            await _leads(scope, words),
            SearchGroup("Reps", _reps(scope, words, frame)),
            SearchGroup("Campaigns", await _campaigns(pages, words) if frame.opens("/") else ()),
            SearchGroup("Pages", named_like(words, [SearchHit(label, path) for path, label in frame.places])),
        ]
        found = [group for group in groups if words and group.hits]
        return pages.renderer.page(request, "search.html", scope.now, sought=words, groups=found)


def named_like(words: str, hits: Sequence[SearchHit]) -> list[SearchHit]:
    """Those whose name has these letters, the ones that begin with them first."""
    sought = words.casefold()
    fitting = [one for one in hits if sought in one.name.casefold()]
    return sorted(fitting, key=lambda one: not one.name.casefold().startswith(sought))[:MOST]


async def _leads(scope: ReportScope, words: str) -> SearchGroup:
    if not words:
        return SearchGroup("Leads", ())
    answer = await leads(scope, LeadsQuery(q=words, limit=MOST))
    hits = [
        SearchHit(
            one["name"] or one["email"] or one["id"],
            f"/leads/{one['id']}",
            ", ".join(str(part) for part in (one["company"], humanize(one["stage"]), one["owner_name"]) if part),
        )
        for one in answer["items"]
    ]
    return SearchGroup("Leads", hits, link("/leads", q=words) if answer["next"] else None)


def _reps(scope: ReportScope, words: str, frame: PageFrame) -> list[SearchHit]:
    if not frame.opens("/inbox"):
        return []
    return named_like(
        words, [SearchHit(rep.name, link("/inbox", rep=rep.id), "inbox") for rep in scope.agreement.teams.reps]
    )


async def _campaigns(pages: PageRouter, words: str) -> list[SearchHit]:
    known = await choices_of(pages)
    return named_like(words, [SearchHit(one, link("/", campaign=one), "its numbers") for one in known["campaign"]])
