"""Rules that several services obey have one home: which value survives, who is who, what counts in a month."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement import Agreement, Span
from agreement.months import MqlEntry, midnight, month_before, month_of, next_month
from agreement.people import People
from agreement.routing import HOUSE_ENDINGS
from agreement.survivorship import (
    Claim,
    ScoredFacts,
    Survivorship,
    captured_facts,
    claims_about,
    claims_beside_scoring,
    full_name,
    learn,
)
from events.leads import KnownFact, LeadCaptured
from events.scores import RouteFacts
from testing.events import EventBuilder

NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)
SOURCES = st.sampled_from(("steward", "crm_human", "form", "crm", "segment", "enrichment", "csv", "a_tool", "z_tool"))
CLAIMS = st.lists(
    st.builds(
        Claim,
        st.sampled_from((None, "Acme", "Ajax", "test", " N/A ", "", 120)),
        SOURCES,
        st.integers(0, 3).map(lambda hours: NOON + timedelta(hours=hours)),
    ),
    max_size=6,
)


@pytest.fixture
def survivorship(agreement: Agreement) -> Survivorship:
    return Survivorship.of(agreement.definitions)


def claim(value: object, source: str, hours: float = 0) -> Claim:
    return Claim(value, source, NOON + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("name", "claims", "winner"),
    [
        ("company", [claim("Test", "crm"), claim("Acme Ltd", "form")], "Acme Ltd"),
        ("company", [claim("Acme", "crm"), claim("Acme Ltd", "form", 5)], "Acme"),
        ("company", [claim("Acme", "crm"), claim("Ajax", "a_tool", 9)], "Acme"),
        ("company", [claim("Acme", "enrichment"), claim(None, "crm", 9)], "Acme"),
        ("email", [claim("a@x.example", "crm_human", 9), claim("b@x.example", "form")], "b@x.example"),
        ("phone", [claim("1", "form"), claim("2", "form", 1)], "2"),
        ("favourite_colour", [claim("red", "form", 9), claim("blue", "steward")], "blue"),
        ("favourite_colour", [claim("red", "crm_human", 9), claim("blue", "steward")], "blue"),
        ("favourite_colour", [claim("red", "form", 9), claim("blue", "crm")], "red"),
        ("favourite_colour", [claim("red", "z_tool"), claim("blue", "a_tool")], "blue"),
        ("favourite_colour", [claim("blue", "a_tool"), claim("red", "z_tool")], "blue"),
        ("company", [claim(" N/A ", "crm"), claim("Acme Ltd", "form")], "Acme Ltd"),
    ],
)
def test_the_most_trusted_answer_survives(
    survivorship: Survivorship, name: str, claims: list[Claim], winner: str
) -> None:
    found = survivorship.survivor(name, claims)
    assert found is not None
    assert found.value == winner


@given(claims=CLAIMS, data=st.data())
def test_the_order_of_arrival_decides_nothing(agreement: Agreement, claims: list[Claim], data: st.DataObject) -> None:
    survivorship = Survivorship.of(agreement.definitions)
    latest = {(claim.source, claim.at): claim for claim in claims}
    shuffled = data.draw(st.permutations([*latest.values()]))
    assert survivorship.survivor("company", shuffled) == survivorship.survivor("company", latest.values())
    found = survivorship.survivor("company", shuffled)
    assert found is None or not survivorship.is_placeholder(found.value)


def test_of_each_source_the_newest_claim_stays() -> None:
    claims = dict[str, Claim]()
    assert learn(claims, claim("Acme", "form", 1))
    assert not learn(claims, claim("Ajax", "form"))
    assert not learn(claims, claim("Acme", "form", 1)), "nothing new"
    assert learn(claims, claim("Acme Ltd", "form", 1)), "of two as new, the one that came last"
    assert learn(claims, claim("ACME", "crm"))
    assert learn(claims, claim(None, "form", 2)), "a withdrawal is a claim"
    assert claims == {"form": claim(None, "form", 2), "crm": claim("ACME", "crm")}


def test_the_address_is_a_claim_of_its_channels_source_unless_the_facts_say_it() -> None:
    known = KnownFact(name="email", value="Ann@Acme.example", source="segment", at=NOON)
    captured = EventBuilder("ann", NOON).make(LeadCaptured, email="ann@acme.example", channel="form:demo")
    assert captured_facts(captured) == (KnownFact(name="email", value="ann@acme.example", source="form", at=NOON),)
    given = captured.replaced(data=captured.data.replaced(facts=(known,)))
    assert captured_facts(given) == (known,)


def test_a_name_is_put_together_from_its_parts() -> None:
    assert full_name({"first_name": "Ana", "last_name": "Lima", "name": "A. L."}.get) == "Ana Lima"
    assert full_name({"first_name": "Ana", "name": "A. L."}.get) == "Ana"
    assert full_name({"name": "A. L."}.get) == "A. L."
    assert full_name(dict[str, str]().get) is None
    assert full_name({"name": "Ann", "last_name": "Lee"}.get) == "Ann Lee"
    assert full_name({"name": "Ann Lee", "last_name": "Lee"}.get) == "Ann Lee"
    assert full_name({"name": "Ann van der Lee", "last_name": "van der Lee"}.get) == "Ann van der Lee"
    assert full_name({"name": "Ann Lee", "first_name": "Ann"}.get) == "Ann Lee"
    assert full_name({"last_name": "Lee"}.get) == "Lee"


def test_the_accounts_file_speaks_as_enrichment_and_is_older_than_any_other_answer(
    agreement: Agreement, survivorship: Survivorship
) -> None:
    row = agreement.teams.accounts[0]
    assert claims_about("company", (), (), row, NOON) == [claim(row.company, "enrichment")]
    assert claims_about("company", (), (), None, NOON) == claims_about("title", (), (), row, NOON) == []
    for own, recorded in (([claim("Acme", "enrichment", -9)], []), ([], [claim("Acme", "enrichment", -9)])):
        claims = claims_about("company", own, recorded, row, NOON)
        assert [one.value for one in claims] == ["Acme", row.company]
        assert claims[1].at < claims[0].at
        assert survivorship.survivor("company", claims) == claims[0]


@pytest.mark.parametrize("source", ["aardvark", "form", "zoominfo"])
@pytest.mark.parametrize("since", [NOON - timedelta(days=9999), NOON, NOON + timedelta(days=1)])
def test_where_the_agreement_ranks_nobody_the_accounts_file_comes_last(
    agreement: Agreement, source: str, since: datetime
) -> None:
    nobody = Survivorship({}, frozenset())
    row = agreement.teams.accounts[0]
    own = [claim("Acme", source)]
    assert nobody.survivor("company", claims_about("company", own, (), row, since)) == own[0]


def test_beside_scoring_the_company_record_is_what_scoring_told_of_it(agreement: Agreement) -> None:
    accounts, own = agreement.teams.account_by_domain, [claim("Acme Ltd", "crm_human")]
    right = KnownFact(name="company", value="Acme GmbH", source="steward", at=NOON)
    scored = ScoredFacts(RouteFacts(company="Acme GmbH", recorded=(right,)), NOON + timedelta(days=9))
    assert claims_beside_scoring("company", own, scored, accounts, NOON) == [*own, claim("Acme GmbH", "steward")]
    assert claims_beside_scoring("country", own, scored, accounts, NOON) == own
    assert claims_beside_scoring("company", own, None, accounts, NOON) == own


def test_what_only_scoring_knows_counts_as_enrichment_where_it_told_no_source(agreement: Agreement) -> None:
    accounts, own = agreement.teams.account_by_domain, [claim("Acme", "form")]

    def claims(name: str, facts: RouteFacts) -> list[Claim]:
        return claims_beside_scoring(name, own, ScoredFacts(facts, NOON), accounts, NOON)

    assert claims("company", RouteFacts(company="Acme GmbH")) == [*own, claim("Acme GmbH", "enrichment")]
    assert claims("company", RouteFacts(company="Acme")) == claims("title", RouteFacts()) == own
    assert claims("company", RouteFacts(company="Acme GmbH", recorded=())) == own, "an own claim that went since"


def test_people_are_found_managed_and_reached(agreement: Agreement) -> None:
    people = People(agreement.teams)
    assert (people.name("rep-ana"), people.name("rep-gone"), people.name(None)) == ("Ana Lima", "rep-gone", "nobody")
    assert people.manager("rep-ana") == people.manager(team="new-york") == "rep-grace"
    assert people.manager("rep-ana", pool="smb-emea") == "rep-owen", "the pool's manager comes first"
    assert people.manager("rep-gone") is None
    assert people.manager("rep-ana", pool="gone") == "rep-grace", "the team's, where the pool is gone"
    away = next(team for team in agreement.teams.teams if team.manager not in (None, "rep-grace"))
    assert people.manager("rep-ana", team=away.id) == away.manager, "the team that is asked for"
    assert people.rep_of_email(" Ana.Lima@Northwind.example ") == people.rep_of_slack("U0ANA") == "rep-ana"
    assert people.rep_of_email("ana@elsewhere.example") is people.rep_of_slack("U0GONE") is None
    assert people.zone("rep-mia") == "Europe/Berlin"
    assert people.addresses("rep-ana") == {"email": "ana.lima@northwind.example", "slack": "U0ANA"}
    assert people.addresses("marketing")["slack"] == "#marketing-leads"
    assert people.addresses("nobody") == {}


def test_a_month_begins_at_midnight_of_the_house() -> None:
    zone = "America/New_York"
    assert month_of(datetime(2026, 9, 1, 3, 59, tzinfo=UTC), zone) == date(2026, 8, 1)
    assert midnight(date(2026, 9, 1), zone) == datetime(2026, 9, 1, 4, tzinfo=UTC)
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)
    assert month_before(date(2027, 1, 1)) == date(2026, 12, 1)
    assert next_month(date(2026, 1, 31)) == date(2026, 2, 1)
    assert month_before(date(2026, 3, 15)) == date(2026, 2, 1)


def test_what_counts_in_a_month(agreement: Agreement) -> None:
    goal = agreement.service_levels.commitments.completeness
    assert MqlEntry(completeness=80).counts
    assert MqlEntry(completeness=80).complete(goal)
    assert not MqlEntry(completeness=79).complete(goal)
    assert MqlEntry().counts
    assert not MqlEntry().complete(goal), "a completeness that is not known is not complete"
    marks = ("implied", "re_engaged", "withdrawn", "merged")
    assert marks == MqlEntry.NOT_COUNTED
    for mark in marks:
        assert not MqlEntry(completeness=80, **{mark: True}).counts
        assert not MqlEntry(completeness=80, **{mark: True}).complete(goal)


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        (datetime(2026, 8, 31, 12, tzinfo=UTC), "6mo", datetime(2027, 2, 28, 12, tzinfo=UTC)),
        (datetime(2026, 12, 5, tzinfo=UTC), "1mo", datetime(2027, 1, 5, tzinfo=UTC)),
        (NOON, "24h", NOON + timedelta(days=1)),
    ],
)
def test_a_span_is_counted_by_the_wall_clock_or_in_calendar_months(start: datetime, span: str, end: datetime) -> None:
    assert Span.model_validate(span).after(start) == end


def test_business_time_needs_a_calendar() -> None:
    with pytest.raises(ValueError, match="depends on a calendar"):
        Span.model_validate("1bd").after(NOON)


def test_only_what_a_rep_chooses_is_an_answer(agreement: Agreement) -> None:
    routing = agreement.routing
    assert routing.is_answer("not_icp")
    assert not routing.is_answer("accept_timeout"), "silence is no answer"
    assert not [reason for reason in (*HOUSE_ENDINGS, "in_no_agreement") if routing.is_answer(reason)]
