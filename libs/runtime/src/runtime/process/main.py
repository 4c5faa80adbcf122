"""One service as a process of its own: `python -m scoring`."""

import asyncio
import contextlib
import sys
from collections.abc import Sequence

import structlog
import uvloop
from aiokafka.errors import KafkaError

from agreement import Agreement, AgreementError, load
from runtime.database.connect import admin
from runtime.errors import Misconfigured
from runtime.http.server import Server, bind
from runtime.observe.logs import configure_logs
from runtime.process.assembly import Assembly, until_signalled
from runtime.process.collector import calm_collector
from runtime.process.migrated import house_id, require_migrated
from runtime.process.reloading import ReloadingAssembly
from runtime.process.watchdog import watch
from runtime.service import AgreementNotice, Service
from runtime.settings import Settings, load_settings
from runtime.transport.kafka_house import require_own_topics
from runtime.transport.kafka_topics import NoBroker, check_topics

log = structlog.get_logger()


def run(service: Service) -> None:
    """Serves until SIGTERM. Exit codes: 0 done, 1 went wrong, 2 cannot start as configured."""
    try:
        settings = load_settings()
        configure_logs(as_json=settings.log_json)
        sys.exit(uvloop.run(_serve(service, settings)))
    except (Misconfigured, AgreementError) as error:
        sys.stderr.write(f"{service.name} cannot start: {error}\n")
        sys.exit(2)


async def require_own(settings: Settings, dsn: str, services: Sequence[Service]) -> None:
    """Raises Misconfigured when the topics that these services read or write belong to another house.

    A broker that does not answer is no reason to stay down: then each record is looked at when it is read.
    """
    if settings.kafka is None:
        return
    async with admin(dsn) as connection:
        house = await house_id(connection)
    topics = sorted({topic for service in services for topic in (*service.reads, *service.writes)})
    try:
        await require_own_topics(
            settings.kafka, topics, partitions=settings.partitions, house=house, prefix=settings.topic_prefix
        )
    except (KafkaError, TimeoutError, OSError) as error:
        log.warning("kafka is away: whose topics these are is not known yet", error=repr(error))


async def _serve(service: Service, settings: Settings) -> int:
    if settings.database is None:
        raise Misconfigured(
            "a service alone needs a PostgreSQL of yours: set BATON_DATABASE=postgresql://user:password@host/name "
            "and run `baton migrate` once. `baton up` runs the whole house without any."
        )
    dsn = settings.database.get_secret_value()
    agreement = await asyncio.to_thread(load, settings.agreement)
    listening = bind(settings.host, settings.port)
    await require_migrated(dsn, service, partitions=settings.partitions)
    if settings.kafka:
        with contextlib.suppress(NoBroker):  # it works as soon as one answers; its transport checks then
            await check_topics(
                settings.kafka, [*service.reads, *service.writes],
                partitions=settings.partitions, prefix=settings.topic_prefix,
            )  # fmt: skip
            await require_own(settings, dsn, [service])

    def build(agreement: Agreement, notice: AgreementNotice) -> Assembly:
        return Assembly(settings, agreement, dsn, [service], notice=notice)

    assembly = ReloadingAssembly(build, agreement)
    server = Server(assembly, listening)
    await assembly.start()
    await server.start()
    calm_collector()
    log.info("up", service=service.name, port=server.port, transport="kafka" if settings.kafka else "postgres")
    watching = asyncio.create_task(watch(settings.stuck_seconds))
    await until_signalled(assembly.stopping)
    await server.stop()
    await assembly.stop()
    watching.cancel()
    log.info("down", service=service.name)
    return 1 if assembly.failed else 0
