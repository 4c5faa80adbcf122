"""Who gets the lead: each step of domain section 5 once, with the steps passed over; sizes, regions and urgency."""

from datetime import timedelta
from typing import Any

import pytest

from events.handoffs import AlertRaised, LeadAssigned, LeadNurtured, LeadSuppressed, OwnerTold, StageChanged
from events.sales import DealOpened, DealWon, SalesRejected
from events.scores import RouteFacts
from routing.decide.placing.steps import pool_of, region_of, size_of, urgency_of

TARGET, CUSTOMER = "wideworldimporters.example", "munsonspickles.example"


def passed(said: Any) -> list[int]:
    return [step.step for step in said.passed]


def test_step_0_nobody_gets_a_competitor_and_marketing_hears_of_it(story: Any, make: Any) -> None:
    story.tell(make.scored(total=90, hard=("competitor",)))
    assert [said.reason for said in story.said(LeadSuppressed)] == ["competitor"]
    assert [(said.to, said.reason) for said in story.said(AlertRaised)] == [("marketing", "competitor")]
    assert (story.lead().stage, story.lead().status) == ("lead", "suppressed")


def test_step_1_an_open_opportunity_of_the_company_goes_to_its_owner_as_activity(story: Any, make: Any) -> None:
    story.tell(make.scored("first", total=45), make.sales(DealOpened, "first", deal="d1", by="rep-kate"))
    story.tell(make.scored("second", hand_raise="demo_request"))
    assert [(said.rep, said.why, said.step) for said in story.said(OwnerTold)] == [("rep-kate", "open_opportunity", 1)]
    assert story.said(LeadAssigned) == []
    assert story.state.seats == {}


def test_step_2_the_owner_is_told_of_new_engagement_and_no_turn_is_used(story: Any, make: Any) -> None:
    story.tell(make.qualified())
    later = make.noon + timedelta(hours=1)
    story.tell(make.scored(total=80, at=later), make.qualified(total=80, at=later, hand_raise="demo_request"))
    told = story.said(OwnerTold)
    assert [(said.rep, said.why, said.step) for said in told] == [("rep-dan", "already_owned", 2)] * 2
    assert len(story.said(LeadAssigned)) == 1


def test_step_2_says_nothing_when_nothing_new_happened(story: Any, make: Any) -> None:
    story.tell(make.scored(), make.qualified(), make.scored(total=75))
    assert story.said(OwnerTold) == []


@pytest.mark.parametrize(
    ("facts", "manager"), [({"domain": CUSTOMER}, "rep-ivan"), ({"domain": "x.example", "customer": True}, "rep-ivan")]
)
def test_step_3_a_customer_goes_to_the_account_manager(
    story: Any, make: Any, facts: dict[str, Any], manager: str
) -> None:
    story.tell(make.scored(**facts))
    assert [(said.rep, said.why, said.step) for said in story.said(OwnerTold)] == [(manager, "customer", 3)]


def test_step_3_a_won_deal_makes_a_customer(story: Any, make: Any) -> None:
    story.tell(make.scored("first", total=45), make.sales(DealWon, "first", deal="d1", by="rep-kate"))
    story.tell(make.scored("second", hand_raise="demo_request"))
    assert [(said.why, said.step) for said in story.said(OwnerTold)] == [("customer", 3)]


def test_step_4_a_named_account_goes_to_its_owner_flagged(story: Any, make: Any) -> None:
    story.tell(make.qualified(domain=TARGET))
    (offer,) = story.said(LeadAssigned)
    assert (offer.rep, offer.step, offer.flag, offer.kind, offer.pool) == (
        "rep-frank",
        4,
        "target_account",
        "named",
        None,
    )
    assert passed(offer) == [0, 1, 2, 3]


def test_step_4_below_the_gate_a_named_account_is_for_information_only(story: Any, make: Any) -> None:
    story.tell(make.scored(total=50, domain=TARGET))
    assert [(said.rep, said.why) for said in story.said(OwnerTold)] == [("rep-frank", "named_account")]
    assert story.said(LeadAssigned) == story.said(StageChanged) == []


def test_step_4_somebody_new_at_a_named_account_is_told_once_and_not_before_a_hand_raise_could_follow(
    story: Any, make: Any
) -> None:
    story.tell(make.scored("reader", total=30, domain=TARGET))
    story.tell(make.scored("asker", total=30, domain=TARGET), make.qualified("asker", 80, domain=TARGET))
    assert story.said(OwnerTold) == [], "they have their minute"
    story.rest()
    story.tell(make.scored("reader", total=32, domain=TARGET))
    story.rest()
    assert [fact.subject for fact in story.facts if fact.event is OwnerTold] == ["reader"]
    assert len(story.said(LeadAssigned)) == 1


@pytest.mark.parametrize(
    ("partner", "owner"), [("litware", "rep-nora"), ("proseware", "rep-priya"), ("nobody-knows", "rep-priya")]
)
def test_step_5_a_referral_goes_to_the_partner_owner_whatever_the_score(
    story: Any, make: Any, partner: str, owner: str
) -> None:
    story.tell(make.scored(total=12, referral=partner, referral_at=make.noon))
    (offer,) = story.said(LeadAssigned)
    assert (offer.rep, offer.step, offer.flag, offer.touch) == (owner, 5, "referral", "4bh")
    assert passed(offer) == [0, 1, 2, 3, 4]


def test_step_5_an_old_referral_counts_no_more(story: Any, make: Any) -> None:
    story.tell(make.scored(total=12, referral="litware", referral_at=make.noon - timedelta(days=181)))
    assert story.said(LeadAssigned) == []


def test_step_6_a_recycled_lead_goes_to_its_previous_owner(story: Any, make: Any) -> None:
    story.tell(make.qualified())
    story.reject("other", note="not now")
    story.now += timedelta(days=31)
    story.tell(make.qualified(at=story.now))
    offer = story.said(LeadAssigned)[-1]
    assert (offer.rep, offer.step, offer.kind, offer.cycle, offer.assignment) == (
        "rep-dan",
        6,
        "recycled",
        2,
        "lead-1.2",
    )
    assert passed(offer) == [0, 1, 2, 3, 4, 5]


def test_step_7_a_passed_gate_goes_to_the_pool_with_every_reason_kept(story: Any, make: Any) -> None:
    story.tell(make.qualified())
    (offer,) = story.said(LeadAssigned)
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


def test_step_7_a_hand_raise_with_a_soft_disqualifier_goes_to_triage(story: Any, make: Any) -> None:
    story.tell(make.qualified(total=15, hand_raise="demo_request", soft=("free_mail",), domain=None))
    (offer,) = story.said(LeadAssigned)
    assert (offer.pool, offer.kind, offer.flag, offer.touch) == ("triage-na", "hand_raise", "hot", "4bh")


def test_step_8_forty_points_are_nurtured_with_the_failed_gate_as_goal(story: Any, make: Any) -> None:
    story.tell(make.scored(total=58), make.scored(total=58))
    assert story.said(LeadNurtured) == [], "the hand-raise of the same form may be on its way"
    story.rest()
    assert [(said.segment, said.goal) for said in story.said(LeadNurtured)] == [("1", "58 of 60")]
    assert (story.lead().stage, story.lead().status) == ("lead", "nurture")


def test_step_9_below_forty_is_the_newsletter_and_marketing_hears_what_is_missing(story: Any, make: Any) -> None:
    story.tell(make.scored(total=39, employees=None))
    story.rest()
    (said,) = story.said(LeadNurtured)
    assert said.segment == "long_term"
    assert said.largest_missing == ("industry government (-50)", "employees unknown", "industry unknown")


def test_step_10_is_reached_only_by_terms_without_pools(make: Any) -> None:
    routing = make.terms.routing.model_copy(
        update={"steps": make.terms.routing.steps[:8] + make.terms.routing.steps[10:]}
    )
    broken = type(make.terms)(
        routing.model_copy(update={"pools": ()}), make.terms.teams, make.terms.definitions, make.terms.calendars
    )
    story = make.story(broken)
    story.tell(make.qualified())
    assert [(said.to, said.reason) for said in story.said(AlertRaised)] == [("operations", "no_step")]


@pytest.mark.parametrize("country", [None, "US", "DE", "AU", "BR"])
@pytest.mark.parametrize("total", [-20, 10, 39, 40, 59, 60, 79, 80, 140])
def test_the_shipped_ladder_never_ends_in_operations(make: Any, total: int, country: str | None) -> None:
    story = make.story(make.terms)
    for employees in (None, 0, 1, 49, 50, 199, 200, 90000):
        story.tell(make.scored(f"lead-{employees}", total=total, employees=employees, country=country, domain=None))
    story.rest()
    assert story.said(AlertRaised) == []
    assert {lead.status for lead in story.state.leads.values()} <= {
        "assigned",
        "waiting_for_shift",
        "nurture",
        "long_term",
    }


@pytest.mark.parametrize(
    ("employees", "band"),
    [
        (1, "smb"),
        (49, "smb"),
        (50, "mid"),
        (199, "mid"),
        (200, "ent"),
        (90000, "ent"),
        (None, "unknown"),
        (0, "unknown"),
    ],
)
def test_size_bands(terms: Any, employees: int | None, band: str) -> None:
    assert size_of(RouteFacts(employees=employees), terms) == band


@pytest.mark.parametrize(
    ("country", "region"),
    [
        ("US", "na"),
        ("CA", "na"),
        ("GB", "emea"),
        ("DE", "emea"),
        ("AU", "apac"),
        ("JP", "apac"),
        (None, "na"),
        ("BR", "na"),
    ],
)
def test_regions(terms: Any, country: str | None, region: str) -> None:
    assert region_of(RouteFacts(country=country), terms) == region


@pytest.mark.parametrize(
    ("employees", "country", "pool", "flags"),
    [
        (20, "US", "smb-na", ()),
        (20, "AU", "smb-apac", ()),
        (120, "DE", "mid-emea", ()),
        (120, "AU", "mid-na", ("no_local_cover",)),
        (500, "JP", "ent-na", ("no_local_cover",)),
        (None, "FR", "triage-emea", ()),
    ],
)
def test_pool_of_size_and_region(
    terms: Any, employees: int | None, country: str, pool: str, flags: tuple[str, ...]
) -> None:
    assert pool_of(RouteFacts(employees=employees, country=country), terms) == (pool, flags)


def test_a_region_can_be_not_served(make: Any) -> None:
    regions = tuple(r.model_copy(update={"served": r.name != "apac"}) for r in make.terms.routing.regions)
    routing = make.terms.routing.model_copy(update={"regions": regions})
    terms = type(make.terms)(routing, make.terms.teams, make.terms.definitions, make.terms.calendars)
    assert pool_of(RouteFacts(employees=20, country="AU"), terms) == "the region apac is not served"


@pytest.mark.parametrize(
    ("kind", "band", "touch", "flag"),
    [
        ("hand_raise", "cold", "4bh", "hot"),
        ("score", "hot", "4bh", "hot"),
        ("referral", "cold", "4bh", "referral"),
        ("score", "warm", "1bd", None),
        ("recycled", "cold", "1bd", None),
    ],
)
def test_how_fast(terms: Any, kind: Any, band: str, touch: str, flag: str | None) -> None:
    urgency = urgency_of(kind, band, terms)
    assert (str(urgency.first_touch), urgency.flag) == (touch, flag)


def test_two_leads_of_one_company_within_30_days_have_the_same_owner(story: Any, make: Any) -> None:
    story.tell(make.qualified("a"), make.qualified("b"), make.qualified("c", domain="other.example"))
    assert [(o.rep, o.rule) for o in story.said(LeadAssigned)] == [
        ("rep-dan", "pool"),
        ("rep-dan", "same_company"),
        ("rep-elena", "pool"),
    ]
    story.now += timedelta(days=31)
    story.tell(make.qualified("d", at=story.now))
    assert (story.said(LeadAssigned)[-1].rep, story.said(LeadAssigned)[-1].rule) == ("rep-elena", "pool")


def test_the_same_owner_is_not_asked_again_after_rejecting(story: Any, make: Any) -> None:
    story.tell(make.qualified("a"))
    rep = story.lead("a").owner
    story.tell(make.sales(SalesRejected, "a", assignment="a.1", by=rep, reason="out_of_territory"))
    assert [o.rep for o in story.said(LeadAssigned)] == ["rep-dan", "rep-elena"]


def test_history_changes_the_stage_and_nobody_is_called(story: Any, make: Any) -> None:
    story.tell(make.qualified(mode="historical", at=make.noon - timedelta(days=3)))
    assert story.said(LeadAssigned) == []
    (said,) = story.said(StageChanged)
    assert (said.stage, said.status, said.why) == ("mql", "new", "history; would have gone to mid-na")
    assert [fact.mode for fact in story.facts] == ["historical"]
    assert story.state.seats == {}
    story.tell(make.scored(total=75, at=make.noon))
    assert [o.rep for o in story.said(LeadAssigned)] == ["rep-dan"], "news of today brings it to life"
