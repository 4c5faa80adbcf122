"""Who the lead is, as far as the surviving facts say: what fit, gate and routing look at."""

from collections.abc import Collection, Mapping, Set
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from agreement.readers.companies import SHARED_MAIL
from agreement.readers.countries import read_country
from agreement.readers.head_counts import HeadCount, read_head_count
from agreement.survivorship import COMPANY_FACTS, PINNED, Claim, claims_about
from events.leads import KnownFact
from scoring.decide.disputes import list_disputes
from scoring.decide.enrichment import money_text, split_words, whole_amount
from scoring.decide.origin import source_of
from scoring.decide.state import Company, Facts, Lead, claims_of, texts_of
from scoring.decide.terms import Terms

_NAMES: Final = ("name", "first_name", "last_name")
_PERSON: Final = (*_NAMES, "title")
_COMPANY: Final = (*COMPANY_FACTS, "customer")
_ALL: Final = (*_PERSON, *_COMPANY, "domain")
MAIL: Final = "email"
"""The channel of consent by which nurture writes."""
UNSUBSCRIBED: Final = "unsubscribed"
"""Fact of the person: whether the newest word on consent for mail was a no."""
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class Profile(Struct, frozen=True):
    """What the facts that survive say of a lead, as fit, gate, completeness and routing ask for it."""

    values: dict[str, Any]
    """Facts of the agreement's conditions (`employees`, `industry_class`, `seniority`, …); unknown ones are absent."""
    times: dict[str, datetime]
    head_count: HeadCount | None
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
    unclear: tuple[str, ...]
    """Facts that were given and could not be read, and `company` where its name contradicts that of its domain."""
    unsubscribed: bool
    """From mail."""
    disputed: tuple[str, ...]
    """Facts that wait for a steward."""
    contrary: tuple[KnownFact, ...]
    """What the company's record says of them where it does not decide."""


def company_domain(facts: Facts, terms: Terms) -> str | None:
    """The domain under which the company is looked up: none for shared ones (`agreement.readers.companies`).

    What is claimed as the domain comes before the domain of the address.
    """
    claim = terms.survivorship.survivor("domain", claims_of("domain", facts))
    companies = terms.enricher.companies
    domain = companies.site_company(str(claim.value)) if claim else None
    if domain is None and (mail_domain := _mail(facts, terms)[1]):
        domain = companies.mail_company(mail_domain)
    return domain


def company_name(facts: Facts, terms: Terms) -> str | None:
    """What the person's own sources call the company; None as well where a person has settled which domain it has."""
    domain = terms.survivorship.survivor("domain", claims_of("domain", facts))
    claim = terms.survivorship.survivor("company", claims_of("company", facts))
    return None if claim is None or (domain is not None and domain.source in PINNED) else str(claim.value)


def build_profile(lead: Lead, facts: Facts, company: Company | None, terms: Terms) -> Profile:
    """From what survives of the lead's own facts, its company's, and the accounts file's."""
    claims = _claims(lead, facts, company, terms)
    survivors = {name: one for name, some in claims.items() if (one := terms.survivorship.survivor(name, some))}
    raw = {name: claim.value for name, claim in survivors.items()}
    at = {name: claim.at for name, claim in survivors.items()}
    recorded = _recorded(survivors, facts, company)
    derived = _Derived(raw, at, terms)
    values = derived.values
    text = str(raw["company"]) if "company" in raw else None
    local, mail_domain = _mail(facts, terms)
    flags: Set[str] = terms.enricher.companies.flags(mail_domain) if mail_domain else frozenset()
    if _test_words(facts, raw, local, terms):
        flags = {*flags, "test_record"}
    disqualified = _disqualified(lead, derived, flags, text, terms)
    real_mail = mail_domain is not None and "disposable" not in flags and "test_record" not in disqualified
    placeholder, made_up = terms.survivorship.is_placeholder, terms.enricher.made_up
    known = {
        "email": real_mail,
        "company": text is not None and not made_up(text),
        "job_title": "title" in raw and not made_up(str(raw["title"])),
        "lead_source": (source := source_of(lead)) is not None and not placeholder(source),
        "name": any(name in raw and not made_up(str(raw[name])) for name in _NAMES),
    }
    unclear = (*derived.unclear, *(("company",) if lead.contradicts else ()))
    disputed = tuple(list_disputes(claims, survivors, unclear, terms))
    return Profile(
        values=values,
        times=derived.times,
        head_count=derived.head_count,
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
        unclear=unclear,
        unsubscribed=any(claim.value is True for claim in claims_of(UNSUBSCRIBED, facts)),
        disputed=disputed,
        contrary=_contrary(disputed, survivors, facts, company),
    )


def _claims(lead: Lead, own: Facts, company: Company | None, terms: Terms) -> dict[str, Collection[Claim]]:
    """By name of the fact: all that is claimed of it (domain, section 11)."""
    assert lead.since is not None  # noqa: S101  (set with the first event)
    account = terms.accounts.get(lead.domain) if lead.domain else None
    recorded = company.facts if company is not None else {}
    if not recorded and account is None:
        return {name: own[name].values() for name in _ALL if own.get(name)}
    every = dict[str, Collection[Claim]]()
    for name in _ALL:
        claims: Collection[Claim] = own[name].values() if name in own else ()
        if name in _COMPANY:
            claims = claims_about(name, claims, claims_of(name, recorded), account, lead.since)
        if claims:
            every[name] = claims
    return every


def _recorded(survivors: Mapping[str, Claim], own: Facts, company: Company | None) -> tuple[KnownFact, ...]:
    """The survivors that the company's record claims and the person's own sources do not."""
    if company is None or not company.facts:
        return ()
    return tuple(
        KnownFact(name=name, value=claim.value, source=claim.source, at=claim.at)
        for name, claim in survivors.items()
        if claim in claims_of(name, company.facts) and claim not in claims_of(name, own)
    )


def _contrary(
    disputed: tuple[str, ...], survivors: Mapping[str, Claim], own: Facts, company: Company | None
) -> tuple[KnownFact, ...]:
    """Claims of the company's record about these facts that neither decide nor are the person's own sources'."""
    if not disputed or company is None:
        return ()
    return tuple(
        KnownFact(name=name, value=claim.value, source=claim.source, at=claim.at)
        for name in disputed
        for claim in claims_of(name, company.facts)
        if claim != survivors.get(name) and claim not in claims_of(name, own)
    )


def _contested(fact: KnownFact, own: Facts, terms: Terms) -> bool:
    """Whether one of the person's own claims would decide, were that of the record an old one."""
    old = Claim(fact.value, fact.source, _LONG_AGO)
    return terms.survivorship.survivor(fact.name, [*claims_of(fact.name, own), old]) != old


class _Derived:
    """Facts of the agreement's conditions, each with the instant of the fact it was read from, and what is unclear."""

    def __init__(self, raw: dict[str, Any], at: dict[str, datetime], terms: Terms) -> None:
        self.values: dict[str, Any] = {}
        self.times: dict[str, datetime] = {}
        self.head_count: HeadCount | None = None
        self.unclear: list[str] = []
        self._at = at
        enricher = terms.enricher
        if "employees" in raw:
            self.head_count = read_head_count(raw["employees"])
            self._read("employees", self.head_count and self.head_count.number)
        if "industry" in raw:
            text = str(raw["industry"]).strip()
            industry = enricher.industry(text)
            self._read("industry", industry and industry.name)
            self._put("industry", industry.name if industry else text, "industry")
            self._put("industry_class", industry and industry.industry_class, "industry")
        if "country" in raw:
            country = read_country(str(raw["country"]))
            self._read("country", country)
            self._put("geography", country and enricher.geography(country), "country")
        if "title" in raw:
            seniority, function = enricher.role(str(raw["title"]))
            self._put("title", str(raw["title"]), "title")
            self._put("seniority", seniority, "title")
            self._put("function", function, "title")
        if "revenue" in raw:
            self._put("revenue", whole_amount(raw["revenue"]), "revenue")
        if "tech_stack" in raw:
            self._put("tech_stack", split_words(raw["tech_stack"]), "tech_stack")

    def _read(self, name: str, value: Any) -> None:
        """Puts a fact that was to be read; what could not be is unclear."""
        if value is None:
            self.unclear.append(name)
        self._put(name, value, name)

    def _put(self, name: str, value: Any, source: str) -> None:
        if value is not None:
            self.values[name], self.times[name] = value, self._at[source]


def _disqualified(lead: Lead, derived: _Derived, flags: Set[str], company: str | None, terms: Terms) -> list[str]:
    """Names of those that hold, in the agreement's order."""
    enricher, values, employees = terms.enricher, derived.values, derived.head_count
    own = {*flags, *(enricher.companies.flags(lead.domain) if lead.domain else ())}
    holds = {
        "student": values.get("seniority") == "student",
        "excluded_industry": values.get("industry_class") == "excluded",
        "unsupported_country": values.get("geography") == "not_served",
        "competitor": "competitor" in own,
        "own_staff": "own_staff" in own,
        "test_record": "test_record" in own,
        "free_mail": not SHARED_MAIL.isdisjoint(flags) and lead.domain is None,
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


def _yes(value: Any) -> bool:
    """Whether tools mean "is a customer"."""
    return value is True or (isinstance(value, str) and value.strip().casefold() in ("true", "yes", "1", "customer"))
