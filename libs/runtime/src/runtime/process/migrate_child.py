"""Migrates in a process of its own: what migrating needs (alembic, SQLAlchemy) is 26 MB, and used once."""

import asyncio
import os
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

import msgspec
from msgspec import Struct

from runtime.errors import BatonError, Misconfigured
from runtime.process.last_migration import is_up_to_date
from runtime.service import Components, Context, Service

_MISCONFIGURED: Final = 2
"""Exit code; standard error then is the sentence to be shown."""


class MigrateTask(Struct, frozen=True):
    """What the process is told."""

    dsn: str
    partitions: int
    services: Sequence[tuple[str, str]]
    """Name and Python package of each."""


async def migrate_apart(dsn: str, services: Sequence[Service], partitions: int) -> None:
    """As `migrate`, and at once when nothing is to be done. Raises Misconfigured as it does, BatonError with what else
    the process wrote last.
    """
    if await is_up_to_date(dsn, services, partitions):
        return
    task = MigrateTask(dsn, partitions, [(service.name, service.package) for service in services])
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "runtime.process.migrate_child",
        stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    _, output = await process.communicate(msgspec.json.encode(task))
    words = output.decode(errors="replace").strip()
    if process.returncode == _MISCONFIGURED:
        raise Misconfigured(words)
    if process.returncode:
        raise BatonError(f"the database could not be migrated: {words[-1000:]}")


def _not_built(_context: Context) -> Components:
    raise BatonError("a service is not built to be migrated")


def main() -> NoReturn:
    """Reads the task from standard input."""
    from runtime.process.migrate import migrate  # noqa: PLC0415  (who only asks this process need not load it)

    task = msgspec.json.decode(sys.stdin.buffer.read(), type=MigrateTask)
    services = [Service(name, package, _not_built) for name, package in task.services]
    try:
        asyncio.run(migrate(task.dsn, services, partitions=task.partitions))
    except Misconfigured as error:
        sys.stderr.write(str(error))
        sys.exit(_MISCONFIGURED)
    sys.exit(0)


if __name__ == "__main__":
    main()
