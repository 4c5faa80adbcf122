"""Where a lead came from: the rule of the first touch (domain, section 3.6). Scoring and reporting ask here."""

from datetime import datetime
from typing import Final, NamedTuple

from agreement.readers.traffic import source_name
from events.leads import Campaign


class Origin(NamedTuple):
    """Source and campaign of a lead, or of one touch."""

    source: str
    campaign: str | None
    at: datetime
    """Time of the touch that gives them."""
    named: bool
    """The touch named a source, campaign or partner; else its form stands for the source."""


_FORMS: Final = ("form", "typeform")
"""Channels by which forms come. Others (`segment`, `cloudevents`, a CRM) carry what was done elsewhere."""


def is_marketing(source: str) -> bool:
    """Whether this channel may stand for a source: a form may, a tool or its SDK never (domain, section 3.5)."""
    return source.partition(":")[0] in _FORMS


def touch_origin(campaign: Campaign | None, channel: str, at: datetime) -> Origin | None:
    """What one touch says: source and campaign as named (a campaign without a source is its own), a named partner, else
    the form. None when none of these is there. Names of sources are compared, and kept, without case and blanks.
    """
    if campaign is not None and (source := campaign.source or campaign.name or campaign.referral):
        return Origin(source_name(source), campaign.name, at, named=True)
    return Origin(channel, None, at, named=False) if is_marketing(channel) else None


def first_touch(known: Origin | None, touch: Origin | None) -> Origin | None:
    """The one of the two that counts: what is named before a mere form, then the earlier, then `known`."""
    if touch is None:
        return known
    if known is None or (touch.named and not known.named):
        return touch
    return touch if touch.named == known.named and touch.at < known.at else known
