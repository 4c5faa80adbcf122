"""Subjects of mails: whether one says that nobody wrote it (domain, section 3.4)."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from agreement.events import Machines
from agreement.readers.words import plain

_CACHED: Final = 8192
_LONGEST: Final = 998
"""Characters of a subject that are read: no line of a mail is longer (RFC 5322)."""
_IN_FRONT: Final = re.compile(
    r"\s*(?:(?P<re>re|aw|fwd?|wg|sv|tr)\s*:|extern(?:al)?\s*:|[\[(](?P<mark>[^\])]{1,40})[\])])", re.IGNORECASE
)
"""What programs put in front of a subject: `Re:`, and a mark in brackets such as `[EXTERNAL]`."""
_AUTO: Final = re.compile(r"\s*AUTO\s*:")
"""What HCL Notes puts in front of `Jane Doe is out of the office (returning 11/12/2026)`; capitals only."""
_QUOTED: Final = re.compile(r"\b(?:re|aw|fwd?|wg|sv|tr)\s*:", re.IGNORECASE)
"""From here on a subject is that of the mail before."""
_END: Final = re.compile(r"[:\uff1a;,!|()\[\]\u2013\u2014]|\s-+\s|(?<!\d)(?<!\b[DMH]r)(?<!\b(?:Ms|Fr|St))\.(?=\s|$)")
"""Here a clause of a subject ends; a point behind a number or `Dr` ends none."""
_GOES_ON: Final = frozenset(",;-\u2013\u2014")
"""Behind these the same writer goes on; behind other ends may stand the subject of the mail before."""
_PRICE: Final = re.compile(
    r"[%$\u20ac\xa3\xa5]|\d\s*(?:eur|euros?|usd|dollars?|gbp|pounds?|chf|franken|francs?|kr|kronor|kroner|pln)\b",
    re.IGNORECASE,
)
"""No day and no time: `Urlaub ab 299 Euro` is on sale."""
_LABEL: Final = re.compile(r"\s*(?P<label>[^:\uff1a]{1,40}?)\s*[:\uff1a]\s*(?P<rest>.*)", re.DOTALL)
"""`Read: Pricing`: what a program says, and of which mail or appointment."""
_APPOINTMENT: Final = re.compile(r"\s@\s.*\b20\d\d\b")
"""How Google writes an appointment: `Demo @ Tue Nov 24, 2026 10am - 11am (CET)`."""
_NUMBER: Final = re.compile(
    r"\s*(?:[\[(]\s*#?[\w-]*\d[\w-]*\s*[\])]|#\s?[\w-]*\d[\w-]*|\b(?:no|nr)\.?\s?\d[\w-]*)", re.IGNORECASE
)
"""The number of a ticket: it stands anywhere in what a helpdesk writes."""
_ASKS_ON: Final = frozenset(",;")
"""Behind these a question is the writer's own, and not the subject of the mail before."""
_WORDS_OF_A_NAME: Final = 5
_IN_NAMES: Final = frozenset(
    {"de", "da", "di", "du", "del", "der", "den", "la", "el", "al", "van", "von", "zu", "and", "&"}
)
"""Words without a capital that stand in names."""


class MailSubjectReader:
    """Chapter `events`, `machines`, compiled once; answers are kept, because subjects repeat."""

    def __init__(self, machines: Machines) -> None:
        phrases, absences, beside, until, letters = (
            _any_of(words)
            for words in (
                machines.automatic_replies,
                machines.absences,
                machines.beside_automatic,
                machines.until,
                machines.letters,
            )
        )
        rest = rf"(?: (?:{until}|\d).*)?"
        absence = rf"(?:{absences}|{phrases})(?: (?:{absences}|{phrases}|{beside}))*{rest}"
        at_company = [words.removesuffix("_") for words in machines.departures if words.endswith("_")]
        gone = [words for words in machines.departures if not words.endswith("_")]
        self._automatic = re.compile(rf"(?:(?:{beside}) )*(?:{phrases})(?: (?:{phrases}|{beside}))*{rest}")
        self._absence = re.compile(absence)
        self._away = re.compile(rf"(?:(?:{beside}) )*{absence}")
        self._is_away = re.compile(rf"(?:(?:{beside}) )+(?:(?:{until})(?: \w+){{1,4}} )?{absence}")
        self._somebody_away = re.compile(rf".*\b{absence}")
        self._until = re.compile(rf"(?:(?:{beside}) )*(?:{until}|\d).*")
        self._thanks = re.compile(_any_of(machines.thanks))
        self._turn = re.compile(rf"(?:{_any_of(machines.turns)})\b.*")
        self._receipt = re.compile(_any_of(machines.receipts, rf"(?:{letters})(?: \w*\d\w*)?"))
        self._ticket = re.compile(rf"(?:(?:{letters})(?: (?:id|no|nr))? \w*\d\w*|[a-z]{{0,6}} ?\d{{3,}})")
        self._labels = frozenset(map(plain, machines.labels))
        self._sentence = re.compile(rf"(?:{_any_of(machines.sentences)})\b.*")
        self._no_name = re.compile(_any_of((*machines.sentences, *machines.no_names)))
        self._gone = re.compile(rf"(?:(?:{beside}) )*(?:{_any_of(gone)}){rest}")
        self._not_at = re.compile(rf"(?:(?:{beside}) )*(?:{_any_of(at_company)})")
        self._read = lru_cache(_CACHED)(self._is_automatic)

    def is_automatic(self, subject: str) -> bool:
        """Whether a program wrote what a subject begins with: an absence, a receipt, an answer to an appointment.

        A run of blanks is one: patterns that look for blanks would walk each run once for each of its blanks.
        """
        return self._read(" ".join(subject[:_LONGEST].split()))

    @property
    def cache_size(self) -> int:
        """So many answers are kept."""
        return self._read.cache_info().currsize

    def _is_automatic(self, subject: str) -> bool:
        """`Out of office: back on Monday` and `I am on vacation until 3 May` do; `OOO dashboards question` does not.

        Where a subject alone cannot say, it is a person's: a hand-raise that is lost is dearer than a false one. So
        `Urlaub`, `Request received`, `Accepted: Demo` and `Jane has left the company` are automatic where nobody wrote
        before (`Re: Urlaub` is what a person answers, and who answers an automatic mail of ours quotes it), nobody
        asks (`Holidays: can we move the demo?`) or goes on (`Vacation - quick question`). The price: `Read: quick
        question` and `Not read: Can we talk?` are taken for a person's. Programs thank first:
        `Re: Thank you for your email - I'm away`. Behind `AUTO:` the clause may say who: `AUTO: Jane Doe is away`.
        """
        begin, answers = 0, False
        while found := _IN_FRONT.match(subject, begin):
            if found["mark"] and self._is_mark(plain(found["mark"]), answers):
                return True
            begin, answers = found.end(), answers or found["re"] is not None
        if notes := _AUTO.match(subject, begin):
            return self._somebody_away.fullmatch(plain(_clauses(subject[notes.end() :])[0])) is not None
        subject = subject[begin:]
        clause, end, rest = _clauses(subject)
        asks = "?" in _QUOTED.split(subject, maxsplit=1)[0]
        if self._thanks.fullmatch(plain(clause)):
            return not asks and self._says_more_than_thanks(rest)
        if self._automatic.fullmatch(plain(clause)) is not None and not _PRICE.search(clause):
            return not self._turns(end, rest, asks)
        return not answers and (self._is_label(subject, asks) or (not asks and self._is_statement(subject)))

    def _is_mark(self, mark: str, answers: bool) -> bool:
        """Whether brackets say it: `[OOO]`, and `[Request received]` where no `Re:` stands before."""
        automatic = self._automatic.fullmatch(mark) is not None
        return automatic or (not answers and self._receipt.fullmatch(mark) is not None)

    def _says_more_than_thanks(self, rest: str) -> bool:
        after = _clauses(rest)[0]
        statement = self._away.fullmatch(plain(after)) or self._receipt.fullmatch(plain(_NUMBER.sub("", after)))
        return statement is not None and not _PRICE.search(after)

    def _turns(self, end: str, rest: str, asks: bool) -> bool:
        """Whether who is away goes on all the same: `Not in the office today, can we talk on Monday?`."""
        end = end.strip()[:1]
        return (asks and end in _ASKS_ON) or (end in _GOES_ON and self._turn.fullmatch(plain(rest)) is not None)

    def _is_label(self, subject: str, asks: bool) -> bool:
        """Whether a program reports on a mail or an appointment: `Read: Pricing`, `Declined: Demo`."""
        found = _LABEL.fullmatch(subject)
        if found is None or plain(found["label"]) not in self._labels:
            return False
        about = found["rest"]
        sentence = about[:1].islower() or self._sentence.fullmatch(plain(about)) is not None
        return _APPOINTMENT.search(about) is not None or not (asks or sentence or _PRICE.search(about))

    def _is_statement(self, subject: str) -> bool:
        """Whether the first clause says an absence, a receipt, or that somebody left, and nothing goes on behind it."""
        clause, end, rest = _clauses(subject)
        if _PRICE.search(clause):
            return False
        statement = self._absence.fullmatch(plain(clause)) is not None or self._is_about_somebody(clause)
        if not statement:
            if self._ticket.fullmatch(plain(clause)):
                subject = rest
            clause, end, rest = _clauses(_NUMBER.sub("", subject))
            statement = self._receipt.fullmatch(plain(clause)) is not None
        return statement and (end.strip()[:1] not in _GOES_ON or self._is_nothing_else(rest))

    def _is_about_somebody(self, clause: str) -> bool:
        """`Bob Miller is out of the office`, `Jane Doe has left the company`, `I no longer work at Acme`."""
        words = clause.split()
        for n in range(min(len(words), _WORDS_OF_A_NAME + 1)):
            if n and not self._is_name(words[:n]):
                continue
            statement = plain(" ".join(words[n:]))
            if (
                (n and self._is_away.fullmatch(statement))
                or self._gone.fullmatch(statement)
                or self._left_company(words[n:])
            ):
                return True
        return False

    def _left_company(self, words: list[str]) -> bool:
        """Whether the words are `no longer works at Acme Corp`, or the like, up to the name of a company."""
        begins = range(max(1, len(words) - _WORDS_OF_A_NAME), len(words))
        return any(
            _has_capitals(words[n:]) and self._not_at.fullmatch(plain(" ".join(words[:n]))) is not None for n in begins
        )

    def _is_name(self, words: list[str]) -> bool:
        """Whether these may be called so: `Jan de Vries`, and neither `Who` nor `My boss`."""
        return words[0][:1].isupper() and _has_capitals(words) and self._no_name.fullmatch(plain(words[0])) is None

    def _is_nothing_else(self, rest: str) -> bool:
        """Whether what follows on an absence asks for nothing: it says until when, or is the subject of before."""
        after = plain(_clauses(rest)[0])
        days = self._away.fullmatch(after) or self._until.fullmatch(after)
        return not after or _QUOTED.match(rest) is not None or days is not None


def _has_capitals(words: list[str]) -> bool:
    """Whether each word has a capital, but for those that stand in names."""
    return words[-1][:1].isupper() and all(word[:1].isupper() or word in _IN_NAMES for word in words)


def _any_of(words: Iterable[str], blank: str = "") -> str:
    """A pattern of these, as `plain` writes them, the longest first; `_` in one stands for `blank`. None: no text."""
    patterns = {" ".join(blank if word == "_" else re.escape(plain(word)) for word in one.split()) for one in words}
    return "|".join(sorted(patterns, key=len, reverse=True)) or "(?!)"


def _clauses(subject: str) -> tuple[str, str, str]:
    """The first clause, what ends it (nothing at the end of the subject), and what follows."""
    subject = subject.strip()
    found = _END.search(subject)
    if found is None:
        return subject, "", ""
    return subject[: found.start()], found[0], subject[found.end() :].strip()
