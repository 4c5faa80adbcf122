"""Industries: under our names and their synonyms, also as providers code them (`COMPUTER_SOFTWARE`)."""

import re
from typing import Final, NamedTuple

from agreement.definitions import Definitions, IndustryClass
from agreement.readers.words import plain

_AND: Final = re.compile(r"\b(?:and|und|et|y)\b")


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
        """The industry of this name or synonym, whatever its case and punctuation; None for what is in no list."""
        return self._known.get(industry_key(text))


def industry_key(text: str) -> str:
    """What is compared of an industry's name: `Hospital & Health Care` and `HOSPITAL_HEALTH_CARE` are one."""
    return " ".join(_AND.sub(" ", plain(text)).split())
