"""Subjects of mails: whether one says that nobody wrote it (domain, section 3.4)."""

import re
from functools import lru_cache
from typing import Final

from agreement.events import Machines
from agreement.readers.words import plain

_CACHED: Final = 8192
_IN_FRONT: Final = re.compile(
    r"\s*(?:(?:re|aw|fwd?|wg|sv|tr|external|extern)\s*:|[\[(]([^\])]{1,40})[\])])", re.IGNORECASE
)
"""What programs put in front of a subject: `Re:`, and a mark in brackets such as `[EXTERNAL]`."""
_END: Final = re.compile(r"[:;,!|()\[\]\u2013\u2014]|\s-+\s|\.(?=\s|$)")
"""Here the first clause of a subject ends."""


class MailSubjectReader:
    """Chapter `events`, `machines`, compiled once; answers are kept, because subjects repeat."""

    def __init__(self, machines: Machines) -> None:
        phrases, beside, until = (
            "|".join(sorted((re.escape(plain(word)) for word in words), key=len, reverse=True)) or "(?!)"
            for words in (machines.automatic_replies, machines.beside_automatic, machines.until)
        )
        self._automatic = re.compile(
            rf"(?:(?:{beside}) )*(?:{phrases})(?: (?:{phrases}|{beside}))*(?: (?:{until}|\d).*)?"
        )
        self.is_automatic = lru_cache(_CACHED)(self._is_automatic)
        """Whether the whole first clause of a subject says that a program answers."""

    def _is_automatic(self, subject: str) -> bool:
        """`Out of office: back on Monday` and `I am on vacation until 3 May` do; `OOO dashboards question` does not."""
        begin = 0
        while found := _IN_FRONT.match(subject, begin):
            if found[1] and self._automatic.fullmatch(plain(found[1])):
                return True
            begin = found.end()
        clause = _END.split(subject[begin:].strip(), maxsplit=1)[0]
        return self._automatic.fullmatch(plain(clause)) is not None
