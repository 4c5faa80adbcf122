"""What a service asks the database before it starts: is it ours, and does its schema stand where the code expects it?

Nothing here changes anything, nor needs what migrating needs.
"""

from typing import Final

import asyncpg

from runtime.database.connect import admin
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.errors import Misconfigured
from runtime.process.compatible import Compatible, satisfied
from runtime.process.revisions import heads, read_revisions
from runtime.service import Service

OLDEST: Final = 17
"""PostgreSQL's first version with transaction_timeout."""
_VERSION = statement("SHOW server_version_num")
_THERE = statement("SELECT to_regclass(:table) IS NOT NULL")
_SETTING = statement("SELECT value FROM house.setting WHERE key = :key")
_STANDS: Final = "SELECT version_num FROM {schema}.schema_version"
_STATED: Final = "SELECT branch, head, revision FROM {schema}.compatible_since"


async def house_id(tx: Connection) -> str:
    """The id of this database: made once, carried by every record that is written here. Any service may ask."""
    return str((await tx.execute(_SETTING, {"key": "house"})).scalar_one())


async def founded_partitions(dsn: str) -> int | None:
    """With how many partitions the database was founded; None of one that is empty."""
    async with admin(dsn) as connection:
        if not await _there(connection, "house.setting"):
            return None
        number = (await connection.execute(_SETTING, {"key": "partitions"})).scalar_one_or_none()
    return None if number is None else int(number)


async def require_migrated(dsn: str, service: Service, *, partitions: int) -> None:
    """Raises Misconfigured unless the service's schema stands where the code expects it, or compatibly beyond."""
    try:
        async with admin(dsn) as connection:
            await require_new_enough(connection)
            if not await _there(connection, "house.setting"):
                raise Misconfigured("this database is empty: run `baton migrate` against it first")
            if not await _there(connection, "house.signature"):
                raise Misconfigured("the schema `house` is older than this code: run `baton migrate` first")
            require_partitions(
                int((await connection.execute(_SETTING, {"key": "partitions"})).scalar_one()), partitions
            )
            pending = await pending_revisions(connection, service)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Misconfigured(f"the database does not answer as BATON_DATABASE says: {error}") from error
    if pending:
        raise Misconfigured(f"{service.name} lacks the revisions {', '.join(pending)}: run `baton migrate` first")


async def require_new_enough(tx: Connection) -> None:
    """Raises Misconfigured on a server that is older than OLDEST."""
    number = int((await tx.execute(_VERSION)).scalar_one())
    if number < OLDEST * 10_000:
        raise Misconfigured(
            f"this is PostgreSQL {number // 10_000}; Baton needs {OLDEST} or newer: only there can a worker that froze "
            "inside a transaction be told from a busy one (transaction_timeout)."
        )


def require_partitions(founded: int, partitions: int) -> None:
    """Raises Misconfigured when the database was founded with another number of them."""
    if founded != partitions:
        raise Misconfigured(
            f"this database was founded with {founded} partitions, but BATON_PARTITIONS says {partitions}. "
            f"Leads would change lanes. Set BATON_PARTITIONS={founded} (or remove it), or start a new database."
        )


async def pending_revisions(tx: Connection, service: Service) -> list[str]:
    """Heads that are to be reached. Raises Misconfigured when the schema is newer and not compatible with this code."""
    revisions = read_revisions(service)
    stands = await _stands(tx, service)
    unknown = stands - revisions.keys()
    reached = satisfied(service.name, revisions, unknown, await _stated(tx, service)) if unknown else set()
    return sorted(set(heads(revisions)) - stands - reached)


async def _stated(tx: Connection, service: Service) -> list[Compatible]:
    if not await _there(tx, f"{service.schema}.compatible_since"):
        return []
    rows = await tx.execute(statement(_STATED.format(schema=service.schema)))
    return [Compatible(row.branch, row.head, row.revision) for row in rows]


async def _stands(tx: Connection, service: Service) -> set[str]:
    if not await _there(tx, f"{service.schema}.schema_version"):
        return set()
    return set((await tx.execute(statement(_STANDS.format(schema=service.schema)))).scalars())


async def _there(tx: Connection, table: str) -> bool:
    return bool((await tx.execute(_THERE, {"table": table})).scalar_one())
