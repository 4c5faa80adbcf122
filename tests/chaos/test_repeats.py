"""Clients repeat and reorder (F17): every request up to three times, shuffled, over a restart of the door."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from pydantic import SecretStr
from tests.chaos.streams import engagements

from runtime.http.client import client as http_client
from runtime.settings import Settings
from standalone.house import House
from testing.containers import PostgresServer
from testing.events import NOON
from testing.house import Client
from testing.servers import fresh_database
from testing.waiting import PATIENCE

pytestmark = [pytest.mark.fault("F17"), pytest.mark.chaos]
PEOPLE = 8
MESSAGES = 80
Message = dict[str, object]


def messages() -> list[Message]:
    """First who they are, then what they did, each at its own time in the week before."""
    people: list[Message] = [
        {"type": "identify", "userId": f"u{n}", "messageId": f"who-{n}", "timestamp": stamp(0),
         "traits": {"email": f"vp{n}@company{n}.io", "title": "VP Sales", "country": "US"}}
        for n in range(PEOPLE)
    ]  # fmt: skip
    did: list[Message] = [
        {"type": "track", "userId": f"u{n % PEOPLE}", "messageId": f"did-{n}", "timestamp": stamp(1 + n),
         "event": ("Product Page Viewed", "Pricing Viewed", "Case Study Viewed")[n % 3]}
        for n in range(MESSAGES)
    ]  # fmt: skip
    return people + did


def stamp(hours: int) -> str:
    return (NOON - timedelta(days=4) + timedelta(hours=hours)).isoformat()


async def post(client: Client, batches: Sequence[Sequence[Mapping[str, object]]]) -> None:
    for batch in batches:
        answer = await client.http.post("/v1/batch", json={"batch": list(batch)}, auth=(client.write_key, ""))
        assert answer.status_code == 200, answer.text


def shuffled(random: Random) -> list[list[Message]]:
    """Each message one to three times, in requests of up to five."""
    sent = [one for one in messages() for _ in range(random.randrange(1, 4))]
    random.shuffle(sent)
    batches = []
    while sent:
        size = random.randrange(1, 6)
        batches.append(sent[:size])
        sent = sent[size:]
    return batches


Scores = list[tuple[object, object]]


async def played(settings: Settings, runs: Sequence[Sequence[Sequence[Message]]]) -> tuple[Counter[str], Scores]:
    """What a house makes of the requests, which is started anew for each run of them: messages, fit and engagement."""
    counted, scores = Counter[str](), Scores()
    for run in runs:
        house = await House(settings, start_at=NOON).start()
        try:
            async with http_client(base_url=house.url, timeout=2 * PATIENCE) as http:
                client = Client(http, house.keys["write_key"], house.keys["server_key"])
                await post(client, run)
                await client.settle()
                if run is runs[-1]:
                    found = [(await client.lead(f"vp{n}@company{n}.io"))["score"] for n in range(PEOPLE)]
                    scores = [(score["fit"], score["engagement"]) for score in found]
                    counted = await engagements(house.dsn)
        finally:
            await house.stop()
    return counted, scores


@pytest.mark.parametrize("number", [0, 1])
async def test_repeats_and_another_order_end_in_the_same_house(
    settings: Settings, postgres_server: PostgresServer, house_template: str, tmp_path: Path, number: int
) -> None:
    batches = shuffled(Random(number))
    half = len(batches) // 2
    with fresh_database(postgres_server, house_template) as dsn:
        orderly = settings.model_copy(update={"database": SecretStr(dsn), "data": tmp_path / "orderly"})
        counted, scores = await played(orderly, [[messages()]])
    assert counted == Counter(f"did-{n}" for n in range(MESSAGES))
    assert await played(settings, [batches[:half], batches[half:]]) == (counted, scores)


async def test_of_two_contents_under_one_id_the_first_is_kept(house: House, client: Client) -> None:
    person = messages()[0]
    first, second = ({"type": "track", "userId": "u0", "messageId": "same", "event": event} for event in ("A", "B"))
    await post(client, [[person, first], [second], [second, first]])
    await client.settle()
    assert await engagements(house.dsn) == {"same": 1}
