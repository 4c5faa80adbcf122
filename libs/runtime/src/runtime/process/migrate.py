"""Brings the database up to the code: roles, schemas, migrations, and the house's own settings."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import uuid_utils
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection as SyncConnection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from events.topics import FLOW, TOPICS
from runtime.database.connect import admin
from runtime.database.connection import Connection
from runtime.database.engine import migrating
from runtime.process import house_schema
from runtime.process.compatible import compatible_rows
from runtime.process.last_migration import KEY, MARK, code_digest
from runtime.process.migrated import pending_revisions, require_new_enough, require_partitions
from runtime.process.revisions import HOME, folders, read_revisions
from runtime.schema_names import role_of, schema_of
from runtime.service import Service

_LOCK = text("SELECT pg_advisory_lock(hashtext('baton migrate'))")
_SETTING = text("""
    INSERT INTO house.setting (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET key = excluded.key
    RETURNING value
""")
_MIGRATED = text(f"""
    INSERT INTO house.setting (key, value) VALUES (:key, :digest || ' ' || ({MARK}))
    ON CONFLICT (key) DO UPDATE SET value = excluded.value
""")  # noqa: S608
_STATE: Final = text("""
    INSERT INTO compatible_since (branch, head, revision) VALUES (:branch, :head, :revision)
    ON CONFLICT (branch) DO UPDATE SET head = excluded.head, revision = excluded.revision
""")
_STANDS = text("SELECT version_num FROM schema_version")


async def migrate(dsn: str, services: Sequence[Service], *, partitions: int) -> list[str]:
    """Returns the revisions applied. Raises Misconfigured when the database is newer than the code or has another P."""
    applied: list[str] = []
    async with admin(dsn) as asking, migrating(dsn) as connection:
        await require_new_enough(asking)
        await connection.execute(_LOCK)
        await connection.commit()
        for statement in house_schema.TABLES:
            await connection.execute(text(statement))
        for name in FLOW:
            await _role(connection, role_of(schema_of(name)))
            for grant in house_schema.grants(role_of(schema_of(name))):
                await connection.execute(text(grant))
        await _role(connection, house_schema.VIEWER)
        await connection.commit()
        await _same_partitions(connection, partitions)
        await connection.execute(_SETTING, {"key": "house", "value": str(uuid_utils.uuid4())})
        await connection.commit()
        for service in services:
            applied += await _upgrade(connection, asking, service, partitions)
        for service in services:
            await _inputs(connection, service, partitions)
        await connection.execute(_MIGRATED, {"key": KEY, "digest": code_digest(services, partitions)})
        await connection.commit()
    return applied


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


async def _same_partitions(connection: AsyncConnection, partitions: int) -> None:
    stored = int((await connection.execute(_SETTING, {"key": "partitions", "value": str(partitions)})).scalar_one())
    await connection.commit()
    require_partitions(stored, partitions)


async def _upgrade(connection: AsyncConnection, asking: Connection, service: Service, partitions: int) -> list[str]:
    schema, role = service.schema, role_of(service.schema)
    await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {role}"))
    await connection.execute(text(f"SET ROLE {role}"))
    await connection.execute(text(f"SET search_path TO {schema}"))
    await connection.commit()
    try:
        pending = await pending_revisions(asking, service)
        await connection.run_sync(_alembic, service, pending)
        await connection.execute(text(_LANES), {"last": partitions - 1})
        await connection.execute(text(_OUTPUTS), {"last": partitions - 1, "topics": list(service.writes)})
        for grant in _grants(service):
            await connection.execute(text(grant))
        if service.row_rules.exists():
            await connection.exec_driver_sql(service.row_rules.read_text())
        await connection.commit()
    except BaseException:
        await connection.rollback()
        raise
    finally:
        await connection.execute(text("RESET ROLE"))
        await connection.execute(text("RESET search_path"))
        await connection.commit()
    return pending


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
    config = Config()
    config.set_main_option("script_location", str(HOME))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(map(str, folders(service))))
    config.attributes["schema"] = service.schema
    return config


def _alembic(connection: SyncConnection, service: Service, pending: Sequence[str]) -> None:
    """Applies what is pending; the schema then says since when it is compatible, unless newer code has said so."""
    if pending:
        config = _config(service)
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
    revisions = read_revisions(service)
    if set(connection.execute(_STANDS).scalars()) <= revisions.keys():
        for one in compatible_rows(revisions):
            connection.execute(_STATE, asdict(one))
