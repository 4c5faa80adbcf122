"""Subjects of mails: whether one says that nobody wrote it (domain, section 3.4)."""

import re
from functools import lru_cache
from typing import Final

from agreement.events import Machines
from agreement.readers.words import plain

_CACHED: Final = 8192
_IN_FRONT: Final = re.compile(
    r"\s*(?:(?P<re>re|aw|fwd?|wg|sv|tr)\s*:|extern(?:al)?\s*:|[\[(](?P<mark>[^\])]{1,40})[\])])", re.IGNORECASE
)
"""What programs put in front of a subject: `Re:`, and a mark in brackets such as `[EXTERNAL]`."""
_QUOTED: Final = re.compile(r"\b(?:re|aw|fwd?|wg|sv|tr)\s*:", re.IGNORECASE)
"""From here on a subject is that of the mail before."""
_END: Final = re.compile(r"[:\uff1a;,!|()\[\]\u2013\u2014]|\s-+\s|\.(?=\s|$)")
"""Here the first clause of a subject ends."""


class MailSubjectReader:
    """Chapter `events`, `machines`, compiled once; answers are kept, because subjects repeat."""

    def __init__(self, machines: Machines) -> None:
        phrases, absences, beside, until = (
            "|".join(sorted((re.escape(plain(word)) for word in words), key=len, reverse=True)) or "(?!)"
            for words in (
                machines.automatic_replies, machines.absences, machines.beside_automatic, machines.until
            )
        )  # fmt: skip
        rest = rf"(?: (?:{until}|\d).*)?"
        self._automatic = re.compile(rf"(?:(?:{beside}) )*(?:{phrases})(?: (?:{phrases}|{beside}))*{rest}")
        self._absence = re.compile(rf"(?:{absences}|{phrases})(?: (?:{absences}|{phrases}|{beside}))*{rest}")
        self.is_automatic = lru_cache(_CACHED)(self._is_automatic)
        """Whether the whole first clause of a subject says that a program answers."""

    def _is_automatic(self, subject: str) -> bool:
        """`Out of office: back on Monday` and `I am on vacation until 3 May` do; `OOO dashboards question` does not.

        `Urlaub` does where nobody wrote of it before: `Re: Urlaub` is what a person answers, and a person asks
        `Holidays: can we move the demo?`.
        """
        begin, answers = 0, False
        while found := _IN_FRONT.match(subject, begin):
            if found["mark"] and self._automatic.fullmatch(plain(found["mark"])):
                return True
            begin, answers = found.end(), answers or found["re"] is not None
        clause = plain(_END.split(subject[begin:].strip(), maxsplit=1)[0])
        if self._automatic.fullmatch(clause) is not None:
            return True
        asks = "?" in _QUOTED.split(subject[begin:], maxsplit=1)[0]
        return not answers and not asks and self._absence.fullmatch(clause) is not None
