"""Whether people sign in at a provider of OpenID Connect: its libraries are loaded only where there is one."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from runtime.errors import Misconfigured, Refused
from runtime.settings import THIS_MACHINE, Settings

if TYPE_CHECKING:
    from runtime.http.oidc import LoginProvider


class NotSignedIn(Refused):
    """The provider did not vouch for this person."""

    status = 403


class ProviderAway(Refused):
    """The provider that people sign in with does not answer as it should."""

    status = 502


def login_provider(settings: Settings) -> "LoginProvider | None":
    """The one of BATON_OIDC_ISSUER, or None. Raises Misconfigured for half of a configuration, and for plain http."""
    given = (settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    if not any(given):
        return None
    issuer, identity, secret = given
    if not issuer or not identity or not secret:
        raise Misconfigured("BATON_OIDC_ISSUER, BATON_OIDC_CLIENT_ID and BATON_OIDC_CLIENT_SECRET go together")
    parts = urlsplit(issuer)
    if parts.scheme != "https" and parts.hostname not in THIS_MACHINE:
        raise Misconfigured("BATON_OIDC_ISSUER must begin with https://")
    from runtime.http.oidc import LoginProvider  # noqa: PLC0415 (23 MB that a house without a provider need not hold)

    back = f"{settings.url}/sign-in/oidc/back"
    return LoginProvider(issuer.rstrip("/"), identity, secret.get_secret_value(), back)
