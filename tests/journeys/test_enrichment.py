"""A provider over HTTP tells what is unknown of a company: a raised hand waits for it a few seconds, not longer."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from typing_extensions import TypedDict

from runtime.settings import Settings
from standalone.house import House
from testing.answers import StepAnswer
from testing.house import Client
from testing.terms import changed_agreement

pytestmark = pytest.mark.slow


class Failure(TypedDict):
    provider: str
    reason: str
    count: int
    last_company: str


class Failures(TypedDict):
    items: list[Failure]


class OfferAnswers(TypedDict):
    """Of a lead that may not be scored yet."""

    assignments: list[StepAnswer]


EMAIL = "vera@juniper-labs.io"
VERA = {"first_name": "Vera", "company": "Juniper Labs", "title": "VP Sales"}


async def shown(client: Client, email: str) -> dict[str, tuple[object, str]]:
    await client.settle()
    return {fact["name"]: (fact["value"], fact["source"]) for fact in (await client.lead(email))["facts"]}


@pytest.fixture
async def register() -> AsyncIterator[tuple[str, list[str]]]:
    """A provider that knows one company, and answers nobody else."""
    domains: list[str] = []

    async def look_up(request: web.Request) -> web.Response:
        domains.append(request.match_info["domain"])
        if domains[-1] != "juniper-labs.io":
            return web.Response(status=503)
        return web.json_response({"size": 700, "place": {"country": "United States"}})

    app = web.Application()
    app.router.add_get("/{domain}", look_up)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/{{domain}}", domains
    await runner.cleanup()


@pytest.fixture
def settings(settings: Settings, register: tuple[str, list[str]], tmp_path: Path) -> Settings:
    given = (
        f"{{name: register, kind: http, url: '{register[0]}', mapping: {{employees: size, country: place.country}}}}"
    )
    return settings.model_copy(
        update={
            "agreement": changed_agreement(
                tmp_path, {"definitions.yaml": [("  providers: []", f"  providers:\n    - {given}")]}
            )
        }
    )


async def test_a_raised_hand_waits_seconds_for_a_provider_and_goes_to_the_pool_of_its_answer(
    house: House, client: Client, register: tuple[str, list[str]]
) -> None:
    await client.advance(hours=2)
    await client.submit("demo", email=EMAIL, **VERA)
    await client.settle()
    lead = await client.lead(EMAIL)
    assert register[1] == ["juniper-labs.io"]
    (offer,) = lead["assignments"]
    assert offer["pool"] == "ent-na"
    facts = await shown(client, EMAIL)
    assert (facts["employees"], facts["country"]) == ((700, "enrichment"), ("United States", "enrichment"))


async def test_a_provider_that_is_down_costs_a_raised_hand_five_seconds(
    house: House, client: Client, register: tuple[str, list[str]]
) -> None:
    await client.advance(hours=2)
    await client.submit("demo", email="ann@unknown-firm.io", **VERA)
    await client.settle()
    assert (await client.get("/api/leads/ann@unknown-firm.io", OfferAnswers))["assignments"] == []
    await client.advance(seconds=5)
    (offer,) = (await client.lead("ann@unknown-firm.io"))["assignments"]
    assert offer["pool"] == "triage-na"
    assert len(register[1]) > 1, "it was tried again"
    await client.advance(minutes=2)
    (failure,) = (await client.get("/api/enrichment", Failures))["items"]
    assert (failure["provider"], failure["reason"], failure["count"], failure["last_company"]) == (
        "register",
        "not asked: its circuit is open",
        1,
        "unknown-firm.io",
    )
    page = await client.http.get("/operations", headers={"authorization": f"Bearer {client.server_key}"})
    assert "its circuit is open" in page.text
