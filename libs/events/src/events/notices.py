"""Topic `notices`: who was told, and did they hear. Written by notifier. Carries no text of the notice."""

from typing import ClassVar, Final, Literal

from events.body import Body
from events.envelope import Event
from events.vocabulary import NoticeChannel


class NoticeData(Body):
    """The record of one notice, as every event about its delivery carries it."""

    notice: str
    kind: str
    """`assignment`, `reminder`, `breach`, `escalation`, `withdrawal`, `activity`, `alert`, `answer_ignored`, …"""
    channel: NoticeChannel
    to: str
    """Rep id, or `marketing`, `operations`, `manager:<rep>`."""
    assignment: str | None = None
    attempt: int = 1
    message: str | None = None
    """Id of the message in which it travelled with others; null: it was one by itself."""


class NoticeSent(Event):
    """The provider said yes."""

    topic: ClassVar[str] = "notices"

    class Data(NoticeData):
        reference: str | None = None
        """The provider's id: Slack `ts`, Message-ID."""
        outbox: bool = False
        """Written to the outbox folder: no provider is configured."""

    type: Literal["notice.sent.v1"] = "notice.sent.v1"
    data: Data


class NoticeFailed(Event):
    """Given up, or refused for good."""

    topic: ClassVar[str] = "notices"

    class Data(NoticeData):
        error: str

    type: Literal["notice.failed.v1"] = "notice.failed.v1"
    data: Data


class NoticeUnknown(Event):
    """The provider's answer was lost: it may have been delivered, a repeat is possible."""

    topic: ClassVar[str] = "notices"

    class Data(NoticeData):
        error: str

    type: Literal["notice.unknown.v1"] = "notice.unknown.v1"
    data: Data


EVENTS: Final = (
    NoticeSent,
    NoticeFailed,
    NoticeUnknown,
)
