"""Topic `notices`: the messages to people, and whether they arrived."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final

from events.notices import NoticeFailed, NoticeSent, NoticeUnknown
from reporting.decide.rows import Row, row
from reporting.decide.state import Fold, Handle
from runtime.values import Key

_STATES: Final[Mapping[type, str]] = {NoticeSent: "sent", NoticeFailed: "failed", NoticeUnknown: "unknown"}


class Notice(Row, frozen=True):
    """One message, as its channel last answered."""

    table: ClassVar[str] = "notice"
    key: ClassVar[tuple[str, ...]] = ("lead", "notice")
    lead: str
    notice: str
    kind: str
    channel: str
    recipient: str
    state: str
    at: datetime
    assignment: str | None
    attempt: int
    outbox: bool = False
    error: str | None = None
    message: str | None = None


def on_notice(fold: Fold, event: NoticeSent | NoticeFailed | NoticeUnknown) -> None:
    """Puts the notice's newest state: sent, failed or unknown."""
    fold.put(row(Notice, event, recipient=event.data.to, state=_STATES[type(event)]))


ROWS: Final = (Notice,)
HANDLES: Final[Mapping[Key, Handle]] = {NoticeSent: on_notice, NoticeFailed: on_notice, NoticeUnknown: on_notice}
