"""Who is credited with the deals won in a period: what is kept of most deals, and the others shared out at once.

The one home of both: the loop that keeps credits (`crediting`) shares out by `credits_of_deal`, and every report and
list asks here. Deals that something has moved since, and all of them under an agreement that the loop has not gone
through yet, are shared out anew for each answer, so an answer never depends on how far the loop is.
"""

import ast
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256
from inspect import getsource
from types import ModuleType
from typing import Any, Final

import orjson

from agreement import Agreement, currencies
from agreement.goals import AttributionModel
from reporting.decide import attribution, money
from reporting.decide import credits as summing
from reporting.decide.credits import (
    INCLUDED,
    CreditDimension,
    CreditKey,
    Credits,
    CreditSums,
    keys_of,
    parts_of_question,
)
from reporting.decide.money import Exchange, Total
from reporting.filters import NONE, ReportQuery
from reporting.period import Period
from reporting.reports import shares
from reporting.reports.report import ReportScope
from reporting.reports.shares import credits_of_deal, shares_of, with_touches
from reporting.store import attribution as store
from reporting.store import credits as kept
from reporting.store.conditions import DatabaseRow

SHARING: Final = (attribution, summing, money, currencies, shares, store)
"""The modules that share out a deal: when one is another, the same terms may share out otherwise than before."""
_FEW: Final = 2000
"""So many deals are looked up one by one in less time than it takes to go through all deals of a year."""


@dataclass(frozen=True, slots=True)
class CreditTerms:
    """Names of what credits rest on besides the facts: of all but the rates, and of the rates."""

    terms: str
    rates: str

    @classmethod
    def of(cls, agreement: Agreement) -> "CreditTerms":
        """Digests; two agreements with equal ones share out alike."""
        attribution, house = agreement.goals.attribution, agreement.definitions.house
        terms = [
            *(rule_of(*SHARING), house.zone, house.currency),
            *([model.model_dump(mode="json") for model in attribution.models],),
            *(str(attribution.lookback.timedelta), str(attribution.conversation.timedelta)),
            sorted(agreement.routing.channel_names),
            sorted((kind, term.intent != "none") for kind, term in agreement.events.by_kind.items()),
        ]
        rates = [rate.model_dump(mode="json") for rate in agreement.goals.currencies]
        return cls(_digest(terms), _digest(rates))


@cache
def rule_of(*modules: ModuleType) -> str:
    """A name of what these modules do: another when their code is, the same when only comments or lines differ."""
    return _digest([ast.dump(ast.parse(getsource(one))) for one in modules])


def _digest(value: Any) -> str:
    return sha256(orjson.dumps(value)).hexdigest()


@dataclass(frozen=True, slots=True)
class PeriodCredits:
    """The sums of a period under some models, each sum with a number for each of them."""

    credits: Credits
    total: Total
    """Of the deals; those that are in no sum are told with it."""
    included: int
    """How many deals are in the sum."""
    due: list[str] | None
    """Which deals were shared out for this answer, if they are of the period; null: all."""

    def of(self, division: CreditDimension) -> list[tuple[CreditKey, CreditSums]]:
        """The sums of one division."""
        return [(key, sums) for key, sums in self.credits.items() if key.division == division]


async def period_credits(
    scope: ReportScope, query: ReportQuery, division: CreditDimension, models: Sequence[AttributionModel]
) -> PeriodCredits:
    """What the deals won in the period bring to whom, by this division, under these models of the agreement."""
    rows, due = await _kept(scope, query, (division, "deal"), models)
    found = await _shared_now(scope, query, due, models)
    for row in rows:
        key = CreditKey(row["division"], row["side"], row["value"], row["kind"])
        sums = found.setdefault(key, CreditSums.zero(len(models)))
        sums.add(CreditSums(row["deals"], row["touches"], row["units"]))
    credits = {key: sums for key, sums in found.items() if sums and key.division in (division, "deal")}
    total = Total(Exchange.of(scope.agreement, scope.now))
    included = 0
    for key, sums in credits.items():
        if key.division == "deal":
            total.deals += sums.deals[0]
            if key.side == INCLUDED:
                total.amount, included = sums.units[0], sums.deals[0]
            else:
                total.left_out[key.side, key.value] = (sums.deals[0], sums.units[0])  # type: ignore[index]
    return PeriodCredits(credits, total, included, due)


async def _kept(
    scope: ReportScope, query: ReportQuery, divisions: Sequence[CreditDimension], models: Sequence[AttributionModel]
) -> tuple[list[DatabaseRow], list[str] | None]:
    if not scope.whole:
        return [], None
    places = [scope.agreement.goals.attribution.models.index(model) for model in models]
    parts, days = parts_of_question(query.dimensions()), scope.period(query)
    filters = {
        **_terms_of(scope),
        **{"divisions": list(divisions), "part": parts[0] if parts else "", "parts": parts},
        **_days_of(days, by_weeks=len(parts) <= 1),
    }
    return await kept.sums(scope.tx, places, filters)


def _terms_of(scope: ReportScope) -> dict[str, str]:
    known = CreditTerms.of(scope.agreement)
    return {"terms": known.terms, "rates": known.rates}


def _days_of(days: Period, *, by_weeks: bool) -> dict[str, Any]:
    """The period, and the whole weeks in it; none of them when it is filtered by several things at once."""
    monday = days.first + timedelta(days=-days.first.weekday() % 7)
    last = days.until - timedelta(days=days.until.weekday())
    if not by_weeks or monday >= last:
        monday = last = days.until
    return {"first": days.first, "until": days.until, "monday": monday, "last_monday": last}


async def _shared_now(
    scope: ReportScope, query: ReportQuery, due: list[str] | None, models: Sequence[AttributionModel]
) -> Credits:
    """What is due in the period, summed up; everything when `due` is null."""
    found: Credits = {}
    if due is not None and not due:
        return found
    won = await store.won(scope.tx, scope.filters(query), among=due)
    touches = await store.touches(scope.tx, [deal["deal"] for deal in won])
    convert = Exchange.of(scope.agreement, scope.now)
    for deal in won:
        credits = credits_of_deal(scope.agreement, convert, deal, touches.get(deal["deal"], []), models)
        for key, sums in credits.items():
            found.setdefault(key, CreditSums.zero(len(models))).add(sums)
    return found


def period_of(scope: ReportScope, query: ReportQuery) -> dict[str, Any]:
    """Parameters of the store: what is kept is under these terms, of these days and of deals of these parts."""
    days = scope.period(query)
    return {
        **_terms_of(scope),
        "first": days.first,
        "until": days.until,
        "parts": parts_of_question(query.dimensions()),
    }


async def few_deals(scope: ReportScope, query: ReportQuery, found: PeriodCredits) -> list[str] | None:
    """Where filters leave few deals: candidates (`among` of `store.won`), by what is kept; null: look at all.

    A list of won deals goes through the period day by day until its page is full. Where filters leave fewer deals than
    a page it would go through all of the period; then it is faster to look at the candidates only. `found`: the sums of
    the same question.
    """
    given = period_of(scope, query)
    if found.due is None or not given["parts"] or found.total.deals > _FEW:
        return None
    return await store.candidates(scope.tx, given)


@dataclass(frozen=True, slots=True)
class WantedCredit:
    """Which credits are meant: of a side, and of a division those of one value and kind (null: any; `-`: none)."""

    division: CreditDimension
    side: str
    value: str | None = None
    kind: str | None = None

    def is_met(self, keys: Sequence[CreditKey]) -> bool:
        """Whether a credit that belongs to these sums is meant."""
        return any(
            (key.division, key.side) == (self.division, self.side)
            and self.value in (None, key.value or NONE)
            and self.kind in (None, key.kind)
            for key in keys
        )


async def deals_behind(
    scope: ReportScope, query: ReportQuery, wanted: Sequence[WantedCredit], model: AttributionModel
) -> list[DatabaseRow]:
    """The won deals of the period, with their primary `lead`, that have a credit which is all that is wanted."""
    rows: list[DatabaseRow] = []
    due: list[str] | None = None
    if scope.whole and len(wanted) == 1:
        place = scope.agreement.goals.attribution.models.index(model)
        given = {**period_of(scope, query), **asdict(wanted[0]), "place": place}
        rows, due = await kept.behind(scope.tx, given)
    if due is not None and not due:
        return rows
    included, touches = await with_touches(scope, await store.won(scope.tx, scope.filters(query), among=due))
    return rows + [
        deal
        for deal, share in shares_of(scope, included, touches, model)
        if any(all(one.is_met(keys) for one in wanted) for keys in map(keys_of, share.credits))
    ]
