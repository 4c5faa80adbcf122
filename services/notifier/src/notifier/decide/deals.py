"""Topic `sales`: what is kept of a deal, for the notice to who looks after the customer once it is won."""

from collections.abc import Mapping

from agreement.deals import DealEvent
from events.deal_ends import DealJudged
from events.deals import DealChanged, DealLost, DealOpened, DealWon, SurveyAnswered
from events.handoffs import StageChanged
from events.vocabulary import ENDED_STAGES
from notifier.decide.state import SURVEYED, DealStory, Handoff


def deal_reported(handoff: Handoff, event: DealOpened | DealChanged) -> Handoff:
    """Amount and product as last reported."""
    return _put_fact(handoff, event, {"amount": event.data.amount, "product": event.data.product})


def deal_won(handoff: Handoff, event: DealWon) -> Handoff:
    """The same, with who won it and what was promised."""
    data = event.data
    news = {"amount": data.amount, "product": data.product, "by": data.by, "promised": data.promised}
    return _put_fact(handoff, event, news)


def deal_lost(handoff: Handoff, event: DealLost) -> Handoff:
    """That it was lost."""
    return _put_fact(handoff, event, {})


def deal_moved(handoff: Handoff, event: StageChanged) -> Handoff:
    """How the deal by which the lead moved has ended, or that it is open; nothing where `deal.judged` says it."""
    deal, stage = event.data.deal, event.data.stage
    if deal is None or event.data.deal_judged:
        return handoff
    return _with(handoff, _story(handoff, deal).replaced(ending=stage if stage in ENDED_STAGES else None))


def deal_judged(handoff: Handoff, event: DealJudged) -> Handoff:
    """How this deal has ended, or that it is open again: whatever the facts about this lead alone would say."""
    data = event.data
    return _with(handoff, _story(handoff, data.deal).replaced(judged=data.state, surveys_from=data.surveys_from))


def survey_answered(handoff: Handoff, event: SurveyAnswered) -> Handoff:
    """All that the latest survey of a win says, in whatever order they arrive; it is told once the deal is won."""
    data, story = event.data, _story(handoff, event.data.deal)
    if data.outcome != "won" or (story.surveyed_at is not None and event.time < story.surveyed_at):
        return handoff
    return _with(handoff, story.replaced(surveyed_at=event.time, **{name: getattr(data, name) for name in SURVEYED}))


def _put(handoff: Handoff, deal: str, news: Mapping[str, object]) -> Handoff:
    """What is left out stays as it was."""
    values = {name: value for name, value in news.items() if value not in (None, ())}
    return _with(handoff, _story(handoff, deal).replaced(**values))


def _put_fact(handoff: Handoff, event: DealEvent, news: Mapping[str, object]) -> Handoff:
    """The same, and the fact is one more of its history."""
    deal = event.data.deal
    return _put(handoff, deal, {**news, "history": _story(handoff, deal).history.after(event)})


def _story(handoff: Handoff, deal: str) -> DealStory:
    return handoff.deals.get(deal, DealStory(deal=deal))


def _with(handoff: Handoff, story: DealStory) -> Handoff:
    return handoff.replaced(deals={**handoff.deals, story.deal: story})
