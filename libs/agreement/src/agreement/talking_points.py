"""What a rep may say to somebody: the agreement's talking points for what the person took in and did.

Shared by the inbox (reporting) and the card (notifier), so that both suggest the same.
"""

from collections.abc import Collection, Iterable

from agreement.events import Events
from agreement.notices import Notices, TalkingPoint


def talking_points(
    notices: Notices, events: Events, content: Iterable[str], kinds: Collection[str]
) -> tuple[TalkingPoint, ...]:
    """At most as many as a card has: by how a hand was raised, by words in the names of `content`, by other `kinds`."""
    points, done, taken = notices.talking_points, set(kinds), " ".join(content).lower()
    raised = [point for point in points if done & events.hand_raises & set(point.kinds)]
    by_asset = [point for point in points if any(word in taken for word in point.asset_words)]
    by_kind = [point for point in points if done & set(point.kinds)]
    by_topic = {point.topic: point for point in (*raised, *by_asset, *by_kind)}
    return tuple(by_topic.values())[: notices.card.talking_points]
