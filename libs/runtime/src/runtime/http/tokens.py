"""What signing in is made of, pure: secrets and what is derived from them, names of cookies, and where one may be led.

A cookie's value is a secret of 256 bits that only its browser has; the database holds its digest. What a page or a
provider must bring back is derived from it (HMAC-SHA256), so nothing else has to be kept, nor any key of the house.
"""

import hmac
import re
import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Final, Literal
from urllib.parse import urlsplit

Purpose = Literal["form", "state", "nonce", "verifier"]
IDLE: Final = timedelta(hours=12)
"""A session that nobody used for so long is over."""
LONGEST: Final = timedelta(days=7)
"""A session is over after so long, however much it is used."""
LINK_LIFE: Final = timedelta(minutes=15)
"""A link to sign in with is good for so long, once."""
VISIT_LIFE: Final = timedelta(minutes=30)
"""How long somebody may take over the sign-in page, or at the provider."""
_PLAIN: Final = re.compile(r"/[\x21-\x5b\x5d-\x7e]*", re.ASCII)
"""One line of visible ASCII without a backslash: browsers read that as a slash."""


def draw() -> str:
    """A new secret: 256 random bits, fit for an address or a cookie."""
    return secrets.token_urlsafe(32)


def derived(secret: str, purpose: Purpose) -> str:
    """What only the holder of `secret` can bring: 64 characters, another for each purpose."""
    return hmac.new(secret.encode(), purpose.encode(), sha256).hexdigest()


def brings(given: str | None, secret: str | None, purpose: Purpose) -> bool:
    """Whether `given` is what is derived from the secret; in constant time. False without a secret."""
    return bool(secret) and hmac.compare_digest((given or "").encode(), derived(secret or "", purpose).encode())


def cookie_name(url: str, what: Literal["session", "visit"]) -> str:
    """On https the prefix makes the browser refuse it from anybody but this very host, over https."""
    return f"__Host-baton_{what}" if url.startswith("https://") else f"baton_{what}"


def local_path(given: str | None) -> str | None:
    """An address on this host and nothing else, or None: where somebody who signed in may be led."""
    if not given or len(given) > 2000 or not _PLAIN.fullmatch(given) or given.startswith("//"):
        return None
    try:
        parts = urlsplit(given)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc or parts.path.startswith("/sign-") else given
