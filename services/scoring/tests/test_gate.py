"""The MQL gate and the fast track: who qualifies, who does not and why, and who is no longer (domain, 3.5 and 4)."""

from collections.abc import Sequence
from typing import Final

import pytest
from services.scoring.tests.conftest import LeadEvents, Scorer

from events import Event, Fact
from events.body import wire
from events.leads import KnownFact
from events.scores import LeadCooled, LeadQualified, LeadScored, MqlWithdrawn
from scoring.decide.state import Lead
from testing.events import data_of, of_type

FIT_40: Final = {"industry": "SaaS", "title": "Director of IT"}


def types(facts: Sequence[Fact]) -> list[type[Event]]:
    return [fact.event for fact in facts]


@pytest.mark.parametrize(
    ("total", "band"),
    [(-100, "cold"), (39, "cold"), (40, "cool"), (59, "cool"), (60, "warm"), (79, "warm"), (80, "hot"), (200, "hot")],
)
def test_bands_are_half_open(scorer: Scorer, total: int, band: str) -> None:
    assert scorer.terms.band(total) == band


def test_fifty_eight_of_sixty(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(claims=FIT_40), events.engaged("case_study", 1, asset="a"))
    facts = scorer.read(*[events.engaged("site_visit", 1) for _ in range(1)])
    assert types(facts) == [LeadScored]
    scorer.read(events.engaged("email_open", 1, mail="m"))
    assert scorer.standing().total == 59
    scorer.read(events.updated(days=2, title="Team lead"))
    assert scorer.standing().total == 49
    assert scorer.standing().gate.reason == "49 of 60"
    assert not scorer.standing().gate.passed


def test_exactly_sixty_with_an_engagement_passes(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(claims=FIT_40))
    facts = scorer.read(events.engaged("webinar_attended", 1, asset="a"))
    assert types(facts) == [LeadScored, LeadQualified]
    qualified = data_of(facts[1], LeadQualified.Data)
    assert (qualified.how, qualified.trigger, qualified.total, qualified.gate.passed) == (
        "score",
        "webinar_attended",
        60,
        True,
    )
    assert types(scorer.read(events.engaged("blog_read", 2))) == [LeadScored], "it is open already"


def test_without_an_engagement_no_total_passes(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(email="jo@acme.example", title="CEO"))
    assert scorer.standing().total == 85
    assert scorer.standing().gate.reason == "no engagement yet"
    facts = scorer.read(events.engaged("site_visit", 1))
    assert types(facts) == [LeadScored, LeadQualified]


def test_an_engagement_ninety_days_ago_is_none_any_more(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(email="jo@acme.example", title="CEO"), events.engaged("site_visit", 1))
    scorer.advance(events.at(90.9))
    assert scorer.standing().gate.passed
    facts = scorer.advance(events.at(91))
    assert facts[-1].event.type_name() == "lead.cooled.v1"
    assert data_of(facts[-1], LeadCooled.Data).reason == "no engagement within 90d"


def test_a_hand_raise_passes_whatever_the_total(events: LeadEvents, scorer: Scorer) -> None:
    facts = scorer.read(events.engaged("email_reply", mail="m"))
    assert types(facts) == [LeadScored, LeadQualified]
    qualified = data_of(facts[1], LeadQualified.Data)
    assert (qualified.how, qualified.total, facts[1].mode) == ("hand_raise", 25, "live")
    gate = qualified.gate
    assert (gate.passed, gate.fast_track, gate.hand_raise, gate.reason) == (True, True, "email_reply", "e-mail reply")


def test_every_live_hand_raise_qualifies_again(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.engaged("demo_request"))
    facts = scorer.read(events.engaged("demo_request", 1), events.engaged("meeting_booked", 2))
    assert [data.trigger for data in of_type(facts, LeadQualified.Data)] == ["demo_request", "meeting_booked"]


def test_a_hand_raised_long_ago_qualifies_nobody_anew(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.engaged("demo_request"))
    old = events.engaged("meeting_booked", -5, mode="historical").replaced(recordedtime=events.at(1))
    assert LeadQualified not in types(scorer.read(old))


def test_a_hard_disqualifier_stops_even_a_hand_raise(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(email="x@contoso-metrics.example"))
    facts = scorer.read(events.engaged("demo_request", 1))
    assert types(facts) == [LeadScored]
    assert data_of(facts[0], LeadScored.Data).gate.reason == "Works for a competitor; 50 of 60"


def test_a_soft_disqualifier_stops_the_score_but_not_a_hand_raise(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(email="ann@gmail.com", title="CEO", industry="SaaS", country="US"))
    assert types(scorer.read(events.engaged("site_visit", 1))) == [LeadScored]
    assert scorer.standing().gate.reason == "Free-mail address, no company domain"
    facts = scorer.read(events.engaged("contact_sales", 2))
    qualified = data_of(facts[1], LeadQualified.Data)
    assert (qualified.how, qualified.gate.passed, qualified.gate.fast_track) == ("hand_raise", True, True)


@pytest.mark.parametrize(
    ("claims", "acts", "reason"),
    [
        ({**FIT_40, "employees": 12, "country": "US"}, [], "no engagement yet"),
        ({"industry": "SaaS", "title": "Sales manager", "country": "US"}, [], "40 of 60; no engagement yet"),
        ({**FIT_40, "country": "NZ"}, ["product_page", "email_open"], "57 of 60"),
        ({**FIT_40, "country": "AU", "employees": 9}, ["product_page"], "Fewer than 10 employees; 45 of 60"),
        ({"title": "Intern"}, ["demo_request"], "Student or intern; 30 of 60"),
        ({"industry": "Government", "country": "IR"}, ["email_reply"],
         "Excluded industry: non-profit, government or education; Country we do not serve; -45 of 60"),
    ],
)  # fmt: skip
def test_the_failed_gate_is_kept_in_words(
    events: LeadEvents, scorer: Scorer, claims: dict[str, object], acts: list[str], reason: str
) -> None:
    scorer.read(events.captured(claims=claims))
    for kind in acts:
        scorer.read(events.engaged(kind, 1, mail="m"))
    gate = scorer.standing().gate
    assert (gate.passed, gate.fast_track, gate.reason) == (False, False, reason)


def test_later_data_that_closes_the_gate_withdraws(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(claims=FIT_40), events.engaged("webinar_attended", 1, asset="a"))
    facts = scorer.read(events.updated(days=2, title="Student", source="steward"))
    assert types(facts) == [LeadScored, MqlWithdrawn]
    assert data_of(facts[1], MqlWithdrawn.Data).reason == "Student or intern; 20 of 60"


def test_a_raised_hand_stands_when_the_score_falls(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(claims=FIT_40), events.engaged("demo_request", 1))
    assert types(scorer.read(events.updated(days=2, title="-", source="steward"))) == [], "a placeholder is no answer"
    assert types(scorer.read(events.updated(days=3, title="Assistant", source="steward", industry="Charity"))) == [
        LeadScored,
        MqlWithdrawn,
    ]


def test_facts_alone_can_open_the_gate(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(), events.engaged("webinar_attended", 1, asset="a"))
    facts = scorer.read(events.updated(days=2, title="VP Sales", industry="SaaS"))
    assert types(facts) == [LeadScored, LeadQualified]
    qualified = data_of(facts[1], LeadQualified.Data)
    assert (qualified.how, qualified.trigger) == ("score", "facts")


def test_a_threshold_crossed_in_the_past_is_marked_historical(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(claims=FIT_40))
    old = events.engaged("webinar_attended", -5, asset="a", mode="historical").replaced(recordedtime=events.at(1))
    facts = scorer.read(old)
    assert types(facts) == [LeadScored, LeadQualified]
    assert {fact.mode for fact in facts} == {"historical"}


def test_what_is_emitted_again_long_after_pages_nobody(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(claims=FIT_40))
    again = events.engaged("demo_request", 1, merged=True).replaced(recordedtime=events.at(3))
    facts = scorer.read(again)
    assert [(fact.event, fact.mode) for fact in facts] == [(LeadScored, "historical"), (LeadQualified, "historical")]
    assert data_of(facts[0], LeadScored.Data).reason == "merged"
    facts = scorer.read(events.updated(days=2, merged=True, country="US").replaced(recordedtime=events.at(4)))
    assert (data_of(facts[0], LeadScored.Data).reason, facts[0].mode) == ("merged", "historical")


def test_a_hand_raised_today_is_answered_although_its_person_was_merged_meanwhile(
    events: LeadEvents, scorer: Scorer
) -> None:
    scorer.read(events.captured(claims=FIT_40))
    facts = scorer.read(events.engaged("demo_request", 1, merged=True).replaced(recordedtime=events.at(1.5)))
    assert [(fact.event, fact.mode) for fact in facts] == [(LeadScored, "live"), (LeadQualified, "live")]


def test_a_merged_lead_is_removed(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(), events.engaged("demo_request", 1))
    assert scorer.timers
    facts = scorer.read(events.merged(days=2))
    assert [data.reason for data in of_type(facts, MqlWithdrawn.Data)] == ["merged"], "routing lets go too"
    assert len(facts) == 1
    assert scorer.read(events.merged(days=3)) == []
    assert not scorer.timers
    assert scorer.read(events.engaged("demo_request", 40), events.updated(days=41, title="CEO")) == []
    assert scorer.read(events.captured(days=42)) == [], "let go of for good"
    assert scorer.leads["ann"] == Lead("ann", removed="merged")
    assert (scorer.persons, scorer.blocks) == ({}, {})


def test_an_erased_person_is_forgotten_and_may_come_back(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(first_name="Ann"), events.engaged("demo_request", 1), events.erased(days=2))
    assert scorer.read(events.engaged("pricing_view", 3)) == []
    assert scorer.persons == {}
    facts = scorer.read(events.captured(days=9))
    assert types(facts) == [LeadScored]
    assert scorer.standing().engagement == 0


def test_no_fact_names_the_person(events: LeadEvents, scorer: Scorer) -> None:
    event = events.captured(email="ann.miller@gmail.com", first_name="Ann", last_name="Miller", phone="+1 555 0100")
    page = "https://x.example/p?email=ann.miller@gmail.com"
    scorer.read(event, events.engaged("case_study", 1, url=page, title="Ann Miller", text="call me, Ann"))
    assert scorer.facts
    for fact in scorer.facts:
        text = wire(fact.data).decode()
        assert not any(word in text for word in ("ann.miller", "Miller", "555", "call me"))


def test_sources_may_name_facts_scoring_does_not_know(events: LeadEvents, scorer: Scorer) -> None:
    event = events.captured()
    known = KnownFact(name="shoe_size", value={"eu": 41}, source="form", at=events.at(0))
    scorer.read(event.replaced(data=event.data.replaced(facts=(known,))))
    assert scorer.standing().fit == 0
