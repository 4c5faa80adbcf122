"""What the buttons of a Slack card say back: notifier writes it, ingest reads it, and both do so here."""

from typing import Final, Self

import msgspec

from events.body import Body, wire

ACCEPT: Final = "accept"
REJECT: Final = "reject"
"""Action ids of the two answers, and the callback id of the modal that asks for the reason."""


HAND_OVER: Final = "hand_over"
"""Action id of the button by which a rep hands a lead over, or a manager reassigns it; callback id of its modal."""


SURVEY: Final = "survey"
"""Action id of the button that asks why a deal was won or lost; callback id of its modal."""


class _Button(Body):
    """What a button carries as its `value`."""

    def encode(self) -> str:
        """The button's `value`; the modal carries it on as `private_metadata`."""
        return wire(self).decode()

    @classmethod
    def decode(cls, value: object) -> Self | None:
        """None for anything that `encode` did not write."""
        if not isinstance(value, str):
            return None
        try:
            return msgspec.json.decode(value, type=cls)
        except (msgspec.DecodeError, UnicodeError):
            return None


class OfferButton(_Button):
    """The offer that a button, or the modal behind it, answers."""

    lead: str
    assignment: str
    pool: str | None = None
    """Whose members it may be passed on to; null: those of the team."""


class SurveyButton(_Button):
    """The closed deal that a survey is about, and the contact whose owner is asked."""

    lead: str
    deal: str
