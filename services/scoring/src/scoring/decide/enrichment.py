"""What can be known without asking anybody: role, industry and country of a text, whose a domain is, amounts."""

import re
from functools import lru_cache
from typing import Any, Final

from agreement.definitions import Definitions
from agreement.readers.companies import CompanyReader
from agreement.readers.head_counts import HeadCount
from agreement.readers.industries import IndustryReader
from agreement.readers.roles import RoleReader
from agreement.readers.words import plain, whole_words
from events.vocabulary import Money

_NUMBER: Final = re.compile(r"\d+")
_THOUSANDS: Final = re.compile(r"(?<=\d)[.,' ](?=\d{3}(?!\d))")
_CACHED: Final = 8192
_DIGITS: Final = 15
_LETTERS: Final = 2
"""Different letters that a word has at least."""


class Enricher:
    """Word lists of the agreement, compiled; answers are remembered, because titles and domains repeat."""

    def __init__(self, definitions: Definitions) -> None:
        lists = definitions.disqualifying
        self.role = RoleReader(definitions).read
        self.industry = IndustryReader(definitions).read
        self.companies = CompanyReader(definitions)
        self._geographies = {country: term.name for term in definitions.geographies for country in term.countries}
        self._agency = whole_words(lists.agency_words)
        self._test_words = frozenset(word.casefold() for word in lists.test_words)
        self._placeholders = frozenset(definitions.placeholders)
        self._tiny = lists.tiny_company
        self.made_up = lru_cache(_CACHED)(self._made_up)
        self.made_of_test_words = lru_cache(_CACHED)(self._made_of_test_words)
        self._says_agency = lru_cache(_CACHED)(lambda text: self._agency.search(plain(text)) is not None)

    def geography(self, country: str) -> str:
        """The agreement's geography of a country (ISO 3166 alpha-2); `other` when it is in no list."""
        return self._geographies.get(country, "other")

    def tiny(self, employees: HeadCount) -> bool:
        """Whether a company of so many employees is too small, whoever of the range it is (domain, section 2)."""
        return employees.lies_in(self._tiny)

    def agency(self, *texts: str | None) -> bool:
        """Whether one of the texts has a word by which agencies call themselves (domain, section 2)."""
        return any(text is not None and self._says_agency(text) for text in texts)

    def _made_up(self, text: str) -> bool:
        """Nobody is called like this: test words, placeholders, no letter, one letter again and again, an address."""
        words = re.findall(r"[^\W\d_]+", text.casefold())
        fakes = all(
            word in self._test_words or word in self._placeholders or len(set(word)) < _LETTERS for word in words
        )
        return (fakes and sum(map(len, words)) != 1) or "@" in text

    def _made_of_test_words(self, text: str) -> bool:
        """`Test Test` is; `Test Miller` is a person."""
        words = re.findall(r"[^\W\d_]+", text.casefold())
        return bool(words) and all(word in self._test_words for word in words)


def _whole_number(value: Any) -> int | None:
    """An amount: `120`, `"1,200"`, `"1.200"`, `"10-20"` (the lower end). Numbers nobody could mean are no answer."""
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
        return _whole_number(int(money.major)) if money else None
    return _whole_number(value)


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
