"""A browser on an office network, before a service that listens there: asks for a link, opens the mail, signs in."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from runtime.database.connect import admin
from runtime.database.statement import statement
from runtime.http.client import ASGITransport, AsyncClient, Response
from runtime.service import Context, Service
from testing.service import edge_of

OFFICE: Final = "http://192.168.1.5:8300"
OURS: Final = {"origin": OFFICE}
"""What a browser sends with a form of a page that came by http."""
ANA: Final = "ana.lima@northwind.example"


def visit(service: Service, context: Context, url: str, ip: str) -> AsyncClient:
    """A browser at this address before the service as it is; cookies are kept as one keeps them."""
    transport = ASGITransport(app=edge_of(service, context), client=(ip, 40000))
    return AsyncClient(transport=transport, base_url=url, headers={"accept": "text/html"})


def browser(
    service: Service,
    context: Context,
    url: str = OFFICE,
    *,
    ip: str = "192.168.1.77",
    given: Mapping[str, object] | None = None,
) -> AsyncClient:  # fmt: skip
    """A browser on the office network, before a house with this public address (and further settings)."""
    settings = context.settings.model_copy(update={"public_url": url, "host": "0.0.0.0", **(given or {})})
    return visit(service, replace(context, settings=settings), url, ip)


def hidden(page: Response, name: str = "form_token") -> str:
    """The value of a hidden field of the page; fails without it."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return str(found[1])


async def ask(http: AsyncClient, address: str, following: str = "", headers: Mapping[str, str] = OURS) -> Response:
    """Opens the page and asks for a link; returns the answer."""
    page = await http.get("/sign-in", params={"next": following})
    fields = {"email": address, "form_token": hidden(page), "next": following}
    return await http.post("/sign-in", data=fields, headers=headers)


def link_in(mails: Path) -> str:
    """The path of the newest mailed link."""
    newest = max(mails.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    (link,) = re.findall(r"https?://\S+", newest.read_text().replace("=\n", "").replace("=3D", "="))
    return "/sign-in/" + str(link).partition("/sign-in/")[2]


async def sign_in(http: AsyncClient, mails: Path, address: str = ANA, following: str = "") -> Response:
    """Asks, opens the newest mail, and signs in; returns the answer that sets the cookie."""
    assert (await ask(http, address, following)).status_code == 200
    link = link_in(mails)
    page = await http.get(link)
    return await http.post(link, data={"form_token": hidden(page)}, headers=OURS)


async def run_sql(context: Context, sql: str, **given: object) -> list[Mapping[str, object]]:
    """The rows of a statement that the owner of the database runs: of the schema `house` the service sees little."""
    async with admin(context.database.dsn) as tx, tx.begin():
        return [dict(row) for row in (await tx.execute(statement(sql), given)).mappings()]


@pytest.fixture
async def http(service: Service, house: Context) -> AsyncIterator[AsyncClient]:
    """A browser on the office network, before the service of a suite with a `house`; nobody is signed in."""
    async with browser(service, house) as client:
        yield client


@pytest.fixture
def mails(house: Context) -> Path:
    """Where links to sign in are mailed to."""
    return house.settings.data / "outbox" / "email"
