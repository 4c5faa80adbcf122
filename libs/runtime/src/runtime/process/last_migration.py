"""Whether this very code was the last to migrate a database: then a start has nothing to bring up."""

import hashlib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

import asyncpg

from events.topics import FLOW
from runtime.database.connect import admin
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.process.house_schema import VIEWER
from runtime.process.revisions import folders
from runtime.schema_names import role_of, schema_of
from runtime.service import Service

KEY: Final = "migrated_by"
"""Of the house's setting that holds the `migration_mark` of who migrated it last."""
_READ: Final = statement("SELECT value FROM house.setting WHERE key = :key")
_MADE: Final = statement("SELECT xmin::text FROM pg_proc WHERE oid = 'house.forget_audit(int)'::regprocedure")
"""Another one after each migration that began, by whatever code, and after each restored dump: all make it anew."""
_STANDS: Final = "SELECT version_num FROM {schema}.schema_version"
_OURS: Final = statement("""
    SELECT count(*) FROM pg_roles WHERE rolname = ANY(:roles) AND pg_has_role(current_user, rolname, 'SET')
""")


def code_digest(services: Sequence[Service], partitions: int) -> str:
    """Changes with anything that decides what `migrate` makes of a database: its files, the services, the number."""
    digest = hashlib.sha256(f"{partitions} {[service.name for service in services]}".encode())
    for file in _files(services):
        digest.update(b"%b %d\n" % (file.name.encode(), file.stat().st_size))
        digest.update(file.read_bytes())
    return digest.hexdigest()


async def migration_mark(tx: Connection, services: Sequence[Service], partitions: int) -> str:
    """The `code_digest`; when `house.forget_audit` was made, which tells code that keeps no digest, or that was ended;
    and the revisions at which the schemas stand.
    """
    made = (await tx.execute(_MADE)).scalar_one()
    union = " UNION ALL ".join(_STANDS.format(schema=service.schema) for service in services)
    revisions = sorted((await tx.execute(statement(union))).scalars())
    return " ".join((code_digest(services, partitions), made, *revisions))


def _files(services: Sequence[Service]) -> Iterator[Path]:
    runtime = Path(str(files("runtime")))
    yield from (runtime / "schema_names.py", runtime / "service.py")
    for part in ("process", "database"):
        yield from sorted((runtime / part).glob("*.py"))
    yield Path(str(files("events"))) / "topics.py"
    for service in services:
        for folder in folders(service):
            yield from sorted(folder.glob("*.py"))
        if service.row_rules.exists():
            yield service.row_rules


async def is_up_to_date(dsn: str, services: Sequence[Service], partitions: int) -> bool:
    """Whether `migrate` would change nothing. False also when the database does not answer: who migrates says why."""
    roles = [VIEWER, *(role_of(schema_of(name)) for name in FLOW)]
    try:
        async with admin(dsn) as connection:
            if (await connection.execute(_OURS, {"roles": roles})).scalar_one() < len(roles):
                return False  # roles belong to the server: a dump that was restored elsewhere brings none
            stated = (await connection.execute(_READ, {"key": KEY})).scalar_one_or_none()
            return bool(stated == await migration_mark(connection, services, partitions))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
