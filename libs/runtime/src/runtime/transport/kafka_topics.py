"""The topics of a house at its Kafka: created with our retention, and checked for the number of partitions."""

import asyncio
import contextlib
from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

from events.topics import TOPICS
from runtime.errors import Misconfigured
from runtime.transport.kafka_clients import LARGEST_MESSAGE, whole_or_closed


class NoBroker(Misconfigured):
    """Nobody answers at the address of the broker."""


async def create_topics(
    servers: str, topics: Sequence[str], *, partitions: int, replication: int, prefix: str = ""
) -> list[str]:
    """Creates those of these topics that are missing, and returns their names (with the prefix).

    Raises NoBroker when none answers, and Misconfigured when the broker refuses one, or when a topic has another number
    of partitions.
    """
    admin = await _administrator(servers)
    names = {prefix + topic: topic for topic in topics}
    try:
        there = set(await admin.list_topics())
        missing = [
            NewTopic(name, num_partitions=partitions, replication_factor=replication, topic_configs=settings)
            for name, settings in ((name, _settings(topic, replication)) for name, topic in names.items())
            if name not in there
        ]
        made = await _create(admin, missing) if missing else []
        for described in await admin.describe_topics([name for name in names if name in there]):
            _check_partitions(described["topic"], len(described["partitions"]), partitions)
        return made
    finally:
        await admin.close()


async def check_topics(servers: str, topics: Sequence[str], *, partitions: int, prefix: str = "") -> None:
    """Raises Misconfigured when one of these topics has another number of partitions; a missing one is none of ours.

    Raises NoBroker when none answers.
    """
    admin = await _administrator(servers)
    try:
        there = set(await admin.list_topics())
        names = [prefix + topic for topic in topics if prefix + topic in there]
        for described in await admin.describe_topics(names) if names else ():
            _check_partitions(described["topic"], len(described["partitions"]), partitions)
    finally:
        await admin.close()


async def _administrator(servers: str) -> AIOKafkaAdminClient:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    try:
        with whole_or_closed():
            await asyncio.wait_for(admin.start(), 20)
    except (KafkaError, TimeoutError, OSError) as error:
        with contextlib.suppress(Exception):
            await admin.close()
        raise NoBroker(
            f"no Kafka broker answers at {servers} ({error!r}). Start one with `make kafka`, or correct BATON_KAFKA."
        ) from error
    return admin


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[NewTopic]) -> list[str]:
    """Names of those that were made: what the list of a moment ago lacked may be there already."""
    made = []
    for name, code, message in (await admin.create_topics(topics)).topic_errors:
        error = for_code(code)
        if error is NoError:
            made.append(name)
        elif error is not TopicAlreadyExistsError:
            raise Misconfigured(
                f"Kafka did not make topic {name}: {message or error.__name__}. "
                "A house with one broker wants BATON_REPLICATION=1."
            )
    return made


def _settings(topic: str, replication: int) -> dict[str, str]:
    """Kafka's own names; the retention is the `keep_days` of our map of topics, in milliseconds."""
    return {
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": str(TOPICS[topic].keep_days * 24 * 3600 * 1000),
        "min.insync.replicas": str(max(1, replication - 1)),
        "max.message.bytes": str(LARGEST_MESSAGE),
    }


def _check_partitions(topic: str, count: int, partitions: int) -> None:
    if count != partitions:
        raise Misconfigured(
            f"topic {topic} has {count} partitions, this house was founded with {partitions}. "
            "Leads would change lanes: give the house topics of its own, or restore the partition count."
        )
