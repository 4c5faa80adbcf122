"""Kafka and PostgreSQL in containers, where a Docker engine answers; a wheel and jars serve where none does."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final, Protocol

from testing.waiting import PATIENCE

KAFKA_IMAGE: Final = "confluentinc/cp-kafka:8.1.0"
"""Kafka 4.1."""
POSTGRES_IMAGE: Final = "postgres:18"
_SOCKETS: Final = (Path("/var/run/docker.sock"), Path.home() / ".docker" / "run" / "docker.sock")


class PostgresServer(Protocol):
    """A PostgreSQL whose administrator we are."""

    @property
    def dsn(self) -> str:
        """`postgresql+asyncpg://...` as the administrator."""
        ...

    def dsn_of(self, database: str, user: str = "postgres") -> str:
        """`postgresql+asyncpg://...` of a database on it, as this user."""
        ...


@cache
def docker_answers() -> bool:
    """Is there an engine? Without a socket (or DOCKER_HOST) nothing is imported and nothing waits."""
    if not os.environ.get("DOCKER_HOST") and not any(socket.exists() for socket in _SOCKETS):
        return False
    from docker.errors import DockerException  # noqa: PLC0415  (seconds, on machines that have an engine only)
    from testcontainers.core.docker_client import DockerClient  # noqa: PLC0415

    try:
        return bool(DockerClient().client.ping())
    except DockerException:
        return False


@contextmanager
def kafka_container() -> Iterator[str]:
    """The address of a broker that makes no topic by itself, and ends with the context."""
    from testcontainers.community.kafka import KafkaContainer  # noqa: PLC0415

    container = KafkaContainer(KAFKA_IMAGE).with_kraft().with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
    container.start(timeout=int(5 * PATIENCE))
    try:
        yield container.get_bootstrap_server()
    finally:
        container.stop()


class ContainerPostgres:
    """PostgreSQL in a container; `settings` go to the server's command line."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415

        options = " ".join(f"-c {name}={value}" for name, value in {"max_connections": "300", **settings}.items())
        self._container = PostgresContainer(POSTGRES_IMAGE, username="postgres", password="postgres", dbname="postgres")
        self._container.with_command(f"postgres {options}")

    def __enter__(self) -> "ContainerPostgres":
        self._container.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._container.stop()

    @property
    def dsn(self) -> str:
        """`postgresql+asyncpg://...` as the administrator."""
        return self.dsn_of("postgres")

    def dsn_of(self, database: str, user: str = "postgres") -> str:
        """`postgresql+asyncpg://...` of a database on it, as this user."""
        host, port = self._container.get_container_host_ip(), self._container.get_exposed_port(5432)
        return f"postgresql+asyncpg://{user}:postgres@{host}:{port}/{database}"
