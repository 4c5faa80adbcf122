"""Where a lead came from: the rule of the first touch (domain, section 3.6). Scoring and reporting ask here."""

from datetime import datetime
from typing import NamedTuple

from events.leads import Campaign


class Origin(NamedTuple):
    """Source and campaign of a lead, or of one touch."""

    source: str
    campaign: str | None
    at: datetime
    """Time of the touch that gives them."""
    named: bool
    """The touch named a source or a campaign; else its channel stands for the source."""


def touch_origin(campaign: Campaign | None, channel: str, at: datetime) -> Origin:
    """What one touch says: source and campaign as named (a campaign without a source is its own), else the channel."""
    if campaign is not None and (source := campaign.source or campaign.name):
        return Origin(source, campaign.name, at, named=True)
    return Origin(channel, None, at, named=False)


def first_touch(known: Origin | None, touch: Origin) -> Origin:
    """The one of the two that counts: what is named before a mere channel, then the earlier, then `known`."""
    if known is None or (touch.named and not known.named):
        return touch
    return touch if touch.named == known.named and touch.at < known.at else known
