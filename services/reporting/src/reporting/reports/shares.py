"""How won deals are shared out among the touches of their contacts, as they stand now."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from agreement import Agreement
from agreement.goals import AttributionModel
from reporting.decide.attribution import Share, Touched, attribute, conversations
from reporting.decide.credits import Credits, sums_left_out, sums_of_deal
from reporting.decide.money import Exchange
from reporting.reports.report import ReportScope
from reporting.store import attribution as store
from reporting.store.conditions import DatabaseRow

FIRST: Final = AttributionModel(name="first", title="First touch", kind="milestones", weights={"first_touch": 100})
"""The source of a deal is that of its first touch, whichever models the agreement has."""
MILESTONES: Final = ("lead_created", "mql", "opportunity", "closing")


async def with_touches(
    scope: ReportScope, won: list[DatabaseRow]
) -> tuple[list[DatabaseRow], dict[str, list[DatabaseRow]]]:
    """Those of these deals that are in a sum, their amount in the house's currency, and their touches by deal."""
    convert = Exchange.of(scope.agreement, scope.now)
    amounts = {deal["deal"]: convert(deal["amount"], deal["currency"], deal["closed_at"]) for deal in won}
    included = [{**deal, "amount": money.amount} for deal in won if (money := amounts[deal["deal"]])]
    return included, await store.touches(scope.tx, sorted(deal["deal"] for deal in included))


def shares_of(
    scope: ReportScope, won: list[DatabaseRow], touches: dict[str, list[DatabaseRow]], model: AttributionModel
) -> list[tuple[DatabaseRow, Share]]:
    """Each of these deals shared out under the model."""
    return [(deal, share_of(scope.agreement, deal, touches.get(deal["deal"], []), model)) for deal in won]


def share_of(agreement: Agreement, deal: DatabaseRow, touches: Iterable[DatabaseRow], model: AttributionModel) -> Share:
    """How a won deal is shared out among these touches under the model; its amount in the house's minor units."""
    (share,) = shares_of_deal(agreement, deal, touches, [model])
    return share


def shares_of_deal(
    agreement: Agreement, deal: DatabaseRow, touches: Iterable[DatabaseRow], models: Sequence[AttributionModel]
) -> list[Share]:
    """The same under each of these models."""
    terms = agreement.goals.attribution
    by_lead: dict[str, list[Touched]] = {}
    for row in touches:
        if _eligible(agreement, row):
            named = {"campaign": row["campaign"], "content": row["asset"], "partner": row["partner"]}
            source = row["source"] or row["campaign"] or row["partner"]
            touch = Touched(row["event"], row["at"], row["side"], row["kind"], source, **named)
            by_lead.setdefault(row["lead"], []).append(touch)
    within, channels = terms.conversation.timedelta, agreement.routing.channel_names
    eligible = [touch for some in by_lead.values() for touch in conversations(some, within, channels)]
    milestones = {name: deal[name] for name in MILESTONES if deal[name] is not None}
    lookback = terms.lookback.timedelta
    return [attribute(eligible, milestones, deal["amount"], model, lookback) for model in models]


def _eligible(agreement: Agreement, touch: DatabaseRow) -> bool:
    """What speaks for a purchase, what a campaign brought, and what sales did."""
    term = agreement.events.by_kind.get(touch["kind"])
    brought = touch["side"] == "sales" or bool(touch["source"] or touch["campaign"] or touch["partner"])
    return brought or (term is not None and term.intent != "none")


def credits_of_deal(
    agreement: Agreement,
    convert: Exchange,
    deal: DatabaseRow,
    touches: Iterable[DatabaseRow],
    models: Sequence[AttributionModel],
) -> Credits:
    """What a won deal, as it stands, brings to whom under each of the models."""
    money = convert(deal["amount"], deal["currency"], deal["closed_at"])
    if money is None:
        reason: Any = "no_amount" if deal["amount"] is None else "no_rate"
        return sums_left_out(reason, deal["amount"], deal["currency"], len(models))
    *shares, first = shares_of_deal(agreement, {**deal, "amount": money.amount}, touches, [*models, FIRST])
    return sums_of_deal(shares, first, money.amount)
