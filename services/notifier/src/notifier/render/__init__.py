"""A claimed notice as people will read it: one neutral message, then Slack blocks or a mail made from it."""

from notifier.render.mail import mail, text
from notifier.render.message import Message, MessagePart, NoticeView
from notifier.render.notes import digest, message
from notifier.render.slack import slack

__all__ = ["Message", "MessagePart", "NoticeView", "digest", "mail", "message", "slack", "text"]
