"""A rep puts off what is the rep's own; who can be in a campaign of the mail tool is, and others hear why not."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from services.routing.tests.conftest import DAY, START, LeadStory, make, qualified, scored, with_routing

from agreement.routing import Programme
from events import Event
from events.enrolment import CampaignEntered
from events.handoffs import AnswerIgnored
from events.sales import AccountSuppressed, ContactAttempted, LeadReassigned, LeadSalesDisqualified
from events.teamwork import LeadEnrolled, LeadSnoozed
from routing.decide import Terms
from routing.decide.locks import locks_of

LATER = START + timedelta(hours=2)


@pytest.fixture
def story(terms: Terms) -> LeadStory:
    """Under an agreement that offers no campaigns of its own: sales may use any."""
    return LeadStory(with_routing(terms, programmes=()))


@pytest.mark.parametrize(("by", "text"), [("rep-dan", None), (None, None), ("rep-ana", "it is with Dan Kowalski")])
def test_only_whoever_has_the_lead_puts_it_off(story: LeadStory, by: str | None, text: str | None) -> None:
    story.play(qualified())
    assert story.lead().owner == "rep-dan"
    before = story.lead()
    story.play(make(LeadSnoozed, until=LATER, by=by))
    assert [one.text for one in story.data(AnswerIgnored.Data)] == ([text] if text else [])
    assert story.lead() == before


def test_a_lead_that_nobody_has_is_put_off_by_nobody(story: LeadStory) -> None:
    story.play(scored(total=45), make(LeadSnoozed, until=LATER, by="rep-dan"))
    (ignored,) = story.data(AnswerIgnored.Data)
    assert (ignored.answer, ignored.reason, ignored.text) == ("snoozed", "not_yours", "nobody has it")


def test_whoever_had_it_in_the_last_cycle_puts_off_nothing_of_this_one(story: LeadStory) -> None:
    story.play(qualified(), make(LeadSalesDisqualified, by="rep-dan", reason="timing"))
    story.play(make(LeadSnoozed, until=LATER, by="rep-dan"))
    assert story.data(AnswerIgnored.Data) == [], "between two cycles it is still the last owner's"
    story.now += DAY
    story.play(qualified(hand_raise="demo_request", at=story.now), make(LeadReassigned, by="rep-grace", to="rep-ana"))
    story.play(make(LeadSnoozed, until=LATER, by="rep-dan"))
    assert [one.text for one in story.data(AnswerIgnored.Data)] == ["it is with Ana Lima"]


def test_who_is_archived_enters_no_campaign(story: LeadStory) -> None:
    tried = enumerate(("email", "call", "email"))
    story.play(qualified(), *(make(ContactAttempted, by="rep-dan", channel=c, at=START + n * DAY) for n, c in tried))
    story.pass_to(START + 220 * DAY)
    assert story.lead().status == "archived"
    story.play(make(LeadEnrolled, campaign="stories", by="rep-dan"))
    assert story.data(AnswerIgnored.Data)[-1].text == "nothing is sent to it: archived"
    assert story.data(CampaignEntered.Data) == []


def test_a_lead_is_enrolled_in_any_campaign_where_the_agreement_names_none(story: LeadStory) -> None:
    story.play(qualified(), make(LeadEnrolled, campaign="stories", by="rep-dan"))
    (entered,) = story.data(CampaignEntered.Data)
    assert (entered.campaign, entered.title, entered.by, entered.cycle) == ("stories", "stories", "rep-dan", 1)


def test_the_agreement_says_which_campaigns_sales_may_use_at_which_stage(terms: Terms) -> None:
    offered = Programme(campaign="stories", title="Reference stories", stages=("sal", "sql"))
    story = LeadStory(with_routing(terms, programmes=(offered,)))
    story.play(qualified(), make(LeadEnrolled, campaign="stories", by="rep-dan"))
    story.play(make(LeadEnrolled, campaign="other", by="rep-dan"))
    assert [one.text for one in story.data(AnswerIgnored.Data)] == [
        "stories is for the stages SAL, SQL",
        "the agreement offers no campaign other",
    ]
    story.accept()
    story.play(make(LeadEnrolled, campaign="stories", by="rep-dan"))
    assert [one.title for one in story.data(CampaignEntered.Data)] == ["Reference stories"]


@pytest.mark.parametrize(
    ("before", "why"),
    [
        (lambda: scored(total=45, unsubscribed=True), "unsubscribed"),
        (lambda: make(AccountSuppressed, by="rep-dan"), "suppressed"),
    ],
)
def test_nobody_is_enrolled_to_whom_nothing_is_sent(story: LeadStory, before: Callable[[], Event], why: str) -> None:
    story.play(scored(total=45), before(), make(LeadEnrolled, campaign="stories", by="rep-dan"))
    (ignored,) = story.data(AnswerIgnored.Data)
    assert (ignored.answer, ignored.text) == ("enrolled", f"nothing is sent to it: {why}")
    assert story.data(CampaignEntered.Data) == []


def test_an_account_is_enrolled_as_all_its_people_in_their_own_lanes(story: LeadStory) -> None:
    story.play(qualified("lead-1"), qualified("lead-2"), scored("lead-3", total=45, unsubscribed=True))
    story.play(make(LeadEnrolled, "acme.example", account="acme.example", campaign="stories", by="rep-dan"))
    story.pass_to(story.now)
    entered = [fact for fact in story.facts if isinstance(fact.data, CampaignEntered.Data)]
    assert sorted(fact.subject for fact in entered) == ["lead-1", "lead-2"]
    assert story.data(AnswerIgnored.Data) == [], "of an account, who cannot be is passed over"
    assert "acme.example" not in story.state.leads


def test_somebody_named_with_the_account_enters_once(story: LeadStory) -> None:
    story.play(qualified("lead-1"), qualified("lead-2"))
    story.play(make(LeadEnrolled, "lead-1", account="acme.example", campaign="stories", by="rep-dan"))
    story.pass_to(story.now)
    entered = [fact for fact in story.facts if isinstance(fact.data, CampaignEntered.Data)]
    assert sorted(fact.subject for fact in entered) == ["lead-1", "lead-2"]


def test_who_unsubscribes_while_a_rep_works_on_it_enters_no_campaign(story: LeadStory) -> None:
    story.play(qualified(), qualified(unsubscribed=True), make(LeadEnrolled, campaign="stories", by="rep-dan"))
    assert story.lead().owner == "rep-dan"
    assert story.data(CampaignEntered.Data) == []
    assert story.data(AnswerIgnored.Data)[-1].text == "nothing is sent to it: unsubscribed"


def test_neither_needs_anybody_elses_lock(terms: Terms) -> None:
    snoozed, enrolled = make(LeadSnoozed, until=LATER), make(LeadEnrolled, campaign="stories")
    assert locks_of({}, {}, [snoozed, enrolled], terms).reps == ()
