"""Which single engagements machines made (domain, section 3.4). Every service that counts or shows them asks here.

Bursts of links need an engagement's neighbours, which scoring alone remembers: they are scoring's own rule.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Final

from agreement.events import Events, KindTerm
from events.leads import EngagementRecorded

_CACHED: Final = 8192
"""User agents repeat."""
SOURCE: Final = "source"
SCANNER: Final = "scanner"
DELIVERY: Final = "delivery"
"""Why an engagement is a machine's: its source says so; by its user agent; a click too soon after delivery."""


@dataclass(frozen=True, slots=True)
class BotRule:
    """Chapter `events`, `machines`, compiled once."""

    kinds: Mapping[str, KindTerm]
    is_scanner: Callable[[str], bool]
    """Whether a user agent has a word of a scanner's."""
    after_delivery: timedelta

    @classmethod
    def of(cls, events: Events) -> "BotRule":
        """From the agreement's chapter `events`."""
        machines = events.machines
        return cls(events.by_kind, _contains_any(machines.scanner_user_agents), machines.after_delivery.timedelta)

    def judge(self, event: EngagementRecorded) -> str:
        """Why a machine made this engagement, taken alone: SOURCE, SCANNER or DELIVERY; empty when a person did.

        A source that says what it was is believed. The event counts as occurred not after it was recorded.
        """
        data = event.data
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
        return ""


def _contains_any(words: Iterable[str]) -> Callable[[str], bool]:
    pattern = re.compile("|".join(re.escape(word.casefold()) for word in words) or r"(?!)")
    return lru_cache(_CACHED)(lambda text: pattern.search(text.casefold()) is not None)
