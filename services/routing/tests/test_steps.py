"""Who gets the lead: each step of domain section 5 once, with the steps passed over; sizes, regions and urgency."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from services.routing.tests.conftest import DAY, START, LeadStory, make, qualified, scored, with_routing

from events.deals import DealOpened, DealWon
from events.grounds import PassedStep
from events.handoffs import AlertRaised, LeadAssigned, LeadNurtured, LeadSuppressed, OwnerTold, StageChanged
from events.history import HandoffWithheld
from events.sales import RepAvailability, SalesRejected
from routing.decide import Terms

TARGET, CUSTOMER = "wideworldimporters.example", "munsonspickles.example"


def numbers(passed: Sequence[PassedStep]) -> list[int]:
    return [step.step for step in passed]


def test_step_0_nobody_gets_a_competitor_and_marketing_hears_of_it(story: LeadStory) -> None:
    story.play(scored(total=90, hard=("competitor",)))
    assert [data.reason for data in story.data(LeadSuppressed.Data)] == ["competitor"]
    assert [(data.to, data.reason) for data in story.data(AlertRaised.Data)] == [("marketing", "competitor")]
    assert (story.lead().stage, story.lead().status) == ("lead", "suppressed")


def test_a_competitor_says_which_steps_were_passed_over_when_the_agreement_puts_others_first(terms: Terms) -> None:
    nobody, opportunity, *others = terms.routing.steps
    story = LeadStory(with_routing(terms, steps=(opportunity, nobody, *others)))
    story.play(scored(total=90, hard=("competitor",)))
    (data,) = story.data(LeadSuppressed.Data)
    assert [(step.rule, step.why) for step in data.passed] == [
        ("open_opportunity", "no open opportunity of the person or the company")
    ]


def test_a_waiting_lead_that_turns_out_a_competitor_is_with_nobody(story: LeadStory) -> None:
    story.now = START + timedelta(hours=11)
    story.play(qualified(at=story.now), scored(total=90, hard=("competitor",), at=story.now))
    assert [(data.stage, data.status) for data in story.data(StageChanged.Data)] == [
        ("mql", "waiting_for_shift"),
        ("lead", "new"),
        ("lead", "suppressed"),
    ]


def test_step_1_an_open_opportunity_of_the_company_goes_to_its_owner_as_activity(story: LeadStory) -> None:
    story.play(scored("first", total=45), make(DealOpened, "first", deal="d1", by="rep-kate"))
    story.play(scored("second", hand_raise="demo_request"))
    assert [(data.rep, data.why, data.step) for data in story.data(OwnerTold.Data)] == [
        ("rep-kate", "open_opportunity", 1)
    ]
    assert story.data(LeadAssigned.Data) == []
    assert story.state.seats == {}


def test_step_2_the_owner_is_told_of_new_engagement_and_no_turn_is_used(story: LeadStory) -> None:
    story.play(qualified())
    later = START + timedelta(hours=1)
    story.play(scored(total=80, at=later), qualified(total=80, at=later, hand_raise="demo_request"))
    events = story.data(OwnerTold.Data)
    assert [(data.rep, data.why, data.step) for data in events] == [("rep-dan", "already_owned", 2)] * 2
    assert len(story.data(LeadAssigned.Data)) == 1


def test_step_2_says_nothing_when_nothing_new_happened(story: LeadStory) -> None:
    story.play(scored(), qualified(), scored(total=75))
    assert story.data(OwnerTold.Data) == []


@pytest.mark.parametrize(("domain", "customer"), [(CUSTOMER, False), ("x.example", True)])
def test_step_3_a_customer_goes_to_the_account_manager(story: LeadStory, domain: str, customer: bool) -> None:
    story.play(scored(domain=domain, customer=customer))
    assert [(data.rep, data.why, data.step) for data in story.data(OwnerTold.Data)] == [("rep-ivan", "customer", 3)]


def test_step_3_a_won_deal_makes_a_customer(story: LeadStory) -> None:
    story.play(scored("first", total=45), make(DealWon, "first", deal="d1", by="rep-kate"))
    story.play(scored("second", hand_raise="demo_request"))
    assert [(data.why, data.step) for data in story.data(OwnerTold.Data)] == [("customer", 3)]


def test_step_4_a_named_account_goes_to_its_owner_flagged(story: LeadStory) -> None:
    story.play(qualified(domain=TARGET))
    (offer,) = story.data(LeadAssigned.Data)
    assert (offer.rep, offer.step, offer.flag, offer.kind, offer.pool) == (
        "rep-frank",
        4,
        "target_account",
        "named",
        None,
    )
    assert numbers(offer.passed) == [0, 1, 2, 3]
    story.reject("out_of_territory")
    again = story.data(LeadAssigned.Data)[-1]
    assert (again.rep, again.pool) == ("rep-dan", "mid-na"), "nobody has it twice in a cycle"
    assert again.passed[4].why == "its owner Frank Osei had it in this cycle"


def test_step_4_below_the_gate_a_named_account_is_for_information_only(story: LeadStory) -> None:
    story.play(scored(total=50, domain=TARGET))
    (news,) = story.data(OwnerTold.Data)
    assert (news.rep, news.why) == ("rep-frank", "named_account")
    assert numbers(news.passed) == [0, 1, 2, 3]
    assert story.data(LeadAssigned.Data) == []
    assert story.place() == ("lead", "nurture"), "and marketing has the lead"
    assert numbers(story.data(LeadNurtured.Data)[0].passed) == [0, 1, 2, 3, 4]


def test_step_4_somebody_new_at_a_named_account_is_told_once_and_not_before_a_hand_raise_could_follow(
    story: LeadStory,
) -> None:
    story.play(scored("reader", total=30, domain=TARGET))
    story.play(scored("asker", total=30, domain=TARGET), qualified("asker", 80, domain=TARGET))
    assert story.data(OwnerTold.Data) == [], "they have their minute"
    story.rest()
    story.play(scored("reader", total=32, domain=TARGET))
    story.rest()
    assert [fact.subject for fact in story.facts if fact.event is OwnerTold] == ["reader"]
    assert len(story.data(LeadAssigned.Data)) == 1


@pytest.mark.parametrize(
    ("partner", "owner"), [("litware", "rep-nora"), ("proseware", "rep-priya"), ("nobody-knows", "rep-priya")]
)
def test_step_5_a_referral_goes_to_the_partner_owner_whatever_the_score(
    story: LeadStory, partner: str, owner: str
) -> None:
    story.play(scored(total=12, referral=partner, referral_at=START))
    (offer,) = story.data(LeadAssigned.Data)
    assert (offer.rep, offer.step, offer.flag, offer.touch) == (owner, 5, "referral", "4bh")
    assert numbers(offer.passed) == [0, 1, 2, 3, 4]


def test_step_5_an_old_referral_counts_no_more(story: LeadStory) -> None:
    story.play(scored(total=12, referral="litware", referral_at=START - timedelta(days=181)))
    assert story.data(LeadAssigned.Data) == []


def test_step_5_a_referral_of_an_earlier_cycle_counts_no_more(story: LeadStory) -> None:
    story.play(scored(total=12, referral="litware", referral_at=START))
    story.now += timedelta(days=5)
    story.reject("other", note="not now")
    story.now += timedelta(days=40)
    story.play(scored(total=14, at=story.now, referral="litware", referral_at=START))
    assert len(story.data(LeadAssigned.Data)) == 1
    story.play(scored(total=14, at=story.now, referral="litware", referral_at=story.now))
    assert len(story.data(LeadAssigned.Data)) == 2, "a new touch is another matter"


def test_step_6_a_previous_owner_who_is_not_here_is_not_asked(story: LeadStory) -> None:
    story.play(qualified())
    story.reject("other", note="not now")
    story.now += timedelta(days=34)
    story.play(make(RepAvailability, "rep-dan", rep="rep-dan", state="left"), qualified(at=story.now))
    offer = story.data(LeadAssigned.Data)[-1]
    assert (offer.rep, offer.step) == ("rep-elena", 7)
    assert offer.passed[-1].why == "the previous owner (Dan Kowalski) is not here"


@pytest.mark.parametrize(("days", "steps"), [(180, [5]), (181, [])])
def test_step_5_a_referral_touch_counts_for_180_days(story: LeadStory, days: int, steps: list[int]) -> None:
    story.play(scored(total=12, referral="litware", referral_at=START - days * DAY, at=START))
    assert [offer.step for offer in story.data(LeadAssigned.Data)] == steps


def test_step_6_a_recycled_lead_goes_to_its_previous_owner(story: LeadStory) -> None:
    story.play(qualified())
    story.reject("other", note="not now")
    story.now += timedelta(days=31)
    story.play(qualified(at=story.now))
    offer = story.data(LeadAssigned.Data)[-1]
    assert (offer.rep, offer.step, offer.kind, offer.cycle, offer.assignment) == (
        "rep-dan",
        6,
        "recycled",
        2,
        "lead-1.2",
    )
    assert numbers(offer.passed) == [0, 1, 2, 3, 4, 5]


def test_step_7_a_passed_gate_goes_to_the_pool_with_every_reason_kept(story: LeadStory) -> None:
    story.play(qualified())
    (offer,) = story.data(LeadAssigned.Data)
    assert (offer.rep, offer.pool, offer.step, offer.flag, offer.touch) == ("rep-dan", "mid-na", 7, None, "1bd")
    assert [step.why for step in offer.passed] == [
        "not disqualified",
        "no open opportunity of the person or the company",
        "nobody is working it",
        "not a customer",
        "not a named account",
        "no referral touch",
        "its first cycle",
    ]


def test_step_7_a_hand_raise_with_a_soft_disqualifier_goes_to_triage(story: LeadStory) -> None:
    story.play(qualified(total=15, hand_raise="demo_request", soft=("free_mail",), domain=None))
    (offer,) = story.data(LeadAssigned.Data)
    assert (offer.pool, offer.kind, offer.flag, offer.touch) == ("triage-na", "hand_raise", "hot", "4bh")


@pytest.mark.parametrize("total", [40, 59])
def test_step_8_forty_points_are_nurtured_with_the_failed_gate_as_goal(story: LeadStory, total: int) -> None:
    story.play(scored(total=total), scored(total=total))
    assert story.data(LeadNurtured.Data) == [], "the hand-raise of the same form may be on its way"
    story.rest()
    assert [(data.segment, data.goal) for data in story.data(LeadNurtured.Data)] == [("1", f"{total} of 60")]
    assert (story.lead().stage, story.lead().status) == ("lead", "nurture")


@pytest.mark.parametrize(("total", "last"), [(58, "pool"), (39, "nurture")])
def test_a_nurtured_lead_says_why_each_earlier_step_did_not_match(story: LeadStory, total: int, last: str) -> None:
    story.play(scored(total=total))
    story.rest()
    (data,) = story.data(LeadNurtured.Data)
    why = {step.rule: step.why for step in data.passed}
    assert numbers(data.passed) == list(range(len(data.passed)))
    assert list(why)[-1] == last
    assert why["pool"] == f"gate not passed: {total} of 60"
    assert why["nobody"] == "not disqualified"
    assert why["referral"] == "no referral touch"


def test_step_9_below_forty_is_the_newsletter_and_marketing_hears_what_is_missing(story: LeadStory) -> None:
    story.play(scored(total=39, employees=None))
    story.rest()
    (data,) = story.data(LeadNurtured.Data)
    assert data.segment == "long_term"
    assert data.largest_missing == ("industry government (-50)", "employees unknown", "industry unknown")


def test_step_10_is_reached_only_by_terms_without_pools(terms: Terms) -> None:
    steps = terms.routing.steps[:8] + terms.routing.steps[10:]
    story = LeadStory(with_routing(terms, steps=steps, pools=()))
    story.play(qualified())
    (alert,) = story.data(AlertRaised.Data)
    assert (alert.to, alert.reason, len(alert.passed)) == ("operations", "no_step", len(steps) - 1)


@pytest.mark.parametrize("country", [None, "US", "DE", "AU", "BR"])
@pytest.mark.parametrize("total", [-20, 10, 39, 40, 59, 60, 79, 80, 140])
def test_the_shipped_steps_never_end_in_operations(terms: Terms, total: int, country: str | None) -> None:
    story = LeadStory(terms)
    for employees in (None, 0, 1, 49, 50, 199, 200, 90000):
        story.play(scored(f"lead-{employees}", total=total, employees=employees, country=country, domain=None))
    story.rest()
    assert story.data(AlertRaised.Data) == []
    assert {lead.status for lead in story.state.leads.values()} <= {
        "assigned",
        "waiting_for_shift",
        "nurture",
        "long_term",
    }


def test_two_leads_of_one_company_within_30_days_have_the_same_owner(story: LeadStory) -> None:
    story.play(qualified("a"), qualified("b"), qualified("c", domain="other.example"))
    assert [(o.rep, o.rule) for o in story.data(LeadAssigned.Data)] == [
        ("rep-dan", "pool"),
        ("rep-dan", "same_company"),
        ("rep-elena", "pool"),
    ]
    story.now += timedelta(days=31)
    story.play(qualified("d", at=story.now))
    assert (story.data(LeadAssigned.Data)[-1].rep, story.data(LeadAssigned.Data)[-1].rule) == ("rep-elena", "pool")


@pytest.mark.parametrize(("later", "rule"), [(timedelta(0), "same_company"), (timedelta(seconds=1), "pool")])
def test_the_thirtieth_day_is_within_30_days_to_its_last_instant(story: LeadStory, later: timedelta, rule: str) -> None:
    story.play(qualified("a"))
    story.now += timedelta(days=30) + later
    story.play(qualified("b", at=story.now))
    assert story.data(LeadAssigned.Data)[-1].rule == rule


def test_the_same_owner_is_not_asked_again_after_rejecting(story: LeadStory) -> None:
    story.play(qualified("a"))
    rep = story.lead("a").owner
    story.play(make(SalesRejected, "a", assignment="a.1", by=rep, reason="out_of_territory"))
    assert [o.rep for o in story.data(LeadAssigned.Data)] == ["rep-dan", "rep-elena"]


def test_history_changes_the_stage_and_nobody_is_called(story: LeadStory) -> None:
    story.play(qualified(mode="historical", at=START - timedelta(days=3)))
    assert story.data(LeadAssigned.Data) == []
    (data,) = story.data(StageChanged.Data)
    assert (data.stage, data.status, data.why) == ("mql", "new", "history; would have gone to mid-na")
    assert [fact.mode for fact in story.facts] == ["historical", "historical"]
    (call,) = story.data(HandoffWithheld.Data)
    assert (call.kind, call.pool, call.rule, call.touch, call.flags) == ("assignment", "mid-na", "pool", "1bd", ())
    assert story.state.seats == {}
    story.play(scored(total=75, at=START))
    assert [o.rep for o in story.data(LeadAssigned.Data)] == ["rep-dan"], "news of today brings it to life"
