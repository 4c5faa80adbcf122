"""The buttons of a mail: an address that answers one offer in its rep's name. Signed, good once, and not for ever.

Whoever has the mail may answer; so the token stands in the mail alone, never in what is kept or shown. That it is good
once is held where the answer comes in: all answers of one token are the same fact.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import msgspec

from events.buttons import OfferButton
from runtime.errors import Refused

LIFE: Final = timedelta(days=30)
"""How long a button of a mail is good."""
_LONGEST: Final = 1000


class ExpiredButton(Refused):
    """This button is too old, or was not made by this house."""

    status = 410


@dataclass(frozen=True, slots=True)
class OfferLink:
    """Which offer is answered, and in whose name."""

    lead: str
    assignment: str
    rep: str

    @property
    def fact(self) -> str:
        """The id of the fact, whatever the answer: a second one changes nothing."""
        return f"mail:{self.assignment}:{self.rep}"


def offer_token(secret: str, offer: OfferButton, rep: str, now: datetime) -> str:
    """The token of an address, fit for a path."""
    body = msgspec.json.encode([offer.lead, offer.assignment, rep, int((now + LIFE).timestamp())])
    return f"{_text(body)}.{_text(_signature(secret, body))}"


def read_offer_token(secret: str, token: str, now: datetime) -> OfferLink | None:
    """None for what is not ours, or too old."""
    body, _, signature = token[:_LONGEST].partition(".")
    try:
        raw, given = (urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (body, signature))
        if not hmac.compare_digest(given, _signature(secret, raw)):
            return None
        lead, assignment, rep, until = msgspec.json.decode(raw, type=tuple[str, str, str, int])
    except (ValueError, msgspec.MsgspecError):
        return None
    return OfferLink(lead, assignment, rep) if now.timestamp() < until else None


def _signature(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), b"offer:" + body, sha256).digest()


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
