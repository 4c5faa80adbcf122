"""Job titles: the role that a title names, not a word in it (domain, section 2)."""

import re
import unicodedata
from functools import lru_cache
from operator import itemgetter
from typing import Final, NamedTuple

from agreement.definitions import Definitions, Function, Seniority
from agreement.readers.words import is_part, plain, whole_words

_CACHED: Final = 8192
_PARTS: Final = re.compile(r"[,;:|/()\[\]\u2013\u2014]|\s-\s|@")
_HYPHEN: Final = re.compile(r"(?<=\w)[-\u2010\u2011\u2013\u2014](?=\w)")
"""Between two letters a dash is a hyphen; with blanks around it, it parts the title."""
_ABOUT: Final = re.compile(
    r"\b(?:of|for|to|at|in|with|reporting|von|f\u00fcr|der|zu|zum|zur|an|bei|beim|im|de|du|des|d(?=['\u2019])|pour"
    r"|aupr\u00e8s|di|del|della|delle|dei|degli|da|do|dos|das|van|voor|f\u00f6r|av)\b"
)
"""A role ends here; what follows says of what, or for whom."""
_MEMBER: Final = re.compile(r"^\s*mitglied (?:der|des) ")
"""A member of a board is what the board is."""


class JobRole(NamedTuple):
    """What a title says of a person."""

    seniority: Seniority | None
    """None: the title names no level."""
    function: Function


class RoleReader:
    """Chapter `definitions`, `seniority` and `functions`, compiled once; answers are kept, because titles repeat."""

    def __init__(self, definitions: Definitions) -> None:
        self._levels = [
            (term.level, whole_words(word for word in term.words if is_part(word) is grown))
            for grown in (False, True)
            for term in definitions.seniority
        ]
        self._last = [(term.level, _ending(term.last_words)) for term in definitions.seniority if term.last_words]
        self._functions = [(term.name, whole_words(term.words)) for term in definitions.functions]
        self.read = lru_cache(_CACHED)(self._read)
        """JobRole of a job title."""

    def _read(self, title: str) -> JobRole:
        """The first part of the title that names a level decides: `VP, Internship Programs` is a VP.

        Of a part only what stands before `of`, `for`, `to` counts: a director of student success is a director, an
        assistant to the CEO an assistant. What it ends with decides first, the longest of it: an `Owner` is no
        `Product Owner`. A whole word decides before a part of one: a `Teamleiter` is a manager where
        any other `*leiter` is a director.
        """
        parts = _PARTS.split(_HYPHEN.sub(" ", unicodedata.normalize("NFC", title.casefold())))
        level = next((found for part in parts if (found := self._level(part)) is not None), None)
        whole = plain(title)
        function: Function = next((name for name, pattern in self._functions if pattern.search(whole)), "other")
        return JobRole(level, function)

    def _level(self, part: str) -> Seniority | None:
        role = plain(_ABOUT.split(_MEMBER.sub("", part), maxsplit=1)[0])
        if not role:
            return None
        last = [(len(found[0]), level) for level, ending in self._last if (found := ending.search(role))]
        if last:
            return max(last, key=itemgetter(0))[1]
        return next((level for level, pattern in self._levels if pattern.search(role)), None)


def _ending(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(whole_words(words).pattern + r"$")
