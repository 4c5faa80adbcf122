"""Who the lead is, as far as the surviving facts say: what fit, gate and routing look at."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from agreement.survivorship import COMPANY_FACTS, Claim, claims_about
from events.leads import KnownFact
from scoring.decide.enrichment import money_text, split_words, whole_amount, whole_number
from scoring.decide.state import Company, Facts, Lead, claims_of, texts_of
from scoring.decide.terms import Terms

_NAMES: Final = ("name", "first_name", "last_name")
_PERSON: Final = (*_NAMES, "title")
_COMPANY: Final = (*COMPANY_FACTS, "customer")
MAIL: Final = "email"
"""The channel of consent by which nurture writes."""
UNSUBSCRIBED: Final = "unsubscribed"
"""Fact of the person: whether the newest word on consent for mail was a no."""
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Profile:
    """What the facts that survive say of a lead, as fit, gate, completeness and routing ask for it."""

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
    completeness_fields: frozenset[str]
    """Those that are known of what completeness asks for: email, company, job_title, lead_source, name."""
    recorded: tuple[KnownFact, ...]
    """Facts that the company's own record decides, as it claims them."""
    contested: frozenset[str]
    """Names of those of them that another answer would decide, were the record's an old one."""
    unsubscribed: bool
    """From mail."""


def company_domain(facts: Facts, terms: Terms) -> str | None:
    """The domain under which the company is looked up: none for free and disposable mail."""
    claim = terms.survivorship.survivor("domain", claims_of("domain", facts))
    domain = bare_domain(str(claim.value)) if claim else _mail(facts, terms)[1]
    return domain if domain and not terms.enricher.domain_flags(domain) & {"free", "disposable"} else None


def build_profile(lead: Lead, facts: Facts, company: Company | None, terms: Terms) -> Profile:
    """From what survives of the lead's own facts, its company's, and the accounts file's."""
    survivors = _survivors(lead, facts, company, terms)
    raw = {name: claim.value for name, claim in survivors.items()}
    at = {name: claim.at for name, claim in survivors.items()}
    recorded = _recorded(survivors, facts, company)
    values, times = _derived(raw, at, terms)
    text = str(raw["company"]) if "company" in raw else None
    local, mail_domain = _mail(facts, terms)
    flags = terms.enricher.domain_flags(mail_domain) if mail_domain else frozenset[str]()
    if _test_words(facts, raw, local, terms):
        flags |= {"test_record"}
    disqualified = _disqualified(lead, values, flags, text, terms)
    real_mail = mail_domain is not None and "disposable" not in flags and "test_record" not in disqualified
    known = {
        "email": real_mail,
        "company": text is not None,
        "job_title": "title" in raw,
        "lead_source": lead.source is not None and not terms.survivorship.is_placeholder(lead.source),
        "name": any(name in raw for name in _NAMES),
    }
    return Profile(
        values=values,
        times=times,
        company=text,
        domain=lead.domain,
        revenue=money_text(raw.get("revenue")),
        tech_stack=split_words(raw.get("tech_stack")),
        customer=_yes(raw.get("customer")) or lead.domain in terms.customers,
        hard=tuple(name for name in disqualified if terms.severity[name] == "hard"),
        soft=tuple(name for name in disqualified if terms.severity[name] == "soft"),
        completeness_fields=frozenset(name for name, holds in known.items() if holds),
        recorded=recorded,
        contested=frozenset(fact.name for fact in recorded if _contested(fact, facts, terms)),
        unsubscribed=any(claim.value is True for claim in claims_of(UNSUBSCRIBED, facts)),
    )


def _survivors(lead: Lead, own: Facts, company: Company | None, terms: Terms) -> dict[str, Claim]:
    """By name of the fact: the claim that counts (domain, section 11)."""
    assert lead.since is not None  # noqa: S101  (set with the first event)
    account = terms.accounts.get(lead.domain) if lead.domain else None
    survivors = dict[str, Claim]()
    for name in (*_PERSON, *_COMPANY):
        claims: Collection[Claim] = own[name].values() if name in own else ()
        if name in _COMPANY and (company or account):
            claims = claims_about(name, claims, claims_of(name, company.facts) if company else (), account, lead.since)
        if claims and (claim := terms.survivorship.survivor(name, claims)):
            survivors[name] = claim
    return survivors


def _recorded(survivors: Mapping[str, Claim], own: Facts, company: Company | None) -> tuple[KnownFact, ...]:
    """The survivors that the company's record claims and the person's own sources do not."""
    if company is None:
        return ()
    return tuple(
        KnownFact(name=name, value=claim.value, source=claim.source, at=claim.at)
        for name, claim in survivors.items()
        if claim in claims_of(name, company.facts) and claim not in claims_of(name, own)
    )


def _contested(fact: KnownFact, own: Facts, terms: Terms) -> bool:
    """Whether one of the person's own claims would decide, were that of the record an old one."""
    old = Claim(fact.value, fact.source, _LONG_AGO)
    return terms.survivorship.survivor(fact.name, [*claims_of(fact.name, own), old]) != old


def _derived(raw: dict[str, Any], at: dict[str, datetime], terms: Terms) -> tuple[dict[str, Any], dict[str, datetime]]:
    """Facts of the agreement's conditions, each with the instant of the fact it was read from."""
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
        put("revenue", whole_amount(raw["revenue"]), "revenue")
    if "tech_stack" in raw:
        put("tech_stack", split_words(raw["tech_stack"]), "tech_stack")
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


def _test_words(facts: Facts, raw: dict[str, Any], local: str, terms: Terms) -> bool:
    """A name, company or address made of test words, and nothing better known."""
    named = next((str(raw[name]) for name in _NAMES if name in raw), None)
    names = [named] if named else [text for name in _NAMES for text in texts_of(name, facts)]
    companies = [str(raw["company"])] if "company" in raw else texts_of("company", facts)
    return any(terms.enricher.made_of_test_words(text) for text in (*names, *companies, local))


def _mail(facts: Facts, terms: Terms) -> tuple[str, str | None]:
    """Local part and domain of the surviving address."""
    claim = terms.survivorship.survivor("email", claims_of("email", facts))
    local, _, domain = str(claim.value).rpartition("@") if claim else ("", "", "")
    return local, domain.casefold() if local and "." in domain else None


def bare_domain(domain: str) -> str:
    """`https://www.acme.com/about` is `acme.com`."""
    host = domain.casefold().split("//")[-1].split("/")[0].split("@")[-1].split(":")[0].strip()
    return host.removeprefix("www.")


def _yes(value: Any) -> bool:
    """Whether tools mean "is a customer"."""
    return value is True or (isinstance(value, str) and value.strip().casefold() in ("true", "yes", "1", "customer"))
