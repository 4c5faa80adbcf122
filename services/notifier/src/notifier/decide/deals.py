"""Topic `sales`: what is kept of a deal, for the notice to who looks after the customer once it is won."""

from collections.abc import Mapping

from events.deals import DealChanged, DealOpened, DealWon, SurveyAnswered
from notifier.decide.state import DealStory, Handoff


def deal_reported(handoff: Handoff, event: DealOpened | DealChanged) -> Handoff:
    """Amount and product as last reported."""
    return _put(handoff, event.data.deal, {"amount": event.data.amount, "product": event.data.product})


def deal_won(handoff: Handoff, event: DealWon) -> Handoff:
    """The same, with who won it and what was promised."""
    data = event.data
    news = {"amount": data.amount, "product": data.product, "by": data.by, "promised": data.promised}
    return _put(handoff, data.deal, news)


def survey_answered(handoff: Handoff, event: SurveyAnswered) -> Handoff:
    """Of a won deal, what its survey says; a later answer takes its place."""
    data = event.data
    if data.outcome != "won":
        return handoff
    named = ("reason", "competitor", "content", "objections", "champion", "could_differ")
    return _put(handoff, data.deal, {name: getattr(data, name) for name in named})


def _put(handoff: Handoff, deal: str, news: Mapping[str, object]) -> Handoff:
    """What is left out stays as it was."""
    known = handoff.deals.get(deal, DealStory(deal=deal))
    story = known.replaced(**{name: value for name, value in news.items() if value not in (None, ())})
    return handoff.replaced(deals={**handoff.deals, deal: story})
