"""Campaigns of the mail tool that sales put leads in, and those that the agreement offers for it."""

from reporting.filters import LEADS, PageQuery, link, page_of
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import teamwork as store


async def programmes(scope: ReportScope, query: PageQuery) -> Answer:
    """`offered` by the agreement; null where sales may take any. `engaged_since`: leads that stirred afterwards."""
    offered = [{**one.model_dump(), "stages": list(one.stages)} for one in scope.agreement.routing.programmes]
    items = [{**row, "links": _lists(row["campaign"])} for row in await store.campaigns(scope.tx)]
    return page_of({"offered": offered or None, "items": items}, query)


def _lists(campaign: str) -> dict[str, str]:
    """The leads behind the numbers."""
    return {"leads": link(LEADS, programme=campaign), "won": link(LEADS, programme=campaign, stage="won")}


PROGRAMMES = Report(
    "programmes",
    PageQuery,
    programmes,
    columns=(
        Column("campaign", "Campaign"),
        Column("title", "Title", wide=True),
        Column("leads", "Leads", "number", link="links.leads"),
        Column("engaged_since", "Engaged since", "number"),
        Column("won", "Won", "number", link="links.won"),
        Column("last_at", "Last", "relative"),
    ),
    summary="Campaigns of the mail tool that sales put leads in",
    title="Campaigns of sales",
    note="Leads that reps put into campaigns of the mail tool, what they did since, and who bought",
    page=True,
)
