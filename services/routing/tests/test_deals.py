"""A lead goes where its deal's facts say in the order in which they occurred, and so do all contacts of the deal."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from services.routing.tests.conftest import START, LeadStory, make, qualified
from services.routing.tests.recipes import shipped_terms

from agreement.deals import DealEvent, DealHistory
from events import Event
from events.deal_ends import DealJudged
from events.deals import DealChanged, DealLost, DealOpened, DealWon
from events.handoffs import AnswerIgnored, StageChanged
from events.sales import ContactConnected, LeadSalesDisqualified, SalesNurtured
from events.teamwork import CustomerRenewed
from routing import store
from routing.decide import Outcome
from routing.decide.model.shared_deals import SharedDeal
from routing.decide.state import Deal
from runtime.database.connection import Connection
from runtime.database.parts import save
from testing.examples import examples

PLACES = {"open": ("opportunity", "connected"), "won": ("won", "connected"), "lost": ("lost", "nurture")}
KINDS: dict[str, type[DealEvent]] = {"opened": DealOpened, "changed": DealChanged, "won": DealWon, "lost": DealLost}


def fact(
    kind: str,
    hours: int,
    lead: str = "lead-1",
    deal: str = "d",
    by: str | None = "rep-dan",
    mode: Literal["live", "historical"] = "live",
) -> DealEvent:
    data = {"deal": deal, "by": by, **({"reason": "price"} if kind == "lost" else {})}
    return make(KINDS[kind], lead, at=START + timedelta(hours=hours), mode=mode, data=data)


def play(story: LeadStory, *facts: Event) -> None:
    """These facts, one after the other, and what other contacts make of each."""
    for one in facts:
        story.play(one)
        story.pass_to(story.now)


def of(story: LeadStory, *facts: DealEvent) -> tuple[str, str]:
    """Where the lead stands after these facts."""
    play(story, *facts)
    return story.place()


def test_a_late_opening_never_reopens_a_won_deal(story: LeadStory) -> None:
    story.play(qualified())
    assert of(story, fact("won", 3), fact("opened", 1)) == PLACES["won"]
    assert story.lead().cycle == 1
    (late,) = story.data(AnswerIgnored.Data)
    assert (late.answer, late.reason, late.text) == ("deal_opened", "closed", "this deal is won")


def test_a_loss_before_the_win_changes_nothing_and_one_after_it_does(story: LeadStory) -> None:
    assert of(story, fact("won", 3), fact("lost", 2)) == PLACES["won"]
    (late,) = story.data(AnswerIgnored.Data)
    assert (late.answer, late.reason, late.text) == ("deal_lost", "closed", "this deal is won")
    assert of(story, fact("lost", 4)) == PLACES["lost"]
    assert story.lead().cycle == 1
    assert [one.reason for one in (story.lead().exit,) if one] == ["price"]


def test_a_deal_that_is_opened_again_is_open_and_its_cycle_goes_on(story: LeadStory) -> None:
    story.play(qualified())
    assert of(story, fact("opened", 1), fact("lost", 2), fact("opened", 3)) == PLACES["open"]
    lead = story.lead()
    assert (lead.cycle, lead.owner, lead.nurture, lead.closed) == (1, "rep-dan", None, False)
    assert [one.why for one in story.data(StageChanged.Data)][-1] == "deal opened again"
    assert ("recycle", "recycle/lead-1") not in story.timers


def test_another_deal_after_a_lost_one_is_another_cycle(story: LeadStory) -> None:
    assert of(story, fact("lost", 1), fact("opened", 2, deal="e")) == PLACES["open"]
    assert story.lead().cycle == 2


@pytest.mark.parametrize(("end", "place"), [("won", PLACES["won"]), ("lost", PLACES["lost"])])
def test_a_deal_of_a_lead_that_was_sent_back_to_nurture_ends_the_cycle_it_was_opened_in(
    story: LeadStory, end: str, place: tuple[str, str]
) -> None:
    opened = fact("opened", 1, by="rep-frank")
    play(story, qualified(), make(ContactConnected, by="rep-frank"), opened)
    story.play(make(SalesNurtured, by="rep-grace", at=START + timedelta(hours=2)))
    assert (story.place(), story.lead().owner) == (("opportunity", "nurture"), None)
    assert of(story, fact(end, 3)) == place
    assert story.lead().cycle == 1
    assert [one.owner for one in (story.lead().exit,) if one] == ["rep-dan"]
    last = story.data(StageChanged.Data)[-1]
    assert (last.stage, last.cycle, last.owner, last.closed) == (end, 1, "rep-dan", True)


@pytest.mark.parametrize("kind", ["opened", "won"])
def test_another_deal_of_a_lead_that_was_sent_back_to_nurture_is_another_cycle(story: LeadStory, kind: str) -> None:
    play(story, qualified(), fact("opened", 1, by="rep-frank"))
    story.play(make(SalesNurtured, by="rep-grace", at=START + timedelta(hours=2)))
    play(story, fact(kind, 3, deal="e"))
    assert (story.lead().cycle, story.data(StageChanged.Data)[-1].owner) == (2, "rep-dan")


def test_a_lost_deal_nurtures_nobody_who_left_the_funnel_otherwise(story: LeadStory) -> None:
    play(story, qualified(), fact("opened", 1))
    story.play(make(LeadSalesDisqualified, by="rep-dan", reason="no_budget", at=START + timedelta(hours=2)))
    assert of(story, fact("lost", 3)) == ("opportunity", "disqualified")


def test_what_one_contact_says_of_a_deal_holds_for_all(story: LeadStory) -> None:
    story.play(qualified("a", domain="a.example"), qualified("b", domain="b.example"))
    play(story, fact("opened", 1, "a"), fact("opened", 2, "b"), fact("won", 3, "b"))
    assert (story.place("a"), story.place("b")) == (PLACES["won"], PLACES["won"])
    assert story.state.companies["a.example"].open == {}
    assert story.state.deals["d"].contacts == ("a", "b")
    won = [fact for fact in story.facts if isinstance(fact.data, StageChanged.Data) and fact.data.stage == "won"]
    assert {fact.subject for fact in won} == {"a", "b"}
    assert {fact.time for fact in won} == {START + timedelta(hours=3)}
    assert len({fact.cause for fact in won}) == 1


def test_who_is_named_by_a_fact_of_one_contact_has_the_deal_of_all(story: LeadStory) -> None:
    story.play(qualified("a", domain="a.example"), qualified("b", domain="b.example"))
    play(story, fact("opened", 1, "a", by="rep-dan"), fact("opened", 2, "b", by="rep-frank"))
    assert [(one.state, one.owner) for lead in "ab" for one in story.lead(lead).deals] == [("open", "rep-frank")] * 2


def test_a_fact_that_says_nothing_new_of_a_deal_wakes_nobody(story: LeadStory) -> None:
    play(story, fact("opened", 1, "a"), fact("opened", 2, "b"))
    for one in (fact("changed", 3, "a"), fact("opened", 1, "b"), fact("lost", -1, "a")):
        story.play(one)
        assert [kind for kind, _ in story.timers if kind == "contact"] == []


def test_an_opening_that_names_nobody_opens_a_deal_that_only_its_customers_fate_told_of(story: LeadStory) -> None:
    fates = [make(CustomerRenewed, lead, at=START, data={"deal": "d"}) for lead in "ab"]
    play(story, *fates)
    assert {story.lead(lead).stage for lead in "ab" if lead in story.state.leads} <= {"lead"}
    play(story, fact("opened", 1, "a", by=None))
    assert [story.place(lead) for lead in "ab"] == [PLACES["open"]] * 2


@pytest.mark.parametrize("how", ["merged", "historical"])
def test_what_was_said_before_is_no_answer_to_be_ignored(story: LeadStory, how: str) -> None:
    repeated = {"merged": True} if how == "merged" else {}
    late = make(
        DealOpened,
        at=START,
        data={"deal": "d", "by": "rep-dan", **repeated},
        mode="historical" if how == "historical" else "live",
    )
    play(story, fact("won", 3), late)
    assert story.data(AnswerIgnored.Data) == []


def test_a_deal_of_before_shared_deals_is_taken_up_as_its_lead_knew_it(story: LeadStory) -> None:
    of(story, fact("won", 3))
    story.state = replace(story.state, deals={"d": SharedDeal("d")})
    assert of(story, fact("opened", 1)) == PLACES["won"]


FACTS = st.lists(
    st.builds(
        fact,
        st.sampled_from(sorted(KINDS)),
        st.integers(0, 5),
        st.sampled_from(("lead-1", "lead-2")),
        by=st.sampled_from(("rep-dan", "rep-frank", None)),
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=examples(60), database=None)
@given(facts=FACTS, data=st.data())
def test_any_order_of_arrival_leaves_all_contacts_where_the_facts_say(
    facts: Sequence[DealEvent], data: st.DataObject
) -> None:
    history = DealHistory()
    for one in facts:
        history = history.after(one)
    arrived = data.draw(st.permutations(facts))
    story = LeadStory(shipped_terms())
    play(story, *arrived)
    for lead in {one.subject for one in facts}:
        assert story.place(lead) == PLACES[history.state]
        assert story.lead(lead).cycle == 1
        (deal,) = story.lead(lead).deals
        assert (deal.deal, deal.state) == ("d", history.state)
        assert history.owner is None or deal.owner == history.owner.value, (
            "whoever is named last has it, of all contacts"
        )
    assert story.state.deals["d"].history == history


def judgements(story: LeadStory, lead: str = "lead-1") -> list[tuple[str, str, int]]:
    """Of each deal what was said of it, and since how many hours after the beginning."""
    mine = [(one.data, one.time - START) for one in story.facts if one.subject == lead]
    return [(data.deal, data.state, at // timedelta(hours=1)) for data, at in mine if isinstance(data, DealJudged.Data)]


def test_each_end_of_each_deal_is_said_whatever_the_stage_does(story: LeadStory) -> None:
    play(story, fact("opened", 1), fact("opened", 2, deal="e", by="rep-frank"))
    play(story, fact("won", 3, deal="e", by="rep-frank"), fact("lost", 4))
    assert judgements(story) == [("e", "won", 3), ("d", "lost", 4)]
    assert [one.owner for one in story.data(DealJudged.Data)] == ["rep-frank", "rep-dan"]
    play(story, fact("opened", 5), fact("changed", 6))
    assert judgements(story)[2:] == [("d", "open", 5)]


def test_another_instant_of_the_same_end_is_said_and_a_repeated_report_is_not(story: LeadStory) -> None:
    play(story, fact("lost", 2), fact("lost", 4))
    assert judgements(story) == [("d", "lost", 2)]
    play(story, fact("opened", 3))
    assert (judgements(story), story.place()) == ([("d", "lost", 2), ("d", "lost", 4)], PLACES["lost"])


@pytest.mark.parametrize("by", ["a", "b"])
def test_an_end_is_said_anew_to_each_contact_once_other_surveys_count_for_it(story: LeadStory, by: str) -> None:
    """An opening that is heard of late moves neither the state nor the instant."""
    story.play(qualified("a", domain="a.example"), qualified("b", domain="b.example"))
    play(story, fact("opened", 1, "a"), fact("opened", 1, "b"), fact("lost", 2, "a"), fact("won", 5, "a"))
    play(story, fact("opened", 4, by), fact("opened", 4, by))
    for lead in "ab":
        judgement_data = [
            one.data for one in story.facts if one.subject == lead and isinstance(one.data, DealJudged.Data)
        ]
        hours = [one.surveys_from and (one.surveys_from - START) / timedelta(hours=1) for one in judgement_data]
        assert [(one.state, since) for one, since in zip(judgement_data, hours, strict=True)] == [
            ("lost", None),
            ("won", None),
            ("won", 4),
        ]


@pytest.mark.parametrize("by", ["a", "b"])
def test_another_end_of_the_same_instant_is_said_to_each_contact(story: LeadStory, by: str) -> None:
    story.play(qualified("a", domain="a.example"), qualified("b", domain="b.example"))
    play(story, fact("opened", 1, "a", by=None), fact("opened", 1, "b", by=None))
    play(story, fact("lost", 3, "a", by=None), fact("won", 3, by, by=None))
    for lead in "ab":
        assert judgements(story, lead) == [("d", "lost", 3), ("d", "won", 3)]


@pytest.mark.parametrize("by", ["a", "b"])
def test_another_instant_of_the_same_end_is_said_to_each_contact(story: LeadStory, by: str) -> None:
    story.play(qualified("a", domain="a.example"), qualified("b", domain="b.example"))
    play(story, fact("opened", 1, "a"), fact("opened", 1, "b"), fact("won", 5, "a"), fact("won", 3, by))
    for lead in "ab":
        assert judgements(story, lead) == [("d", "won", 5), ("d", "won", 3)]


def test_the_end_of_a_deal_is_said_of_each_contact_before_its_stage_moves(story: LeadStory) -> None:
    story.play(qualified("a", domain="a.example"), qualified("b", domain="b.example"))
    play(story, fact("opened", 1, "a"), fact("opened", 2, "b"), fact("won", 3, "b"))
    for lead in "ab":
        assert judgements(story, lead) == [("d", "won", 3)]
        mine = [one.data for one in story.facts if one.subject == lead]
        (at,) = [n for n, data in enumerate(mine) if isinstance(data, DealJudged.Data)]
        (moved,) = [data for data in mine if isinstance(data, StageChanged.Data) and data.stage == "won"]
        assert (at < mine.index(moved), moved.deal_judged) == (True, True)


def test_when_a_deal_ended_is_not_said_anew_where_it_was_not_kept(story: LeadStory) -> None:
    of(story, fact("lost", 2))
    lead = story.lead()
    kept = msgspec.structs.replace(lead, deals=(Deal("d", "lost", "rep-dan"),))
    story.state = replace(story.state, leads={**story.state.leads, "lead-1": kept})
    play(story, fact("lost", 1))
    assert judgements(story) == [("d", "lost", 2)]
    play(story, fact("opened", 3), fact("lost", 4))
    assert judgements(story)[1:] == [("d", "open", 3), ("d", "lost", 4)]


async def test_a_shared_deal_comes_back_whole(tx: Connection, story: LeadStory) -> None:
    of(story, fact("opened", 1), fact("lost", 2))
    assert await store.lock_deals(tx, ["d"]) == {"d": SharedDeal("d")}
    await save(tx, store.parts(Outcome({}, {}, {}, {}, (), (), (), story.state.deals)))
    assert await store.lock_deals(tx, ["d"]) == story.state.deals
    first, second = (START + timedelta(hours=hours) for hours in (1, 2))
    assert story.lead().deals == (Deal("d", "lost", "rep-dan", open_from=first, closed_at=second),)
