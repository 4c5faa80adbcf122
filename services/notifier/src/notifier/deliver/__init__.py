"""The world out: notices are claimed, rendered, sent and recorded, each step in its own short transaction."""

from agreement.notices import Notices
from notifier.deliver import slack
from notifier.deliver.loop import Deliver
from notifier.deliver.mail import Mail, Post
from notifier.deliver.outbox import Outbox
from notifier.deliver.outcome import Channel
from runtime.settings import Settings

__all__ = ["Deliver", "channels"]


def channels(settings: Settings, terms: Notices) -> list[Channel]:
    """Slack and mail; the outbox stands in for what is not configured."""
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
