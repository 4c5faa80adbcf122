"""The neutral message every notice becomes before a channel gives it its form; all of its text is still raw data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from notifier.decide import Desk, Terms
from notifier.render.words import spoken


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with labelled values, lines, or both."""

    heading: str
    fields: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    title: str
    summary: str
    """One sentence: the notification on the lock screen, and the first line of the mail."""
    parts: tuple[Part, ...] = ()
    answer: Mapping[str, Any] | None = None
    """Accept and Reject buttons, with what they say; None when there is nothing to answer."""
    link: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    """For machines: what the webhook carries."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a notice is rendered from."""

    id: str
    kind: str
    lead: str
    about: str
    recipient: str
    payload: Mapping[str, Any]
    desk: Desk
    terms: Terms
    url: str

    @property
    def zone(self) -> str:
        """Times are told in the recipient's zone."""
        teams = self.terms.teams
        rep = teams.rep_by_id.get(self.recipient.rpartition(":")[2])
        return teams.team_by_id[rep.team].zone if rep else self.terms.definitions.house.zone

    def rep(self, rep: str | None) -> str:
        found = self.terms.teams.rep_by_id.get(rep or "")
        return found.name if found else rep or "nobody"

    def of(self, fact: str) -> Any:
        """What the person's most trusted source says."""
        order = {str(name): sources for name, sources in self.terms.definitions.survivorship.items()}
        return self.desk.person.fact(fact, order.get(fact, ()))

    def promise(self, name: str) -> str:
        """Its title in the agreement."""
        promise = self.terms.levels.by_name.get(name)
        return promise.title if promise else spoken(name).capitalize()

    @property
    def name(self) -> str:
        parts = [str(part) for part in (self.of("first_name"), self.of("last_name")) if part]
        return " ".join(parts) or str(self.of("name") or self.of("email") or "Somebody new")

    @property
    def who(self) -> str:
        company = self.of("company")
        return f"{self.name}, {company}" if company else self.name

    @property
    def data(self) -> dict[str, Any]:
        person = {name: self.of(name) for name in ("email", "first_name", "last_name", "company")}
        return {"notice": self.id, "kind": self.kind, "lead": self.lead, "person": person, "about": dict(self.payload)}

    @property
    def page(self) -> str:
        return f"{self.url}/leads/{self.lead}"
