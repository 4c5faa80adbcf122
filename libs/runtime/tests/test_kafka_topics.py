"""The topics of a house: made once, shown when they are made, and never used before their partitions were counted."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from structlog.testing import capture_logs

from events.topics import TOPICS
from probe.bench import LANES, Bench, engagement
from runtime.errors import Misconfigured
from runtime.settings import Settings
from runtime.transport import kafka_topics
from runtime.transport.kafka_topics import check_topics, create_topics, shown, unseen
from testing.waiting import PATIENCE, eventually

WRONG = rf"has {LANES} partitions, this house was founded with 5"
on_kafka = pytest.mark.parametrize("transport", [pytest.param("kafka", marks=pytest.mark.kafka)])


async def create(settings: Settings, *names: str, partitions: int = LANES, prefix: str = "") -> list[str]:
    assert settings.kafka
    prefix = settings.topic_prefix + prefix
    return await create_topics(settings.kafka, names, partitions=partitions, replication=1, prefix=prefix)


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ({}, {"leads", "scores"}),
        ({"leads": 5}, {"scores"}),
        ({"leads": 5, "scores": 0}, {"scores"}),  # its name is known, its partitions are not yet
        ({"leads": 5, "scores": 5, "of others": 7}, set()),
    ],
)
def test_what_a_listing_lacks_is_unseen(listed: Mapping[str, int], expected: set[str]) -> None:
    assert unseen(listed, ["leads", "scores"], 5) == expected


@pytest.mark.parametrize("listed", [{"leads": 4}, {"leads": 4, "scores": 5}])
def test_what_is_seen_must_fit_also_while_others_are_unseen(listed: Mapping[str, int]) -> None:
    with pytest.raises(Misconfigured, match=WRONG):
        unseen(listed, ["scores", "leads"], 5)


async def test_a_listing_that_lags_is_asked_again() -> None:
    listings: list[dict[str, int]] = [{}, {}, {"leads": LANES}]

    async def hidden() -> set[str]:
        return unseen(listings.pop(0), ["leads"], LANES)

    await shown(hidden)
    assert listings == []


async def test_a_topic_that_lags_must_fit_as_well() -> None:
    listings: list[dict[str, int]] = [{}, {}, {"leads": LANES}]

    async def hidden() -> set[str]:
        return unseen(listings.pop(0), ["leads"], 5)

    with pytest.raises(Misconfigured, match=WRONG):
        await shown(hidden)


async def test_a_topic_that_is_never_shown_is_said_so() -> None:
    async def hidden() -> set[str]:
        return {"scores", "leads"}

    with pytest.raises(Misconfigured, match="has topic leads and did not show it for 0 seconds"):
        await shown(hidden, within=0)


@pytest.fixture
def lag(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first listing of each asking knows nothing of what was made a moment ago."""
    listing, clients = kafka_topics._listing, set[AIOKafkaAdminClient]()

    async def late(admin: AIOKafkaAdminClient) -> dict[str, int]:
        if admin in clients:
            return await listing(admin)
        clients.add(admin)
        return {}

    monkeypatch.setattr(kafka_topics, "_listing", late)


@pytest.mark.fault("F20")
@on_kafka
async def test_topics_are_made_once_and_their_partitions_must_fit(bench: Bench) -> None:
    assert await create(bench.settings, *TOPICS) == []
    with pytest.raises(Misconfigured, match=WRONG):
        await create(bench.settings, "leads", partitions=5)


@pytest.mark.fault("F20")
@on_kafka
async def test_the_same_when_the_broker_tells_it_late(bench: Bench, lag: None) -> None:
    assert await create(bench.settings, *TOPICS) == []
    with pytest.raises(Misconfigured, match=WRONG):
        await create(bench.settings, "leads", partitions=5)


@on_kafka
async def test_what_was_made_is_shown(bench: Bench) -> None:
    """Whoever asks next sees it: a house begins, a test counts."""
    assert bench.settings.kafka
    prefix = bench.settings.topic_prefix + "new."
    assert await create(bench.settings, "scores", prefix="new.") == [prefix + "scores"]
    names = ["leads", "scores"]
    assert await check_topics(bench.settings.kafka, names, partitions=LANES, prefix=prefix) == {"leads"}


@on_kafka
async def test_what_the_broker_refuses_is_said_so(bench: Bench) -> None:
    assert bench.settings.kafka
    with pytest.raises(Misconfigured, match=r"did not make topic few\.leads: .*BATON_REPLICATION=1"):
        await create_topics(bench.settings.kafka, ["leads"], partitions=1, replication=3, prefix="few.")


async def test_a_broker_that_does_not_answer_is_said_so() -> None:
    with pytest.raises(Misconfigured, match=r"no Kafka broker answers at 127.0.0.1:1 .*make kafka"):
        await create_topics("127.0.0.1:1", ["leads"], partitions=1, replication=1)


@pytest.mark.fault("F20")
@on_kafka
async def test_a_topic_with_another_number_of_partitions_ends_a_service_when_the_broker_is_there(bench: Bench) -> None:
    with pytest.raises(Misconfigured, match=WRONG):
        async with bench.running("scoring", partitions=5) as assembly:
            await asyncio.wait_for(assembly.stopping.wait(), PATIENCE)


@pytest.mark.slow
@pytest.mark.fault("F20")
@on_kafka
async def test_a_topic_that_is_made_while_the_house_runs_is_used_when_it_fits(bench: Bench) -> None:
    """A service alone starts before anybody made its topics, or before the broker shows them."""
    facts = [engagement(f"lead-{n}", n) for n in range(5)]
    with capture_logs() as logs:
        async with bench.running("ingest", topic_prefix=bench.settings.topic_prefix + "late."):
            await bench.write(*facts)
            await eventually(lambda: logged(logs, "topics are missing"))
            unshipped = await bench.rows("ingest", "SELECT sum(shipped_seq) AS n FROM lane_output")
            assert [row.n for row in unshipped] == [0]
            await create(bench.settings, "leads", prefix="late.")
            await bench.drain("ingest")


@pytest.mark.slow
@pytest.mark.fault("F20")
@on_kafka
async def test_one_that_is_made_with_other_partitions_ends_the_service_and_was_not_written_to(bench: Bench) -> None:
    async def run_while_it_is_made() -> None:
        async with bench.running("ingest", topic_prefix=bench.settings.topic_prefix + "late.") as assembly:
            await create(bench.settings, "leads", partitions=5, prefix="late.")
            await asyncio.wait_for(assembly.stopping.wait(), PATIENCE)

    await bench.write(engagement("lead-0", 1))
    with pytest.raises(Misconfigured, match=rf"has 5 partitions, this house was founded with {LANES}"):
        await run_while_it_is_made()
    assert [row.n for row in await bench.rows("ingest", "SELECT sum(shipped_seq) AS n FROM lane_output")] == [0]


async def logged(logs: Sequence[Mapping[str, object]], event: str) -> bool:
    return any(entry["event"] == event for entry in logs)
