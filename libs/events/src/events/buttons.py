"""What the buttons of a Slack card say back: notifier writes it, ingest reads it, and both do so here."""

from typing import Final, Self

import msgspec

from events.body import Body, wire

ACCEPT: Final = "accept"
REJECT: Final = "reject"
"""Action ids of the two answers, and the callback id of the modal that asks for the reason."""


class OfferButton(Body):
    """The offer that a button, or the modal behind it, answers."""

    lead: str
    assignment: str

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
