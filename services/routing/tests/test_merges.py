"""Who was merged into a record stands with it as long as somebody has that one, and goes on by the steps then."""

import pytest
from services.routing.tests.conftest import LeadStory, make, qualified, scored
from services.routing.tests.test_places import where

from events.deals import DealLost, DealOpened, DealWon
from events.sales import LeadReassigned, StewardDecided
from events.scores import MqlWithdrawn
from events.teamwork import CustomerChurned


def merged(story: LeadStory, *, by_steward: bool, deal: bool) -> None:
    """`same` belongs to `old`, of another company, and somebody has that."""
    story.play(scored("same", total=45), qualified("same"), qualified("old", domain="b.example"))
    if deal:
        story.play(make(DealOpened, "old", deal="d", by="rep-dan"))
    if by_steward:
        story.reject("bad_data", "same")
        answer = {"item": "lead", "decision": "merge", "record": "old", "steward": "rep-grace", "by": "rep-grace"}
        story.play(make(StewardDecided, "same", data=answer))
    else:
        story.reject("already_in_pipeline", "same", record="old")
    story.rest()
    assert where(story, "same") == "joined"


@pytest.mark.parametrize("by_steward", [False, True])
@pytest.mark.parametrize("end", ["lost", "rejected", "erased"])
def test_who_was_merged_goes_on_once_the_record_is_nobodys(story: LeadStory, end: str, by_steward: bool) -> None:
    merged(story, by_steward=by_steward, deal=end == "lost")
    story.play(scored("same", total=50))
    story.rest()
    assert where(story, "same") == "joined", "somebody else writes to its person"
    if end == "lost":
        story.play(make(DealLost, "old", deal="d", by="rep-dan", reason="price"))
    elif end == "rejected":
        story.reject("other", "old", note="so")
    else:
        story.play(make(MqlWithdrawn, "old", data={"total": 0, "reason": "erased"}))
    story.pass_to(story.now)
    assert (where(story, "same"), story.lead("same").merged_into) == ("nurture", None)


def test_who_is_merged_into_what_closed_meanwhile_goes_on_at_once(story: LeadStory) -> None:
    story.play(qualified("same"), qualified("old", domain="b.example"))
    story.play(make(DealOpened, "old", deal="d", by="rep-dan"))
    story.reject("already_in_pipeline", "same", record="old")
    story.play(make(DealLost, "old", deal="d", by="rep-dan", reason="price"))
    assert where(story, "same") == "joined", "its own lane has yet to hear of it"
    story.pass_to(story.now)
    assert where(story, "same") == "nurture"


def test_who_was_merged_stays_with_the_customer(story: LeadStory) -> None:
    merged(story, by_steward=False, deal=True)
    story.play(make(DealWon, "old", deal="d", by="rep-dan"))
    story.pass_to(story.now)
    assert where(story, "same") == "joined"
    story.play(make(CustomerChurned, "old", deal="d", by="rep-dan"))
    story.pass_to(story.now)
    assert where(story, "same") == "nurture"


def test_nobody_is_merged_into_the_own_open_deal(story: LeadStory) -> None:
    story.play(qualified(employees=20), make(DealOpened, deal="d", by="rep-dan"))
    story.play(make(LeadReassigned, by="rep-grace", to="rep-elena"))
    story.reject("already_in_pipeline")
    assert where(story) == "steward"
