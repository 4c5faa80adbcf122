"""Chapter `notices`: who hears of what, by which channel, and when messages wait."""

from functools import cached_property
from typing import Literal

from agreement.events import EngagementKind
from agreement.types import Count, Email, Terms, TimeOfDay, Wall, Weekday
from events.vocabulary import NoticeChannel

NoticeKind = Literal[
    "assignment",
    "reassigned",
    "activity",
    "reminder",
    "breach",
    "escalation",
    "withdrawal",
    "answer_ignored",
    "rejected",
    "qualified",
    "re_engaged",
    "revisit",
    "nurture",
    "nurture_left",
    "suppressed",
    "consent",
    "alert",
    "commitment",
    "survey",
    "weekly_pack",
]
RecipientRole = Literal[
    "rep", "previous_rep", "manager", "on_call", "marketing", "operations", "stewards", "sales_leadership"
]


class NoticeRule(Terms):
    """Who gets a notice of this kind, by which channels, and whether it waits for working hours."""

    kind: NoticeKind
    to: tuple[RecipientRole, ...]
    by: tuple[NoticeChannel, ...]
    waits: bool
    """For the recipient's hours; the on-call person is never kept waiting."""
    digest: bool = False
    """May be gathered into one message when many come at once."""


class QuietHours(Terms):
    """For audiences without a calendar of their own; people have their team's. In the house's zone."""

    start: TimeOfDay
    end: TimeOfDay
    days_off: tuple[Weekday, ...]


class Digest(Terms):
    """More than so many notices for one recipient and channel in this time become one."""

    more_than: Count
    within: Wall


class Retry(Terms):
    """Waits between the attempts; the last one repeats until `give_up_after`."""

    waits: tuple[Wall, ...]
    give_up_after: Wall


class Sender(Terms):
    """Whose name and address mails come from."""

    name: str
    email: Email
    reply_to: Email | None = None


class WebhookReceiver(Terms):
    """A receiver outside; its signing secret is read from the environment variable `secret_variable`."""

    id: str
    url: str
    secret_variable: str
    kinds: tuple[NoticeKind, ...]
    enabled: bool = True
    """No: nothing is sent there, and its secret need not be set."""


class Card(Terms):
    """How much a handoff card shows."""

    score_lines: Count
    signals: Count
    timeline: Count
    talking_points: Count


class TalkingPoint(Terms):
    """Suggested when the person took in an asset with one of these words in its name, or did one of these kinds."""

    topic: str
    asset_words: tuple[str, ...] = ()
    kinds: tuple[EngagementKind, ...] = ()
    say: str


class Notices(Terms):
    """The whole chapter."""

    sender: Sender
    rules: tuple[NoticeRule, ...]
    quiet_hours: QuietHours
    digest: Digest
    retry: Retry
    webhooks: tuple[WebhookReceiver, ...] = ()
    card: Card
    talking_points: tuple[TalkingPoint, ...]

    @property
    def receivers(self) -> tuple[WebhookReceiver, ...]:
        """The webhooks that are switched on."""
        return tuple(hook for hook in self.webhooks if hook.enabled)

    @cached_property
    def by_kind(self) -> dict[str, NoticeRule]:
        """The rules by kind of notice."""
        return {rule.kind: rule for rule in self.rules}
