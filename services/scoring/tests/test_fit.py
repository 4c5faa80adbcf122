"""Fit from facts: every row of the table, offline enrichment, survivorship, completeness (domain, 2, 3 and 11)."""

from typing import Any

import pytest

from agreement import Agreement
from agreement.scoring import Condition, FitRule
from events.leads import Campaign
from scoring.decide import compile_terms


def fit(desk: Any) -> dict[str, int]:
    """Points by rule; they must sum to the fit."""
    standing = desk.standing()
    assert sum(line.points for line in standing.fit_lines) == standing.fit
    return {line.rule: line.points for line in standing.fit_lines}


@pytest.mark.parametrize(
    ("employees", "points"),
    [
        (1, -10),
        (10, -10),
        (11, 10),
        (50, 10),
        (51, 25),
        (200, 25),
        (201, 20),
        (500, 20),
        (501, 10),
        ("51-200", 25),
        ("1.200", 10),
        ("11 - 50 people", 10),
    ],
)
def test_employees(said: Any, desk: Any, employees: Any, points: int) -> None:
    desk.tell(said.captured(employees=employees))
    assert fit(desk) == {"employees": points}


@pytest.mark.parametrize(
    ("industry", "points"),
    [("B2B SaaS", 20), ("technology", 20), ("Professional Services", 20), ("Manufacturing", 10), ("health care", 10),
     ("Fishing", 0), ("non-profit", -50), ("Government", -50)],
)  # fmt: skip
def test_industry(said: Any, desk: Any, industry: str, points: int) -> None:
    desk.tell(said.captured(industry=industry))
    assert fit(desk) == {"industry": points}


@pytest.mark.parametrize(
    ("title", "seniority", "function", "points"),
    [
        ("Chief Revenue Officer", "c_suite", "sales", 30),
        ("CRO", "c_suite", "sales", 30),
        ("VP Sales", "vp", "sales", 25),
        ("Senior Vice President, Marketing", "vp", "marketing", 25),
        ("Director of Sales Ops", "director", "revenue_operations", 20),
        ("RevOps Manager", "manager", "revenue_operations", 10),
        ("Marketing Coordinator", "individual", "marketing", 5),
        ("Sales Intern", "student", "sales", -20),
    ],
)
def test_seniority_and_function_are_read_from_the_title(
    said: Any, desk: Any, title: str, seniority: str, function: str, points: int
) -> None:
    desk.tell(said.captured(title=title))
    assert fit(desk) == {"seniority": points}
    assert (desk.standing().facts.seniority, desk.standing().facts.function) == (seniority, function)


@pytest.mark.parametrize(
    ("country", "code", "points"),
    [("United States", "US", 10), ("us", "US", 10), ("Kanada", "CA", 10), ("UK", "GB", 10), ("Deutschland", "DE", 10),
     ("Australia", "AU", 5), ("nz", "NZ", 5), ("Russia", "RU", -20), ("Brazil", "BR", 0)],
)  # fmt: skip
def test_geography_is_read_from_the_country(said: Any, desk: Any, country: str, code: str, points: int) -> None:
    desk.tell(said.captured(country=country))
    assert fit(desk) == {"geography": points}
    assert desk.standing().facts.country == code


def test_an_unknown_fact_is_no_points_and_less_confidence(said: Any, desk: Any) -> None:
    desk.tell(said.captured(country="Atlantis", title="Wizard", employees="a few", industry="SaaS"))
    assert fit(desk) == {"industry": 20}
    assert (desk.standing().confidence_known, desk.standing().confidence_of) == (1, 4)


def test_fit_is_recomputed_and_never_added_to(said: Any, desk: Any) -> None:
    desk.tell(said.captured(employees=120), said.updated(days=1, employees=300), said.updated(days=2, employees=300))
    assert fit(desk) == {"employees": 20}
    assert len(desk.facts) == 2, "the same word again changes nothing"


def test_company_facts_come_from_the_accounts_file(said: Any, desk: Any) -> None:
    desk.tell(said.captured(email="jo@acme.example"))
    assert fit(desk) == {"employees": 25, "industry": 20, "geography": 10}
    facts = desk.standing().facts
    assert (facts.company, facts.employees, facts.tech_stack) == ("Acme Corporation", 180, ("Salesforce", "Marketo"))
    assert facts.revenue == "32,000,000 USD"


def test_sources_are_ranked_per_fact_and_a_correction_by_a_person_stays(said: Any, desk: Any) -> None:
    desk.tell(said.captured(employees=12), said.updated(days=1, source="crm", employees=700))
    assert desk.standing().facts.employees == 12
    desk.tell(said.updated(days=2, source="crm_human", employees=90))
    desk.tell(said.updated(days=3, source="enrichment", employees=400))
    assert desk.standing().facts.employees == 90
    desk.tell(said.updated(days=4, source="crm_human", employees=None))
    assert desk.standing().facts.employees == 400


def test_an_older_word_of_the_same_source_does_not_win(said: Any, desk: Any) -> None:
    desk.tell(said.captured(days=5, title="VP Sales"), said.updated(days=1, title="Sales Intern"))
    assert desk.standing().facts.seniority == "vp"


def test_free_mail_has_no_company_domain(said: Any, desk: Any) -> None:
    desk.tell(said.captured(email="ann@gmail.com"))
    assert (desk.standing().facts.domain, desk.standing().facts.soft) == (None, ("free_mail",))
    desk.tell(said.updated(days=1, domain="https://www.acme.example/about"))
    assert (desk.standing().facts.domain, desk.standing().facts.soft) == ("acme.example", ())


@pytest.mark.parametrize(
    ("values", "hard", "soft"),
    [
        ({"title": "Working student"}, ("student",), ()),
        ({"industry": "Higher education"}, ("excluded_industry",), ()),
        ({"country": "KP"}, ("unsupported_country",), ()),
        ({"email": "x@mail.contoso-metrics.example"}, ("competitor",), ()),
        ({"email": "x@northwind.example"}, ("own_staff",), ()),
        ({"email": "x@test.example"}, ("test_record",), ()),
        ({"email": "test1@unknown-company.example"}, ("test_record",), ()),
        ({"name": "Test Test"}, ("test_record",), ()),
        ({"name": "Test Miller"}, (), ()),
        ({"employees": 9}, (), ("tiny_company",)),
        ({"employees": 10}, (), ()),
        ({"company": "Bright Marketing Agency"}, (), ("agency",)),
        ({"email": "x@mailinator.com"}, ("test_record",), ("free_mail",)),
    ],
)
def test_disqualifiers(said: Any, desk: Any, values: dict[str, Any], hard: Any, soft: Any) -> None:
    desk.tell(said.captured(**values))
    assert (desk.standing().facts.hard, desk.standing().facts.soft) == (hard, soft)


def test_completeness_counts_what_is_there_and_no_placeholders(said: Any, desk: Any) -> None:
    desk.tell(said.captured())
    assert desk.standing().completeness == 25 + 15
    desk.tell(said.updated(days=1, company="n/a", title="-", first_name="xxx"))
    assert desk.standing().completeness == 40
    desk.tell(said.updated(days=2, company="Umbrella", title="Buyer", first_name="Ann"))
    assert desk.standing().completeness == 85
    desk.tell(said.did("blog_read", 3))
    assert desk.standing().completeness == 100


def test_fit_stays_within_its_range_and_its_lines_still_sum(said: Any, desk: Any, agreement: Agreement) -> None:
    model = agreement.scoring.models[0]
    rule = FitRule(name="works with our CRM", points=60, when=(Condition(fact="tech_stack", one_of=("salesforce",)),))
    fit_terms = model.fit.model_copy(update={"further": (rule,)})
    scoring = agreement.scoring.model_copy(update={"models": (model.model_copy(update={"fit": fit_terms}),)})
    desk.terms = compile_terms(agreement.model_copy(update={"scoring": scoring}))
    desk.tell(said.captured(email="jo@acme.example", title="CEO"))
    assert fit(desk)["limit"] == -45
    assert desk.standing().fit == 100


def test_the_first_touch_gives_the_source_and_the_last_referral_the_partner(said: Any, desk: Any) -> None:
    desk.tell(said.captured())
    desk.tell(
        said.did("blog_read", -3, referral=Campaign(name="spring", source="google", medium="cpc")).replaced(
            recordedtime=said.at(1)
        )
    )
    assert (desk.standing().facts.source, desk.standing().facts.campaign) == ("google", "spring")
    desk.tell(said.did("site_visit", 1, referral=Campaign(referral="partner-1")))
    desk.tell(said.did("site_visit", 2, referral=Campaign(source="friends", medium="Referral")))
    assert (desk.standing().facts.referral, desk.standing().facts.referral_at) == ("friends", said.at(2))
