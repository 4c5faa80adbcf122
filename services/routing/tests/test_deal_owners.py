"""Person and deal are in one hand: whose a lead is while it has open deals, in whatever way the two came apart."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from services.routing.tests.conftest import START, LeadStory, make, qualified, scored, state_after
from services.routing.tests.recipes import ANYTHING, Recipe, make_inputs, shipped_terms
from services.routing.tests.test_deals import fact, play
from services.routing.tests.test_laws import beginning

from agreement.deals import DealEvent
from agreement.leave import has_left
from events.deal_ends import DealOwned
from events.deals import DealChanged, DealOpened
from events.handoffs import AlertRaised, LeadAccepted, LeadAssigned, LeadReturned, StageChanged
from events.sales import (
    ContactConnected,
    LeadHandedOver,
    LeadReassigned,
    RepAvailability,
    SalesAccepted,
    SalesNurtured,
)
from routing.decide import decide
from routing.decide.model.deal_owners import owner_by_deals
from routing.decide.state import Deal, Lead
from runtime.values import Timer
from testing.examples import examples

LAW = settings(deadline=None, max_examples=examples(80), database=None)


def elenas(story: LeadStory, *, accepted: bool = True) -> None:
    """A lead that Elena has, by turn."""
    story.play(qualified())
    story.play(make(LeadReassigned, by="rep-grace", to="rep-elena"))
    if accepted:
        story.accept()
    story.facts.clear()


def hands(story: LeadStory, lead: str = "lead-1") -> tuple[str | None, list[str | None]]:
    """Who has the lead, and who its open deals."""
    return story.lead(lead).owner, [deal.owner for deal in story.lead(lead).open_deals]


@pytest.mark.parametrize("accepted", [True, False])
def test_a_lead_goes_to_who_opens_its_deal_and_who_had_it_hears(story: LeadStory, accepted: bool) -> None:
    elenas(story, accepted=accepted)
    seat = story.state.seats["mid-na", "rep-dan"]
    today = story.state.reps["rep-dan"].today
    story.play(make(DealOpened, deal="d", by="rep-dan"))
    assert hands(story) == ("rep-dan", ["rep-dan"])
    assert story.place() == ("opportunity", "connected")
    (offer,) = story.data(LeadAssigned.Data)
    assert (offer.rep, offer.rule, offer.step, offer.turn, offer.pool) == ("rep-dan", "deal_owner", 1, False, "mid-na")
    assert (offer.reassigned_from, offer.why_reassigned) == ("rep-elena", "deal_owner")
    assert [(one.rep, one.reason, one.then) for one in story.data(LeadReturned.Data)] == [
        ("rep-elena", "deal_owner", "reroute")
    ]
    assert [(one.rep, one.implied) for one in story.data(LeadAccepted.Data)] == [("rep-dan", True)], "and not by Elena"
    (moved,) = story.data(StageChanged.Data)[-1:]
    assert (moved.stage, moved.owner) == ("opportunity", "rep-dan")
    assert story.state.seats["mid-na", "rep-dan"] == seat, "no turn is used"
    assert (story.state.reps["rep-elena"].open, story.state.reps["rep-dan"].today) == (0, today)
    assert story.state.companies["acme.example"].open == {"lead-1": "rep-dan"}


def test_who_had_it_unasked_hears_too(story: LeadStory) -> None:
    story.play(scored(total=45), make(SalesAccepted, by="rep-elena"))
    story.play(make(DealOpened, deal="d", by="rep-dan"))
    (offer,) = story.data(LeadAssigned.Data)
    assert (offer.rep, offer.reassigned_from, offer.previous) == ("rep-dan", "rep-elena", None)


@pytest.mark.parametrize("by", [None, "crm-user-17", "rep-kate"])
def test_a_deal_of_nobody_who_is_here_leaves_the_lead_where_it_is(story: LeadStory, by: str | None) -> None:
    elenas(story)
    story.play(make(RepAvailability, "rep-kate", rep="rep-kate", state="left"))
    story.play(make(DealOpened, deal="d", by=by))
    assert (story.lead().owner, story.place()) == ("rep-elena", ("opportunity", "connected"))
    assert story.data(LeadAssigned.Data) == []


def test_whose_owner_is_away_has_it_all_the_same(story: LeadStory) -> None:
    elenas(story)
    story.play(make(RepAvailability, "rep-dan", rep="rep-dan", state="away"), make(DealOpened, deal="d", by="rep-dan"))
    assert hands(story) == ("rep-dan", ["rep-dan"])


def test_of_several_open_deals_one_of_its_owner_keeps_the_lead(story: LeadStory) -> None:
    elenas(story)
    play(story, fact("opened", 1), fact("opened", 2, deal="e", by="rep-frank"))
    assert hands(story) == ("rep-dan", ["rep-dan", "rep-frank"])
    play(story, fact("opened", 3, deal="f", by="rep-kate"), fact("lost", 4))
    assert hands(story) == ("rep-kate", ["rep-frank", "rep-kate"]), "of the others the one opened last"
    play(story, fact("lost", 5, deal="f", by="rep-kate"))
    assert hands(story) == ("rep-frank", ["rep-frank"])


def test_who_gets_a_lead_because_another_deal_was_lost_is_told_to_all(story: LeadStory) -> None:
    elenas(story)
    play(story, fact("opened", 1, by="rep-elena"), fact("opened", 2, deal="e"))
    story.facts.clear()
    play(story, fact("lost", 3, by="rep-elena"))
    assert hands(story) == ("rep-dan", ["rep-dan"])
    (offer,) = story.data(LeadAssigned.Data)
    assert (offer.rep, offer.rule, offer.reassigned_from, offer.turn) == ("rep-dan", "deal_owner", "rep-elena", False)
    assert [one.rep for one in story.data(LeadAccepted.Data)] == ["rep-dan"]
    assert story.place() == ("opportunity", "connected")


def test_a_managers_word_stays(story: LeadStory) -> None:
    """The deal goes along, and neither a change of it nor what is told late of it takes the lead back."""
    elenas(story)
    play(story, fact("opened", -2), fact("opened", -1, deal="e", by="rep-frank"))
    story.play(make(LeadReassigned, by="rep-grace", to="rep-elena"))
    assert hands(story) == ("rep-elena", ["rep-elena", "rep-frank"])
    for one in (fact("changed", 1), fact("opened", -3), fact("changed", 2, deal="e", by="rep-frank")):
        play(story, one)
        assert hands(story) == ("rep-elena", ["rep-elena", "rep-frank"])
    play(story, fact("opened", 3))
    assert hands(story) == ("rep-dan", ["rep-dan", "rep-frank"]), "a later fact names somebody"


def test_a_colleague_keeps_what_was_handed_over(story: LeadStory) -> None:
    story.play(qualified(employees=20))
    story.accept()
    play(story, fact("opened", -1, by="rep-ana"))
    story.play(make(LeadHandedOver, by="rep-ana", to="rep-ben"), make(DealChanged, deal="d", by="rep-ana"))
    assert hands(story) == ("rep-ben", ["rep-ben"])


def test_with_a_rep_who_leaves_the_deal_goes_along_to_the_next(story: LeadStory) -> None:
    story.play(qualified(), make(DealOpened, deal="d", by="rep-dan"))
    story.play(make(RepAvailability, "rep-dan", rep="rep-dan", state="left"))
    story.pass_to(story.now)
    assert hands(story) == ("rep-elena", ["rep-elena"])
    play(story, fact("changed", 1))
    assert hands(story) == ("rep-elena", ["rep-elena"])


def test_a_deal_waits_with_its_lead_for_whoever_gets_it(story: LeadStory) -> None:
    story.play(qualified(), make(DealOpened, deal="d", by="rep-dan"))
    others = [rep.id for rep in story.terms.teams.reps if rep.id not in ("rep-dan", "rep-elena")]
    for rep in ("rep-dan", "rep-elena", *others):
        story.play(make(RepAvailability, rep, rep=rep, state="left" if rep == "rep-dan" else "away"))
    story.pass_to(story.now)
    assert (story.place(), hands(story)) == (("opportunity", "waiting_for_manager"), (None, [None]))
    assert [(one.owner, one.version) for one in story.data(DealOwned.Data)] == [("rep-dan", 1), (None, 2)]
    story.play(make(RepAvailability, "rep-elena", rep="rep-elena", state="active"))
    story.play(make(LeadReassigned, by="rep-grace", to="rep-elena"))
    assert hands(story) == ("rep-elena", ["rep-elena"])
    assert [(one.owner, one.version) for one in story.data(DealOwned.Data)][2:] == [("rep-elena", 3)]


def test_an_old_deal_that_opens_again_takes_the_lead_of_the_next_cycle(story: LeadStory) -> None:
    story.play(qualified())
    play(story, fact("opened", 1), fact("lost", 2))
    story.play(qualified(hand_raise="demo_request", at=START + timedelta(hours=3)))
    story.play(make(LeadReassigned, by="rep-grace", to="rep-elena"))
    assert (story.lead().owner, story.lead().cycle) == ("rep-elena", 2)
    play(story, fact("opened", 4, by=None))
    assert hands(story) == ("rep-dan", ["rep-dan"])


def test_a_deal_of_nobody_that_opens_again_is_with_who_had_it(story: LeadStory) -> None:
    elenas(story)
    play(story, fact("opened", 1, by=None), fact("lost", 2, by=None), fact("opened", 3, by=None))
    assert (story.lead().owner, story.lead().cycle) == ("rep-elena", 1)
    assert story.data(AlertRaised.Data) == []


@pytest.mark.parametrize("how", [SalesAccepted, ContactConnected])
def test_who_takes_a_lead_from_nurture_takes_no_deal(story: LeadStory, how: type[SalesAccepted]) -> None:
    story.play(qualified(), make(DealOpened, deal="d", by="rep-dan"))
    story.play(make(SalesNurtured, by="rep-grace"))
    story.play(make(how, by="rep-elena"))
    assert hands(story) == ("rep-dan", ["rep-dan"])
    assert story.data(LeadAssigned.Data)[-1].reassigned_from == "rep-elena"


def test_a_contact_of_a_deal_goes_to_its_owner_from_another_lane(story: LeadStory) -> None:
    story.play(qualified("a", domain="a.example"), qualified("b", domain="b.example"))
    story.play(make(LeadReassigned, "b", by="rep-grace", to="rep-elena"))
    play(story, fact("opened", 1, "b", by=None), fact("opened", 2, "a"))
    assert hands(story, "b") == ("rep-dan", ["rep-dan"])


@pytest.mark.parametrize("how", ["a", "b", "left"])
def test_where_one_contact_goes_the_deal_goes_and_with_it_the_others(story: LeadStory, how: str) -> None:
    story.play(qualified("a", domain="a.example"), qualified("b", domain="b.example"))
    play(story, fact("opened", -2, "a"), fact("opened", -1, "b"))
    assert [hands(story, lead) for lead in "ab"] == [("rep-dan", ["rep-dan"])] * 2
    if how == "left":
        play(story, make(RepAvailability, "rep-dan", rep="rep-dan", state="left"))
    else:
        play(story, make(LeadReassigned, how, by="rep-grace", to="rep-elena"))
    assert [hands(story, lead) for lead in "ab"] == [("rep-elena", ["rep-elena"])] * 2
    assert story.state.deals["d"].owner == "rep-elena"


@pytest.mark.parametrize("kind", ["won", "lost"])
def test_who_closes_a_deal_that_was_never_opened_has_sold_it(story: LeadStory, kind: str) -> None:
    elenas(story, accepted=False)
    play(story, fact(kind, 1))
    assert [(one.rep, one.reason, one.then) for one in story.data(LeadReturned.Data)] == [
        ("rep-elena", "deal_owner", "none")
    ]
    assert story.data(LeadAccepted.Data) == []
    assert story.data(LeadAssigned.Data) == []
    assert [one.owner for one in (story.lead().exit,) if one] == ["rep-dan"]
    assert story.data(StageChanged.Data)[-1].owner == "rep-dan"


def test_history_says_whose_it_is_and_disturbs_nobody(story: LeadStory) -> None:
    elenas(story)
    story.play(make(DealOpened, deal="d", by="rep-dan", mode="historical"))
    assert hands(story) == ("rep-dan", ["rep-dan"])
    assert story.data(LeadAssigned.Data) == []
    assert {one.owner for one in story.data(StageChanged.Data)} == {"rep-dan"}


def test_history_says_who_gets_a_lead_because_another_deal_was_lost(story: LeadStory) -> None:
    elenas(story)
    play(story, fact("opened", 1, by="rep-elena"), fact("opened", 2, deal="e"))
    story.facts.clear()
    play(story, fact("lost", 3, by="rep-elena", mode="historical"))
    assert hands(story) == ("rep-dan", ["rep-dan"])
    assert story.data(LeadAssigned.Data) == []
    assert [one.owner for one in story.data(StageChanged.Data)] == ["rep-dan"]


def test_the_first_deals_of_equal_instants_are_the_same_whichever_came_first() -> None:
    one, other = Deal("d", "open", "rep-dan", open_from=START), Deal("e", "open", "rep-frank", open_from=START)
    owners = [owner_by_deals(Lead("l", deals=deals), lambda rep: True) for deals in ((one, other), (other, one))]
    assert len(set(owners)) == 1


def test_of_deals_without_a_time_whoever_has_the_lead_keeps_it() -> None:
    deals = (Deal("d", "open", "rep-dan"), Deal("e", "open", "rep-frank"))
    for rep in ("rep-dan", "rep-frank"):
        assert owner_by_deals(Lead("l", owner=rep, deals=deals), lambda rep: True) == rep


OWNERS = st.sampled_from(("rep-dan", "rep-frank", "rep-elena"))
LIFE = st.lists(
    st.tuples(st.sampled_from("de"), st.sampled_from(("opened", "opened", "changed", "won", "lost")), OWNERS),
    min_size=1,
    max_size=6,
)
"""Facts of two deals of one lead, in the order in which they occurred."""


@LAW
@given(life=LIFE, data=st.data())
def test_any_order_of_arrival_leaves_the_lead_with_the_same_owner(
    life: Sequence[tuple[str, str, str]], data: st.DataObject
) -> None:
    """As far as somebody has it in the end: a deal that names nobody leaves it where it was."""
    facts: list[DealEvent] = [fact(kind, hours, deal=deal, by=by) for hours, (deal, kind, by) in enumerate(life, 1)]
    ends = []
    for arrived in (facts, data.draw(st.permutations(facts))):
        story = LeadStory(shipped_terms())
        elenas(story)
        play(story, *arrived)
        lead = story.lead()
        ends.append(lead.owner if all(deal.owner for deal in lead.open_deals) else None)
    assert None in ends or ends[0] == ends[1]


@LAW
@given(recipes=ANYTHING)
def test_whatever_happens_person_and_deal_are_in_one_hand(recipes: list[Recipe]) -> None:
    """A timer `repool` of each rep who left is part of it."""
    start, inputs = beginning(), make_inputs(recipes)
    done = state_after(start, decide(start, inputs, shipped_terms(), now=START))
    for lead in done.leads.values():
        owner = owner_by_deals(lead, lambda rep: rep in done.reps and not has_left(done.reps[rep].words))
        assert not (lead.worked or lead.waiting) or owner in (None, lead.owner)


@LAW
@given(recipes=ANYTHING)
def test_whose_each_deal_is_was_said_last(recipes: list[Recipe]) -> None:
    """Of each deal in versions without a gap, so that readers need no order of arrival; and only what is new."""
    done = decide(beginning(), make_inputs(recipes), shipped_terms(), now=START)
    spoken: dict[str, list[DealOwned.Data]] = {deal: [] for deal in done.deals}
    for one in done.facts:
        if isinstance(one.data, DealOwned.Data):
            spoken[one.data.deal].append(one.data)
    for deal, some in spoken.items():
        assert [one.version for one in some] == list(range(1, len(some) + 1))
        owners = [None, *(one.owner for one in some)]
        assert all(one != other for one, other in pairwise(owners))
        assert owners[-1] == done.deals[deal].owner


def test_a_rep_who_left_keeps_nothing(story: LeadStory) -> None:
    story.play(qualified(), make(DealOpened, deal="d", by="rep-dan"))
    story.play(make(RepAvailability, "rep-dan", rep="rep-dan", state="left"))
    story.play(Timer("lead-1", "repool", "repool/lead-1", START, {"rep": "rep-dan"}))
    assert "rep-dan" not in (story.lead().owner, *hands(story)[1])
