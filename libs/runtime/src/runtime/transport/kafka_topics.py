"""The topics of a house at its Kafka: created with our retention, and checked for the number of partitions."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

from events.topics import TOPICS
from runtime.errors import Misconfigured
from runtime.observe.describe import describe
from runtime.transport.kafka_clients import LARGEST_MESSAGE, whole_or_closed

log = structlog.get_logger()
_SHOWN_SECONDS: Final = 60.0
"""After which a topic that Kafka has ought to be seen by those who ask for it."""
_PAUSE: Final = 0.05
_AGAIN: Final = 1.0
"""Seconds between two looks of a house that runs."""


class NoBroker(Misconfigured):
    """Nobody answers at the address of the broker."""


async def create_topics(
    servers: str, topics: Sequence[str], *, partitions: int, replication: int, prefix: str = ""
) -> list[str]:
    """Creates those of these topics that are missing, and returns their names (with the prefix).

    Returns when the broker shows them all, each with so many partitions. Raises NoBroker when none answers, and
    Misconfigured when the broker refuses one, keeps one hidden, or has one with another number of partitions.
    """
    admin = await _administrator(servers)
    names = {prefix + topic: topic for topic in topics}

    async def hidden() -> set[str]:
        return unseen(await _listing(admin), names, partitions)

    try:
        missing = [
            NewTopic(
                name, num_partitions=partitions, replication_factor=replication,
                topic_configs=_settings(names[name], replication),
            )
            for name in sorted(await hidden())
        ]  # fmt: skip
        made = await _create(admin, missing) if missing else []
        await shown(hidden)
        return made
    finally:
        await admin.close()


async def check_topics(servers: str, topics: Collection[str], *, partitions: int, prefix: str = "") -> set[str]:
    """Those of these topics that the broker does not show: they are missing, or were made a moment ago.

    Raises Misconfigured when another one has another number of partitions, and NoBroker when none answers.
    """
    admin = await _administrator(servers)
    try:
        hidden = unseen(await _listing(admin), {prefix + topic for topic in topics}, partitions)
        return {name.removeprefix(prefix) for name in hidden}
    finally:
        await admin.close()


def unseen(listed: Mapping[str, int], names: Iterable[str], partitions: int) -> set[str]:
    """Those of these names that a listing (partitions by topic) lacks: it lags behind what was made.

    Raises Misconfigured when one that it has is there with another number of partitions.
    """
    hidden = set()
    for name in names:
        if not (count := listed.get(name, 0)):
            hidden.add(name)
        elif count != partitions:
            raise Misconfigured(
                f"topic {name} has {count} partitions, this house was founded with {partitions}. "
                "Leads would change lanes: give the house topics of its own, or restore the partition count."
            )
    return hidden


async def shown(hidden: Callable[[], Awaitable[set[str]]], *, within: float = _SHOWN_SECONDS) -> None:
    """Returns when nothing is hidden any more; asks again for `within` seconds, then raises Misconfigured."""
    clock = asyncio.get_running_loop().time
    until = clock() + within
    while left := await hidden():
        if clock() > until:
            raise Misconfigured(
                f"Kafka has topic {min(left)} and did not show it for {within:g} seconds. This user may not describe "
                "it, or somebody is deleting it: allow that, or try again."
            )
        await asyncio.sleep(_PAUSE)


async def _listing(admin: AIOKafkaAdminClient) -> dict[str, int]:
    """Partitions by topic. Of all: a broker that makes topics by itself would make those asked for by name."""
    return {one["topic"]: len(one["partitions"]) for one in await admin.describe_topics()}


class TopicCheck:
    """Looks at topics of a house that runs, until each was seen: one is made later, or is shown later."""

    def __init__(self, servers: str, topics: Collection[str], *, partitions: int, prefix: str = "") -> None:
        self.unseen = set(topics)
        """Nobody knows how many partitions they have: nothing may be written to them."""
        self.begun = asyncio.Event()
        """A broker has answered once, or there is nothing to look at."""
        self._servers = servers
        self._partitions = partitions
        self._prefix = prefix

    async def __call__(self) -> None:
        """For ever. Raises Misconfigured when a topic has another number of partitions."""
        while self.unseen:
            try:
                unseen = await check_topics(
                    self._servers, self.unseen, partitions=self._partitions, prefix=self._prefix
                )
                if unseen and (unseen != self.unseen or not self.begun.is_set()):
                    log.warning("topics are missing", topics=sorted(unseen), prefix=self._prefix)
                self.unseen = unseen
                self.begun.set()
            except (NoBroker, KafkaError, TimeoutError, OSError) as error:
                log.warning("kafka is away", error=describe(error))
            if self.unseen:
                await asyncio.sleep(_AGAIN)
        self.begun.set()
        await asyncio.Event().wait()


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
