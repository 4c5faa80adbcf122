"""Who is it: parked and released, captured once, merged without losing a fact, forgotten."""

from datetime import timedelta

import pytest
from services.ingest.tests.conftest import Maker, PureIntake

from events.deals import DealWon
from events.leads import EngagementRecorded, LeadCaptured, LeadMerged, LeadUpdated
from events.sales import ContactAttempted
from ingest.decide import lead_id
from ingest.decide.submissions import Alias, Erase, FormSubmitted, Identify, Merge, Page, SalesFact, Track
from testing.events import data_of

DANA = lead_id("dana@acme.com")
LEE = lead_id("lee@acme.com")


def test_an_address_is_one_lead_whatever_its_case(pure: PureIntake, make: Maker) -> None:
    pure.take(make(Identify, traits={"email": "Dana@ACME.com"}), make(Identify, traits={"email": " dana@acme.com"}))
    assert pure.stream(DANA) == ["lead.captured.v1"]


def test_a_form_captures_the_lead_and_then_records_what_was_asked_for(pure: PureIntake, make: Maker) -> None:
    fields = {"email": "dana@acme.com", "first_name": "Dana", "message": "Call me", "budget": "12k"}
    pure.take(make(FormSubmitted, name="demo", channel="form:demo", learned_from="form", fields=fields))
    assert pure.stream(DANA) == ["lead.captured.v1", "demo_request"]
    first, second = pure.facts
    captured, done = data_of(first, LeadCaptured.Data), data_of(second, EngagementRecorded.Data)
    assert [(known.name, known.value, known.source) for known in captured.facts] == [
        ("email", "dana@acme.com", "form"),
        ("first_name", "Dana", "form"),
    ]
    assert done.text == "Call me"
    assert done.properties == {"budget": "12k"}


def test_the_facts_of_a_form_come_before_its_request(pure: PureIntake, make: Maker) -> None:
    pure.take(make(Identify, traits={"email": "dana@acme.com"}))
    pure.take(make(FormSubmitted, name="demo", fields={"email": "dana@acme.com", "title": "CRO"}))
    assert pure.stream(DANA) == ["lead.captured.v1", "lead.updated.v1", "demo_request"]


def test_a_visitor_is_parked_and_released_in_order_before_the_request_that_names_them(
    pure: PureIntake, make: Maker
) -> None:
    for minutes, path in ((30, "/blog/a"), (20, "/pricing"), (10, "/")):
        at = pure.now - timedelta(minutes=minutes)
        pure.take(make(Page, anonymous="a1", properties={"path": path}, original=at, exact=True))
    assert pure.facts == []
    pure.take(make(FormSubmitted, name="demo", anonymous="a1", fields={"email": "dana@acme.com"}))
    assert pure.stream(DANA) == ["lead.captured.v1", "site_visit", "pricing_view", "site_visit", "demo_request"]
    assert [fact.time for fact in pure.facts[1:4]] == sorted(fact.time for fact in pure.facts[1:4])


def test_after_the_release_the_visitor_is_the_lead(pure: PureIntake, make: Maker) -> None:
    pure.take(make(Identify, anonymous="a1", traits={"email": "dana@acme.com"}))
    pure.take(make(Page, anonymous="a1", properties={"path": "/pricing"}))
    assert pure.stream(DANA) == ["lead.captured.v1", "pricing_view"]


def test_a_user_without_address_is_parked_until_it_is_told(pure: PureIntake, make: Maker) -> None:
    pure.take(make(Track, user="u1", anonymous="a1", name="Trial Started"))
    pure.take(make(Identify, user="u1", traits={"email": "dana@acme.com"}))
    assert pure.stream(DANA) == ["lead.captured.v1", "free_trial"]


def test_a_user_id_that_is_an_address_names_the_person(pure: PureIntake, make: Maker) -> None:
    pure.take(make(Track, user="dana@acme.com", name="Pricing Viewed"))
    assert pure.stream(DANA) == ["lead.captured.v1", "pricing_view"]


def test_a_shared_browser_goes_to_the_last_one_who_said_who_they_are(pure: PureIntake, make: Maker) -> None:
    pure.take(make(Identify, anonymous="a1", traits={"email": "dana@acme.com"}))
    pure.take(make(Identify, anonymous="a1", traits={"email": "lee@acme.com"}))
    pure.take(make(Page, anonymous="a1", properties={"path": "/pricing"}))
    assert pure.stream(DANA) == ["lead.captured.v1"]
    assert pure.stream(LEE) == ["lead.captured.v1", "pricing_view"]


def test_a_known_user_who_tells_another_address_stays_one_lead(pure: PureIntake, make: Maker) -> None:
    pure.take(make(Identify, user="u1", traits={"email": "dana@acme.com"}))
    pure.take(make(Identify, user="u1", traits={"email": "dana@home.net"}))
    pure.take(make(Track, name="Pricing Viewed", traits={"email": "dana@home.net"}))
    assert pure.stream(DANA) == ["lead.captured.v1", "lead.updated.v1", "pricing_view"]
    assert {fact.subject for fact in pure.facts} == {DANA}


def test_an_alias_joins_what_nobody_knew_yet(pure: PureIntake, make: Maker) -> None:
    pure.take(make(Page, anonymous="a1", properties={"path": "/pricing"}))
    pure.take(make(Alias, previous="a1", user="u1"))
    pure.take(make(Identify, user="u1", traits={"email": "dana@acme.com"}))
    assert pure.stream(DANA) == ["lead.captured.v1", "pricing_view"]


@pytest.mark.parametrize("how", ["alias", "identify"])
def test_two_known_people_become_one_and_no_fact_is_lost(pure: PureIntake, make: Maker, how: str) -> None:
    pure.take(make(Identify, user="u1", traits={"email": "dana@acme.com", "title": "CRO"}))
    early = pure.now
    pure.take(
        make(Identify, user="u2", traits={"email": "lee@acme.com", "company": "Acme"}),
        make(Track, user="u2", name="Webinar Attended", properties={"asset": "w1"}),
        now=early + timedelta(hours=1),
    )
    last: Alias | Identify = make(Alias, previous="u2", user="u1")
    if how == "identify":
        last = make(Identify, user="u1", traits={"email": "lee@acme.com"})
    outcome = pure.take(last, now=early + timedelta(hours=2))
    merged, *again = outcome.facts
    assert (merged.subject, data_of(merged, LeadMerged.Data).into) == (LEE, DANA)
    assert [(fact.event, fact.subject, fact.time) for fact in again] == [
        (LeadUpdated, DANA, early + timedelta(hours=1)),
        (EngagementRecorded, DANA, early + timedelta(hours=1)),
    ]
    updated = data_of(again[0], LeadUpdated.Data)
    assert (updated.merged, data_of(again[1], EngagementRecorded.Data).merged) == (True, True)
    assert {known.name for known in updated.facts} == {"email", "company"}
    pure.take(
        make(Page, user="u2", properties={"path": "/pricing"}), make(Track, email="lee@acme.com", name="Blog Read")
    )
    assert pure.stream(DANA)[-2:] == ["pricing_view", "blog_read"]
    assert pure.stream(LEE)[-1] == "lead.merged.v1"


def test_the_deals_of_the_loser_belong_to_the_winner(pure: PureIntake, make: Maker) -> None:
    pure.take(make(Identify, user="u1", traits={"email": "dana@acme.com"}))
    pure.take(make(Identify, user="u2", traits={"email": "lee@acme.com"}), now=pure.now + timedelta(hours=1))
    deal, call = DealWon.Data(deal="d", by="rep-ana"), ContactAttempted.Data(channel="call")
    signed = pure.now + timedelta(hours=2)
    pure.take(
        make(SalesFact, lead=LEE, channel="sales", event=DealWon, data=deal, original=signed, exact=True),
        make(SalesFact, lead=LEE, channel="sales", event=ContactAttempted, data=call, original=signed, exact=True),
        now=signed,
    )
    outcome = pure.take(make(Alias, previous="u2", user="u1"), now=pure.now + timedelta(hours=3))
    copies = [fact for fact in outcome.facts if fact.event.topic == "sales"]
    assert [(fact.event, fact.subject, fact.time) for fact in copies] == [(DealWon, DANA, signed)]
    assert data_of(copies[0], DealWon.Data) == deal.replaced(merged=True)


def test_the_older_lead_wins(pure: PureIntake, make: Maker) -> None:
    pure.take(make(Identify, user="u2", traits={"email": "lee@acme.com"}))
    pure.take(make(Identify, user="u1", traits={"email": "dana@acme.com"}), now=pure.now + timedelta(days=1))
    pure.take(make(Alias, previous="u2", user="u1"))
    assert pure.stream(DANA)[-1] == "lead.merged.v1"


def test_three_become_one_in_two_steps(pure: PureIntake, make: Maker) -> None:
    for day, name in enumerate(("ann", "bob", "cee")):
        pure.take(make(Identify, user=name, traits={"email": f"{name}@acme.com"}), now=pure.now + timedelta(days=day))
    pure.take(make(Alias, previous="cee", user="bob"), make(Alias, previous="bob", user="ann"))
    pure.take(make(Track, user="cee", name="Pricing Viewed"))
    ann = pure.stream(lead_id("ann@acme.com"))
    assert ann == ["lead.captured.v1", "lead.updated.v1", "lead.updated.v1", "pricing_view"]


def test_the_erased_are_forgotten_with_all_they_were_made_of(pure: PureIntake, make: Maker) -> None:
    pure.take(make(Page, anonymous="a1"), make(Identify, anonymous="a1", traits={"email": "dana@acme.com"}))
    pure.take(make(Identify, user="u2", traits={"email": "lee@acme.com"}), now=pure.now + timedelta(days=1))
    pure.take(make(Alias, previous="u2", user="dana@acme.com"))
    outcome = pure.take(make(Erase, lead=DANA))
    assert sorted(fact.subject for fact in outcome.facts) == sorted((DANA, LEE))
    assert outcome.erased >= {DANA, LEE}
    assert pure.registry.identities == {}
    assert [row.fact.event.type_name() for row in pure.registry.memory[DANA]] == ["lead.erased.v1"]
    assert all(person.email is None for person in pure.registry.people.values())


def test_the_erased_may_come_back_as_strangers(pure: PureIntake, make: Maker) -> None:
    pure.take(make(Identify, anonymous="a1", traits={"email": "dana@acme.com"}))
    pure.take(make(Erase, email="dana@acme.com"))
    pure.take(make(Page, anonymous="a1", properties={"path": "/pricing"}))
    assert pure.stream(DANA) == ["lead.captured.v1", "lead.erased.v1"]
    outcome = pure.take(make(Identify, traits={"email": "dana@acme.com"}))
    assert [fact.event for fact in outcome.facts] == [LeadCaptured]


def test_erasing_a_stranger_is_refused(pure: PureIntake, make: Maker) -> None:
    outcome = pure.take(make(Erase, lead="nobody", pointer="/subject"))
    assert [lead.pointer for lead in outcome.receipts[0].wrong] == ["/subject"]


def test_a_steward_merges_two_leads_by_id(pure: PureIntake, make: Maker) -> None:
    pure.take(make(Identify, traits={"email": "dana@acme.com"}))
    pure.take(make(Identify, traits={"email": "lee@acme.com"}), now=pure.now + timedelta(days=1))
    pure.take(make(Merge, lead=LEE, into=DANA))
    assert pure.stream(LEE) == ["lead.captured.v1", "lead.merged.v1"]


def test_another_browser_of_a_known_user_is_theirs_from_then_on(pure: PureIntake, make: Maker) -> None:
    pure.take(make(Identify, user="u1", anonymous="a1", traits={"email": "dana@acme.com"}))
    pure.take(make(Page, user="u1", anonymous="a2"))
    pure.take(make(Page, anonymous="a2"))
    dana = lead_id("dana@acme.com")
    assert pure.registry.identities["anonymous", "a2"] == dana
    assert len([fact for fact in pure.facts if fact.subject == dana]) == 3
