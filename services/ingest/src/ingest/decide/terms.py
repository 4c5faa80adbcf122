"""The agreement as ingest reads it: what we call the events, pages, forms and fields of other tools."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Self

from agreement import Agreement
from ingest.decide.spam import SpamRules
from ingest.decide.submissions import normalise

OTHER: Final = "other"
"""Kind of track events that the agreement does not name."""
_GAPS: Final = re.compile(r"[\s_-]+")
_USUAL: Final = 100
"""Characters: what is longer is no name that comes again."""


def folded(name: str) -> str:
    """Upper and lower case are the same, and so are `Demo Requested` and `demo_requested`."""
    return _remembered(name) if len(name) <= _USUAL else _fold(name)


def _fold(name: str) -> str:
    return _GAPS.sub(" ", name).strip().casefold()


_remembered: Final = lru_cache(maxsize=10_000)(_fold)
"""The names of a house's events and fields come again and again."""


class Vocabulary:
    """Chapters `events` and `definitions`, prepared for looking things up. The terms of this service."""

    def __init__(self, agreement: Agreement) -> None:
        events, definitions = agreement.events, agreement.definitions
        self.kinds = events.by_kind
        self.hand_raises = events.hand_raises
        self.historical_after = definitions.historical_after.timedelta
        self.remembered = events.deduplicate_for.timedelta
        """How long a message id and a reject are kept."""
        self.spam = SpamRules(definitions.spam)
        self.fields: Mapping[str, str] = {folded(name): name for name in definitions.survivorship} | {
            folded(other): ours for ours, others in events.fields.items() for other in others
        }
        """Folded name of a field or trait to ours."""
        self._track = {folded(name): kind for name, kind in events.track.items()}
        self._forms = {folded(name): kind for name, kind in events.forms.items()}
        self._other_form = events.other_forms
        self._pages = [(page.prefix.casefold(), page.kind) for page in events.pages]
        self._other_page = events.other_pages

    @classmethod
    def of(cls, agreement: Agreement) -> Self:
        """The vocabulary of this agreement."""
        return cls(agreement)

    def kind_of_event(self, name: str) -> str:
        """Kind of a track event by the name its tool gives it; `other` when the agreement has none."""
        return self._track.get(folded(name), OTHER)

    def kind_of_form(self, name: str) -> str:
        """Kind of a form by its name; that of `other_forms` when the agreement has none."""
        return self._forms.get(folded(name), self._other_form)

    def kind_of_page(self, path: str) -> str:
        """Kind of a page by the first prefix that its path begins with, else that of `other_pages`."""
        low = path.casefold()
        return next((kind for prefix, kind in self._pages if low.startswith(prefix)), self._other_page)

    def is_mail(self, kind: str) -> bool:
        """A kind that mail gateways may have done, so that it is judged."""
        term = self.kinds.get(kind)
        return term is not None and term.mail

    def email(self, *traits: Mapping[str, Any]) -> str | None:
        """The first of these fields or traits that holds a usable address, normalised."""
        for given in traits:
            for name, value in given.items():
                if not isinstance(value, str) or "@" not in value or self.fields.get(folded(name)) != "email":
                    continue
                if address := normalise(value):
                    return address
        return None

    def split(self, fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Form fields that describe the person, under our names, and the rest under theirs."""
        ours: dict[str, Any] = {}
        rest: dict[str, Any] = {}
        for name, value in fields.items():
            known = self.fields.get(folded(name))
            (rest if known is None else ours)[known or name] = value
        return ours, rest
