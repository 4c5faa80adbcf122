"""What a steward is asked about: contradictions of trusted sources, and what no hard rule could read."""

from collections.abc import Collection, Mapping
from itertools import combinations
from typing import Any, Final

from agreement.readers.countries import read_country
from agreement.readers.head_counts import read_head_count
from agreement.survivorship import PINNED, STEWARD, Claim
from scoring.decide.terms import Terms

_HARD_RULES: Final = {"country": "unsupported_country", "industry": "excluded_industry"}
"""Facts on which a disqualifier rests."""
_COMPANY: Final = "company"

AllClaims = Mapping[str, Collection[Claim]]
"""By name of a fact, all that is claimed of it."""


def list_disputes(
    claims: AllClaims, survivors: Mapping[str, Claim], unclear: Collection[str], terms: Terms
) -> list[str]:
    """Names of facts that wait for a steward, in order. A steward's word ends it until a source says something new.

    `unclear` are those that could not be read, and `company` where its name contradicts that of its domain.
    """
    names = set[str]()
    for name in unclear:
        rule = _HARD_RULES.get(name)
        if name == _COMPANY or (rule is not None and terms.severity.get(rule) == "hard"):
            names.add(name)
    for name in terms.disputable:
        some = claims.get(name, ())
        if (
            len(some) > 1
            and name in survivors
            and survivors[name].source not in PINNED
            and _contradict(name, some, terms)
        ):
            names.add(name)
    return sorted(name for name in names if not _answered(name, claims)) if names else []


def _answered(name: str, claims: AllClaims) -> bool:
    """Whether a steward spoke last about it; about the company also by naming its domain."""
    word = max((one.at for one in claims.get(name, ()) if one.source == STEWARD), default=None)
    if word is None:
        return name == _COMPANY and any(one.source == STEWARD for one in claims.get("domain", ()))
    return all(one.at <= word for one in claims.get(name, ()))


def _contradict(name: str, claims: Collection[Claim], terms: Terms) -> bool:
    """Whether two trusted sources say what decides differently."""
    answers = [
        one.value
        for one in claims
        if one.source in terms.trusted and one.value is not None and not terms.survivorship.is_placeholder(one.value)
    ]
    return any(_differ(name, one, other, terms) for one, other in combinations(answers, 2))


def _differ(name: str, one: Any, other: Any, terms: Terms) -> bool:
    """Whether both can be read, and mean another thing."""
    if name == _COMPANY:
        return terms.enricher.companies.contradict(str(one), str(other), "")
    meaning, another = (_meaning(name, value, terms) for value in (one, other))
    return meaning is not None and another is not None and meaning != another


def _meaning(name: str, value: Any, terms: Terms) -> Any:
    """What follows from a value: the band of a head count, the class of an industry. None for what cannot be read."""
    match name:
        case "employees":
            count = read_head_count(value)
            bands = (place for place, band in enumerate(terms.size_bands) if count is not None and count.lies_in(band))
            return next(bands, None)
        case "industry":
            industry = terms.enricher.industry(str(value))
            return industry and industry.industry_class
        case "country":
            return read_country(str(value))
        case "domain":
            return terms.enricher.companies.site_company(str(value))
        case _:
            return str(value).strip().casefold()
