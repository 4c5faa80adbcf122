"""Our words for what tools call it: canonical kinds, facts about people, campaigns. Built once from the agreement."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from agreement import Agreement
from events.leads import Campaign, Known
from ingest.decide.submission import normalise

MOST_FACTS: Final = 64
LONGEST_VALUE: Final = 8192
_GAPS: Final = re.compile(r"[\s_-]+")
_NUMBER: Final = re.compile(r"\d[\d,. ]*")
_CAMPAIGN: Final = {
    "name": ("utm_campaign",),
    "source": ("utm_source",),
    "medium": ("utm_medium",),
    "term": ("utm_term",),
    "content": ("utm_content",),
    "referral": ("referral", "partner"),
}
_CAMPAIGN_FIELDS: Final = frozenset(name for names in _CAMPAIGN.values() for name in names)
_COMPANY: Final = {"name": "company", "country": "country"}
Value = str | int | float | bool | list[str]


def folded(name: str) -> str:
    """Upper and lower case are the same, and so are `Demo Requested` and `demo_requested`."""
    return _GAPS.sub(" ", name).strip().casefold()


class Words:
    """Chapters `events` and `definitions`, prepared for looking things up."""

    def __init__(self, terms: Agreement) -> None:
        events = terms.events
        self.track: Mapping[str, str] = {folded(name): kind for name, kind in events.track.items()}
        self.kinds = events.by_kind
        self.hand_raises = events.hand_raises
        self.forms: Mapping[str, str] = {folded(name): kind for name, kind in events.forms.items()}
        self.other_form = events.other_forms
        self.pages = events.pages
        self.other_page = events.other_pages
        self.fields: dict[str, str] = {folded(name): name for name in terms.definitions.survivorship}
        self.fields |= {folded(other): ours for ours, others in events.fields.items() for other in others}
        self.historical_after = timedelta(seconds=terms.definitions.historical_after.seconds)
        self.remembered = timedelta(seconds=events.deduplicate_for.seconds)

    def kind_of_event(self, name: str) -> str:
        return self.track.get(folded(name), "other")

    def kind_of_form(self, name: str) -> str:
        return self.forms.get(folded(name), self.other_form)

    def kind_of_page(self, path: str) -> str:
        low = path.casefold()
        return next((page.kind for page in self.pages if low.startswith(page.prefix.casefold())), self.other_page)

    def email(self, *traits: Mapping[str, Any]) -> str | None:
        """The first of these that names a usable address."""
        for given in traits:
            for name, value in given.items():
                if self.fields.get(folded(name)) == "email" and (found := normalise(value)):
                    return found
        return None

    def split(self, fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Form fields that describe the person, under our names, and the rest."""
        ours: dict[str, Any] = {}
        rest: dict[str, Any] = {}
        for name, value in fields.items():
            known = self.fields.get(folded(name))
            (rest if known is None else ours)[known or name] = value
        return ours, rest

    def facts(self, traits: Mapping[str, Any], source: str, at: datetime) -> tuple[Known, ...]:
        """What these traits tell us; an explicit null withdraws. Traits without a name of ours keep theirs."""
        found: dict[str, Value | None] = {}
        for name, value in self._flat(traits):
            if name in ("email", "message"):
                continue
            cleaned = _number(value) if name == "employees" else _plain(value)
            if cleaned is not None or (value is None and name not in found):
                found[name] = cleaned
        return tuple(
            Known(name=name, value=value, source=source, at=at) for name, value in list(found.items())[:MOST_FACTS]
        )

    def _flat(self, traits: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, value in traits.items():
            ours = self.fields.get(folded(name))
            if ours == "company" and isinstance(value, Mapping):
                yield from self._company(value)
            elif folded(name) == "address" and isinstance(value, Mapping):
                yield from ((part, value[part]) for part in ("country", "city", "state") if value.get(part))
            else:
                yield ours or name[:64], value

    def _company(self, company: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, value in company.items():
            ours = _COMPANY.get(folded(name)) or self.fields.get(folded(name))
            if ours in ("company", "employees", "industry", "domain", "country", "revenue", "tech_stack"):
                yield ours, value

    def company_facts(self, traits: Mapping[str, Any], source: str, at: datetime) -> tuple[Known, ...]:
        """Traits of a group: they describe the person's company."""
        return self.facts({"company": traits}, source, at)


def _plain(value: object) -> Value | None:
    """A value as people read it; structures are not facts."""
    if isinstance(value, str):
        return value.strip()[:LONGEST_VALUE] or None
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, list):
        return [text.strip() for text in value if isinstance(text, str) and text.strip()][:MOST_FACTS] or None
    return None


def _number(value: object) -> Value | None:
    """`1,200`, `51-200` and `1000+` as the (lower) number they begin with."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if 0 <= value <= 10**9 else None
    found = _NUMBER.search(value) if isinstance(value, str) else None
    digits = re.sub(r"[,. ]", "", found[0]) if found else ""
    return int(digits) if digits and len(digits) <= 9 else _plain(value)


def campaign(context: Mapping[str, Any], url: str | None, fields: Mapping[str, Any]) -> Campaign | None:
    """From `context.campaign`, the page's utm parameters, or form fields named like them; the first that speaks."""
    given = context.get("campaign")
    named = given if isinstance(given, dict) else {}
    query = dict(parse_qsl(_query(url), max_num_fields=100)) if url and "?" in url else {}
    if not named and not query and _CAMPAIGN_FIELDS.isdisjoint(fields):
        return None
    found: dict[str, str] = {}
    for ours, others in _CAMPAIGN.items():
        for value in (named.get(ours), *(where.get(other) for other in others for where in (fields, query))):
            if isinstance(value, str) and value.strip():
                found[ours] = value.strip()[:LONGEST_VALUE]
                break
    return Campaign(**found) if found else None


def _query(url: str) -> str:
    try:
        query = urlsplit(url).query
    except ValueError:
        return ""
    return query if query.count("&") < 100 else ""


def path_of(url: str | None) -> str:
    try:
        return urlsplit(url or "").path
    except ValueError:
        return ""
