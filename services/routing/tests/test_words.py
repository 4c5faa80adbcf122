"""What people read of a decision is the agreement's words."""

from datetime import timedelta

from services.routing.tests.conftest import LeadStory, qualified, scored

from events.handoffs import LeadAssigned, StageChanged
from routing.decide.model.workspace import Workspace
from routing.decide.placing.steps import Situation, find_owner


def test_people_read_titles_of_reasons_and_no_names_of_ours(story: LeadStory) -> None:
    story.play(qualified("a", domain="a.example"), qualified("b", domain="b.example"))
    story.reject("competitor_or_agency", "a")
    story.play(scored("a", total=80, domain="a.example", at=story.now + timedelta(hours=1)))
    story.reject("out_of_territory", "b")
    whys = [step.why for data in story.data(LeadAssigned.Data) for step in data.passed]
    whys += [data.why for data in story.data(StageChanged.Data)]
    assert not [why for why in whys if "_" in why]
    situation = Situation(Workspace(story.state, story.terms, story.now), story.lead("a"), None, None)
    assert find_owner(situation).why == "sales asked to leave it alone: Competitor or agency"
