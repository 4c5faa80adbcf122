"""A deal with two contacts: each lead's services hear some of its facts, and judge its surveys as the report does."""

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st
from services.routing.tests.conftest import START, make
from tests.test_surveyed_deals import KINDS, fact

from agreement.deals import DealEvent, DealHistory, survey_counts
from events import Event
from events.deal_ends import DealJudged
from notifier.decide.decide import HANDLES
from notifier.decide.state import DealStory, Handoff
from reporting.decide.sales import deal_of
from testing.examples import examples

HOURS = range(1, 8)
FACTS = st.tuples(st.sampled_from([*KINDS, "opened"]), st.sampled_from(HOURS), st.booleans())


def heard(facts: Sequence[tuple[str, int, bool]]) -> tuple[DealStory, DealHistory]:
    """What notifier keeps of the deal for the lead that hears those facts that are true, and all facts of the deal.

    Routing says each time what all of them make of it.
    """
    handoff, history = Handoff(), DealHistory()
    last: tuple[object, ...] = ("open", None, None)
    for kind, hour, ours in facts:
        event = fact(f"{kind} {hour}")
        assert isinstance(event, DealEvent)
        history = history.after(event)
        judged = (history.state, history.closed_at, history.surveys_from if history.closed_at else None)
        news: list[Event] = [event] if ours else []
        if judged != last:
            data = {"cycle": 1, "deal": "d", "state": history.state, "surveys_from": history.surveys_from}
            news.append(make(DealJudged, at=history.closed_at or event.time, data=data))
            last = judged
        for one in news:
            effect = HANDLES[type(one)]
            assert effect.handoff is not None
            handoff = effect.handoff(handoff, one)
    return handoff.deals.get("d", DealStory(deal="d")), history


@settings(deadline=None, max_examples=examples(200), database=None)
@given(st.lists(FACTS, min_size=1, max_size=6, unique_by=lambda one: one[:2]))
@example([("opened", 1, True), ("won", 3, True), ("lost", 5, False), ("opened", 6, False)])
@example([("lost", 2, True), ("opened", 4, True), ("won", 6, True), ("won", 3, False)])
@example([("lost", 2, True), ("opened", 3, True), ("opened", 4, False), ("won", 5, True), ("opened", 1, True)])
def test_a_survey_counts_for_the_notice_as_it_counts_in_the_report(facts: list[tuple[str, int, bool]]) -> None:
    story, history = heard(facts)
    deal = deal_of("d", history)
    for hour in (0, *HOURS, 8):
        at = START + timedelta(hours=hour)
        counts = history.state == "won" and survey_counts("won", at, history.state, deal.surveys_from)
        assert story.survey_counts("won", at) == counts, hour
