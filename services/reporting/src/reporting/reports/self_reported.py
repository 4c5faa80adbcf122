"""What customers say of where they had heard of us, beside where they were first seen."""

from collections.abc import Iterable

from reporting.decide.credits import tracked_source
from reporting.figures import percent
from reporting.filters import DEALS, NONE, DealsQuery, ReportQuery, link, refuse_unknown
from reporting.reports.credits import period_credits, period_of
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.reports.shares import FIRST, shares_of, with_touches
from reporting.reports.totals import as_leads, beside
from reporting.store import attribution as store
from reporting.store import credits
from reporting.store.conditions import DatabaseRow

Pair = tuple[str | None, str | None]
"""What was answered, and the source of the first touch; null: nothing, none."""


async def self_reported(scope: ReportScope, query: ReportQuery) -> Answer:
    """A row for each answer and each source that is tracked beside it; the deals sum up to all that were won.

    The answer is the primary contact's latest; case does not matter. Raises Malformed.
    """
    refuse_unknown(query, scope.agreement)
    days = {**scope.period(query).parameters, **query.dimensions()}
    found = await period_credits(scope, query, "tracked", scope.agreement.goals.attribution.models[:1])
    worth: dict[Pair, tuple[int, int]] = {
        (None, key.value): (sums.units[0], sums.deals[0]) for key, sums in found.of("tracked")
    }
    for pair, amount, count in await _answered(scope, query, found.due):
        for one, times in ((pair, 1), ((None, pair[1]), -1)):
            units, deals = worth.get(one, (0, 0))
            worth[one] = units + times * amount, deals + times * count
    worth = {pair: numbers for pair, numbers in worth.items() if numbers[1]}
    total = found.total
    by_answer: dict[str | None, int] = {}
    for (answer, _), (amount, _) in worth.items():
        by_answer[answer] = by_answer.get(answer, 0) + amount
    order = sorted(
        worth, key=lambda one: (one[0] is None, -by_answer[one[0]], one[0] or "", -worth[one][0], one[1] or "")
    )
    return {
        **scope.period(query).parameters,
        "currency": scope.currency,
        "deals": found.included,
        "total": total.money,
        "answered": sum(count for (answer, _), (_, count) in worth.items() if answer is not None),
        "agree": sum(count for (answer, tracked), (_, count) in worth.items() if answer and answer == tracked),
        "besides": [beside(one, "won", **days, **as_leads(query)) for one in total.not_included],
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


async def _answered(scope: ReportScope, query: ReportQuery, due: list[str] | None) -> list[tuple[Pair, int, int]]:
    """Those of whom something was answered: what, and what is tracked; minor units and deals."""
    now = [(pair, deal["amount"], 1) for deal, pair in await _pairs(scope, query, due) if pair[0] is not None]
    if due is None:
        return now
    rows = await credits.answered(scope.tx, {**period_of(scope, query), "due": due})
    return now + [((row["answer"], row["tracked"]), row["units"], row["deals"]) for row in rows]


async def _pairs(scope: ReportScope, query: ReportQuery, among: list[str] | None) -> list[tuple[DatabaseRow, Pair]]:
    """Of these of the won deals of the period (null: of all) what is said and what is tracked, as it is now."""
    if among is not None and not among:
        return []
    won, touches = await with_touches(scope, await store.won(scope.tx, scope.filters(query), among=among))
    answers = await store.self_reported(scope.tx, sorted({deal["lead"] for deal in won}))
    shares = shares_of(scope, won, touches, FIRST)
    return [(deal, (answers.get(deal["lead"]), tracked_source(share))) for deal, share in shares]


async def deals_that_say(scope: ReportScope, query: DealsQuery) -> list[str]:
    """The won deals of the period of which this was answered (`-`: nothing), and this source tracked, where named."""
    rows: list[DatabaseRow] = []
    due: list[str] | None = None
    if scope.whole:
        rows, due = await credits.answers(scope.tx, period_of(scope, query))
    pairs = [(row["deal"], (row["answer"], row["tracked"])) for row in rows]
    pairs += [(deal["deal"], pair) for deal, pair in await _pairs(scope, query, due)]
    return sorted(
        deal
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
