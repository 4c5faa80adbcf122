"""What the world says, in our words: roles, industries, head counts, companies, sources, and nobody."""

import pytest

from agreement import Agreement
from agreement.readers.companies import CompanyReader, contradict
from agreement.readers.head_counts import read_head_count
from agreement.readers.industries import IndustryReader
from agreement.readers.names import name_of
from agreement.readers.nobody import Nobody
from agreement.readers.roles import RoleReader
from agreement.readers.traffic import TrafficReader, source_name
from agreement.types import Range
from events.leads import Campaign


@pytest.mark.parametrize(
    ("title", "seniority"),
    [
        ("Director of Student Success", "director"),
        ("Student Success Director", "director"),
        ("VP, Internship Programs", "vp"),
        ("Assistant to the Vice President", "individual"),
        ("assistant to the CEO", "individual"),
        ("VP Assistant", "individual"),
        ("Executive Assistant, Office of the CEO", "individual"),
        ("Vice-President, Sales", "vp"),
        ("VICE PRESIDENT SALES", "vp"),
        ("Vice\u2013President, Sales", "vp"),
        ("VICE\u2014PRESIDENT \u2013 STUDENTS", "vp"),
        ("Director \u2013 Student Affairs", "director"),
        ("V.P. Sales", "vp"),
        ("Chief Executive Officer", "c_suite"),
        ("C.E.O.", "c_suite"),
        ("Founder/CEO", "c_suite"),
        ("Co-Founder", "c_suite"),
        ("Managing Director", "c_suite"),
        ("Director - Student Affairs", "director"),
        ("Assistant Director, Admissions", "director"),
        ("Leiter der Studentenberatung", "director"),
        ("Gesch\u00e4ftsf\u00fchrerin", "c_suite"),
        ("Manager, Student Loans", "manager"),
        ("Internship Coordinator", "individual"),
        ("Sales Intern", "student"),
        ("Intern, Marketing", "student"),
        ("PhD student at MIT", "student"),
        ("Working student", "student"),
        ("EA to CEO", "individual"),
        ("PA to the Vice President of Sales", "individual"),
        ("Lead Generation Specialist", "individual"),
        ("Marketing Operations Lead", "manager"),
        ("Directora de Ventas", "director"),
        ("Student Advisor", None),
        *[("Mitglied der Gesch\u00e4ftsleitung", "c_suite"), ("Mitglied des Vorstands", "c_suite")],
        *[("Gesch\u00e4ftsf\u00fchrender Gesellschafter", "c_suite"), ("Generaldirektor", "c_suite")],
        *[("Mitglied des Betriebsrats", None), ("Vertriebsassistenz", "individual")],
        *[("Directora Ejecutiva", "c_suite"), ("Asistente de Direcci\u00f3n", "individual")],
        *[("Representante de ventas", "individual"), ("Repr\u00e9sentant commercial", "individual")],
        *[("Secr\u00e9taire de direction", "individual"), ("Secr\u00e9taire g\u00e9n\u00e9ral", "director")],
        *[
            ("Sekret\u00e4rin der Gesch\u00e4ftsf\u00fchrung", "individual"),
            ("Ing\u00e9nieur commercial", "individual"),
        ],
        *[("Studentische Hilfskraft", "student"), ("Pasante de marketing", "student")],
        *[("Alumno en pr\u00e1cticas", "student"), ("Jefe de pr\u00e1cticas", "manager")],
        ("Office of the CEO", None),
        ("Wizard", None),
        ("", None),
    ],
)
def test_a_title_names_a_role_and_says_of_what(agreement: Agreement, title: str, seniority: str | None) -> None:
    assert RoleReader(agreement.definitions).read(title).seniority == seniority


@pytest.mark.parametrize(
    ("text", "name", "industry_class"),
    [
        ("COMPUTER_SOFTWARE", "Technology", "target"),
        ("GOVERNMENT_ADMINISTRATION", "Government", "excluded"),
        ("HIGHER_EDUCATION", "Education", "excluded"),
        ("NON_PROFIT_ORGANIZATION_MANAGEMENT", "Non-profit", "excluded"),
        ("HOSPITAL_HEALTH_CARE", "Healthcare", "secondary"),
        ("Hospital & Health Care", "Healthcare", "secondary"),
        ("b2b saas", "B2B SaaS", "target"),
        ("Software as a Service (SaaS)", "B2B SaaS", "target"),
        ("Non-Profit Organization", "Non-profit", "excluded"),
        ("Charities", "Non-profit", "excluded"),
        ("State & Local Government", "Government", "excluded"),
        ("Schools", "Education", "excluded"),
        ("universities", "Education", "excluded"),
        ("Law Firms", "Professional services", "target"),
    ],
)
def test_industries_as_people_and_tools_write_them(
    agreement: Agreement, text: str, name: str, industry_class: str
) -> None:
    assert IndustryReader(agreement.definitions).read(text) == (name, industry_class)


PROVIDER_CODES = """
    ACCOUNTING AIRLINES_AVIATION ALTERNATIVE_DISPUTE_RESOLUTION ALTERNATIVE_MEDICINE ANIMATION APPAREL_FASHION
    ARCHITECTURE_PLANNING ARTS_AND_CRAFTS AUTOMOTIVE AVIATION_AEROSPACE BANKING BIOTECHNOLOGY BROADCAST_MEDIA
    BUILDING_MATERIALS BUSINESS_SUPPLIES_AND_EQUIPMENT CAPITAL_MARKETS CHEMICALS CIVIC_SOCIAL_ORGANIZATION
    CIVIL_ENGINEERING COMMERCIAL_REAL_ESTATE COMPUTER_NETWORK_SECURITY COMPUTER_GAMES COMPUTER_HARDWARE
    COMPUTER_NETWORKING COMPUTER_SOFTWARE INTERNET CONSTRUCTION CONSUMER_ELECTRONICS CONSUMER_GOODS
    CONSUMER_SERVICES COSMETICS DAIRY DEFENSE_SPACE DESIGN EDUCATION_MANAGEMENT E_LEARNING
    ELECTRICAL_ELECTRONIC_MANUFACTURING ENTERTAINMENT ENVIRONMENTAL_SERVICES EVENTS_SERVICES EXECUTIVE_OFFICE
    FACILITIES_SERVICES FARMING FINANCIAL_SERVICES FINE_ART FISHERY FOOD_BEVERAGES FOOD_PRODUCTION FUND_RAISING
    FURNITURE GAMBLING_CASINOS GLASS_CERAMICS_CONCRETE GOVERNMENT_ADMINISTRATION GOVERNMENT_RELATIONS
    GRAPHIC_DESIGN HEALTH_WELLNESS_AND_FITNESS HIGHER_EDUCATION HOSPITAL_HEALTH_CARE HOSPITALITY HUMAN_RESOURCES
    IMPORT_AND_EXPORT INDIVIDUAL_FAMILY_SERVICES INDUSTRIAL_AUTOMATION INFORMATION_SERVICES
    INFORMATION_TECHNOLOGY_AND_SERVICES INSURANCE INTERNATIONAL_AFFAIRS INTERNATIONAL_TRADE_AND_DEVELOPMENT
    INVESTMENT_BANKING INVESTMENT_MANAGEMENT JUDICIARY LAW_ENFORCEMENT LAW_PRACTICE LEGAL_SERVICES
    LEGISLATIVE_OFFICE LEISURE_TRAVEL_TOURISM LIBRARIES LOGISTICS_AND_SUPPLY_CHAIN LUXURY_GOODS_JEWELRY MACHINERY
    MANAGEMENT_CONSULTING MARITIME MARKET_RESEARCH MARKETING_AND_ADVERTISING MECHANICAL_OR_INDUSTRIAL_ENGINEERING
    MEDIA_PRODUCTION MEDICAL_DEVICES MEDICAL_PRACTICE MENTAL_HEALTH_CARE MILITARY MINING_METALS
    MOTION_PICTURES_AND_FILM MUSEUMS_AND_INSTITUTIONS MUSIC NANOTECHNOLOGY NEWSPAPERS
    NON_PROFIT_ORGANIZATION_MANAGEMENT OIL_ENERGY ONLINE_MEDIA OUTSOURCING_OFFSHORING PACKAGE_FREIGHT_DELIVERY
    PACKAGING_AND_CONTAINERS PAPER_FOREST_PRODUCTS PERFORMING_ARTS PHARMACEUTICALS PHILANTHROPY PHOTOGRAPHY
    PLASTICS POLITICAL_ORGANIZATION PRIMARY_SECONDARY_EDUCATION PRINTING PROFESSIONAL_TRAINING_COACHING
    PROGRAM_DEVELOPMENT PUBLIC_POLICY PUBLIC_RELATIONS_AND_COMMUNICATIONS PUBLIC_SAFETY PUBLISHING
    RAILROAD_MANUFACTURE RANCHING REAL_ESTATE RECREATIONAL_FACILITIES_AND_SERVICES RELIGIOUS_INSTITUTIONS
    RENEWABLES_ENVIRONMENT RESEARCH RESTAURANTS RETAIL SECURITY_AND_INVESTIGATIONS SEMICONDUCTORS SHIPBUILDING
    SPORTING_GOODS SPORTS STAFFING_AND_RECRUITING SUPERMARKETS TELECOMMUNICATIONS TEXTILES THINK_TANKS TOBACCO
    TRANSLATION_AND_LOCALIZATION TRANSPORTATION_TRUCKING_RAILROAD UTILITIES VENTURE_CAPITAL_PRIVATE_EQUITY
    VETERINARY WAREHOUSING WHOLESALE WINE_AND_SPIRITS WIRELESS WRITING_AND_EDITING
"""
"""All industries of a CRM that many have."""


def test_every_code_of_a_provider_is_an_industry_of_the_agreement(agreement: Agreement) -> None:
    reader = IndustryReader(agreement.definitions)
    assert [code for code in PROVIDER_CODES.split() if reader.read(code) is None] == []
    assert [text for text in ("Basket weaving", "Business", "N/A", "") if reader.read(text)] == []


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        *[(150, 150, 150), (150.7, 150, 150), ("150.0", 150, 150), ("1,200", 1200, 1200), ("1.200", 1200, 1200)],
        *[("1.5k", 1500, 1500), ("1,5k", 1500, 1500), ("1 200", 1200, 1200), ("~200", 200, 200), ("1M", 10**6, 10**6)],
        *[("10k-50k", 10_000, 50_000), ("10-50k", 10_000, 50_000), ("51-200", 51, 200), ("11 - 50 people", 11, 50)],
        *[("501-1,000 employees", 501, 1000), ("50 to 100", 50, 100), ("10\u201350", 10, 50)],
        *[("51\u2212200", 51, 200), ("c. 150", 150, 150)],
        *[("5K+", 5000, None), ("1000+", 1000, None), ("10,001+ employees", 10_001, None), (">500", 501, None)],
        *[("< 50", None, 49), ("<=50", None, 50), ("less than 10", None, 9), ("up to 50", None, 50)],
    ],
)
def test_head_counts(value: float | str, low: int | None, high: int | None) -> None:
    count = read_head_count(value)
    assert count == (low, high)
    assert count is not None
    assert read_head_count(count.fact) == count, "the value of the fact is read as the same"


@pytest.mark.parametrize(
    "value", ["a few", "", "2026-01-01", "15.5.2020", "-5", "9" * 20, True, None, float("nan"), "50-10"]
)
def test_what_is_no_head_count_is_unknown(value: object) -> None:
    assert read_head_count(value) is None


@pytest.mark.parametrize(
    ("text", "lies"),
    [("51-200", True), ("200+", False), ("< 50", False), ("60", True), ("< 100", False), ("51-201", False)],
)
def test_a_range_lies_in_a_band_with_all_of_it(text: str, lies: bool) -> None:
    count = read_head_count(text)
    assert count is not None
    assert count.lies_in(Range(at_least=51, at_most=200)) is lies


@pytest.mark.parametrize(
    ("word", "nobody"),
    [
        *[(word, True) for word in ("undefined", "NULL", "0", "[object Object]", "NaN", " guest ", '"undefined"', "")],
        *[("{{user.id}}", True), ("${userId}", True), ("undefined@acme.com", True), ("null@null", True)],
        *[
            ("u-1", False),
            ("ann@acme.com", False),
            *[
                (word, True)
                for word in ("[user]", "<user>", "<USER ID>", "%%id%%", "{{user_id}}", "{user_id}", "%user-id%")
            ],
            *[(word, True) for word in ("#{user.id}", "%7B%7Buser_id%7D%7D", "[[id]]", "${id}", "test", "Test")],
            *[
                (word, False)
                for word in ("<ann@acme.com>", "<CAF+x7@mail.example>", "[u-17]", "<8c1f>", "50%", "[", "<>x")
            ],
            *[
                (word, False)
                for word in ("{3f2504e0-4f89-11d3-9a0c-0305e82c3301}", "test@acme.com", "testarossa", "%7B")
            ],
            ("00", False),
            ("guesthouse@acme.com", False),
            ("guest@inn.example", False),
            ("user@acme.com", False),
        ],
    ],
)
def test_words_that_name_nobody(agreement: Agreement, word: str, nobody: bool) -> None:
    assert Nobody(agreement.definitions).is_named(word) is nobody


@pytest.mark.parametrize(
    ("domain", "company"),
    [
        *[("mail.acme.co.uk", "acme.co.uk"), ("acme.example", "acme.example"), ("acme.uk.com", "acme.uk.com")],
        *[
            ("gmail.com", None),
            ("mailinator.com", None),
            ("privaterelay.appleid.com", None),
            ("linkedin.com", "linkedin.com"),
        ],
    ],
)
def test_the_company_of_an_address(agreement: Agreement, domain: str, company: str | None) -> None:
    assert CompanyReader(agreement.definitions).mail_company(domain) == company


@pytest.mark.parametrize(
    ("site", "company"),
    [
        *[
            ("https://www.acme.com/about", "acme.com"),
            ("http://shop.acme.co.uk:80/a?b", "acme.co.uk"),
            ("ACME.com.", "acme.com"),
        ],
        *[("https://www.linkedin.com/company/acme", None), ("facebook.com/acme", None), ("acme.wixsite.com", None)],
        *[("https://acme.github.io/x", None), ("sites.google.com/view/acme", None), ("acme", None), ("10.0.0.1", None)],
    ],
)
def test_the_company_of_a_website(agreement: Agreement, site: str, company: str | None) -> None:
    assert CompanyReader(agreement.definitions).site_company(site) == company


@pytest.mark.parametrize(
    ("one", "other", "contradicting"),
    [
        *[("Acme", "Acme Corporation", False), ("ACME Europe GmbH", "Acme", False), ("Akme Inc", "Acme", False)],
        *[("IBM", "International Business Machines", False), ("NorthwindMetrics", "Northwind Metrics Ltd", False)],
        *[("Alpha GmbH", "Beta Inc", True), ("Globex Software", "Initech Software", True), ("Alpha", "", False)],
    ],
)
def test_names_contradict_when_they_cannot_be_one_company(one: str, other: str, contradicting: bool) -> None:
    assert contradict(one, other) is contradicting
    assert contradict(other, one) is contradicting


@pytest.mark.parametrize(
    ("campaign", "traffic"),
    [
        (None, "direct"),
        (Campaign(source="Google"), "organic"),
        (Campaign(source="google", medium="CPC"), "paid"),
        (Campaign(source="news.google.com"), "organic"),
        (Campaign(source="linkedin.com"), "social"),
        (Campaign(name="june", medium="e-mail"), "email"),
        (Campaign(source="friends.com"), "referral"),
        (Campaign(referral="partner-1"), "partner"),
    ],
)
def test_traffic_is_classed_by_medium_then_source(
    agreement: Agreement, campaign: Campaign | None, traffic: str
) -> None:
    assert TrafficReader(agreement.events).read(campaign) == traffic


def test_a_name_is_cut_where_no_index_would_hold_it_and_none_stays_none() -> None:
    assert [name_of(one) for one in (None, "", "Acme")] == [None, "", "Acme"]
    assert [len(name_of("ü" * long) or "") for long in (254, 255, 256, 9000)] == [254, 255, 255, 255]


def test_names_of_sources_fold_case_and_blanks() -> None:
    assert {source_name(text) for text in ("Google Ads", " google  ads ", "GOOGLE ADS")} == {"google ads"}
