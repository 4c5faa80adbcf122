"""A claimed notice as people will read it: one neutral message, then Slack blocks or a mail made from it."""

from notifier.render.mail import mail, text
from notifier.render.message import Facts, Message, Part
from notifier.render.notes import digest, message
from notifier.render.slack import slack

__all__ = ["Facts", "Message", "Part", "digest", "mail", "message", "slack", "text"]
