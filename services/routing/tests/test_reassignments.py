"""Whose lead it is by decision: reassigned, handed over, sent back to nurture."""

from datetime import timedelta

import pytest
from services.routing.tests.conftest import LeadStory, escalated, make, qualified

from events import Event
from events.deals import DealChanged, DealOpened, DealWon
from events.handoffs import AlertRaised, AnswerIgnored, LeadAssigned, LeadNurtured, LeadReturned, OwnerTold
from events.sales import LeadHandedOver, LeadReassigned, OwnerNudged, SalesNurtured


def seat(story: LeadStory, rep: str) -> int:
    known = story.state.seats["smb-na", rep]
    return known.assigned - known.credits


def test_a_manager_reassigns_and_the_rep_gets_fresh_clocks(story: LeadStory) -> None:
    story.play(qualified(employees=20))
    story.accept()
    story.play(make(LeadReassigned, by="rep-grace", to="rep-chloe", reason="on holiday"))
    first, second = story.data(LeadAssigned.Data)
    assert (second.rep, second.rule, second.why_reassigned, second.reassigned_from) == (
        "rep-chloe",
        "reassigned",
        "reassigned",
        first.rep,
    )
    assert [(data.reason, data.then) for data in story.data(LeadReturned.Data)] == [("reassigned", "reroute")]
    assert story.lead().owner == "rep-chloe"
    assert (seat(story, "rep-ana"), seat(story, "rep-chloe")) == (0, 1), "the turn goes with the lead"
    assert (story.state.reps["rep-ana"].open, story.state.reps["rep-chloe"].open) == (0, 1)


def test_open_deals_go_along_until_a_later_fact_names_somebody(story: LeadStory) -> None:
    story.play(qualified(employees=20))
    story.accept()
    story.play(make(DealOpened, deal="d", by="rep-ana", at=story.now))

    def owner_after(kind: type[Event], **data: object) -> str | None:
        story.now += timedelta(hours=1)
        story.play(make(kind, at=story.now, **data))  # type: ignore[arg-type]
        (deal,) = story.lead().deals
        return deal.owner

    assert owner_after(LeadHandedOver, by="rep-ana", to="rep-ben") == "rep-ben"
    story.reject("other", note="no time")
    assert owner_after(DealChanged, deal="d", by="rep-ben") == "rep-ana", "it came back with the lead"
    assert owner_after(LeadReassigned, by="rep-grace", to="rep-chloe") == "rep-chloe"
    assert owner_after(DealChanged, deal="d", by="rep-grace") == "rep-chloe", "who changes it does not own it"
    assert owner_after(DealWon, deal="d", by="rep-ana") == "rep-ana"


def test_a_fact_of_the_instant_at_which_the_deal_went_along_does_not_take_it_back(story: LeadStory) -> None:
    story.play(qualified(employees=20))
    story.accept()
    story.play(make(DealOpened, deal="d", by="rep-ana", at=story.now))
    story.play(make(LeadReassigned, by="rep-grace", to="rep-chloe", at=story.now))
    for hours in (0, 1):
        story.play(make(DealChanged, deal="d", by="rep-grace", at=story.now + timedelta(hours=hours)))
        assert [deal.owner for deal in story.lead().deals] == ["rep-chloe"]


def test_a_deal_of_somebody_else_does_not_go_along(story: LeadStory) -> None:
    story.play(qualified(employees=20))
    story.accept()
    story.play(make(DealOpened, deal="d", by="rep-ana", at=story.now), make(DealOpened, deal="e", by="rep-dan"))
    story.play(make(LeadReassigned, by="rep-grace", to="rep-chloe", at=story.now))
    assert {deal.deal: deal.owner for deal in story.lead().deals} == {"d": "rep-chloe", "e": "rep-dan"}


def test_a_manager_may_give_it_to_somebody_who_had_it(story: LeadStory) -> None:
    story.play(qualified(employees=20))
    for _ in range(3):
        story.reject("out_of_territory")
    story.play(make(LeadReassigned, by="rep-grace", to="rep-ana"))
    assert (story.place(), story.lead().owner, story.lead().decides) == (("mql", "assigned"), "rep-ana", None)


def test_a_manager_sends_it_back_to_nurture(story: LeadStory) -> None:
    story.play(qualified(employees=20))
    for _ in range(3):
        story.reject("out_of_territory")
    story.play(make(SalesNurtured, by="rep-grace", reason="nobody sells there"))
    assert (story.place(), story.lead().owner) == (("mql", "nurture"), None)
    assert [(data.segment, data.reason) for data in story.data(LeadNurtured.Data)] == [("1", "nobody sells there")]
    story.pass_to(story.now)
    assert [data.to for data in story.data(AlertRaised.Data)] == ["manager"], "decided in time"


@pytest.mark.parametrize(
    ("fact", "data", "reason"),
    [
        (LeadReassigned, {"by": "rep-ben", "to": "rep-chloe"}, "not_yours"),
        (LeadReassigned, {"by": "rep-grace", "to": "rep-ana"}, "invalid"),
        (LeadReassigned, {"by": "rep-grace", "to": "rep-nobody"}, "invalid"),
        (LeadHandedOver, {"by": "rep-ben", "to": "rep-chloe"}, "not_yours"),
        (LeadHandedOver, {"by": "rep-ana", "to": "rep-dan"}, "invalid"),
        (OwnerNudged, {"by": "rep-ben"}, "not_yours"),
        (SalesNurtured, {"by": "rep-ana"}, "not_yours"),
        (SalesNurtured, {"by": "rep-grace", "segment": "nine"}, "invalid"),
    ],
)
def test_what_does_not_apply_changes_nothing(
    story: LeadStory, fact: type[LeadReassigned], data: dict[str, object], reason: str
) -> None:
    story.play(qualified(employees=20))
    story.play(make(fact, data=data))
    assert [ignored.reason for ignored in story.data(AnswerIgnored.Data)] == [reason]
    assert story.lead().owner == "rep-ana"


def test_a_manager_nudges_whoever_has_it_and_nothing_else_changes(story: LeadStory) -> None:
    story.play(qualified(employees=20))
    before = story.lead()
    story.play(make(OwnerNudged, by="rep-grace"))
    (news,) = story.data(OwnerTold.Data)
    assert (news.rep, news.why, news.by, news.assignment) == ("rep-ana", "nudged", "rep-grace", before.assignment())
    assert story.lead() == before


def test_nobody_is_nudged_about_what_nobody_has(story: LeadStory) -> None:
    story.play(qualified(employees=20))
    story.reject("not_icp")
    story.play(make(OwnerNudged, by="rep-grace"))
    assert [ignored.reason for ignored in story.data(AnswerIgnored.Data)] == ["closed"]
    assert story.data(OwnerTold.Data) == []


def test_nobody_gets_what_is_marketings(story: LeadStory) -> None:
    story.play(qualified(employees=20))
    story.reject("not_icp")
    story.play(make(LeadReassigned, by="rep-grace", to="rep-ben"), make(SalesNurtured, by="rep-grace"))
    assert [ignored.reason for ignored in story.data(AnswerIgnored.Data)] == ["closed", "closed"]


def test_a_colleague_of_the_pool_gets_it_with_fresh_clocks_and_may_refuse_it_once(story: LeadStory) -> None:
    story.play(qualified(employees=20))
    story.accept()
    story.play(make(LeadHandedOver, by="rep-ana", to="rep-ben"))
    assert (story.lead().owner, story.data(LeadAssigned.Data)[-1].rule) == ("rep-ben", "handed_over")
    story.reject("other", note="no time")
    assert (story.lead().owner, story.data(LeadAssigned.Data)[-1].rule) == ("rep-ana", "refused")
    assert (seat(story, "rep-ana"), seat(story, "rep-ben")) == (1, 0)
    story.play(make(LeadHandedOver, by="rep-ana", to="rep-ben"))
    assert story.data(AnswerIgnored.Data)[-1].text == "Ben Carter had it in this cycle"


def test_a_colleague_who_says_what_is_wrong_with_the_lead_does_not_give_it_back(story: LeadStory) -> None:
    story.play(qualified(employees=20), make(LeadHandedOver, by="rep-ana", to="rep-ben"))
    story.reject("not_icp")
    assert story.place() == ("mql", "disqualified")


def test_at_150_percent_of_a_named_account_the_manager_decides_and_the_rep_may_still_answer(story: LeadStory) -> None:
    story.play(qualified(domain="woodgrovebank.example"))
    offer = story.lead().assignment()
    story.play(escalated("lead-1", offer, action="manager"), escalated("lead-1", offer, "first_touch", "manager"))
    (alert,) = story.data(AlertRaised.Data)
    assert (alert.to, alert.choices) == ("manager", ("reassigned", "nurtured"))
    assert alert.text.startswith("Accept or reject at 150 %"), "the title of the promise"
    assert story.lead().decides == alert.rep
    story.accept()
    assert (story.place(), story.lead().decides) == (("sal", "assigned"), None)
    story.pass_to(story.now)
    assert len(story.data(AlertRaised.Data)) == 1
