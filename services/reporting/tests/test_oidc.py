"""Sign-in at a provider of OpenID Connect: a small real one, over HTTP on loopback, honest and not."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from fastapi import FastAPI, HTTPException, Request
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import SecretStr

from reporting.service import SERVICE
from runtime.errors import Misconfigured
from runtime.http.client import AsyncClient, Response
from runtime.http.login import login_provider
from runtime.http.server import Server, bind
from runtime.service import Context
from runtime.settings import Settings
from testing.office import browser
from testing.service import SHIPPED

Claims = dict[str, object]


def forged(claims: Claims, key: ECKey) -> str:
    """Signed with what everybody knows, as if it were a secret."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "one"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mark = hmac.digest(key.as_pem(private=False), signed, "sha256")
    return (signed + b"." + base64.urlsafe_b64encode(mark).rstrip(b"=")).decode()


@dataclass
class Login:
    """A provider of OpenID Connect with one user; `claims` and `key` make it lie."""

    issuer: str = ""
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one", "alg": "ES256"}))
    signs_with: ECKey | None = None
    forges: bool = False
    claims: Claims = field(default_factory=dict)
    name: str | None = None
    configuration: object = None
    """In place of the true one."""
    id_token: object = None
    """In place of the signed one."""
    pending: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        async def discover() -> object:
            if self.configuration is not None:
                return self.configuration
            at = self.issuer
            ends = {"authorization_endpoint": f"{at}/authorize", "token_endpoint": f"{at}/token"}
            return {"issuer": self.name or at, **ends, "jwks_uri": f"{at}/keys"}

        @app.get("/keys")
        async def keys() -> dict[str, list[dict[str, object]]]:
            return {"keys": [dict(self.key.as_dict(private=False))]}

        @app.post("/token")
        async def token(request: Request) -> dict[str, object]:
            form = dict(parse_qsl((await request.body()).decode()))
            begun = self.pending.pop(form["code"], None)
            basic = base64.b64encode(b"baton:s3cret").decode()
            proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
            right = begun and (begun["code_challenge"], begun["redirect_uri"]) == (proof.decode(), form["redirect_uri"])
            if not right or request.headers["authorization"] != f"Basic {basic}":
                raise HTTPException(400)
            assert begun is not None
            now = int(time.time())
            usual: Claims = {
                **{"iss": self.issuer, "aud": "baton", "sub": "7", "iat": now, "exp": now + 60},
                **{"nonce": begun["nonce"], "email": "Mara.Lindqvist@northwind.example", "email_verified": True},
            }
            given = {name: value for name, value in {**usual, **self.claims}.items() if value is not None}
            header = {"alg": "ES256", "kid": "one"}
            signed = forged(given, self.key) if self.forges else jwt.encode(header, given, self.signs_with or self.key)
            return {"access_token": "x", "token_type": "Bearer", "id_token": self.id_token or signed}

        return app

    def agrees(self, address: str) -> str:
        """What the user's browser is sent back with, once the user has agreed."""
        begun = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert begun["response_type"] == "code"
        assert begun["code_challenge_method"] == "S256"
        self.pending["code-1"] = begun
        return f"/sign-in/oidc/back?code=code-1&state={begun['state']}"


@pytest.fixture
async def login() -> AsyncIterator[Login]:
    found = Login()
    server = Server(found.app(), bind("127.0.0.1", 0))
    found.issuer = f"http://127.0.0.1:{server.port}"
    await server.start()
    yield found
    await server.stop()


@pytest.fixture
async def http(house: Context, login: Login) -> AsyncIterator[AsyncClient]:
    given = {"oidc_issuer": login.issuer, "oidc_client_id": "baton", "oidc_client_secret": SecretStr("s3cret")}
    async with browser(SERVICE, house, given=given) as client:
        yield client


async def go(http: AsyncClient, login: Login) -> Response:
    page = await http.get("/sign-in")
    assert "company account" in page.text
    left = await http.get("/sign-in/oidc")
    return await http.get(login.agrees(left.headers["location"]))


async def test_who_the_provider_vouches_for_is_signed_in(http: AsyncClient, login: Login) -> None:
    back = await go(http, login)
    assert (back.status_code, back.headers["location"]) == (303, "/")
    assert "Mara Lindqvist" in (await http.get("/")).text


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another visit"}, {"nonce": None}, {"aud": "another house"}, {"aud": None}, {"iss": "https://evil.example"},
        {"exp": 1_700_000_000}, {"exp": None}, {"email_verified": False}, {"email_verified": None},
        {"email_verified": "true"}, {"email": None}, {"email": ["mara.lindqvist@northwind.example"]},
        {"email": "eve@evil.example"},
    ],
    ids=str,
)  # fmt: skip
async def test_a_claim_that_is_wrong_signs_nobody_in(http: AsyncClient, login: Login, claims: Claims) -> None:
    login.claims = claims
    assert (await go(http, login)).status_code == 403
    assert "baton_session" not in http.cookies


async def test_another_key_signs_nobody_in(http: AsyncClient, login: Login) -> None:
    login.signs_with = ECKey.generate_key("P-256", {"kid": "one"})
    assert (await go(http, login)).status_code == 403


async def test_the_public_key_is_no_shared_secret(http: AsyncClient, login: Login) -> None:
    login.forges = True
    assert (await go(http, login)).status_code == 403


async def test_coming_back_belongs_to_the_browser_that_left(http: AsyncClient, login: Login) -> None:
    """A stranger's code and state, put before somebody as a link, sign nobody in."""
    await http.get("/sign-in")
    back = login.agrees((await http.get("/sign-in/oidc")).headers["location"])
    http.cookies.clear()
    assert (await http.get(back)).status_code == 403
    await http.get("/sign-in")
    assert (await http.get(back)).status_code == 403
    assert login.pending


async def test_a_code_is_good_once(http: AsyncClient, login: Login) -> None:
    page = await http.get("/sign-in")
    assert page.status_code == 200
    back = login.agrees((await http.get("/sign-in/oidc")).headers["location"])
    visit_cookie = http.cookies["baton_visit"]
    assert (await http.get(back)).status_code == 303
    http.cookies.set("baton_visit", visit_cookie, domain="192.168.1.5")
    assert (await http.get(back)).status_code == 403


async def test_a_provider_by_another_name_is_none(http: AsyncClient, login: Login) -> None:
    login.name = "https://evil.example"
    await http.get("/sign-in")
    assert (await http.get("/sign-in/oidc")).status_code == 502


@pytest.mark.parametrize("body", [[], ["x"], {}, {"issuer": "it"}, "x", 7, {"authorization_endpoint": 7}])
async def test_a_provider_that_says_something_else_is_away(http: AsyncClient, login: Login, body: object) -> None:
    """Not a crash of ours, whatever it answers."""
    login.configuration = body
    await http.get("/sign-in")
    assert (await http.get("/sign-in/oidc")).status_code == 502


@pytest.mark.parametrize("token", [7, ["x"], {"x": 1}, "x", "a.b.c", "\x00.é."])
async def test_what_is_no_id_token_signs_nobody_in(http: AsyncClient, login: Login, token: object) -> None:
    login.id_token = token
    assert (await go(http, login)).status_code in (403, 502)
    assert "baton_session" not in http.cookies


@pytest.mark.parametrize(
    "given",
    [
        {"oidc_issuer": "https://login.example"},
        {"oidc_client_secret": SecretStr("x"), "oidc_client_id": "baton"},
        {"oidc_issuer": "http://login.example", "oidc_client_id": "baton", "oidc_client_secret": SecretStr("x")},
    ],
    ids=["no client", "no issuer", "not encrypted"],
)
def test_half_of_a_provider_is_none(given: dict[str, str]) -> None:
    settings = Settings(agreement=SHIPPED, _env_file=None).model_copy(update=dict(given))
    with pytest.raises(Misconfigured):
        login_provider(settings)
