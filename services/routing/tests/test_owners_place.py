"""Who hears of a lead in the place of an owner who is not here."""

import pytest
from services.routing.tests.conftest import DAY, START, LeadStory, make, qualified, scored

from events.deals import DealOpened
from events.handoffs import AlertRaised, LeadAssigned, OwnerTold, StageChanged
from events.sales import ContactAttempted, RepAvailability
from runtime.values import Timer


def test_step_1_where_the_owner_is_not_here_the_manager_hears_and_the_record_shows_its_owner(story: LeadStory) -> None:
    story.play(scored("first", total=45), make(DealOpened, "first", deal="d1", by="rep-kate"))
    story.play(make(RepAvailability, "rep-kate", rep="rep-kate", state="away"))
    story.play(qualified("second", hand_raise="demo_request"))
    (news,) = story.data(OwnerTold.Data)
    assert (news.rep, news.step, news.record) == ("rep-owen", 1, "first")
    (moved,) = [data for data in story.data(StageChanged.Data) if data.status == "joined"]
    assert (moved.record, moved.owner) == ("first", "rep-kate")
    assert story.data(LeadAssigned.Data) == [], "no new handoff"


def test_step_1_who_works_the_record_of_one_who_left_is_its_owner(story: LeadStory) -> None:
    story.play(qualified("first"), make(DealOpened, "first", deal="d1", by="rep-dan"))
    story.play(make(RepAvailability, "rep-dan", rep="rep-dan", state="left"))
    story.play(Timer("first", "repool", "repool/first", START, {"rep": "rep-dan"}))
    assert story.lead("first").owner == "rep-elena"
    story.play(qualified("second", hand_raise="demo_request"))
    assert [(data.rep, data.record) for data in story.data(OwnerTold.Data)] == [("rep-elena", "first")]


def test_of_its_own_opportunity_whoever_works_the_lead_hears_even_from_afar(story: LeadStory) -> None:
    story.play(qualified(), make(DealOpened, deal="d1", by="rep-dan"))
    story.play(make(RepAvailability, "rep-dan", rep="rep-dan", state="away"))
    story.play(qualified(hand_raise="demo_request", at=story.now))
    (news,) = story.data(OwnerTold.Data)
    assert (news.rep, news.step) == ("rep-dan", 2)
    assert [(one.rule, one.why) for one in news.passed if one.step == 1] == [
        ("open_opportunity", "the owner of its own open opportunity is not here")
    ]


def attempts(*channels: str) -> list[ContactAttempted]:
    return [
        make(ContactAttempted, by="rep-dan", channel=channel, at=START + number * DAY)
        for number, channel in enumerate(channels)
    ]


@pytest.mark.parametrize(
    ("gone", "heard"),
    [(("rep-dan",), ("rep-grace", "re_engaged")), (("rep-dan", "rep-grace"), ("operations", "re_engaged"))],
)
def test_with_its_last_owner_gone_the_manager_hears_that_it_is_active_again(
    story: LeadStory, gone: tuple[str, ...], heard: tuple[str, str]
) -> None:
    story.play(qualified(), *attempts("email", "call", "email"))
    story.pass_to(START + 10 * DAY)
    story.play(*(make(RepAvailability, rep, rep=rep, state="left") for rep in gone))
    story.play(scored(total=30, at=story.now), scored(total=102, at=story.now, soft=("agency",)))
    owners = [(data.rep, str(data.why)) for data in story.data(OwnerTold.Data)]
    assert [*owners, *((data.to, data.reason) for data in story.data(AlertRaised.Data))] == [heard]
