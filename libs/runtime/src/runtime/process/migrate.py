"""Brings the database up to the code: roles, schemas, migrations, and the house's own settings."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

import uuid_utils
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection as SyncConnection
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from events.topics import FLOW, TOPICS
from runtime.database.connection import Connection
from runtime.database.engine import migrating
from runtime.database.statement import statement
from runtime.errors import Misconfigured
from runtime.process import compatible
from runtime.schema_names import role_of, schema_of
from runtime.service import Service

_LOCK = text("SELECT pg_advisory_lock(hashtext('baton migrate'))")
_VERSIONS = "SELECT version_num FROM {schema}.schema_version"
_SETTING = text("""
    INSERT INTO house.setting (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET key = excluded.key
    RETURNING value
""")
_HOUSE_ID = statement("SELECT value FROM house.setting WHERE key = 'house'")
OLDEST: Final = 17
"""PostgreSQL's first version with transaction_timeout."""
HOUSE: Final = (
    "CREATE SCHEMA IF NOT EXISTS house",
    "CREATE TABLE IF NOT EXISTS house.setting (key text PRIMARY KEY, value text NOT NULL)",
    """CREATE TABLE IF NOT EXISTS house.access_key (
        id text PRIMARY KEY, kind text NOT NULL CHECK (kind IN ('write', 'server')), digest bytea NOT NULL UNIQUE,
        source text NOT NULL, scopes text[] NOT NULL, created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        revoked_at timestamptz)""",
)


async def migrate(dsn: str, services: Sequence[Service], *, partitions: int) -> list[str]:
    """Returns the revisions applied. Raises Misconfigured when the database is newer than the code or has another P."""
    applied: list[str] = []
    async with migrating(dsn) as connection:
        await _new_enough(connection)
        await connection.execute(_LOCK)
        await connection.commit()
        for statement in HOUSE:
            await connection.execute(text(statement))
        for name in FLOW:
            await _role(connection, role_of(schema_of(name)))
        await connection.commit()
        await _same_partitions(connection, partitions)
        await connection.execute(_SETTING, {"key": "house", "value": str(uuid_utils.uuid4())})
        await connection.commit()
        for service in services:
            applied += await _upgrade(connection, service, partitions)
        for service in services:
            await _inputs(connection, service, partitions)
    return applied


async def house_id(tx: Connection) -> str:
    """The id of this database: made once, carried by every record that is written here. Any service may ask."""
    return str((await tx.execute(_HOUSE_ID)).scalar_one())


async def require_migrated(dsn: str, service: Service, *, partitions: int) -> None:
    """Raises Misconfigured unless the service's schema stands where the code expects it, or compatibly beyond."""
    try:
        async with migrating(dsn) as connection:
            await _new_enough(connection)
            there = await connection.execute(text("SELECT to_regclass('house.setting') IS NOT NULL"))
            if not there.scalar_one():
                raise Misconfigured("this database is empty: run `baton migrate` against it first")
            await _same_partitions(connection, partitions)
            pending = await connection.run_sync(_pending, service)
    except (OSError, DBAPIError) as error:
        raise Misconfigured(f"the database does not answer as BATON_DATABASE says: {error}") from error
    if pending:
        raise Misconfigured(f"{service.name} lacks the revisions {', '.join(pending)}: run `baton migrate` first")


async def _new_enough(connection: AsyncConnection) -> None:
    number = int((await connection.execute(text("SHOW server_version_num"))).scalar_one())
    if number < OLDEST * 10_000:
        raise Misconfigured(
            f"this is PostgreSQL {number // 10_000}; Baton needs {OLDEST} or newer: only there can a worker that froze "
            "inside a transaction be told from a busy one (transaction_timeout)."
        )


async def _role(connection: AsyncConnection, role: str) -> None:
    """Roles belong to the whole server: another house on it may be making the same ones at this moment."""
    await connection.execute(
        text(f"""DO $$ BEGIN
            CREATE ROLE {role} NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$""")
    )
    await connection.execute(
        text(f"""DO $$ BEGIN
            IF NOT pg_has_role(current_user, '{role}', 'SET') THEN GRANT {role} TO current_user; END IF; END $$""")
    )
    await connection.execute(text(f"GRANT USAGE ON SCHEMA house TO {role}"))
    await connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA house TO {role}"))


async def _same_partitions(connection: AsyncConnection, partitions: int) -> None:
    stored = int((await connection.execute(_SETTING, {"key": "partitions", "value": str(partitions)})).scalar_one())
    await connection.commit()
    if stored != partitions:
        raise Misconfigured(
            f"this database was founded with {stored} partitions, but BATON_PARTITIONS says {partitions}. "
            f"Leads would change lanes. Set BATON_PARTITIONS={stored} (or remove it), or start a new database."
        )


async def _upgrade(connection: AsyncConnection, service: Service, partitions: int) -> list[str]:
    schema, role = service.schema, role_of(service.schema)
    await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {role}"))
    await connection.execute(text(f"SET ROLE {role}"))
    await connection.execute(text(f"SET search_path TO {schema}"))
    await connection.commit()
    try:
        done = await connection.run_sync(_alembic, service)
        await connection.execute(text(_LANES), {"last": partitions - 1})
        await connection.execute(text(_OUTPUTS), {"last": partitions - 1, "topics": list(service.writes)})
        for grant in _grants(service):
            await connection.execute(text(grant))
        await connection.commit()
    except BaseException:
        await connection.rollback()
        raise
    finally:
        await connection.execute(text("RESET ROLE"))
        await connection.execute(text("RESET search_path"))
        await connection.commit()
    return done


_LANES = "INSERT INTO lane (p) SELECT generate_series(0, :last) ON CONFLICT DO NOTHING"
_INPUTS = """INSERT INTO lane_input (p, topic, last_seq, last_hash, generation)
    SELECT o.p, o.topic, coalesce(b.first_seq - 1, o.last_seq), coalesce(b.prev, o.last_hash),
           coalesce(b.generation, o.generation)
    FROM {writer}.lane_output o LEFT JOIN LATERAL (
        SELECT first_seq, prev, generation FROM {writer}.stream_batch
        WHERE topic = o.topic AND p = o.p ORDER BY first_seq LIMIT 1) AS b ON true
    WHERE o.topic = :topic
    ON CONFLICT DO NOTHING"""
_UNWRITTEN = """INSERT INTO lane_input (p, topic) SELECT generate_series(0, :last), :topic ON CONFLICT DO NOTHING"""
_THERE = text("SELECT to_regclass(:table) IS NOT NULL")
_OUTPUTS = """INSERT INTO lane_output (p, topic)
    SELECT p, topic FROM generate_series(0, :last) AS p, unnest(CAST(:topics AS text[])) AS topic
    ON CONFLICT DO NOTHING"""


async def _inputs(connection: AsyncConnection, service: Service, partitions: int) -> None:
    """A reader that is new to a topic begins at the oldest batch its writer keeps, or where the writer stands."""
    await connection.execute(text(f"SET ROLE {role_of(service.schema)}"))
    await connection.execute(text(f"SET search_path TO {service.schema}"))
    for topic in service.reads:
        writer = schema_of(TOPICS[topic].producer)
        if (await connection.execute(_THERE, {"table": f"{writer}.lane_output"})).scalar_one():
            await connection.execute(text(_INPUTS.format(writer=writer)), {"topic": topic})
        await connection.execute(text(_UNWRITTEN), {"topic": topic, "last": partitions - 1})
    await connection.execute(text("RESET ROLE"))
    await connection.execute(text("RESET search_path"))
    await connection.commit()


def _grants(service: Service) -> list[str]:
    """The log is for its readers; what the lanes are doing is for the operations page."""
    schema = service.schema
    readers = {reader for topic in TOPICS.values() if topic.producer == service.name for reader in topic.readers}
    roles = sorted(role_of(schema_of(name)) for name in readers | {"reporting"})
    grants = [f"GRANT USAGE ON SCHEMA {schema} TO {role}" for role in roles]
    grants += [f"GRANT SELECT ON {schema}.stream_batch, {schema}.lane_output TO {role}" for role in roles]
    grants.append(
        f"GRANT SELECT ON {schema}.lane, {schema}.lane_input, {schema}.schema_version TO {role_of('reporting')}"
    )
    grants.append(
        f"GRANT SELECT (id, p, topic, seq, subject, type, reason, state, at) ON {schema}.dead_letter "
        f"TO {role_of('reporting')}"
    )
    writers = {TOPICS[topic].producer for topic in service.reads} - {"reporting"}
    for role in sorted(role_of(schema_of(name)) for name in writers):  # to know what may be forgotten
        grants += [f"GRANT USAGE ON SCHEMA {schema} TO {role}", f"GRANT SELECT ON {schema}.lane_input TO {role}"]
    return grants


def _config(service: Service) -> Config:
    home = Path(str(files("runtime.database"))) / "migrations"
    config = Config()
    config.set_main_option("script_location", str(home))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{home / 'versions'}\n{service.migrations}")
    config.attributes["schema"] = service.schema
    return config


def _pending(connection: SyncConnection, service: Service) -> list[str]:
    scripts = ScriptDirectory.from_config(_config(service))
    return sorted(set(scripts.get_heads()) - _present(connection, service, scripts))


def _present(connection: SyncConnection, service: Service, scripts: ScriptDirectory) -> set[str]:
    known = {revision.revision for revision in scripts.walk_revisions()}
    present = set[str]()
    if connection.execute(text("SELECT to_regclass(:t)"), {"t": f"{service.schema}.schema_version"}).scalar():
        present = set(connection.execute(text(_VERSIONS.format(schema=service.schema))).scalars())
    return present | compatible.satisfied(connection, service, scripts, present - known)


def _alembic(connection: SyncConnection, service: Service) -> list[str]:
    pending = _pending(connection, service)
    config = _config(service)
    if pending:
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
    scripts = ScriptDirectory.from_config(config)
    if _present(connection, service, scripts) == set(scripts.get_heads()):
        compatible.state(connection, scripts)
    return pending
