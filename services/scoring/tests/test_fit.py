"""Fit from facts: every row of the table, offline enrichment, survivorship, completeness (domain, 2, 3 and 11)."""

from collections.abc import Callable

import pytest
from services.scoring.tests.conftest import LeadEvents, Scorer

from agreement import Agreement
from agreement.scoring import Condition, FitRule
from events.leads import Campaign
from scoring.decide import Terms


def fit(scorer: Scorer) -> dict[str, int]:
    """Points by rule; they must sum to the fit."""
    standing = scorer.standing()
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
        ("150.0", 25),
        ("10k-50k", 10),
        ("1.5k", 10),
        ("5K+", 10),
        ("< 10", -10),
    ],
)
def test_employees(events: LeadEvents, scorer: Scorer, employees: int | str, points: int) -> None:
    scorer.read(events.captured(employees=employees))
    assert fit(scorer) == {"employees": points}


@pytest.mark.parametrize(("employees", "number"), [("< 50", 49), ("200+", 200), ("50-100", 50)])
def test_a_range_has_the_points_of_a_band_only_when_all_of_it_lies_there(
    events: LeadEvents, scorer: Scorer, employees: str, number: int
) -> None:
    scorer.read(events.captured(employees=employees))
    assert fit(scorer) == {}
    assert (scorer.standing().facts.employees, scorer.standing().facts.soft) == (number, ())
    assert (scorer.standing().confidence_known, scorer.standing().facts.unclear) == (1, ())


@pytest.mark.parametrize(
    ("industry", "points"),
    [("COMPUTER_SOFTWARE", 20), ("GOVERNMENT_ADMINISTRATION", -50), ("HIGHER_EDUCATION", -50),
     ("B2B SaaS", 20), ("technology", 20), ("Professional Services", 20), ("Manufacturing", 10), ("health care", 10),
     ("Fishing", 0), ("non-profit", -50), ("Government", -50)],
)  # fmt: skip
def test_industry(events: LeadEvents, scorer: Scorer, industry: str, points: int) -> None:
    scorer.read(events.captured(industry=industry))
    assert fit(scorer) == {"industry": points}


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
        ("Director of Student Success", "director", "other", 20),
        ("VP, Internship Programs", "vp", "other", 25),
        ("Assistant to the Vice President", "individual", "other", 5),
        ("Vice-President, Sales", "vp", "sales", 25),
    ],
)
def test_seniority_and_function_are_read_from_the_title(
    events: LeadEvents, scorer: Scorer, title: str, seniority: str, function: str, points: int
) -> None:
    scorer.read(events.captured(title=title))
    assert fit(scorer) == {"seniority": points}
    assert (scorer.standing().facts.seniority, scorer.standing().facts.function) == (seniority, function)


@pytest.mark.parametrize(
    ("country", "code", "points"),
    [("United States", "US", 10), ("us", "US", 10), ("Kanada", "CA", 10), ("UK", "GB", 10), ("Deutschland", "DE", 10),
     ("Australia", "AU", 5), ("nz", "NZ", 5), ("Russia", "RU", -20), ("Brazil", "BR", 0),
     ("Russian Federation", "RU", -20), ("RUS", "RU", -20), ("Iran, Islamic Republic of", "IR", -20),
     ("DEU", "DE", 10), ("The Netherlands", "NL", 10), ("Korea, Republic of", "KR", 0)],
)  # fmt: skip
def test_geography_is_read_from_the_country(
    events: LeadEvents, scorer: Scorer, country: str, code: str, points: int
) -> None:
    scorer.read(events.captured(country=country))
    assert fit(scorer) == {"geography": points}
    assert scorer.standing().facts.country == code


def test_an_unknown_fact_is_no_points_and_less_confidence(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(country="Atlantis", title="Wizard", employees="a few", industry="SaaS"))
    assert fit(scorer) == {"industry": 20}
    assert (scorer.standing().confidence_known, scorer.standing().confidence_of) == (1, 4)
    assert scorer.standing().facts.unclear == ("employees", "country"), "the lead says what no rule could read"
    scorer.read(events.updated(days=1, country="AT", employees=12, industry="Basket weaving"))
    assert scorer.standing().facts.unclear == ("industry",)
    assert (fit(scorer), scorer.standing().confidence_known) == ({"employees": 10, "geography": 10}, 2)
    assert scorer.standing().facts.industry == "Basket weaving", "shown as it was given"


def test_fit_is_recomputed_and_never_added_to(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(
        events.captured(employees=120), events.updated(days=1, employees=300), events.updated(days=2, employees=300)
    )
    assert fit(scorer) == {"employees": 20}
    assert len(scorer.facts) == 2, "the same claim again changes nothing"


def test_company_facts_come_from_the_accounts_file(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(email="jo@acme.example"))
    assert fit(scorer) == {"employees": 25, "industry": 20, "geography": 10}
    facts = scorer.standing().facts
    assert (facts.company, facts.employees, facts.tech_stack) == ("Acme Corporation", 180, ("Salesforce", "Marketo"))
    assert facts.revenue == "32,000,000 USD"


def test_sources_are_ranked_per_fact_and_a_correction_by_a_person_stays(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(employees=12), events.updated(days=1, source="crm", employees=700))
    assert scorer.standing().facts.employees == 12
    scorer.read(events.updated(days=2, source="crm_human", employees=90))
    scorer.read(events.updated(days=3, source="enrichment", employees=400))
    assert scorer.standing().facts.employees == 90
    scorer.read(events.updated(days=4, source="crm_human", employees=None))
    assert scorer.standing().facts.employees == 400


def test_an_older_claim_of_the_same_source_does_not_win(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(days=5, title="VP Sales"), events.updated(days=1, title="Sales Intern"))
    assert scorer.standing().facts.seniority == "vp"


def test_free_mail_has_no_company_domain(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(email="ann@gmail.com"))
    assert (scorer.standing().facts.domain, scorer.standing().facts.soft) == (None, ("free_mail",))
    scorer.read(events.updated(days=1, domain="https://www.acme.example/about"))
    assert (scorer.standing().facts.domain, scorer.standing().facts.soft) == ("acme.example", ())


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
        ({"employees": "1-9"}, (), ("tiny_company",)),
        ({"employees": "< 10"}, (), ("tiny_company",)),
        ({"employees": "2-10"}, (), ()),
        ({"employees": 0}, (), ()),
        ({"company": "Bright Marketing Agency"}, (), ("agency",)),
        ({"email": "x@mailinator.com"}, ("test_record",), ("free_mail",)),
    ],
)
def test_disqualifiers(
    events: LeadEvents, scorer: Scorer, values: dict[str, str | int], hard: tuple[str, ...], soft: tuple[str, ...]
) -> None:
    claims = {name: value for name, value in values.items() if name != "email"}
    scorer.read(events.captured(email=str(values.get("email", "ann@unknown-company.example")), claims=claims))
    assert (scorer.standing().facts.hard, scorer.standing().facts.soft) == (hard, soft)


@pytest.mark.parametrize(
    ("values", "completeness"),
    [
        ({"first_name": "Ann"}, 35),
        ({"first_name": "foo", "last_name": "bar"}, 25),
        ({"name": "xxx xxx"}, 25),
        ({"name": "12345"}, 25),
        ({"name": "aaaa"}, 25),
        ({"name": "Ann", "company": "???"}, 35),
        ({"name": "J", "company": "3M", "title": "n/a n/a"}, 55),
    ],
)
def test_fakes_count_nothing_and_a_tool_is_no_source(
    events: LeadEvents, scorer: Scorer, values: dict[str, str], completeness: int
) -> None:
    captured = events.captured(claims=values)
    scorer.read(captured.replaced(data=captured.data.replaced(channel="segment")))
    assert (scorer.standing().completeness, scorer.standing().facts.source) == (completeness, None)


def test_a_source_that_is_a_placeholder_counts_nothing(events: LeadEvents, scorer: Scorer) -> None:
    captured = events.captured()
    scorer.read(captured.replaced(data=captured.data.replaced(channel="segment")))
    scorer.read(events.engaged("other", 1, referral=Campaign(source="Unknown")))
    assert scorer.standing().completeness == 25
    scorer.read(events.engaged("other", 0.5, referral=Campaign(source="bing")).replaced(recordedtime=events.at(2)))
    assert scorer.standing().completeness == 40


def test_completeness_counts_what_is_there_and_no_placeholders(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured())
    assert scorer.standing().completeness == 25 + 15
    scorer.read(events.updated(days=1, company="n/a", title="-", first_name="xxx"))
    assert scorer.standing().completeness == 40
    scorer.read(events.updated(days=2, company="Umbrella", title="Buyer", first_name="Ann"))
    assert scorer.standing().completeness == 85
    scorer.read(events.engaged("blog_read", 3))
    assert scorer.standing().completeness == 100


def test_fit_stays_within_its_range_and_its_lines_still_sum(
    events: LeadEvents, scorer: Scorer, agreement: Agreement, changed_terms: Callable[..., Terms]
) -> None:
    model = agreement.scoring.models[0]
    rule = FitRule(name="works with our CRM", points=60, when=(Condition(fact="tech_stack", one_of=("salesforce",)),))
    fit_terms = model.fit.model_copy(update={"further": (rule,)})
    scorer.terms = changed_terms(models=(model.model_copy(update={"fit": fit_terms}),))
    scorer.read(events.captured(email="jo@acme.example", title="CEO"))
    assert fit(scorer)["limit"] == -45
    assert scorer.standing().fit == 100


def test_the_first_touch_gives_the_source_and_the_last_referral_the_partner(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured())
    scorer.read(
        events.engaged("blog_read", -3, referral=Campaign(name="spring", source="google", medium="cpc")).replaced(
            recordedtime=events.at(1)
        )
    )
    assert (scorer.standing().facts.source, scorer.standing().facts.campaign) == ("google", "spring")
    scorer.read(events.engaged("site_visit", 1, referral=Campaign(referral="partner-1")))
    scorer.read(events.engaged("site_visit", 2, referral=Campaign(source="friends", medium="Referral")))
    assert (scorer.standing().facts.referral, scorer.standing().facts.referral_at) == ("friends", events.at(2))


def test_a_touch_that_names_its_source_comes_before_an_earlier_channel(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.engaged("newsletter_signup", channel="form:newsletter"))
    assert scorer.standing().facts.source == "form:newsletter", "nobody named a source so far"
    scorer.read(events.engaged("demo_request", 1, referral=Campaign(source="google", name="spring")))
    scorer.read(events.engaged("blog_read", 2, referral=Campaign(source="linkedin", name="june")))
    assert (scorer.standing().facts.source, scorer.standing().facts.campaign) == ("google", "spring")


@pytest.mark.parametrize(
    ("revenue", "text", "points"),
    [
        ({"amount": 1_000_000_000, "currency": "USD"}, "10,000,000 USD", 7),
        ({"amount": 10_000_000, "currency": "JPY"}, "10,000,000 JPY", 7),
        ({"amount": 9_999_999_999, "currency": "KWD"}, "9,999,999.999 KWD", 0),
        ("10.000.000", "10.000.000", 7),
        (10_000_000, "10,000,000", 7),
        ({"amount": 1_000_000_000}, None, 0),
    ],
)
def test_revenue_counts_and_reads_in_whole_units_of_its_currency(
    events: LeadEvents,
    scorer: Scorer,
    agreement: Agreement,
    changed_terms: Callable[..., Terms],
    revenue: str | int | dict[str, str | int],
    text: str | None,
    points: int,
) -> None:
    model = agreement.scoring.models[0]
    rule = FitRule(name="large", points=7, when=(Condition(fact="revenue", at_least=10_000_000),))
    fit_terms = model.fit.model_copy(update={"further": (rule,)})
    scorer.terms = changed_terms(models=(model.model_copy(update={"fit": fit_terms}),))
    scorer.read(events.captured(revenue=revenue))
    assert (scorer.standing().facts.revenue, scorer.standing().fit) == (text, points)
