"""Industries: under our names and their synonyms, also as providers code them (`COMPUTER_SOFTWARE`)."""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from agreement.definitions import Definitions, IndustryClass
from agreement.readers.words import plain

_CACHED: Final = 8192
_AND: Final = re.compile(r"\b(?:and|und|et|y)\b")
_BESIDE: Final = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
"""What stands in brackets beside a name: `Software as a Service (SaaS)`."""
_SHORT: Final = 3
_NO_PLURAL: Final = ("ss", "as", "is", "us")
"""Endings of words that are one already: `business`, `saas`."""


class Industry(NamedTuple):
    """Our name of an industry, and the class by which it counts."""

    name: str
    industry_class: IndustryClass


class IndustryReader:
    """Chapter `definitions`, `industries`, compiled once."""

    def __init__(self, definitions: Definitions) -> None:
        self._known = {
            industry_key(word): Industry(term.name, term.industry_class)
            for term in definitions.industries
            for word in (term.name, *term.synonyms)
        }

    def read(self, text: str) -> Industry | None:
        """The industry of this name or synonym, whatever its case, number and punctuation, also with more in brackets
        beside it; None for what is in no list."""
        return self._known.get(industry_key(text)) or self._known.get(industry_key(_BESIDE.sub(" ", text)))


@lru_cache(_CACHED)
def industry_key(text: str) -> str:
    """What is compared of an industry's name: `Hospitals & Health Care` and `HOSPITAL_HEALTH_CARE` are one."""
    return " ".join(_singular(word) for word in _AND.sub(" ", plain(text)).split())


def _singular(word: str) -> str:
    """Of an English word: `charities` is `charity`, `schools` `school`."""
    if len(word) <= _SHORT or word.endswith(_NO_PLURAL):
        return word
    return f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")
