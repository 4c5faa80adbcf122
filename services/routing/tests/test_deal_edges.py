"""Deals at the edges of their rules: what was kept before times were, who has none, and whom an end wakes."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from services.routing.tests.conftest import DAY, START, LeadStory, make, qualified, scored
from services.routing.tests.test_deals import PLACES, fact, judgements, of, play

from events.deal_ends import DealJudged
from events.handoffs import OwnerTold, StageChanged
from events.sales import ContactConnected, LeadReassigned, RepAvailability, SalesNurtured
from events.teamwork import CustomerRenewed
from routing.decide.model.shared_deals import SharedDeal
from routing.decide.placing.offer import _shift_after
from routing.decide.state import Deal


def test_of_an_end_from_before_times_were_kept_nobody_says_when_it_was(story: LeadStory) -> None:
    """Also to a contact that hears of the deal for the first time: it would be of 1970."""
    story.play(qualified("a", domain="a.example"), qualified("b", domain="b.example"))
    known = msgspec.structs.replace(story.lead("a"), deals=(Deal("d", "lost", "rep-dan"),))
    story.state = replace(story.state, leads={**story.state.leads, "a": known}, deals={"d": SharedDeal("d")})
    play(story, fact("changed", 1, "a"), fact("changed", 2, "b"))
    assert [one.state for one in story.lead("b").deals] == ["lost"]
    assert (judgements(story, "a"), judgements(story, "b")) == ([], [])
    play(story, fact("won", 3, "b"))
    assert judgements(story, "b") == judgements(story, "a") == [("d", "won", 3)]


def test_an_end_that_names_nobody_is_asked_of_who_tells_of_it(story: LeadStory) -> None:
    story.play(scored("a", total=10, domain="a.example"), scored("b", total=10, domain="b.example"))
    play(story, fact("won", 1, "a", by=None))
    play(story, make(CustomerRenewed, "b", at=START + timedelta(hours=2), deal="d", by="rep-frank"))
    (data,) = [one.data for one in story.facts if one.subject == "b" and isinstance(one.data, DealJudged.Data)]
    assert (data.state, data.owner) == ("won", "rep-frank")


def test_a_deal_that_nobody_has_goes_along_with_its_lead(story: LeadStory) -> None:
    story.play(scored(total=10, employees=20))
    play(story, fact("opened", 0, by=None), make(ContactConnected, by="rep-ben", at=START))
    assert ([deal.owner for deal in story.lead().deals], story.lead().owner) == ([None], "rep-ben")
    play(story, make(LeadReassigned, by="rep-grace", to="rep-chloe", at=START + timedelta(hours=1)))
    assert ([deal.owner for deal in story.lead().deals], story.lead().owner) == (["rep-chloe"], "rep-chloe")


@pytest.mark.parametrize("opened", [False, True], ids=["heard of by its loss", "another, that was opened"])
def test_a_loss_ends_no_cycle_that_ended_without_this_deal(story: LeadStory, opened: bool) -> None:
    play(story, qualified(), make(ContactConnected, by="rep-dan"))
    story.play(make(SalesNurtured, by="rep-grace", at=START + timedelta(hours=1)))
    before = story.place()
    assert before[1] == "nurture"
    assert of(story, fact("lost", 0 if opened else 2, deal="e")) == before


def test_a_loss_after_a_win_by_another_deal_leaves_the_lead_won(story: LeadStory) -> None:
    play(story, qualified(), fact("opened", 1), fact("opened", 1, deal="e"), fact("won", 2), fact("lost", 3, deal="e"))
    assert story.place() == PLACES["won"]


def test_only_who_had_an_open_deal_wakes_those_who_joined_it(story: LeadStory) -> None:
    """What is said of a deal that ended before ends nothing."""
    play(story, qualified(), fact("opened", 1), fact("lost", 2))
    story.play(scored("colleague", total=10))
    story.play(fact("changed", 3))
    assert not [key for kind, key in story.timers if "colleague" in key and kind != "enrol"]
    play(story, fact("opened", 4))
    story.play(fact("lost", 5))
    assert [kind for kind, key in story.timers if "colleague" in key and kind != "enrol"] == ["record_closed"]


@pytest.mark.parametrize("raised", [True, False])
def test_a_hand_that_was_raised_before_is_no_news_of_today(story: LeadStory, raised: bool) -> None:
    story.play(qualified(employees=20))
    story.accept()
    news = scored(at=START + DAY, hand_raise="demo_request", employees=20)
    if not raised:
        assert news.data.standing is not None
        news = news.replaced(data=news.data.replaced(standing=news.data.standing.replaced(hand_raise_at=START)))
    story.now = START + DAY
    story.play(news)
    assert [data.hand_raise for data in story.data(OwnerTold.Data)] == [raised]


@pytest.mark.parametrize(("hours", "days"), [(9, 1), (12, 1), (18, 1), (8, 0), (20, 1)])
def test_the_next_shift_is_another_than_the_one_that_is_on(story: LeadStory, hours: int, days: int) -> None:
    """Also at the very instant at which one begins, or ends: looked at again then, nothing would be new."""
    morning = START.replace(hour=13)  # nine in New York
    calendar = story.terms.calendars.of_team("new-york")
    assert _shift_after(calendar, morning + timedelta(hours=hours - 9)) == morning + days * DAY


def test_a_hand_raised_after_the_loss_joins_no_record_that_is_about_to_close(story: LeadStory) -> None:
    """A colleague at the company, and a contact elsewhere, hear of the loss in lanes of their own, a moment later."""
    story.play(qualified("a"), qualified("b"), qualified("c", domain="c.example"))
    play(story, *(fact("opened", 1, lead) for lead in "abc"))
    story.now = START + timedelta(hours=3)
    story.play(scored("a", at=story.now, hand_raise="demo_request"))
    story.facts.clear()
    play(story, fact("lost", 2, "a"))
    moves = [one.data for one in story.facts if one.subject == "a" and isinstance(one.data, StageChanged.Data)]
    assert [one.status for one in moves if one.status == "joined"] == []
    assert (story.lead("a").cycle, story.lead("a").stage) == (2, "mql")


def test_a_second_win_of_a_lead_that_is_won_moves_nothing(story: LeadStory) -> None:
    play(story, qualified(), fact("opened", 1), fact("opened", 1, deal="e"), fact("won", 2), fact("won", 3, deal="e"))
    moves = [(one.stage, one.cycle) for one in story.data(StageChanged.Data)]
    assert moves == [("mql", 1), ("opportunity", 1), ("won", 1)]
    assert judgements(story) == [("d", "won", 2), ("e", "won", 3)]


def test_offers_of_a_cycle_before_do_not_say_where_a_lead_goes_on(story: LeadStory) -> None:
    """Who had it then may have it again; its pool of then hands it to nobody."""
    story.play(qualified(employees=20))
    story.accept()
    play(story, fact("lost", 1, by="rep-ana"), fact("opened", 2, deal="e", by="rep-frank"))
    lead = story.lead()
    assert (lead.cycle, lead.stage, lead.owner, lead.offers[-1].cycle) == (2, "opportunity", "rep-frank", 1)
    play(story, make(RepAvailability, "rep-frank", rep="rep-frank", state="left", at=story.now))
    offer = story.lead().offers[-1]
    assert (offer.rep, offer.rule, offer.cycle) == ("rep-ana", "recycled", 2)


def test_a_lead_in_the_queue_is_somebodys_as_soon_as_there_is_news_and_somebody(story: LeadStory) -> None:
    for rep in story.terms.teams.reps:
        story.play(make(RepAvailability, rep.id, rep=rep.id, state="away", until=START + 3 * DAY))
    story.play(qualified(employees=20))
    assert (story.place(), story.lead().owner) == (("mql", "new"), None)
    story.play(make(RepAvailability, "rep-ana", rep="rep-ana", state="active"))
    assert story.lead().owner is None, "who comes back is not given all that waits"
    story.play(scored(total=73, employees=20, at=START + timedelta(minutes=1)))
    assert (story.place(), story.lead().owner) == (("mql", "assigned"), "rep-ana")
