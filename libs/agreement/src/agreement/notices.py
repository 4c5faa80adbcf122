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
    "nudge",
    "withdrawal",
    "answer_ignored",
    "rejected",
    "qualified",
    "re_engaged",
    "revisit",
    "follow_up",
    "nurture",
    "nurture_left",
    "sequence",
    "sequence_left",
    "suppressed",
    "consent",
    "enrolled",
    "alert",
    "undecided",
    "commitment",
    "survey",
    "customer",
    "weekly_pack",
    "monthly_review",
    "quarterly_review",
    "anomaly",
]
RecipientRole = Literal[
    "rep",
    "previous_rep",
    "manager",
    "managers",
    "on_call",
    "account_manager",
    "marketing",
    "operations",
    "stewards",
    "sales_leadership",
]
"""`manager`: who decides in the case at hand; `managers`: everybody who manages a team or a pool."""


NoticeForm = Literal["message", "thread", "edit"]
"""A message of its own; a reply under the lead's card; nothing but the card, which says it when it is drawn anew."""


class NoticeRule(Terms):
    """Who gets a notice of this kind, by which channels, in which form, and whether it waits for working hours."""

    kind: NoticeKind
    to: tuple[RecipientRole, ...]
    by: tuple[NoticeChannel, ...]
    """Allowed ones, the first before the next; by which of them somebody hears says chapter teams (`messages`)."""
    form: NoticeForm = "message"
    """Of who has no card of the lead, each is a message of its own."""
    by_digest: tuple[RecipientRole, ...] = ()
    """Those of `to` who hear of it with everything else, at the hours of their digest (chapter teams, `messages`)."""
    hot_at_once: tuple[RecipientRole, ...] = ()
    """Those of `by_digest` who hear of a hot lead at once all the same."""
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


class ActivityTerms(Terms):
    """When whoever has a lead hears of what the person does: hand-raises always, anything else after such a silence."""

    after_silence: Wall
    same_visit: Wall
    """What follows an offer so closely is no news beside its card, which says it."""


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
    content: Count = 1
    """How many pieces of the content library are recommended: on the card, and on the lead page."""


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
    activity: ActivityTerms
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
