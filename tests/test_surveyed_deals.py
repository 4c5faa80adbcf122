"""Which survey counts for a deal, in whatever order its facts come: routing, sla-monitor and notifier end alike."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from services.routing.tests.conftest import START, LeadStory, make, qualified
from services.routing.tests.recipes import shipped_terms

from agreement import Agreement
from agreement.deals import DealEvent, DealHistory, survey_counts
from events import Event
from events.body import wire_values
from events.deal_ends import DealJudged
from events.deals import DealLost, DealOpened, DealWon, SurveyAnswered
from notifier.decide.decide import HANDLES
from notifier.decide.state import DealStory, Handoff
from reporting.decide.sales import deal_of
from sla_monitor.decide import State, Terms, decide
from sla_monitor.decide.state import Clock, Lead
from testing.examples import examples

CHAMPION: Final = "Ravi Canary"
KINDS: Final[dict[str, type[DealEvent]]] = {"opened": DealOpened, "lost": DealLost, "won": DealWon}
LAW = settings(deadline=None, max_examples=examples(40), database=None)


def fact(text: str) -> Event:
    """`lost 2`: two hours after the start; `survey won 3`: of this hour, and says so."""
    *words, hour = text.split()
    at = START + timedelta(hours=int(hour))
    if words[0] == "survey":
        return make(SurveyAnswered, deal="d", outcome=words[1], by="rep-ana", champion=CHAMPION, at=at)
    data = {"deal": "d", "by": "rep-ana"} | ({"reason": "price"} if words[0] == "lost" else {})
    return make(KINDS[words[0]], at=at, data=data)


class House:
    """What the services keep of one lead and its deal."""

    def __init__(self, terms: Terms) -> None:
        self.routing = LeadStory(shipped_terms())
        self.routing.play(qualified(employees=20))
        self.routing.now = START + timedelta(days=1)
        self.handoff = Handoff()
        self._terms = terms
        self._clocks = Lead()

    def hear(self, event: Event) -> None:
        """A fact of sales: first whoever reads it hears it, then what routing makes of it."""
        answers: list[Event] = []
        if not isinstance(event, SurveyAnswered):
            facts = self.routing.play(event)
            answers = [
                make(DealJudged, at=one.time, data=wire_values(one.data)) for one in facts if one.event is DealJudged
            ]
        self._tell([event, *answers])

    def _tell(self, events: Sequence[Event]) -> None:
        for one in events:
            effect = HANDLES[type(one)]
            assert effect.handoff is not None
            self.handoff = effect.handoff(self.handoff, one)
        outcome = decide(State(leads={"lead-1": self._clocks}), events, self._terms, now=self.routing.now)
        clocks = {**self._clocks.clocks, **outcome.clocks}
        self._clocks = Lead(clocks, (*self._clocks.touches, *outcome.touches.get("lead-1", ())))

    @property
    def clocks(self) -> list[Clock]:
        """Of surveys."""
        return [one for one in self._clocks.clocks.values() if one.promise == "survey"]

    @property
    def story(self) -> DealStory:
        """As it is told to who looks after the customer."""
        return self.handoff.deals["d"].as_it_ended


@pytest.fixture(scope="module")
def terms(agreement: Agreement) -> Terms:
    return Terms.of(agreement)


@LAW
@given(
    st.sampled_from(
        [
            ("opened 1", "won 3"),
            ("opened 1", "lost 2", "lost 5"),
            ("opened 1", "lost 2", "won 5"),
            ("opened 1", "lost 2", "opened 4", "won 6"),
            ("opened 1", "lost 2", "opened 4", "lost 6"),
            ("opened 1", "lost 2", "opened 4", "opened 5", "lost 7"),
            ("opened 1", "won 2", "lost 4", "won 6"),
        ]
    ).flatmap(st.permutations),
    st.sampled_from(["won", "lost"]),
    st.integers(2, 8),
    st.integers(0, 5),
)
@example(["lost 2", "won 6", "opened 4"], "won", 3, 1)
@example(["opened 1", "lost 2", "won 6", "opened 4"], "won", 3, 4)
@example(["opened 1", "lost 2", "opened 4", "lost 7", "opened 5"], "lost", 4, 5)
@example(["lost 5", "lost 2", "opened 1"], "lost", 3, 0)
@example(["opened 1", "lost 2", "opened 4", "lost 6"], "lost", 4, 3)
def test_which_survey_counts_depends_on_no_order_of_arrival(
    terms: Terms, facts: list[str], outcome: str, hour: int, place: int
) -> None:
    house, history = House(terms), DealHistory()
    survey = fact(f"survey {outcome} {hour}")
    for one in [*map(fact, facts[:place]), survey, *map(fact, facts[place:])]:
        house.hear(one)
        history = history.after(one) if isinstance(one, DealEvent) else history
    deal = deal_of("d", history)
    counts = survey_counts(outcome, survey.time, history.state, deal.surveys_from)

    (clock,) = (one for one in house.clocks if one.ended is None)
    assert (clock.endings, clock.started) == ((history.state,), history.closed_at)
    assert (clock.state == "met") is counts, "the clock of the end that stands"
    kept = [one for one in house.clocks if one.state == "met" and one.ended]
    assert all(one.started < one.ended and survey.time <= one.ended for one in kept if one.ended), "ends of before"
    assert len(kept) + counts <= 1, "a survey is about one end"
    if history.state == "won":
        assert (house.story.champion == CHAMPION) is counts, "the notice"
