"""Topic `handoffs`: whom the mail tool is to write to because sales wants it. Written by routing."""

from typing import ClassVar, Literal

from events.body import Body
from events.envelope import Event


class CampaignEntered(Event):
    """The lead is in this campaign of the mail tool from now on: a rep or manager enrolled it."""

    topic: ClassVar[str] = "handoffs"

    class Data(Body):
        cycle: int
        campaign: str
        title: str
        """By the agreement; the campaign's name where it has none for it."""
        by: str | None = None
        """Rep id."""

    type: Literal["campaign.entered.v1"] = "campaign.entered.v1"
    data: Data
