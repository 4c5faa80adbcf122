"""Names that marketing tools write: of assets (webinars too) and campaigns. `W1`, `w1` and ` W1` are one name.

All services compare them as they stand: so the door writes each as it was written first. A programme that somebody is
enrolled in is called as the agreement calls it, and is left as it is; sources are compared by those who count them.
"""

from collections.abc import Iterator, Mapping

from agreement.readers.names import LONGEST_NAME
from agreement.readers.traffic import source_name
from events import Body
from events.campaigns import SpendRecorded
from events.leads import Campaign
from ingest.decide.engagements import EventData

NameKey = tuple[str, str]
"""(`asset` | `campaign`, the name as it is compared)."""


def names_of(events: EventData, campaign: Campaign | None) -> Iterator[tuple[NameKey, str]]:
    """Each name in what a submission amounts to: its key, and how it is written here."""
    names = [found for _, data in events for found in _names(data)]
    if campaign is not None and campaign.name:
        names.append(("campaign", campaign.name))
    for kind, name in names:
        key = source_name(name)
        if len(key) <= LONGEST_NAME:
            yield (kind, key), name


class Names:
    """The names known before a batch, and those that are new in it."""

    def __init__(self, before: Mapping[NameKey, str]) -> None:
        self._before = before
        self.new = dict[NameKey, str]()

    def as_first_written(self, events: EventData, campaign: Campaign | None) -> tuple[EventData, Campaign | None]:
        """The same with each name as it was written first, by whomever."""
        written = [self._first(key, name) == name for key, name in names_of(events, campaign)]
        if all(written):
            return events, campaign
        return tuple((event, self._renamed(data)) for event, data in events), self._campaign(campaign)

    def _first(self, key: NameKey, name: str) -> str:
        if len(key[1]) > LONGEST_NAME:
            return name
        return self._before.get(key) or self.new.setdefault(key, name)

    def _renamed(self, data: Body) -> Body:
        renamed: dict[str, object] = {
            kind: self._first((kind, source_name(name)), name) for kind, name in _names(data) if kind in _texts(data)
        }
        campaign = getattr(data, "campaign", None)
        if isinstance(campaign, Campaign):
            renamed["campaign"] = self._campaign(campaign)
        return data.replaced(**renamed) if renamed else data

    def _campaign(self, campaign: Campaign | None) -> Campaign | None:
        if campaign is None or not campaign.name:
            return campaign
        return campaign.replaced(name=self._first(("campaign", source_name(campaign.name)), campaign.name))


def subject_of(subject: str, events: EventData) -> str:
    """What is said about an asset or a campaign has its name, as it is written in the data, for a subject."""
    for _, data in events:
        for name in _texts(data).values():
            if source_name(name) == source_name(subject):
                return name
    return subject


def _names(data: Body) -> Iterator[tuple[str, str]]:
    yield from _texts(data).items()
    campaign = getattr(data, "campaign", None)
    if isinstance(campaign, Campaign) and campaign.name:
        yield "campaign", campaign.name


def _texts(data: Body) -> dict[str, str]:
    """Fields that are a name by themselves."""
    asset = getattr(data, "asset", None)
    texts = {"asset": asset} if isinstance(asset, str) and asset else {}
    return texts | ({"campaign": data.campaign} if isinstance(data, SpendRecorded.Data) else {})
