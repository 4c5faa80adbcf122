"""What the two teams keep for each other: what is put off, campaigns, content, action items, the self-assessment."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import ClassVar, Final

from agreement.readers.names import name_of
from events.campaigns import ContentPublished
from events.enrolment import CampaignEntered
from events.teamwork import (
    ActionItem,
    AssessmentAnswered,
    ContentRated,
    ContentRequested,
    LeadEnrolled,
    LeadSnoozed,
    PartnerNoted,
)
from reporting.decide.rows import Row, row
from reporting.decide.state import Fold, Handle, timeline_only
from runtime.values import Key


class Snooze(Row, frozen=True):
    """A rep looks at the lead again later; of a rep and lead the latest counts. Never changes."""

    table: ClassVar[str] = "snooze"
    key: ClassVar[tuple[str, ...]] = ("lead", "event")
    lead: str
    event: str
    at: datetime
    until: datetime
    by: str | None = None


class CampaignMembership(Row, frozen=True):
    """Topic `handoffs`: sales put the lead into a campaign of the mail tool. Never changes."""

    table: ClassVar[str] = "membership"
    key: ClassVar[tuple[str, ...]] = ("lead", "event")
    lead: str
    event: str
    at: datetime
    cycle: int
    campaign: str
    title: str
    by: str | None = None


class ContentNote(Row, frozen=True):
    """Sales asked for content, said whether it uses some, or marketing answered. Never changes, but for `note`."""

    table: ClassVar[str] = "content_note"
    key: ClassVar[tuple[str, ...]] = ("lead", "event")
    personal: ClassVar[str | None] = "note"
    lead: str
    """Subject: the lead that it is for, else the asset or the request."""
    event: str
    at: datetime
    recorded_at: datetime
    kind: str
    """`requested`, `answered` or `rated`."""
    by: str | None = None
    asset: str | None = None
    request: str | None = None
    persona: str | None = None
    stage: str | None = None
    used: bool | None = None
    reason: str | None = None
    note: str | None = None


class PartnerNote(Row, frozen=True):
    """What a partner and we tell each other. Never changes."""

    table: ClassVar[str] = "partner_note"
    key: ClassVar[tuple[str, ...]] = ("partner", "event")
    partner: str
    event: str
    at: datetime
    note: str
    from_partner: bool
    by: str | None = None
    actor: str | None = None


class ActionNote(Row, frozen=True):
    """One fact of an action item; what it leaves out stays as earlier facts have it. Never changes, but for `text`."""

    table: ClassVar[str] = "action_note"
    key: ClassVar[tuple[str, ...]] = ("lead", "event")
    personal: ClassVar[str | None] = "text"
    lead: str
    """Subject: the lead that it is about, else the item."""
    event: str
    at: datetime
    recorded_at: datetime
    item: str
    pack: str | None = None
    text: str | None = None
    owner: str | None = None
    due: date | None = None
    done: bool | None = None
    by: str | None = None


class Assessment(Row, frozen=True):
    """One answer to a question of the self-assessment. Never changes, but for `answer`; the latest counts."""

    table: ClassVar[str] = "assessment"
    key: ClassVar[tuple[str, ...]] = ("lead", "event")
    personal: ClassVar[str | None] = "answer"
    lead: str
    """Subject: the question's topic, unless a lead was named."""
    event: str
    at: datetime
    recorded_at: datetime
    question: str
    answer: str | None = None
    by: str | None = None


def on_snoozed(fold: Fold, event: LeadSnoozed) -> None:
    """Puts until when."""
    fold.put(row(Snooze, event))


def on_campaign_entered(fold: Fold, event: CampaignEntered) -> None:
    """Puts the membership."""
    fold.put(row(CampaignMembership, event))


def on_content_requested(fold: Fold, event: ContentRequested) -> None:
    """Puts what is wished for, in the words of sales."""
    fold.put(row(ContentNote, event, kind="requested", note=event.data.text))


def on_content_rated(fold: Fold, event: ContentRated) -> None:
    """Puts whether the asset is used, and why not."""
    fold.put(row(ContentNote, event, kind="rated"))


def answer_request(fold: Fold, event: ContentPublished) -> None:
    """Puts the answer to a request of sales, when the publication is one."""
    if event.data.answers is not None:
        fold.put(row(ContentNote, event, kind="answered", request=name_of(event.data.answers)))


def on_partner_noted(fold: Fold, event: PartnerNoted) -> None:
    """Puts the note."""
    fold.put(row(PartnerNote, event))


def on_action_item(fold: Fold, event: ActionItem) -> None:
    """Puts the fact of the item."""
    fold.put(row(ActionNote, event))


def on_assessed(fold: Fold, event: AssessmentAnswered) -> None:
    """Puts the answer."""
    fold.put(row(Assessment, event))


ROWS: Final = (Snooze, CampaignMembership, ContentNote, PartnerNote, ActionNote, Assessment)
HANDLES: Final[Mapping[Key, Handle]] = {
    LeadSnoozed: on_snoozed,
    LeadEnrolled: timeline_only,
    CampaignEntered: on_campaign_entered,
    ContentRequested: on_content_requested,
    ContentRated: on_content_rated,
    PartnerNoted: on_partner_noted,
    ActionItem: on_action_item,
    AssessmentAnswered: on_assessed,
}
"""Whether an enrolment counts is for routing to say: `lead.enrolled` stands in the timeline only."""
