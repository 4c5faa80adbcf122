"""Who is it: parked and released, captured once, merged without losing a fact, forgotten."""

from datetime import timedelta
from typing import Any

import pytest

from events.leads import EngagementRecorded, LeadCaptured, LeadMerged, LeadUpdated
from ingest.decide import lead_id

DANA = lead_id("dana@acme.com")
LEE = lead_id("lee@acme.com")


def test_an_address_is_one_lead_whatever_its_case(desk: Any, told: Any) -> None:
    desk.take(told("identify", traits={"email": "Dana@ACME.com"}), told("identify", traits={"email": " dana@acme.com"}))
    assert desk.stream(DANA) == ["lead.captured.v1"]


def test_a_form_captures_the_lead_and_then_records_what_was_asked_for(desk: Any, told: Any) -> None:
    fields = {"email": "dana@acme.com", "first_name": "Dana", "message": "Call me", "budget": "12k"}
    desk.take(told("form", name="demo", channel="form:demo", learned_from="form", properties=fields))
    assert desk.stream(DANA) == ["lead.captured.v1", "demo_request"]
    captured, asked = (fact.data for fact in desk.said)
    assert [(known.name, known.value, known.source) for known in captured.facts] == [
        ("email", "dana@acme.com", "form"),
        ("first_name", "Dana", "form"),
    ]
    assert asked.text == "Call me"
    assert asked.properties == {"budget": "12k"}


def test_the_facts_of_a_form_come_before_its_request(desk: Any, told: Any) -> None:
    desk.take(told("identify", traits={"email": "dana@acme.com"}))
    desk.take(told("form", name="demo", properties={"email": "dana@acme.com", "title": "CRO"}))
    assert desk.stream(DANA) == ["lead.captured.v1", "lead.updated.v1", "demo_request"]


def test_a_visitor_is_parked_and_released_in_order_before_the_request_that_names_them(desk: Any, told: Any) -> None:
    for minutes, path in ((30, "/blog/a"), (20, "/pricing"), (10, "/")):
        at = desk.now - timedelta(minutes=minutes)
        desk.take(told("page", anonymous="a1", properties={"path": path}, original=at, exact=True))
    assert desk.said == []
    desk.take(told("form", name="demo", anonymous="a1", properties={"email": "dana@acme.com"}))
    assert desk.stream(DANA) == ["lead.captured.v1", "site_visit", "pricing_view", "site_visit", "demo_request"]
    assert [fact.time for fact in desk.said[1:4]] == sorted(fact.time for fact in desk.said[1:4])


def test_after_the_release_the_visitor_is_the_lead(desk: Any, told: Any) -> None:
    desk.take(told("identify", anonymous="a1", traits={"email": "dana@acme.com"}))
    desk.take(told("page", anonymous="a1", properties={"path": "/pricing"}))
    assert desk.stream(DANA) == ["lead.captured.v1", "pricing_view"]


def test_a_user_without_address_is_parked_until_it_is_told(desk: Any, told: Any) -> None:
    desk.take(told("track", user="u1", anonymous="a1", name="Trial Started"))
    desk.take(told("identify", user="u1", traits={"email": "dana@acme.com"}))
    assert desk.stream(DANA) == ["lead.captured.v1", "free_trial"]


def test_a_user_id_that_is_an_address_names_the_person(desk: Any, told: Any) -> None:
    desk.take(told("track", user="dana@acme.com", name="Pricing Viewed"))
    assert desk.stream(DANA) == ["lead.captured.v1", "pricing_view"]


def test_a_shared_browser_goes_to_the_last_one_who_said_who_they_are(desk: Any, told: Any) -> None:
    desk.take(told("identify", anonymous="a1", traits={"email": "dana@acme.com"}))
    desk.take(told("identify", anonymous="a1", traits={"email": "lee@acme.com"}))
    desk.take(told("page", anonymous="a1", properties={"path": "/pricing"}))
    assert desk.stream(DANA) == ["lead.captured.v1"]
    assert desk.stream(LEE) == ["lead.captured.v1", "pricing_view"]


def test_a_known_user_who_tells_another_address_stays_one_lead(desk: Any, told: Any) -> None:
    desk.take(told("identify", user="u1", traits={"email": "dana@acme.com"}))
    desk.take(told("identify", user="u1", traits={"email": "dana@home.net"}))
    desk.take(told("track", name="Pricing Viewed", traits={"email": "dana@home.net"}))
    assert desk.stream(DANA) == ["lead.captured.v1", "lead.updated.v1", "pricing_view"]
    assert {fact.subject for fact in desk.said} == {DANA}


def test_an_alias_joins_what_nobody_knew_yet(desk: Any, told: Any) -> None:
    desk.take(told("page", anonymous="a1", properties={"path": "/pricing"}))
    desk.take(told("alias", previous="a1", user="u1"))
    desk.take(told("identify", user="u1", traits={"email": "dana@acme.com"}))
    assert desk.stream(DANA) == ["lead.captured.v1", "pricing_view"]


@pytest.mark.parametrize("how", ["alias", "identify"])
def test_two_known_people_become_one_and_no_fact_is_lost(desk: Any, told: Any, how: Any) -> None:
    desk.take(told("identify", user="u1", traits={"email": "dana@acme.com", "title": "CRO"}))
    early = desk.now
    desk.take(
        told("identify", user="u2", traits={"email": "lee@acme.com", "company": "Acme"}),
        told("track", user="u2", name="Webinar Attended", properties={"asset": "w1"}),
        now=early + timedelta(hours=1),
    )
    last = {
        "alias": told("alias", previous="u2", user="u1"),
        "identify": told("identify", user="u1", traits={"email": "lee@acme.com"}),
    }[how]
    outcome = desk.take(last, now=early + timedelta(hours=2))
    merged, *again = outcome.facts
    assert (merged.subject, merged.event, merged.data.into) == (LEE, LeadMerged, DANA)
    assert [(fact.event, fact.subject, fact.time, fact.data.merged) for fact in again] == [
        (LeadUpdated, DANA, early + timedelta(hours=1), True),
        (EngagementRecorded, DANA, early + timedelta(hours=1), True),
    ]
    assert {known.name for known in again[0].data.facts} == {"email", "company"}
    desk.take(
        told("page", user="u2", properties={"path": "/pricing"}), told("track", email="lee@acme.com", name="Blog Read")
    )
    assert desk.stream(DANA)[-2:] == ["pricing_view", "blog_read"]
    assert desk.stream(LEE)[-1] == "lead.merged.v1"


def test_the_older_lead_wins(desk: Any, told: Any) -> None:
    desk.take(told("identify", user="u2", traits={"email": "lee@acme.com"}))
    desk.take(told("identify", user="u1", traits={"email": "dana@acme.com"}), now=desk.now + timedelta(days=1))
    desk.take(told("alias", previous="u2", user="u1"))
    assert desk.stream(DANA)[-1] == "lead.merged.v1"


def test_three_become_one_in_two_steps(desk: Any, told: Any) -> None:
    for day, name in enumerate(("ann", "bob", "cee")):
        desk.take(told("identify", user=name, traits={"email": f"{name}@acme.com"}), now=desk.now + timedelta(days=day))
    desk.take(told("alias", previous="cee", user="bob"), told("alias", previous="bob", user="ann"))
    desk.take(told("track", user="cee", name="Pricing Viewed"))
    ann = desk.stream(lead_id("ann@acme.com"))
    assert ann == ["lead.captured.v1", "lead.updated.v1", "lead.updated.v1", "pricing_view"]


def test_the_erased_are_forgotten_with_all_they_were_made_of(desk: Any, told: Any) -> None:
    desk.take(told("page", anonymous="a1"), told("identify", anonymous="a1", traits={"email": "dana@acme.com"}))
    desk.take(told("identify", user="u2", traits={"email": "lee@acme.com"}), now=desk.now + timedelta(days=1))
    desk.take(told("alias", previous="u2", user="dana@acme.com"))
    outcome = desk.take(told("erase", lead=DANA))
    assert sorted(fact.subject for fact in outcome.facts) == sorted((DANA, LEE))
    assert outcome.erased >= {DANA, LEE}
    assert desk.book.identities == {}
    assert [row.fact.event.type_name() for row in desk.book.memory[DANA]] == ["lead.erased.v1"]
    assert all(person.email is None for person in desk.book.people.values())


def test_the_erased_may_come_back_as_strangers(desk: Any, told: Any) -> None:
    desk.take(told("identify", anonymous="a1", traits={"email": "dana@acme.com"}))
    desk.take(told("erase", email="dana@acme.com"))
    desk.take(told("page", anonymous="a1", properties={"path": "/pricing"}))
    assert desk.stream(DANA) == ["lead.captured.v1", "lead.erased.v1"]
    outcome = desk.take(told("identify", traits={"email": "dana@acme.com"}))
    assert [fact.event for fact in outcome.facts] == [LeadCaptured]


def test_erasing_a_stranger_is_refused(desk: Any, told: Any) -> None:
    outcome = desk.take(told("erase", lead="nobody", pointer="/subject"))
    assert [wrong.pointer for wrong in outcome.verdicts[0].wrong] == ["/subject"]


def test_a_steward_merges_two_leads_by_id(desk: Any, told: Any) -> None:
    desk.take(told("identify", traits={"email": "dana@acme.com"}))
    desk.take(told("identify", traits={"email": "lee@acme.com"}), now=desk.now + timedelta(days=1))
    desk.take(told("merge", lead=LEE, into=DANA))
    assert desk.stream(LEE) == ["lead.captured.v1", "lead.merged.v1"]
