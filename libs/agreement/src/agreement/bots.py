"""Which single engagements machines made (domain, section 3.4). Every service that counts or shows them asks here.

Bursts of links need an engagement's neighbours, which scoring alone remembers: they are scoring's own rule.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

from agreement.events import Events, KindTerm
from agreement.readers.mail_headers import mail_fields, says_automatic
from agreement.readers.subjects import MailSubjectReader
from events.leads import EngagementRecorded

_CACHED: Final = 8192
"""User agents repeat."""
SOURCE: Final = "source"
SCANNER: Final = "scanner"
DELIVERY: Final = "delivery"
AUTOMATIC: Final = "automatic"
VERDICT: Final = "verdict"
"""Why an engagement is a machine's: its source says so; by its user agent; a click too soon after delivery; a reply
that nobody wrote, among them an answer to an appointment; a person says so."""
_SUBJECTS: Final = ("subject", "emailsubject", "mailsubject")


@dataclass(frozen=True, slots=True)
class BotRule:
    """Chapter `events`, `machines`, compiled once."""

    kinds: Mapping[str, KindTerm]
    is_scanner: Callable[[str], bool]
    """Whether a user agent has a word of a scanner's."""
    after_delivery: timedelta
    is_automatic: Callable[[str], bool]
    """Whether the subject of a reply is one of those that mail programs write."""

    @classmethod
    def of(cls, events: Events) -> "BotRule":
        """From the agreement's chapter `events`."""
        machines = events.machines
        return cls(
            events.by_kind,
            _contains_any(machines.scanner_user_agents),
            machines.after_delivery.timedelta,
            MailSubjectReader(machines).is_automatic,
        )

    def judge(self, event: EngagementRecorded) -> str:
        """SOURCE, SCANNER, DELIVERY, AUTOMATIC or VERDICT: why a machine made this, taken alone; empty for a person.

        A source that says what it was is believed, a person's verdict before it. The event counts as occurred not
        after it was recorded.
        """
        data = event.data
        if data.verdict is not None:
            return VERDICT if data.verdict.machine else ""
        if data.machine is not None:
            return SOURCE if data.machine else ""
        kind = self.kinds.get(data.kind)
        if kind is None or not kind.mail:
            return ""
        if data.user_agent and self.is_scanner(data.user_agent):
            return SCANNER
        if kind.click and data.delivered_at is not None:
            soon = min(event.time, event.recordedtime) - data.delivered_at <= self.after_delivery
            return DELIVERY if soon else ""
        return AUTOMATIC if kind.reply and self._answers_by_itself(data.properties) else ""

    def _answers_by_itself(self, properties: Mapping[str, Any]) -> bool:
        """By the headers of the mail, as properties or in `headers`, or by its subject."""
        fields = mail_fields(properties)
        if says_automatic(fields):
            return True
        return any(isinstance(fields.get(name), str) and self.is_automatic(fields[name]) for name in _SUBJECTS)


def _contains_any(words: Iterable[str]) -> Callable[[str], bool]:
    pattern = re.compile("|".join(re.escape(word.casefold()) for word in words) or r"(?!)")
    return lru_cache(_CACHED)(lambda text: pattern.search(text.casefold()) is not None)
