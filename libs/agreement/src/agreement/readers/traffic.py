"""Sources of traffic: their name as it is compared, and their class (domain, section 3.5)."""

from agreement.events import Events, TrafficClass
from events.leads import Campaign


def source_name(text: str) -> str:
    """`Google`, ` google ` and `GOOGLE` are one source."""
    return " ".join(text.split()).casefold()


class TrafficReader:
    """Chapter `events`, `traffic`, compiled once."""

    def __init__(self, events: Events) -> None:
        rules = events.traffic
        self._mediums: dict[str, TrafficClass] = {
            source_name(medium): rule.traffic for rule in reversed(rules) for medium in rule.mediums
        }
        self._sources: dict[str, TrafficClass] = {
            source_name(source): rule.traffic for rule in reversed(rules) for source in rule.sources
        }

    def read(self, campaign: Campaign | None) -> TrafficClass:
        """The class of a touch: a named partner first, then its medium, then its source."""
        if campaign is None:
            return "direct"
        if campaign.referral:
            return "partner"
        by_medium = self._mediums.get(source_name(campaign.medium or ""))
        if by_medium is not None:
            return by_medium
        source = source_name(campaign.source or campaign.name or "")
        if not source:
            return "direct"
        parts = source.split(".")
        names = (".".join(parts[start:]) for start in range(len(parts)))
        return next((self._sources[name] for name in names if name in self._sources), "referral")
