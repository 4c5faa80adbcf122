"""The neutral message every notice becomes before a channel gives it its form; all of its text is still raw data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agreement.content import LibraryAsset
from agreement.survivorship import ScoredFacts, full_name
from events.buttons import OfferButton, SurveyButton
from events.scores import RouteFacts
from events.vocabulary import humanize, humanize_first
from notifier.decide import LeadView, Terms, surviving_value


@dataclass(frozen=True, slots=True)
class MessagePart:
    """A heading with labelled values, lines, or both."""

    heading: str
    fields: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    links: tuple[str | None, ...] = ()
    """Of the lines, each with the page that it is about; empty: none has one."""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    """A table, as mails show it; the others leave it to the page."""

    @property
    def linked(self) -> tuple[tuple[str, str | None], ...]:
        """The lines, each with its page."""
        return tuple(zip(self.lines, self.links or (None,) * len(self.lines), strict=True))


@dataclass(frozen=True, slots=True)
class Message:
    """What a notice says, before a channel gives it its form."""

    title: str
    summary: str
    """One sentence: with the title it is the notification on the lock screen."""
    parts: tuple[MessagePart, ...] = ()
    offer: OfferButton | None = None
    """What the buttons Accept and Reject answer; None when there is nothing to answer."""
    link: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    """For machines: what the webhook carries."""
    work: OfferButton | None = None
    """What may be handed over to somebody else; None when it is nobody's work, or another's by now."""
    survey: SurveyButton | None = None
    """The closed deal that whoever gets it is asked about."""
    words: str = ""
    """What the person said and did: it stands before everything else."""
    details: tuple[str, ...] = ()
    """Lines in grey, after the buttons."""
    subject: str | None = None
    """Of the mail; null: the title."""


@dataclass(frozen=True, slots=True)
class NoticeView:
    """Everything a notice is rendered from."""

    id: str
    kind: str
    lead: str
    about: str
    recipient: str
    payload: Mapping[str, Any]
    lead_view: LeadView
    terms: Terms
    url: str
    library: Sequence[LibraryAsset] = ()
    """The content library; what is recommended of it depends on the lead."""
    now: datetime | None = None
    """When it is drawn; null: the day on which the offer was made is today."""

    @property
    def zone(self) -> str:
        """IANA name: times are written in the recipient's zone."""
        return self.terms.people.zone(self.recipient.rpartition(":")[2]) or self.terms.zone

    def rep(self, rep: str | None) -> str:
        """The name of a rep; `nobody` for None."""
        return self.terms.people.name(rep)

    def fact(self, name: str) -> Any:
        """The surviving value of a fact of the lead or its company."""
        return surviving_value(name, self.lead_view.person, self._scored, self.terms)

    @property
    def _scored(self) -> ScoredFacts | None:
        """Of the latest offer; for an owner who was never offered the lead here, of what this notice brought."""
        offer = self.lead_view.handoff.latest_offer
        if offer:
            return ScoredFacts(offer.snapshot.facts, offer.at)
        if facts := self.payload.get("snapshot", {}).get("facts"):
            return ScoredFacts(RouteFacts.read(facts), datetime.fromisoformat(self.payload["at"]))
        return None

    def promise(self, name: str) -> str:
        """Its title in the agreement; a name that is gone from it, as words."""
        promise = self.terms.levels.by_name.get(name)
        return promise.title if promise else humanize_first(name)

    def reason(self, name: str) -> str:
        """Of the end of an offer: the title of a reject reason in the agreement; any other name, as words."""
        reason = self.terms.routing.by_reason.get(name)
        return reason.title if reason else humanize(name)

    @property
    def name(self) -> str:
        """The person's name, else the address, else `Somebody new`."""
        return full_name(self.fact) or str(self.fact("email") or "Somebody new")

    @property
    def who(self) -> str:
        """The person's name and company."""
        company = self.fact("company")
        return f"{self.name}, {company}" if company else self.name

    @property
    def data(self) -> dict[str, Any]:
        """The notice as data: what the webhook carries."""
        person = {name: self.fact(name) for name in ("email", "first_name", "last_name", "company")}
        return {"notice": self.id, "kind": self.kind, "lead": self.lead, "person": person, "about": dict(self.payload)}

    @property
    def page(self) -> str:
        """The address of the lead's page."""
        return f"{self.url}/leads/{self.lead}"
