"""The token of a mail's buttons: whoever changes it, or waits too long, has nothing."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from events.buttons import OfferButton
from runtime.http.offer_links import LIFE, OfferLink, offer_token, read_offer_token

SECRET = "s" * 32
NOW = datetime(2026, 8, 5, 12, tzinfo=UTC)
TOKEN = offer_token(SECRET, OfferButton(lead="lead-1", assignment="lead-1.1"), "rep-ana", NOW)


def test_a_token_names_the_offer_and_the_rep() -> None:
    assert read_offer_token(SECRET, TOKEN, NOW) == OfferLink("lead-1", "lead-1.1", "rep-ana")


def test_it_is_good_for_a_while_and_for_this_house() -> None:
    assert read_offer_token(SECRET, TOKEN, NOW + LIFE) is None
    assert read_offer_token(SECRET, TOKEN, NOW + LIFE - timedelta(seconds=1)) is not None
    assert read_offer_token("t" * 32, TOKEN, NOW) is None


def test_what_else_the_house_signs_by_the_same_secret_is_no_button() -> None:
    body = urlsafe_b64decode(TOKEN.partition(".")[0] + "==")
    for purpose in (b"", b"form:", b"unsubscribe:"):
        signature = hmac.new(SECRET.encode(), purpose + body, sha256).digest()
        foreign = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in (body, signature)).decode()
        assert read_offer_token(SECRET, foreign, NOW) is None


@given(st.text(max_size=200), st.integers(0, len(TOKEN) - 1))
def test_no_other_text_is_one(text: str, place: int) -> None:
    assert read_offer_token(SECRET, text, NOW) is None
    changed = TOKEN[:place] + ("A" if TOKEN[place] != "A" else "B") + TOKEN[place + 1 :]
    assert read_offer_token(SECRET, changed, NOW) in (None, OfferLink("lead-1", "lead-1.1", "rep-ana"))
