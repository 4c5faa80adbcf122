"""All pages: those of the reports, of leads, of work, of the house; the live stream and the static files."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import Header, Query
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from reporting.pages.accounts import add_accounts
from reporting.pages.agreement import add_agreement
from reporting.pages.agreement_tables import MarkOf, no_mark
from reporting.pages.attribution import add_attribution
from reporting.pages.audit import add_audit
from reporting.pages.content import add_content
from reporting.pages.dashboard import add_dashboard
from reporting.pages.deals import add_deals
from reporting.pages.demo import add_demo
from reporting.pages.demo_house import add_demo_house
from reporting.pages.funnel_model import add_funnel_model
from reporting.pages.inbox import add_inbox
from reporting.pages.lead import add_lead
from reporting.pages.lead_list import add_lead_list
from reporting.pages.live import NUMBERS, LiveUpdates
from reporting.pages.offer_answers import add_offer_answers
from reporting.pages.operations import add_operations
from reporting.pages.outbox import add_outbox
from reporting.pages.packs import add_packs
from reporting.pages.page_router import PageRouter
from reporting.pages.partners import add_partners
from reporting.pages.screens import add_screens
from reporting.pages.search import add_search
from reporting.pages.self_assessment import add_self_assessment
from reporting.pages.sign_in import SignInPages
from reporting.pages.speed import add_speed
from reporting.pages.team import add_team
from reporting.reports import REPORTS
from reporting.reports.report import Report
from runtime.service import Context


def page_router(
    context: Context, updates: LiveUpdates, reports: Sequence[Report[Any]] = REPORTS, mark: MarkOf = no_mark
) -> PageRouter:
    """All pages, as `routes`.

    `mark` says of a field of the agreement that it is prose, or moves nothing yet (pages/agreement_tables.py).
    """
    pages = PageRouter(context, updates)
    add_dashboard(pages, reports)
    add_lead_list(pages)
    add_accounts(pages)
    add_lead(pages)
    add_deals(pages)
    add_attribution(pages)
    add_funnel_model(pages)
    add_inbox(pages)
    add_team(pages)
    add_content(pages)
    add_partners(pages)
    add_agreement(pages, mark)
    add_operations(pages)
    add_outbox(pages)
    add_offer_answers(pages)
    add_demo(pages)
    add_demo_house(pages)
    add_audit(pages)
    add_search(pages)
    add_self_assessment(pages)
    add_packs(pages)
    add_screens(pages)
    add_speed(pages)
    SignInPages(pages).add()

    @pages.routes.get("/live", response_class=EventSourceResponse, dependencies=pages.readers)
    async def live(
        seen: int | None = None,
        of: Annotated[str, Query(max_length=2000)] = NUMBERS,
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> AsyncIterator[ServerSentEvent]:
        """News of the subjects `of` (with commas between), after what the page shows: `seen`, or what it heard last."""
        shown = int(last_event_id) if last_event_id and last_event_id.isdecimal() else seen
        async for news in updates.news(shown, frozenset(of.split(","))):
            yield news

    @pages.routes.get("/static/{name}")
    async def static(name: str, v: str | None = None) -> Response:
        return pages.renderer.file(name, v)

    return pages
