"""What may happen to deals and their contacts, drawn at random: the events move credits, or do not."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any, Final

from services.reporting.tests.conftest import History, facts_from

from agreement import Agreement
from agreement.goals import ExchangeRate
from agreement.types import Span
from events import Money
from events.deals import DealChanged, DealLost, DealOpened, DealWon
from events.leads import Campaign, EngagementJudged, EngagementVerdict, LeadErased, LeadMerged, LeadUpdated
from events.sales import ContactAttempted
from testing.events import NOON

DAY: Final = timedelta(days=1)
LEADS: Final = tuple(f"lead-{number}" for number in range(5))
DEALS: Final = tuple(f"more-{number}" for number in range(8))


def happening(chance: Random, history: History) -> None:
    """Adds one event to the history, that moves the credits of a deal or does not."""
    lead, deal = chance.choice(LEADS), chance.choice(DEALS)
    at = NOON - chance.randint(0, 40 * 24) * timedelta(hours=1)
    worth = Money(amount=chance.randint(0, 100_000), currency=chance.choice(("USD", "USD", "EUR", "JPY")))
    fact = {"by": "rep-dan", "deal": deal}
    heard = chance.choice(("A podcast", "Google"))
    touched = EngagementVerdict(machine=chance.random() < 0.5, by="ops", at=at)
    choices: tuple[Callable[[], object], ...] = (
        lambda: history.add(DealOpened, lead, at, {**fact, "amount": worth, "product": chance.choice(("core", "x"))}),
        lambda: history.add(DealWon, lead, at, {**fact, "amount": worth}),
        lambda: history.add(DealWon, lead, at, fact),
        lambda: history.add(DealChanged, lead, at, {**fact, "amount": worth}),
        lambda: history.add(DealLost, lead, at, {**fact, "reason": "price"}),
        lambda: history.add(ContactAttempted, lead, at, {"by": "rep-dan", "channel": "call"}),
        lambda: history.engaged(
            lead,
            at,
            chance.choice(("demo_request", "case_study", "site_visit")),
            message_id=f"m-{chance.randint(0, 4)}",
            asset=chance.choice((None, "roi-guide")),
            campaign=chance.choice(
                (None, Campaign(name="spring", source="on24"), Campaign(referral="adventure-works"))
            ),
        ),
        lambda: history.stage(lead, at, "mql", "assigned", cycle=chance.randint(1, 3), owner="rep-dan"),
        lambda: history.add(
            EngagementJudged,
            lead,
            at,
            {"message_id": f"m-{chance.randint(0, 4)}", "kind": "x", "name": "x", "occurred": at, "verdict": touched},
        ),
        lambda: history.add(LeadUpdated, lead, at, {"facts": facts_from(at, self_reported_source=heard)}),
        lambda: history.captured(
            lead, at, email=f"{lead}@b.example", name="N", company="B", source=chance.choice(("google", "bing"))
        ),
    )
    chance.choice(choices)()


def ending(chance: Random, history: History) -> None:
    """Somebody turns out to be somebody else, or is erased."""
    lead, other = chance.sample(LEADS, 2)
    if chance.random() < 0.7:
        history.add(LeadMerged, lead, NOON, {"into": other, "reason": "test"})
    else:
        history.add(LeadErased, lead, NOON)


def edited_agreement(agreement: Agreement, chance: Random) -> Agreement:
    """An edited agreement: other models, other days to look back on, or another rate."""
    goals = agreement.goals
    terms = goals.attribution
    changes: dict[str, Any] = chance.choice(
        (
            {"attribution": terms.model_copy(update={"models": terms.models[:-1]})},
            {"attribution": terms.model_copy(update={"lookback": Span(amount=chance.randint(5, 60), unit="d")})},
            {"currencies": (ExchangeRate(currency="JPY", since=NOON.date() - 30 * DAY, rate=0.0061),)},
            {"currencies": (ExchangeRate(currency="EUR", since=NOON.date() - 90 * DAY, rate=chance.random() + 0.5),)},
        )
    )
    return agreement.model_copy(update={"goals": goals.model_copy(update=changes)})
