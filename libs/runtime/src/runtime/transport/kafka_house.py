"""Whose records stand in our topics: one Kafka may be shared by several houses, one topic may not."""

import asyncio
from collections.abc import Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from runtime.errors import Misconfigured
from runtime.transport.kafka_clients import new_consumer, stop_client
from runtime.transport.kafka_headers import record_of

_TIMEOUT: Final = 20.0
"""Seconds for one look at the last records."""


async def require_own_topics(
    servers: str, topics: Sequence[str], *, partitions: int, house: str, prefix: str = ""
) -> None:
    """Raises Misconfigured when the newest record of a partition was written by another house.

    Records of older releases name no house, and are taken for ours. Raises KafkaError, TimeoutError or OSError when no
    broker answers, and passes over topics that do not exist.
    """
    consumer = await new_consumer(servers)
    try:
        async with asyncio.timeout(_TIMEOUT):
            there = await consumer.topics()
            places = [
                TopicPartition(prefix + topic, p)
                for topic in topics
                if prefix + topic in there
                for p in range(partitions)
            ]
            await _compare(consumer, places, house)
    finally:
        await stop_client(consumer)


async def _compare(consumer: AIOKafkaConsumer, places: Sequence[TopicPartition], house: str) -> None:
    if not places:
        return
    begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    waiting = {place for place in places if ends[place] > begins[place]}
    if not waiting:
        return
    consumer.assign(sorted(waiting))
    for place in waiting:
        consumer.seek(place, ends[place] - 1)
    while waiting:  # nothing is awaited between assign and seek: the client has no offset of its own to begin at
        for place, records in (await consumer.getmany(timeout_ms=200)).items():
            waiting.discard(place)
            for record in records:
                writer = record_of(record, place.topic).house
                if writer and writer != house:
                    raise Misconfigured(
                        f"topic {place.topic} holds records of another house ({writer}; this database is {house}). "
                        "Give this house topics of its own: set BATON_TOPIC_PREFIX to a name that no other uses, and "
                        "run `baton topics --create`. Records of a database that is gone: delete the topics first."
                    )
