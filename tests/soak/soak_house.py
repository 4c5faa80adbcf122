"""Where the soak runs: three brokers as one cluster, a PostgreSQL that writes through, and the terms of the house."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Final

from ruamel.yaml import YAML

from events.topics import PARTITIONS, TOPICS
from runtime.database.connect import admin
from runtime.database.embedded import EmbeddedPostgres
from runtime.http import access_keys
from runtime.process.migrate import migrate
from runtime.transport.kafka_topics import create_topics
from standalone.services import SERVICES
from testing.broker import Broker, cluster
from testing.servers import execute
from testing.service import SHIPPED

COPIES: Final = 3
PROMISES: Final = {"routed": "2min", "accepted": "2min", "three_attempts": "6min", "ae_touch": "4min", "survey": "5min"}
"""Short enough that reminders, breaches and new offers happen while the soak runs."""
FIRST_TOUCH: Final = "3min"
ALWAYS: Final = {day: ["00:00-23:59"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
UNHINDERED: Final = 100_000
"""Leads that one rep may have: caps would end the assigning after a few minutes."""


@dataclass(frozen=True, slots=True)
class SoakHouse:
    """The servers, and what a process needs to find them."""

    folder: Path
    brokers: list[Broker]
    postgres: EmbeddedPostgres
    prefix: str
    write_key: str
    server_key: str

    @property
    def dsn(self) -> str:
        """As the administrator, of the house's database."""
        return self.postgres.dsn_of("baton")

    @property
    def kafka(self) -> str:
        """All brokers, as clients want them."""
        return ",".join(broker.bootstrap for broker in self.brokers)

    @property
    def agreement(self) -> Path:
        """The folder of the terms."""
        return self.folder / "agreement"

    def crash_postgres(self) -> None:
        """As `pg_ctl -m immediate restart`: nobody is told, the log is replayed at the start."""
        os.kill(self.postgres.pid, signal.SIGQUIT)
        self.postgres.stop()
        self.postgres.start()


@contextmanager
def open_soak_house(folder: Path) -> Iterator[SoakHouse]:
    """Servers with an empty house in this folder, as long as the context lasts."""
    write_agreement(folder / "agreement")
    with cluster(folder / "kafka", COPIES) as brokers, EmbeddedPostgres(folder / "database") as postgres:
        execute(postgres.dsn, "CREATE DATABASE baton")
        prefix = f"soak-{int(time.monotonic())}-"
        house = SoakHouse(folder, brokers, postgres, prefix, "", "")
        write_key, server_key = asyncio.run(_found(house))
        yield SoakHouse(folder, brokers, postgres, prefix, write_key, server_key)


async def _found(house: SoakHouse) -> tuple[str, str]:
    """Schemas, topics and keys: the plain text of the write key and of the server key."""
    await migrate(house.dsn, SERVICES, partitions=PARTITIONS)
    await create_topics(house.kafka, list(TOPICS), partitions=PARTITIONS, replication=COPIES, prefix=house.prefix)
    async with admin(house.dsn) as connection, connection.begin():
        _, write_key = await access_keys.create(connection, "write", "web", ["write"])
        _, server_key = await access_keys.create(connection, "server", "api", list(access_keys.SCOPES))
    return write_key, server_key


def write_agreement(folder: Path) -> None:
    """The shipped terms, but everybody always works, nobody has a cap, and promises are due in minutes."""
    copytree(SHIPPED, folder)
    yaml = YAML()
    for chapter in ("teams", "service_levels", "routing"):
        file = folder / f"{chapter}.yaml"
        terms = yaml.load(file)
        if chapter == "teams":
            for team in terms["teams"]:
                team["shifts"] = dict(ALWAYS)
            for rep in terms["reps"]:
                rep.update({name: UNHINDERED for name in ("daily_cap", "open_cap") if name in rep})
        elif chapter == "service_levels":
            for promise in terms["promises"]:
                promise.update({"target": PROMISES[promise["name"]]} if promise["name"] in PROMISES else {})
        else:
            for urgency in terms["urgency"]:
                urgency["first_touch"] = FIRST_TOUCH
        yaml.dump(terms, file)
