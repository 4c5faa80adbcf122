"""A claimed notice as people will read it: one neutral message, then Slack blocks or a mail made from it."""

from notifier.render.digest import digest
from notifier.render.drawing import MAIL_POLICY, SLACK_POLICY, slack_page
from notifier.render.mail import mail, text
from notifier.render.message import Message, MessagePart, NoticeView
from notifier.render.notes import message
from notifier.render.slack import slack

__all__ = [
    "MAIL_POLICY",
    "SLACK_POLICY",
    "Message",
    "MessagePart",
    "NoticeView",
    "digest",
    "mail",
    "message",
    "slack",
    "slack_page",
    "text",
]
