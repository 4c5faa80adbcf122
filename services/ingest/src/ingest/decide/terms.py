"""The agreement as ingest reads it: what we call the events, pages, forms and fields of other tools."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Self

from agreement import Agreement
from agreement.readers.nobody import Nobody
from ingest.decide.spam import SpamRules
from ingest.decide.submissions import identifier, normalise

OTHER: Final = "other"
"""Kind of track events that the agreement does not name."""
_GAPS: Final = re.compile(r"[\s_-]+")
LISTS: Final = ("tech_stack",)
"""Facts of ours that are lists."""
_SILENT: Final[tuple[object, ...]] = (None, "", [])
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
        self.names = frozenset(self.fields.values())
        """Names of ours."""
        self.own_domains = frozenset(definitions.house.own_domains)
        self.zone = definitions.house.zone
        """IANA name of the house's zone: a date without a time belongs to it."""
        self._nobody = Nobody(definitions)
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

    def names_nobody(self, text: str) -> bool:
        """Whether this id of a person or a message is a word that programs send where there is none."""
        return self._nobody.is_named(text)

    def identifier(self, value: object) -> str | None:
        """The same as `identifier`, but None for a word that names nobody."""
        known = identifier(value)
        return None if known is None or self._nobody.is_named(known) else known

    def address(self, value: object) -> str | None:
        """The same as `normalise`, but None for an address that names nobody."""
        known = normalise(value)
        return None if known is None or self._nobody.is_named(known) else known

    def email(self, *traits: Mapping[str, Any]) -> str | None:
        """The first of these fields or traits that holds a usable address, normalised; a field may hold several."""
        for given in traits:
            for name, value in given.items():
                if not isinstance(value, str | list) or self.fields.get(folded(name)) != "email":
                    continue
                for one in value if isinstance(value, list) else (value,):
                    if address := self.address(one):
                        return address
        return None

    def split(self, fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Form fields that describe the person, under our names, and the rest under theirs.

        Of several fields with one name of ours the first that says something counts.
        """
        ours: dict[str, Any] = {}
        rest: dict[str, Any] = {}
        for name, value in fields.items():
            known = self.fields.get(folded(name))
            if known is None:
                rest[name] = value
            elif ours.get(known) in _SILENT:
                ours[known] = one_value(known, value)
        return ours, rest


def one_value(name: str, value: Any) -> Any:
    """A fact of ours has one value: of a list the first that says something; a list of tools is left as it is."""
    if not isinstance(value, list) or name in LISTS:
        return value
    return next((one for one in value if isinstance(one, str | int | float) and str(one).strip()), None)
