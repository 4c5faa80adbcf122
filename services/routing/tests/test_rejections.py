"""What the reasons of a rejection mean beside their consequence: records, regions, feedback, defects, reviews."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as changed
from services.routing.tests.conftest import DAY, START, LeadStory, change_fields, make, qualified, scored, with_routing

from events.deals import DealOpened
from events.handoffs import (
    AlertRaised,
    AnswerIgnored,
    LeadAssigned,
    LeadNurtured,
    LeadReturned,
    OwnerTold,
    StageChanged,
)
from events.sales import ItemReviewed
from events.scores import ScoreLine
from routing.decide import Terms

VP = ScoreLine(rule="seniority VP", points=25, because="VP Sales", at=START)
GOVERNMENT = ScoreLine(rule="industry excluded", points=-50, because="government", at=START)


@pytest.mark.parametrize("name", ["old", "d1"])
def test_already_in_pipeline_joins_the_record_that_the_rep_names_and_tells_its_owner(
    story: LeadStory, name: str
) -> None:
    story.play(qualified("new"), scored("old", total=45, domain="elsewhere.example"))
    story.play(make(DealOpened, "old", deal="d1", by="rep-kate"))
    story.reject("already_in_pipeline", "new", record=name)
    assert story.place("new") == ("mql", "joined")
    assert [(data.rep, data.why, data.record) for data in story.data(OwnerTold.Data)] == [("rep-kate", "merged", "old")]
    moved = story.data(StageChanged.Data)[-1]
    assert (moved.status, moved.record, moved.owner) == ("joined", "old", "rep-kate")
    assert story.data(LeadReturned.Data)[-1].credited


def test_a_lead_stays_with_the_record_of_the_rep_until_it_shows_new_intent(story: LeadStory) -> None:
    story.play(scored("new", total=45), qualified("new"), qualified("old", domain="elsewhere.example"))
    story.reject("already_in_pipeline", "new", record="old")
    story.rest()
    story.play(scored("new", total=50))
    story.rest()
    assert story.place("new") == ("mql", "joined")


def test_a_record_that_is_worked_without_a_deal_has_the_owner_of_the_lead(story: LeadStory) -> None:
    story.play(qualified("old", domain="elsewhere.example"), qualified("new"))
    story.accept("old")
    owner = story.lead("old").owner
    story.reject("already_in_pipeline", "new", record="old")
    assert story.data(OwnerTold.Data)[-1].rep == owner


@pytest.mark.parametrize("name", ["nobody-knows-it", "lead-1", "idle"])
def test_a_record_that_is_unknown_itself_or_nobodys_is_for_a_steward(story: LeadStory, name: str) -> None:
    story.play(qualified(), scored("idle", total=10, domain="elsewhere.example"))
    story.reject("already_in_pipeline", record=name)
    assert story.place() == ("mql", "waiting_for_steward")
    assert [data.to for data in story.data(AlertRaised.Data)] == ["stewards"]


def test_out_of_territory_goes_on_in_the_region_that_the_rep_names_and_is_a_defect(story: LeadStory) -> None:
    story.play(qualified())
    story.reject("out_of_territory", region="emea")
    first, second = story.data(LeadAssigned.Data)
    assert (first.pool, second.pool) == ("mid-na", "mid-emea")
    (returned,) = story.data(LeadReturned.Data)
    assert (returned.routing_defect, returned.region_from, returned.region) == (True, "na", "emea")
    assert (returned.fit_lines, returned.to_review, returned.credited) == (None, False, True)


def test_the_region_holds_until_the_country_is_corrected(story: LeadStory) -> None:
    story.play(qualified())
    story.reject("out_of_territory", region="emea")
    story.play(scored(total=72))
    assert (story.lead().region, story.data(LeadAssigned.Data)[-1].pool) == ("emea", "mid-emea")
    story.play(scored(total=72, country="CA"))
    story.reject("out_of_territory")
    assert story.data(LeadAssigned.Data)[-1].pool == "mid-na"


def test_a_colleague_of_the_company_does_not_get_what_belongs_to_another_region(story: LeadStory) -> None:
    story.play(qualified("a"))
    story.reject("out_of_territory", "a", region="emea")
    story.play(qualified("b"))
    assert story.lead("b").owner == story.lead("a").owner, "two leads of one company: one owner"
    story.reject("out_of_territory", "b", region="na")
    assert story.data(LeadAssigned.Data)[-1].pool == "mid-na"


def test_who_has_the_company_elsewhere_does_not_get_it(story: LeadStory) -> None:
    story.play(qualified("a"), qualified("b"))
    story.reject("out_of_territory", "a", region="emea")
    assert story.lead("a").owner == "rep-kate", "and the company with it"
    story.reject("out_of_territory", "b", region="na")
    assert (story.lead("b").owner, story.data(LeadAssigned.Data)[-1].rule) == ("rep-elena", "pool")


def test_where_nobody_sells_it_is_nurtured_and_marketing_hears_of_a_raised_hand(terms: Terms) -> None:
    regions = tuple(change_fields(one, served=one.name != "apac") for one in terms.routing.regions)
    story = LeadStory(with_routing(terms, regions=regions))
    story.play(qualified(hand_raise="demo_request"))
    story.reject("out_of_territory", region="apac")
    assert story.place() == ("mql", "nurture")
    assert [data.reason for data in story.data(LeadNurtured.Data)] == ["the region apac is not served"]
    assert [(data.to, data.reason) for data in story.data(AlertRaised.Data)] == [("marketing", "not_served")]
    assert story.data(LeadReturned.Data)[-1].routing_defect
    story.now += DAY
    story.play(qualified(hand_raise="demo_request", at=story.now))
    assert len(story.data(LeadAssigned.Data)) == 1, "the previous owner said that it is out of territory"
    assert len(story.data(AlertRaised.Data)) == 2


def test_a_region_that_is_not_of_the_agreement_is_invalid(story: LeadStory) -> None:
    story.play(qualified())
    story.reject("out_of_territory", region="moon")
    assert [(data.reason, data.text) for data in story.data(AnswerIgnored.Data)] == [
        ("invalid", "moon is no region of the agreement")
    ]


def test_not_icp_gives_scoring_the_lines_that_had_spoken_for_the_lead(story: LeadStory) -> None:
    story.play(qualified())
    lead = story.lead()
    assert lead.standing is not None
    known = changed(lead, standing=lead.standing.replaced(fit_lines=(VP, GOVERNMENT)))
    story.state = replace(story.state, leads={**story.state.leads, lead.id: known})
    story.reject("not_icp")
    assert [data.fit_lines for data in story.data(LeadReturned.Data)] == [(VP,)]


def test_other_is_to_be_reviewed_and_a_tick_moves_nothing(story: LeadStory) -> None:
    story.play(qualified())
    item = story.lead().assignment()
    story.reject("other", note="they only wanted a T-shirt")
    assert [data.to_review for data in story.data(LeadReturned.Data)] == [True]
    before = story.lead()
    assert story.play(make(ItemReviewed, item=item, by="rep-grace")) == []
    assert story.lead() == before
    story.play(make(ItemReviewed, item="lead-1.9", by="rep-grace"))
    assert [(data.answer, data.reason) for data in story.data(AnswerIgnored.Data)] == [
        ("reviewed", "unknown_assignment")
    ]
