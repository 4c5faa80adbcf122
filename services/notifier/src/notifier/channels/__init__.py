"""The ways out: Slack, mail and webhooks; the outbox stands in for Slack and mail until they are configured."""

from collections.abc import Mapping

from agreement.notices import Notices
from notifier.channels import slack_calls
from notifier.channels.base import Channel
from notifier.channels.mail import MailFormat, SmtpChannel
from notifier.channels.outbox import OutboxChannel
from notifier.channels.webhook import WebhookChannel
from runtime.settings import Settings


def channels(settings: Settings, terms: Notices, secrets: Mapping[str, str] | None = None) -> list[Channel]:
    """`secrets`: those of the webhooks, by the names of their variables."""
    secret = settings.secret.get_secret_value() if settings.secret else None
    mail_format = MailFormat(terms.sender, settings.url, secret)
    slack_channel: Channel = (
        _slack(settings.slack_token.get_secret_value(), settings.slack_url)
        if settings.slack_token
        else OutboxChannel("slack", settings.data, slack_calls.compose, slack_calls.encode)
    )
    mail_channel: Channel = (
        SmtpChannel(settings.smtp.get_secret_value(), mail_format)
        if settings.smtp
        else OutboxChannel("email", settings.data, mail_format.compose, mail_format.encode)
    )
    webhooks = WebhookChannel(terms.receivers, secrets or {}, laboratory=settings.laboratory)
    return [slack_channel, mail_channel, *([webhooks] if terms.receivers else [])]


def _slack(token: str, url: str) -> Channel:
    from notifier.channels.slack import SlackChannel  # noqa: PLC0415  (12 MB that a house without Slack is spared)

    return SlackChannel(token, url)
