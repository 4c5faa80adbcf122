"""Pages of deals: one deal with all that the API says of it, and the survey of a closed one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from fastapi import Request
from fastapi.responses import Response

from agreement.definitions import Definitions, SurveyField
from events import Money
from reporting.pages.page_router import PageRouter
from reporting.reports.attribution import SIDES
from reporting.reports.deals import deal
from reporting.reports.report import ReportScope
from reporting.store.conditions import DatabaseRow

QuestionInput = Literal["line", "lines", "yes_no", "choice"]
"""How a question is answered: in a line, in several (one thing on each), by yes and no, or by one of a list."""
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
        titles = {one.name: one.title for one in scope.agreement.goals.attribution.models}
        return pages.renderer.page(
            request,
            "deal.html",
            scope.now,
            deal=shown,
            questions=survey_questions(scope.agreement.definitions, shown["state"]),
            credits=credit_table(shown["credits"], titles),
        )

    @pages.page("/survey/{deal:path}")
    async def survey_page(request: Request, scope: ReportScope) -> Response:
        shown = await deal(scope, request.path_params["deal"])
        questions = survey_questions(scope.agreement.definitions, shown["state"])
        return pages.renderer.page(request, "survey.html", scope.now, deal=shown, questions=questions)


@dataclass(slots=True)
class TouchCredits:
    """A touch (null: nobody's) and what each model credits it with."""

    touch: DatabaseRow | None
    amounts: dict[str, Money] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CreditTable:
    """The credits of one deal: a column for each model, all with the same sum."""

    models: Mapping[str, str]
    """Name to title."""
    rows: list[TouchCredits]
    """In the order of the touches; what is nobody's comes last."""
    sides: Mapping[str, Mapping[str, Money]]
    """By side, by model."""
    redistributed: frozenset[str]
    """Models that gave the weight of a milestone that never happened to the others."""


def credit_table(credits: Mapping[str, DatabaseRow], titles: Mapping[str, str]) -> CreditTable:
    """The credits of a deal by model (reports/deals.py) as a table, touches down and models across."""
    rows: dict[str | None, TouchCredits] = {}
    sides: dict[str, dict[str, Money]] = {}
    for model, share in credits.items():
        for one in share["credits"]:
            event = one["event"]
            mine = rows.setdefault(event, TouchCredits(one if event else None)).amounts
            mine[model] = _sum(mine.get(model), one["amount"])
            side = sides.setdefault(one["side"] or "unattributed", {})
            side[model] = _sum(side.get(model), one["amount"])
    order = sorted(rows.values(), key=lambda row: (row.touch is None, row.touch["at"] if row.touch else None))
    shown: dict[str, dict[str, Money]] = {name: sides[name] for name in SIDES if name in sides}
    again = frozenset(model for model, share in credits.items() if share["redistributed"])
    return CreditTable({model: titles.get(model, model) for model in credits}, order, shown, again)


def _sum(one: Money | None, other: Money) -> Money:
    return Money(amount=one.amount + other.amount, currency=other.currency) if one else other


def survey_questions(terms: Definitions, state: str) -> list[tuple[SurveyField, str, QuestionInput, Sequence[str]]]:
    """Those that the agreement has for a deal that ended so, in its order.

    Of each the field, its text, how it is answered, and of a choice what there is to choose: why a deal is lost is one
    of the agreed reasons, so that answers can be counted.
    """
    questions: list[tuple[SurveyField, str, QuestionInput, Sequence[str]]] = []
    for one in terms.win_loss_survey:
        if state in one.asked_when:
            chosen = one.id == "reason" and state == "lost"
            way: QuestionInput = "choice" if chosen else INPUTS.get(one.id, "line")
            questions.append((one.id, one.text, way, terms.lost_reasons if chosen else ()))
    return questions
