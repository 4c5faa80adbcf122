"""Sign-in at a provider of OpenID Connect: the code flow with PKCE, state and nonce, and a checked id token."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from runtime.http.client import HTTPError, client
from runtime.http.login import NotSignedIn, ProviderAway
from runtime.http.tokens import derived

_ALGORITHMS: Final = ["RS256", "PS256", "ES256", "EdDSA"]
"""With a key pair: a provider's public key must not pass as a shared secret, nor `none` as a signature."""
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class LoginProvider:
    """The provider of BATON_OIDC_ISSUER, and this house as it knows it."""

    issuer: str
    client_id: str
    client_secret: str
    back: str
    """Address that the provider leads back to."""

    async def begin(self, visit: str) -> str:
        """Where the browser goes; what comes back is bound to its cookie `visit`. Raises ProviderAway."""
        known = await self._discover()
        challenge = create_s256_code_challenge(derived(visit, "verifier"))
        given = {
            **{"response_type": "code", "client_id": self.client_id, "redirect_uri": self.back},
            **{"scope": "openid email", "state": derived(visit, "state"), "nonce": derived(visit, "nonce")},
            **{"code_challenge": challenge, "code_challenge_method": "S256"},
        }
        return str(add_params_to_uri(known["authorization_endpoint"], list(given.items())))

    async def finish(self, visit: str, code: str) -> str:
        """The verified mail address of who came back. Raises NotSignedIn, ProviderAway."""
        known = await self._discover()
        given = {
            **{"grant_type": "authorization_code", "code": code, "redirect_uri": self.back},
            **{"code_verifier": derived(visit, "verifier")},
        }
        try:
            async with client(timeout=_SECONDS) as http:
                answer = await http.post(known["token_endpoint"], data=given, auth=(self.client_id, self.client_secret))
                if answer.status_code in (400, 401, 403):
                    raise NotSignedIn("the provider refused the code")
                token = answer.raise_for_status().json()["id_token"]
                keys = (await http.get(known["jwks_uri"])).raise_for_status().json()
        except (HTTPError, KeyError, TypeError, ValueError) as error:
            raise ProviderAway("it gave no id token") from error
        return self._address(token, keys, derived(visit, "nonce"))

    def _address(self, token: str, keys: Any, nonce: str) -> str:
        """Of an id token that this provider signed for this house and this visit. Raises NotSignedIn for any other."""
        options: Mapping[str, Any] = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.client_id},
            "exp": {"essential": True},
            "nonce": {"essential": True, "value": nonce},
        }
        try:
            payload = jwt.decode(token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS)
            claims = CodeIDToken(payload.claims, payload.header, options, {"nonce": nonce, "client_id": self.client_id})
            claims.validate(leeway=30)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise NotSignedIn("the id token is not one for this visit") from error
        address, verified = claims.get("email"), claims.get("email_verified")
        if not isinstance(address, str) or verified is not True:
            raise NotSignedIn("the provider has not verified this mail address")
        return address

    async def _discover(self) -> dict[str, Any]:
        try:
            async with client(timeout=_SECONDS) as http:
                answer = await http.get(f"{self.issuer}/.well-known/openid-configuration")
                known: Any = answer.raise_for_status().json()
        except (HTTPError, ValueError) as error:
            raise ProviderAway("its configuration cannot be read") from error
        if not isinstance(known, dict) or not all(isinstance(known.get(name), str) for name in _ENDPOINTS):
            raise ProviderAway("its configuration lacks where it is asked")
        if str(known.get("issuer", "")).rstrip("/") != self.issuer:
            raise ProviderAway("it calls itself by another name than BATON_OIDC_ISSUER")
        return known
