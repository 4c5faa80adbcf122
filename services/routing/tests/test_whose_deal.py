"""Whose a lead is by its deals, at the edges: those that closed, those of one instant, and what is heard of late."""

from datetime import timedelta

import pytest
from services.routing.tests.conftest import START, LeadStory, make, qualified
from services.routing.tests.test_deal_owners import elenas, hands
from services.routing.tests.test_deals import fact, play

from events.sales import SalesNurtured
from routing.decide.model.deal_owners import owner_by_deals, seller
from routing.decide.state import Deal, Lead

HOUR = timedelta(hours=1)
DANS = Deal("d", "open", "rep-dan", open_from=START)
FRANKS = Deal("e", "open", "rep-frank", open_from=START + HOUR)
CLOSED = Deal("d", "lost", "rep-dan", open_from=START, closed_at=START + 2 * HOUR)
CLOSED_BEFORE_IT_OPENED = Deal("d", "lost", "rep-dan", open_from=START + HOUR, closed_at=START)


@pytest.mark.parametrize(
    ("deals", "owner", "sold"),
    [
        ((CLOSED,), None, "rep-dan"),
        ((DANS, FRANKS), "rep-dan", "rep-dan"),
        ((Deal("a", "open", "rep-frank", open_from=START), DANS), "rep-frank", "rep-frank"),
        ((CLOSED, FRANKS), "rep-frank", "rep-frank"),
        (
            (CLOSED_BEFORE_IT_OPENED, Deal("e", "open", "rep-frank", open_from=START + 2 * HOUR)),
            "rep-frank",
            "rep-frank",
        ),
    ],
    ids=["closed", "opened first", "of one instant, by id", "closed since", "closed before it opened"],
)
def test_whose_it_is_says_the_order_of_the_deals_and_not_who_has_it(
    deals: tuple[Deal, ...], owner: str | None, sold: str
) -> None:
    for has_it in (None, "rep-dan", "rep-frank", "rep-elena"):
        lead = Lead("l", owner=has_it, deals=deals)
        assert (owner_by_deals(lead, lambda rep: True), seller(lead, lambda rep: True)) == (owner, sold)


def test_where_a_deal_of_nobody_is_open_the_end_of_another_moves_no_lead(story: LeadStory) -> None:
    elenas(story)
    play(story, fact("opened", 1, deal="e", by=None), fact("lost", 2))
    assert hands(story) == ("rep-elena", [None])


def test_a_deal_that_was_opened_earlier_than_was_known_is_heard_of_by_all_its_contacts(story: LeadStory) -> None:
    story.play(qualified("a", domain="a.example"), qualified("b", domain="b.example"))
    play(story, fact("opened", 5, "a"), fact("changed", 6, "b"), fact("opened", 3, "b", deal="e", by="rep-frank"))
    assert hands(story, "b")[0] == "rep-frank"
    play(story, fact("opened", 1, "a"))
    assert hands(story, "b")[0] == "rep-dan"


def test_who_opens_a_second_deal_with_a_lead_in_nurture_does_not_take_it_from_who_has_the_first(
    story: LeadStory,
) -> None:
    story.play(qualified())
    play(story, fact("opened", 1, deal="e", by="rep-frank"))
    story.play(make(SalesNurtured, by="rep-grace", at=START + HOUR))
    play(story, fact("opened", 2))
    assert story.lead().owner == "rep-frank"
