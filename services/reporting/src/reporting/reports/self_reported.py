"""What customers say of where they had heard of us, beside where they were first seen."""

from collections.abc import Iterable
from typing import Final

from agreement.goals import AttributionModel
from reporting.decide.money import Total
from reporting.figures import percent
from reporting.filters import DEALS, NONE, DealsQuery, ReportQuery, link, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.reports.shares import shares_of, won_deals
from reporting.reports.totals import beside
from reporting.store import attribution as store
from reporting.store.conditions import DatabaseRow

FIRST: Final = AttributionModel(name="first", title="First touch", kind="milestones", weights={"first_touch": 100})
"""The source of a deal is that of its first touch, whichever models the agreement has."""
Pair = tuple[str | None, str | None]
"""What was answered, and the source of the first touch; null: nothing, none."""


async def self_reported(scope: ReportScope, query: ReportQuery) -> Answer:
    """A row for each answer and each source that is tracked beside it; the deals sum up to all that were won.

    The answer is the primary contact's latest; case does not matter. Raises Malformed.
    """
    refuse_unknown(query, scope.agreement)
    days = {**scope.period(query).parameters, **query.dimensions()}
    pairs, total = await _pairs(scope, query)
    worth: dict[Pair, tuple[int, int]] = {}
    for deal, pair in pairs:
        amount, count = worth.get(pair, (0, 0))
        worth[pair] = amount + deal["amount"], count + 1
    by_answer: dict[str | None, int] = {}
    for (answer, _), (amount, _) in worth.items():
        by_answer[answer] = by_answer.get(answer, 0) + amount
    order = sorted(
        worth, key=lambda one: (one[0] is None, -by_answer[one[0]], one[0] or "", -worth[one][0], one[1] or "")
    )
    return {
        **scope.period(query).parameters,
        "currency": scope.currency,
        "deals": len(pairs),
        "total": total.money,
        "answered": sum(count for (answer, _), (_, count) in worth.items() if answer is not None),
        "agree": sum(count for (answer, tracked), (_, count) in worth.items() if answer and answer == tracked),
        "besides": [beside(one, "won", **days) for one in total.not_included],
        "items": [
            {
                "answer": answer,
                "title": answer or "not said",
                "tracked": tracked,
                "tracked_title": tracked or "none",
                "deals": worth[answer, tracked][1],
                "worth": scope.money(worth[answer, tracked][0]),
                "agrees": answer == tracked if answer else None,
                "link": link(DEALS, **days, state="won", self_reported=answer or NONE, tracked=tracked or NONE),
            }
            for answer, tracked in order
        ],
    }


async def _pairs(scope: ReportScope, query: ReportQuery) -> tuple[list[tuple[DatabaseRow, Pair]], Total]:
    """The won deals of the period with what is said and what is tracked, and their sum."""
    won, touches, total = await won_deals(scope, query)
    answers = await store.self_reported(scope.tx, sorted({deal["lead"] for deal in won}))
    pairs = []
    for deal, share in shares_of(scope, won, touches, FIRST):
        touch = share.credits[0].touch
        tracked = (touch.source if touch.side == "marketing" else touch.side) if touch else None
        pairs.append((deal, (answers.get(deal["lead"]), tracked)))
    return pairs, total


async def deals_that_say(scope: ReportScope, query: DealsQuery) -> list[str]:
    """The won deals of the period of which this was answered (`-`: nothing), and this source tracked, where named."""
    pairs, _ = await _pairs(scope, query)
    return sorted(
        deal["deal"]
        for deal, (answer, tracked) in pairs
        if query.self_reported in (None, answer or NONE) and query.tracked in (None, tracked or NONE)
    )


def _finding(answer: Answer) -> str | None:
    if not answer["answered"]:
        return None
    part = percent(answer["agree"] / answer["answered"])
    return f"{part} of the customers who say where they had heard of us name what we tracked"


def _rows(answer: Answer) -> Iterable[DatabaseRow]:
    return ({**row, "currency": answer["currency"]} for row in answer["items"])


SELF_REPORTED = Report(
    "self-reported",
    ReportQuery,
    self_reported,
    columns=(
        Column("answer"),
        Column("title", "They say"),
        Column("tracked"),
        Column("tracked_title", "First touch tracked"),
        Column("deals", "Deals won", "number", link="link"),
        Column("worth", "Worth", "money"),
        Column("currency"),
    ),
    summary="Won deals by what their primary contact says of where they had heard of us, beside the tracked source",
    title="What they say, and what we tracked",
    definition=(
        "Deals won in these days, by the answer of their primary contact to where they had heard of us, beside the "
        "source of the first touch of any contact; `sales` where sales called first. Neither is right: both stand here."
    ),
    chapter="events",
    finding=_finding,
    rows=_rows,
    key=("answer", "tracked"),
)
