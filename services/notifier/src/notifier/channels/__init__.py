"""The ways out: Slack, mail and webhooks; the outbox stands in for Slack and mail until they are configured."""

from collections.abc import Mapping

from agreement.notices import Notices
from notifier.channels import slack
from notifier.channels.base import Channel
from notifier.channels.mail import MailFormat, SmtpChannel
from notifier.channels.outbox import OutboxChannel
from notifier.channels.webhook import WebhookChannel
from runtime.settings import Settings


def channels(settings: Settings, terms: Notices, secrets: Mapping[str, str] | None = None) -> list[Channel]:
    """`secrets`: those of the webhooks, by the names of their variables."""
    mail_format = MailFormat(terms.sender)
    slack_channel: Channel = (
        slack.SlackChannel(settings.slack_token.get_secret_value(), settings.slack_url)
        if settings.slack_token
        else OutboxChannel("slack", settings.data, slack.compose, slack.encode)
    )
    mail_channel: Channel = (
        SmtpChannel(settings.smtp.get_secret_value(), mail_format)
        if settings.smtp
        else OutboxChannel("email", settings.data, mail_format.compose, mail_format.encode)
    )
    webhooks = WebhookChannel(terms.receivers, secrets or {}, laboratory=settings.laboratory)
    return [slack_channel, mail_channel, *([webhooks] if terms.receivers else [])]
