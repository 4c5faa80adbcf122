"""The ways out: Slack, mail and webhooks; the outbox stands in for Slack and mail until they are configured."""

from collections.abc import Mapping

from agreement.notices import Notices
from notifier.channels import slack
from notifier.channels.mail import Mail, Post
from notifier.channels.outbox import Outbox
from notifier.channels.outcome import Channel
from notifier.channels.webhook import Webhooks
from runtime.settings import Settings


def channels(settings: Settings, terms: Notices, secrets: Mapping[str, str] | None = None) -> list[Channel]:
    """`secrets`: those of the webhooks, by the names of their variables."""
    post = Post(terms.sender)
    by_slack: Channel = (
        slack.Slack(settings.slack_token.get_secret_value(), settings.slack_url)
        if settings.slack_token
        else Outbox("slack", settings.data, slack.compose, slack.encode)
    )
    by_mail: Channel = (
        Mail(settings.smtp.get_secret_value(), post)
        if settings.smtp
        else Outbox("email", settings.data, post.compose, post.encode)
    )
    hooks = Webhooks(terms.webhooks, secrets or {}, laboratory=settings.laboratory)
    return [by_slack, by_mail, *([hooks] if terms.webhooks else [])]
