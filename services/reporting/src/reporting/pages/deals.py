"""Pages of deals: one deal with all that the API says of it, and the survey of a closed one."""

from collections.abc import Mapping
from typing import Final, Literal

from fastapi import Request
from fastapi.responses import Response

from agreement.definitions import SurveyField
from reporting.pages.page_router import PageRouter
from reporting.reports.deals import deal
from reporting.reports.report import ReportScope

QuestionInput = Literal["line", "lines", "yes_no"]
"""How a question is answered: in a line, in several (one thing on each), or by yes and no."""
INPUTS: Final[Mapping[SurveyField, QuestionInput]] = {
    "content": "lines",
    "objections": "lines",
    "lead_quality_issue": "yes_no",
}
"""The others are a line."""


def add_deals(pages: PageRouter) -> None:
    """Adds `/deals/{deal}` and `/survey/{deal}`; the survey is posted to ingest: a fact for each contact."""

    @pages.page("/deals/{deal:path}")
    async def deal_page(request: Request, scope: ReportScope) -> Response:
        shown = await deal(scope, request.path_params["deal"])
        return pages.renderer.page(request, "deal.html", scope.now, deal=shown, questions=_questions(scope))

    @pages.page("/survey/{deal:path}")
    async def survey_page(request: Request, scope: ReportScope) -> Response:
        shown = await deal(scope, request.path_params["deal"])
        return pages.renderer.page(request, "survey.html", scope.now, deal=shown, questions=_questions(scope))


def _questions(scope: ReportScope) -> list[tuple[SurveyField, str, QuestionInput]]:
    """The agreement's, in its order: field, text, and how it is answered."""
    return [(one.id, one.text, INPUTS.get(one.id, "line")) for one in scope.agreement.definitions.win_loss_survey]
