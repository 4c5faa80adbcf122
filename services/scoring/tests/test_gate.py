"""The MQL gate and the fast track: who qualifies, who does not and why, and who is no longer (domain, 3.5 and 4)."""

from typing import Any

import pytest

from events.leads import Known
from events.scores import LeadQualified, LeadScored, MqlWithdrawn

FIT_40 = {"industry": "SaaS", "title": "Director of IT"}


def kinds(facts: Any) -> list[type]:
    return [fact.event for fact in facts]


@pytest.mark.parametrize(
    ("total", "band"),
    [(-100, "cold"), (39, "cold"), (40, "cool"), (59, "cool"), (60, "warm"), (79, "warm"), (80, "hot"), (200, "hot")],
)
def test_bands_are_half_open(desk: Any, total: int, band: str) -> None:
    assert desk.terms.band(total) == band


def test_fifty_eight_of_sixty(said: Any, desk: Any) -> None:
    desk.tell(said.captured(**FIT_40), said.did("case_study", 1, asset="a"))
    facts = desk.tell(*[said.did("site_visit", 1) for _ in range(1)])
    assert kinds(facts) == [LeadScored]
    desk.tell(said.did("email_open", 1, mail="m"))
    assert desk.standing().total == 59
    desk.tell(said.updated(days=2, title="Team lead"))
    assert desk.standing().total == 49
    assert desk.standing().gate.reason == "49 of 60"
    assert not desk.standing().gate.passed


def test_exactly_sixty_with_an_engagement_passes(said: Any, desk: Any) -> None:
    desk.tell(said.captured(**FIT_40))
    facts = desk.tell(said.did("webinar_attended", 1, asset="a"))
    assert kinds(facts) == [LeadScored, LeadQualified]
    qualified = facts[1].data
    assert (qualified.how, qualified.trigger, qualified.total, qualified.gate.passed) == (
        "score",
        "webinar_attended",
        60,
        True,
    )
    assert kinds(desk.tell(said.did("blog_read", 2))) == [LeadScored], "it is open already"


def test_without_an_engagement_no_total_passes(said: Any, desk: Any) -> None:
    desk.tell(said.captured(email="jo@acme.example", title="CEO"))
    assert desk.standing().total == 85
    assert desk.standing().gate.reason == "no engagement yet"
    facts = desk.tell(said.did("site_visit", 1))
    assert kinds(facts) == [LeadScored, LeadQualified]


def test_an_engagement_ninety_days_ago_is_none_any_more(said: Any, desk: Any) -> None:
    desk.tell(said.captured(email="jo@acme.example", title="CEO"), said.did("site_visit", 1))
    desk.advance(said.at(90.9))
    assert desk.standing().gate.passed
    facts = desk.advance(said.at(91))
    assert facts[-1].event.type_name() == "lead.cooled.v1"
    assert facts[-1].data.reason == "no engagement within 90d"


def test_a_hand_raise_passes_whatever_the_total(said: Any, desk: Any) -> None:
    facts = desk.tell(said.did("email_reply", mail="m"))
    assert kinds(facts) == [LeadScored, LeadQualified]
    assert (facts[1].data.how, facts[1].data.total, facts[1].mode) == ("hand_raise", 25, "live")
    gate = facts[1].data.gate
    assert (gate.passed, gate.fast_track, gate.hand_raise, gate.reason) == (True, True, "email_reply", "e-mail reply")


def test_every_live_hand_raise_qualifies_again(said: Any, desk: Any) -> None:
    desk.tell(said.did("demo_request"))
    facts = desk.tell(said.did("demo_request", 1), said.did("meeting_booked", 2))
    assert [fact.data.trigger for fact in facts if fact.event is LeadQualified] == ["demo_request", "meeting_booked"]


def test_a_hard_disqualifier_stops_even_a_hand_raise(said: Any, desk: Any) -> None:
    desk.tell(said.captured(email="x@contoso-metrics.example"))
    facts = desk.tell(said.did("demo_request", 1))
    assert kinds(facts) == [LeadScored]
    assert facts[0].data.gate.reason == "Works for a competitor; 50 of 60"


def test_a_soft_disqualifier_stops_the_score_but_not_a_hand_raise(said: Any, desk: Any) -> None:
    desk.tell(said.captured(email="ann@gmail.com", title="CEO", industry="SaaS", country="US"))
    assert kinds(desk.tell(said.did("site_visit", 1))) == [LeadScored]
    assert desk.standing().gate.reason == "Free-mail address, no company domain"
    facts = desk.tell(said.did("contact_sales", 2))
    assert facts[1].data.how == "hand_raise"


def test_later_data_that_closes_the_gate_withdraws(said: Any, desk: Any) -> None:
    desk.tell(said.captured(**FIT_40), said.did("webinar_attended", 1, asset="a"))
    facts = desk.tell(said.updated(days=2, title="Student", source="steward"))
    assert kinds(facts) == [LeadScored, MqlWithdrawn]
    assert facts[1].data.reason == "Student or intern; 20 of 60"


def test_a_raised_hand_stands_when_the_score_falls(said: Any, desk: Any) -> None:
    desk.tell(said.captured(**FIT_40), said.did("demo_request", 1))
    assert kinds(desk.tell(said.updated(days=2, title="-", source="steward"))) == [], "a placeholder is no word"
    assert kinds(desk.tell(said.updated(days=3, title="Assistant", source="steward", industry="Charity"))) == [
        LeadScored,
        MqlWithdrawn,
    ]


def test_facts_alone_can_open_the_gate(said: Any, desk: Any) -> None:
    desk.tell(said.captured(), said.did("webinar_attended", 1, asset="a"))
    facts = desk.tell(said.updated(days=2, title="VP Sales", industry="SaaS"))
    assert kinds(facts) == [LeadScored, LeadQualified]
    assert (facts[1].data.how, facts[1].data.trigger) == ("score", "facts")


def test_a_threshold_crossed_in_the_past_is_marked_historical(said: Any, desk: Any) -> None:
    desk.tell(said.captured(**FIT_40))
    old = said.did("webinar_attended", -5, asset="a", mode="historical").replaced(recordedtime=said.at(1))
    facts = desk.tell(old)
    assert kinds(facts) == [LeadScored, LeadQualified]
    assert {fact.mode for fact in facts} == {"historical"}


def test_what_is_said_again_long_after_pages_nobody(said: Any, desk: Any) -> None:
    desk.tell(said.captured(**FIT_40))
    again = said.did("demo_request", 1, merged=True).replaced(recordedtime=said.at(3))
    facts = desk.tell(again)
    assert [(fact.event, fact.mode) for fact in facts] == [(LeadScored, "historical"), (LeadQualified, "historical")]
    assert facts[0].data.reason == "merged"
    facts = desk.tell(said.updated(days=2, merged=True, country="US").replaced(recordedtime=said.at(4)))
    assert (facts[0].data.reason, facts[0].mode) == ("merged", "historical")


def test_a_hand_raised_today_is_answered_although_its_person_was_merged_meanwhile(said: Any, desk: Any) -> None:
    desk.tell(said.captured(**FIT_40))
    facts = desk.tell(said.did("demo_request", 1, merged=True).replaced(recordedtime=said.at(1.5)))
    assert [(fact.event, fact.mode) for fact in facts] == [(LeadScored, "live"), (LeadQualified, "live")]


def test_a_merged_lead_is_let_go(said: Any, desk: Any) -> None:
    desk.tell(said.captured(), said.did("demo_request", 1))
    assert desk.timers
    gone = desk.tell(said.merged(days=2))
    assert [(fact.event, fact.data.reason) for fact in gone] == [(MqlWithdrawn, "merged")], "routing lets go too"
    assert desk.tell(said.merged(days=3)) == []
    assert not desk.timers
    assert desk.tell(said.did("demo_request", 40), said.updated(days=41, title="CEO")) == []
    lead = desk.leads["ann"]
    assert (lead.gone, lead.facts, lead.entries) == ("merged", {}, [])


def test_an_erased_person_is_forgotten_and_may_come_back(said: Any, desk: Any) -> None:
    desk.tell(said.captured(first_name="Ann"), said.did("demo_request", 1), said.erased(days=2))
    assert desk.tell(said.did("pricing_view", 3)) == []
    assert desk.leads["ann"].facts == {}
    facts = desk.tell(said.captured(days=9))
    assert kinds(facts) == [LeadScored]
    assert desk.standing().engagement == 0


def test_nothing_that_names_the_person_is_said(said: Any, desk: Any) -> None:
    event = said.captured(email="ann.miller@gmail.com", first_name="Ann", last_name="Miller", phone="+1 555 0100")
    page = "https://x.example/p?email=ann.miller@gmail.com"
    desk.tell(event, said.did("case_study", 1, url=page, title="Ann Miller", text="call me, Ann"))
    for fact in desk.facts:
        text = fact.data.model_dump_json()
        assert not any(word in text for word in ("ann.miller", "Miller", "555", "call me"))


def test_sources_may_name_facts_scoring_does_not_know(said: Any, desk: Any) -> None:
    event = said.captured()
    known = Known(name="shoe_size", value={"eu": 41}, source="form", at=said.at(0))
    desk.tell(event.replaced(data=event.data.model_copy(update={"facts": (known,)})))
    assert desk.standing().fit == 0
