"""A house that is driven works when its laboratory says so, and comes to the same as one that works by itself."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from runtime.http.client import client as http_client
from runtime.settings import Settings
from standalone.house import House
from testing.containers import PostgresServer
from testing.events import NOON
from testing.house import Client
from testing.servers import fresh_database
from testing.waiting import PATIENCE

EMAIL = "dana.reyes@brightpath.io"
_HAPPENED = ("stage", "status", "cycle", "owner", "score", "band", "flag")


@pytest.fixture
async def driven(
    postgres_server: PostgresServer, house_template: str, settings: Settings
) -> AsyncIterator[tuple[House, Client]]:
    with fresh_database(postgres_server, house_template) as dsn:
        own = settings.model_copy(update={"database": SecretStr(dsn), "data": settings.data / "driven"})
        house = await House(own, start_at=NOON, driven=True).start()
        try:
            async with http_client(base_url=house.url, timeout=2 * PATIENCE) as http:
                yield house, Client(http, house.keys["write_key"], house.keys["server_key"])
        finally:
            await house.stop()


def last_numbers(house: House) -> int:
    """The last number of each stream of `handoffs`, summed: how many facts the lanes have said on it."""
    assert house._assembly
    return sum(house._assembly.current._last_numbers("handoffs").values())


async def day(client: Client) -> dict[str, object]:
    """A lead that nobody answers, and what the house says of it a day later."""
    await client.submit("demo", email=EMAIL, title="VP Sales", country="US", company="Brightpath", employees="120")
    await client.settle()
    await client.advance(hours=24)
    lead = dict(await client.lead(EMAIL))
    notices = (await client.http.get("/api/outbox?limit=500", headers=client._bearer)).json()["items"]
    messages = sorted((row["kind"], row["channel"], row["to"], row["state"]) for row in notices)
    return {"messages": messages, **{name: lead[name] for name in _HAPPENED if name in lead}}


@pytest.mark.slow
async def test_it_comes_to_the_same(driven: tuple[House, Client], client: Client) -> None:
    by_itself = await day(client)
    assert by_itself["messages"]
    assert by_itself["stage"]
    assert await day(driven[1]) == by_itself


@pytest.mark.slow
async def test_nothing_works_by_itself_and_the_views_may_come_last(driven: tuple[House, Client]) -> None:
    """Where a call outward takes its time the views are read meanwhile: of five leads that is not so for each."""
    house, client = driven
    assert house.laboratory
    await client.settle()
    house.laboratory.take_handoffs()
    answers = set[int]()
    for number in range(5):
        email = f"{number}.{EMAIL}"
        before = last_numbers(house)
        await client.submit("demo", email=email, title="VP Sales", country="US")
        assert last_numbers(house) == before
        await house.laboratory.settle(views=False)
        assert len(house.laboratory.take_handoffs()) == last_numbers(house) - before > 0, (
            "the driver has all that was said"
        )
        answers.add((await client.http.get(f"/api/leads/{email}", headers=client._bearer)).status_code)
        await house.laboratory.settle()
        assert (await client.lead(email))["stage"] == "mql"
    assert 404 in answers
