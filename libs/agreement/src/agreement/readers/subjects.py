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
_AUTO: Final = re.compile(r"\s*AUTO\s*:")
"""What HCL Notes puts in front of `Jane Doe is out of the office (returning 11/12/2026)`; capitals only."""
_QUOTED: Final = re.compile(r"\b(?:re|aw|fwd?|wg|sv|tr)\s*:", re.IGNORECASE)
"""From here on a subject is that of the mail before."""
_END: Final = re.compile(r"[:\uff1a;,!|()\[\]\u2013\u2014]|\s-+\s|\.(?=\s|$)")
"""Here a clause of a subject ends."""
_GOES_ON: Final = frozenset(",;-\u2013\u2014")
"""Behind these the same writer goes on; behind other ends may stand the subject of the mail before."""
_PRICE: Final = re.compile(
    r"[%$\u20ac\xa3\xa5]|\d\s*(?:eur|euros?|usd|dollars?|gbp|pounds?|chf|franken|francs?|kr|kronor|kroner|pln)\b",
    re.IGNORECASE,
)
"""No day and no time: `Urlaub ab 299 Euro` is on sale."""


class MailSubjectReader:
    """Chapter `events`, `machines`, compiled once; answers are kept, because subjects repeat."""

    def __init__(self, machines: Machines) -> None:
        phrases, absences, beside, until, thanks = (
            "|".join(sorted((re.escape(plain(word)) for word in words), key=len, reverse=True)) or "(?!)"
            for words in (
                machines.automatic_replies,
                machines.absences,
                machines.beside_automatic,
                machines.until,
                machines.thanks,
            )
        )
        rest = rf"(?: (?:{until}|\d).*)?"
        absence = rf"(?:{absences}|{phrases})(?: (?:{absences}|{phrases}|{beside}))*{rest}"
        self._automatic = re.compile(rf"(?:(?:{beside}) )*(?:{phrases})(?: (?:{phrases}|{beside}))*{rest}")
        self._absence = re.compile(absence)
        self._away = re.compile(rf"(?:(?:{beside}) )*{absence}")
        self._somebody_away = re.compile(rf".*\b{absence}")
        self._until = re.compile(rf"(?:(?:{beside}) )*(?:{until}|\d).*")
        self._thanks = re.compile(thanks)
        self.is_automatic = lru_cache(_CACHED)(self._is_automatic)
        """Whether the whole first clause of a subject, but for thanks, says that a program answers."""

    def _is_automatic(self, subject: str) -> bool:
        """`Out of office: back on Monday` and `I am on vacation until 3 May` do; `OOO dashboards question` does not.

        `Urlaub` does where nobody wrote of it before: `Re: Urlaub` is what a person answers, and a person asks
        `Holidays: can we move the demo?`, or goes on: `Vacation - quick question`. Programs thank first:
        `Re: Thank you for your email - I'm away`. Behind `AUTO:` the clause may say who: `AUTO: Jane Doe is away`.
        """
        begin, answers = 0, False
        while found := _IN_FRONT.match(subject, begin):
            if found["mark"] and self._automatic.fullmatch(plain(found["mark"])):
                return True
            begin, answers = found.end(), answers or found["re"] is not None
        if notes := _AUTO.match(subject, begin):
            return self._somebody_away.fullmatch(plain(_clauses(subject[notes.end() :])[0])) is not None
        clause, end, rest = _clauses(subject[begin:])
        asks = "?" in _QUOTED.split(subject[begin:], maxsplit=1)[0]
        if self._thanks.fullmatch(plain(clause)):
            after = _clauses(rest)[0]
            return not asks and self._away.fullmatch(plain(after)) is not None and not _PRICE.search(after)
        if _PRICE.search(clause):
            return False
        if self._automatic.fullmatch(plain(clause)) is not None:
            return True
        return (
            not answers
            and not asks
            and self._absence.fullmatch(plain(clause)) is not None
            and (end.strip()[:1] not in _GOES_ON or self._is_nothing_else(rest))
        )

    def _is_nothing_else(self, rest: str) -> bool:
        """Whether what follows on an absence asks for nothing: it says until when, or is the subject of before."""
        after = plain(_clauses(rest)[0])
        days = self._away.fullmatch(after) or self._until.fullmatch(after)
        return not after or _QUOTED.match(rest) is not None or days is not None


def _clauses(subject: str) -> tuple[str, str, str]:
    """The first clause, what ends it (nothing at the end of the subject), and what follows."""
    subject = subject.strip()
    found = _END.search(subject)
    if found is None:
        return subject, "", ""
    return subject[: found.start()], found[0], subject[found.end() :].strip()
