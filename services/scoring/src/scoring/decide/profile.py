"""Who the lead is, as far as the surviving facts say: what fit, gate and routing look at."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from events.scores import RouteFacts, ScoreLine
from scoring.decide.enrich import money_text, whole_number, words_list
from scoring.decide.facts import candidates, is_placeholder, offline, survivor
from scoring.decide.state import Company, Facts, Lead
from scoring.decide.terms import Terms

_NAMES: Final = ("name", "first_name", "last_name")
_PERSON: Final = (*_NAMES, "title")
_COMPANY: Final = ("company", "employees", "industry", "revenue", "country", "tech_stack", "customer")


@dataclass(frozen=True, slots=True)
class Profile:
    values: dict[str, Any]
    """Facts of the agreement's conditions (`employees`, `industry_class`, `seniority`, …); unknown ones are absent."""
    times: dict[str, datetime]
    company: str | None
    domain: str | None
    revenue: str | None
    tech_stack: tuple[str, ...]
    customer: bool
    hard: tuple[str, ...]
    soft: tuple[str, ...]
    known: frozenset[str]
    """Of what completeness asks: email, company, job_title, lead_source, name."""
    fit: dict[str, tuple[tuple[ScoreLine, ...], int]] = field(default_factory=dict)
    """Lines and their sum by model; kept here once it was asked for, as are the facts for routing by their origin."""
    facts: dict[tuple[object, ...], RouteFacts] = field(default_factory=dict)


def company_domain(facts: Facts, terms: Terms) -> str | None:
    """The domain under which the company is looked up: none for free and disposable mail."""
    said = survivor("domain", terms, facts)
    domain = bare_domain(str(said[0])) if said else _mail(facts, terms)[1]
    return domain if domain and not terms.enricher.domain_flags(domain) & {"free", "disposable"} else None


def draw(lead: Lead, company: Company | None, terms: Terms) -> Profile:
    assert lead.since is not None  # noqa: S101  (set with the first event)
    account = terms.accounts.get(lead.domain) if lead.domain else None
    layers = (lead.facts, company.facts if company else {}, offline(account, lead.since))
    found = {name: survivor(name, terms, lead.facts) for name in _PERSON}
    found |= {name: survivor(name, terms, *layers) for name in _COMPANY}
    raw = {name: said[0] for name, said in found.items() if said}
    at = {name: said[1] for name, said in found.items() if said}
    values, times = _derived(raw, at, terms)
    text = str(raw["company"]) if "company" in raw else None
    local, mail_domain = _mail(lead.facts, terms)
    flags = terms.enricher.domain_flags(mail_domain) if mail_domain else frozenset[str]()
    if _test_words(lead, raw, local, terms):
        flags |= {"test_record"}
    disqualified = _disqualified(lead, values, flags, text, terms)
    real_mail = mail_domain is not None and "disposable" not in flags and "test_record" not in disqualified
    asked = {
        "email": real_mail,
        "company": text is not None,
        "job_title": "title" in raw,
        "lead_source": lead.source is not None and not is_placeholder(lead.source, terms),
        "name": any(name in raw for name in _NAMES),
    }
    return Profile(
        values=values,
        times=times,
        company=text,
        domain=lead.domain,
        revenue=money_text(raw.get("revenue")),
        tech_stack=words_list(raw.get("tech_stack")),
        customer=_yes(raw.get("customer")) or lead.domain in terms.customers,
        hard=tuple(name for name in disqualified if terms.severity[name] == "hard"),
        soft=tuple(name for name in disqualified if terms.severity[name] == "soft"),
        known=frozenset(name for name, known in asked.items() if known),
    )


def _derived(raw: dict[str, Any], at: dict[str, datetime], terms: Terms) -> tuple[dict[str, Any], dict[str, datetime]]:
    values: dict[str, Any] = {}
    times: dict[str, datetime] = {}

    def put(name: str, value: Any, source: str) -> None:
        if value is not None:
            values[name], times[name] = value, at[source]

    if "employees" in raw:
        put("employees", whole_number(raw["employees"]), "employees")
    if "industry" in raw:
        industry, industry_class = terms.enricher.industry(str(raw["industry"]))
        put("industry", industry, "industry")
        put("industry_class", industry_class, "industry")
    if "country" in raw and (country := terms.enricher.country(str(raw["country"]))):
        put("country", country, "country")
        put("geography", terms.enricher.geography(country), "country")
    if "title" in raw:
        seniority, function = terms.enricher.title(str(raw["title"]))
        put("title", str(raw["title"]), "title")
        put("seniority", seniority, "title")
        put("function", function, "title")
    if "revenue" in raw:
        amount = raw["revenue"].get("amount") if isinstance(raw["revenue"], dict) else raw["revenue"]
        put("revenue", whole_number(amount), "revenue")
    if "tech_stack" in raw:
        put("tech_stack", words_list(raw["tech_stack"]), "tech_stack")
    return values, times


def _disqualified(
    lead: Lead, values: dict[str, Any], flags: frozenset[str], company: str | None, terms: Terms
) -> list[str]:
    """Names of those that hold, in the agreement's order."""
    enricher, employees = terms.enricher, values.get("employees")
    own = flags | (enricher.domain_flags(lead.domain) if lead.domain else frozenset())
    holds = {
        "student": values.get("seniority") == "student",
        "excluded_industry": values.get("industry_class") == "excluded",
        "unsupported_country": values.get("geography") == "not_served",
        "competitor": "competitor" in own,
        "own_staff": "own_staff" in own,
        "test_record": "test_record" in own,
        "free_mail": bool(flags & {"free", "disposable"}) and lead.domain is None,
        "tiny_company": employees is not None and enricher.tiny(employees),
        "agency": enricher.agency(company, values.get("industry")),
    }
    return [name for name in terms.severity if holds[name]]


def _test_words(lead: Lead, raw: dict[str, Any], local: str, terms: Terms) -> bool:
    """A name, company or address made of test words, and nothing better known."""
    named = next((str(raw[name]) for name in _NAMES if name in raw), None)
    names = [named] if named else [text for name in _NAMES for text in candidates(name, lead.facts)]
    companies = [str(raw["company"])] if "company" in raw else candidates("company", lead.facts)
    return any(terms.enricher.made_of_test_words(text) for text in (*names, *companies, local))


def _mail(facts: Facts, terms: Terms) -> tuple[str, str | None]:
    """Local part and domain of the surviving address."""
    said = survivor("email", terms, facts)
    local, _, domain = str(said[0]).rpartition("@") if said else ("", "", "")
    return local, domain.casefold() if local and "." in domain else None


def bare_domain(domain: str) -> str:
    """`https://www.acme.com/about` is `acme.com`."""
    host = domain.casefold().split("//")[-1].split("/")[0].split("@")[-1].split(":")[0].strip()
    return host.removeprefix("www.")


def _yes(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.strip().casefold() in ("true", "yes", "1", "customer"))
