"""How long a name is at most: of a person, a company, a campaign, a source, a partner, an asset."""

from typing import Final

LONGEST_NAME: Final = 255
"""Characters. An index holds no long texts, and people write none: what is longer is cut, at the door and by whoever
reads what was recorded before the door did so."""


def name_of(text: str | None) -> str | None:
    """The name, cut; None stays None."""
    return text and text[:LONGEST_NAME]
