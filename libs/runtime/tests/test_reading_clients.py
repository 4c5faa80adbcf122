"""A reading client that breaks without a word, or brings nothing any more, is replaced, and nobody has to restart."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.fetch import FetchRequest

from events.topics import partition
from probe.bench import LANES, Bench, engagement
from runtime.process.assembly import Assembly
from runtime.transport.kafka import KafkaTransport
from testing.waiting import eventually

LEAD = "lead-0"
LANE = partition(LEAD, LANES)
NEVER = 3600.0
Fetched = Mapping[TopicPartition, Sequence[ConsumerRecord]]
pytestmark = [pytest.mark.kafka, pytest.mark.parametrize("transport", ["kafka"])]


async def test_a_client_whose_fetching_died_is_replaced_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """uvloop raises RuntimeError where a transport is closed while it is written to: aiokafka's routine ends by it."""
    send, broken = AIOKafkaClient.send, list[int]()

    async def send_once_into_the_void(self: AIOKafkaClient, node: int, request: object, **group: object) -> object:
        if isinstance(request, FetchRequest) and not broken:
            broken.append(node)
            raise RuntimeError("unable to perform operation; the handler is closed")
        return await send(self, node, request, **group)

    monkeypatch.setattr(AIOKafkaClient, "send", send_once_into_the_void)
    await bench.write(engagement(LEAD, 1))
    async with bench.running("ingest", "scoring", heal_seconds=NEVER):
        await bench.drain("scoring")
    assert broken


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The first client that reads, as soon as there is one: nothing arrives there, although all seems well."""
    fetch, clients = KafkaTransport._fetch, list[object]()

    async def fetch_nothing_at_first(self: KafkaTransport) -> Fetched:
        if not clients:
            clients.append(self._consumer)
        if self._consumer not in clients:
            return await fetch(self)
        await asyncio.sleep(0.01)
        return {}

    monkeypatch.setattr(KafkaTransport, "_fetch", fetch_nothing_at_first)
    return clients


@pytest.mark.slow
async def test_a_client_that_brings_nothing_is_replaced(bench: Bench, deaf: list[object]) -> None:
    await bench.write(engagement(LEAD, 1))
    async with bench.running("ingest", "scoring", heal_seconds=0.5):
        await bench.drain("scoring")
    assert len(deaf) == 1


async def test_a_wait_goes_on_while_the_writer_ships_again(
    bench: Bench, deaf: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes back with `shipped_seq` then: the lane still stands, is not ready, and its client is given up."""
    renewed = list[str]()
    monkeypatch.setattr(KafkaTransport, "renew", lambda _self: renewed.append("renewed"))
    await bench.write(engagement(LEAD, 1))
    shipped = "UPDATE lane_output SET shipped_seq = last_seq"
    await bench.change("ingest", shipped)
    async with bench.running("scoring", heal_seconds=0.2, standstill_seconds=0.3) as assembly:
        (first,) = await eventually(lambda: requests(bench))
        await bench.change("ingest", "UPDATE lane_output SET shipped_seq = 0")
        await eventually(lambda: says(assembly, f"scoring/{LANE} stands still: 1 of leads wait after number 0"))
        await assembly.look()
        assert not renewed
        await bench.change("ingest", shipped)

        async def asked_again() -> bool:
            return await requests(bench) != [first]

        await eventually(asked_again)
        assert renewed
    assert len(deaf) == 1


async def requests(bench: Bench) -> list[object]:
    """When the lane asked for what it misses."""
    return [row.wanted_at for row in await bench.rows("scoring", "SELECT wanted_at FROM lane_input WHERE wanted = 1")]


async def says(assembly: Assembly, words: str) -> bool:
    return words in (await assembly._lanes_ready() or "")
