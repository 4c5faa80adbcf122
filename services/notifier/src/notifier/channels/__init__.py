"""The ways out: Slack and mail; the outbox stands in for what is not configured."""

from agreement.notices import Notices
from notifier.channels import slack
from notifier.channels.mail import Mail, Post
from notifier.channels.outbox import Outbox
from notifier.channels.outcome import Channel
from runtime.settings import Settings


def channels(settings: Settings, terms: Notices) -> list[Channel]:
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
    return [by_slack, by_mail]
