"""The database is brought up to the code, once, by whoever comes; what does not fit is refused in words."""

import asyncio
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import cast

import asyncpg
import pytest

from events.topics import partition
from probe.bench import LANES, Bench, engagement
from probe.oracle import verify
from probe.service import INGEST, ROUTING, SCORING, SILENT
from probe.traffic import Traffic
from runtime.database.connect import Database, admin
from runtime.database.connection import Connection
from runtime.database.embedded import EmbeddedPostgres
from runtime.database.statement import statement
from runtime.errors import Misconfigured
from runtime.process.compatible import Compatible, satisfied
from runtime.process.migrate import migrate
from runtime.process.migrate_child import migrate_apart
from runtime.process.migrated import house_id, require_migrated, require_new_enough
from runtime.process.revisions import Revision
from runtime.service import Service
from testing.servers import execute

PROBES = [INGEST, SCORING, ROUTING, SILENT]
REVISIONS = len(PROBES) * 2
"""Of the runtime's branch and the probes'; what is applied on the way to them is not counted."""


def test_a_branch_that_is_behind_is_to_be_reached_though_another_one_is_ahead() -> None:
    revisions = {
        "a1": Revision("a1", None, "a", breaks=False),
        "b1": Revision("b1", None, "b", breaks=False),
        "b2": Revision("b2", "b1", None, breaks=False),
    }
    assert satisfied("scoring", revisions, {"b3"}, [Compatible("b", "b3", "b2")]) == {"b2"}
    with pytest.raises(Misconfigured, match="b3"):
        satisfied("scoring", revisions, {"b3"}, [Compatible("b", "b3", "b3")])


class OldServer:
    """Answers any statement with its version."""

    def __init__(self, version: str) -> None:
        self._version = version

    async def execute(self, _: object) -> "OldServer":
        return self

    def scalar_one(self) -> str:
        return self._version


@pytest.mark.parametrize("version", ["90624", "160009"])
async def test_a_server_that_is_too_old_is_refused(version: str) -> None:
    with pytest.raises(Misconfigured, match="needs 17 or newer"):
        await require_new_enough(cast("Connection", OldServer(version)))
    await require_new_enough(cast("Connection", OldServer("170000")))


async def test_it_applies_once_whoever_comes_first(database_dsn: str) -> None:
    both = await asyncio.gather(*(migrate(database_dsn, PROBES, partitions=LANES) for _ in range(2)))
    assert sorted(map(len, both)) == [0, REVISIONS]
    assert await migrate(database_dsn, PROBES, partitions=LANES) == []
    await require_migrated(database_dsn, SCORING, partitions=LANES)


async def test_a_service_does_not_start_on_what_is_not_migrated(database_dsn: str) -> None:
    with pytest.raises(Misconfigured, match="baton migrate"):
        await require_migrated(database_dsn, SCORING, partitions=LANES)
    await migrate(database_dsn, [INGEST], partitions=LANES)
    with pytest.raises(Misconfigured, match="scoring lacks the revisions"):
        await require_migrated(database_dsn, SCORING, partitions=LANES)


@pytest.mark.fault("F20")
async def test_another_count_of_partitions_is_refused(bench_dsn: str) -> None:
    for work in (migrate(bench_dsn, PROBES, partitions=LANES + 1), require_migrated(bench_dsn, SCORING, partitions=9)):
        with pytest.raises(Misconfigured, match=f"founded with {LANES} partitions"):
            await work


async def test_a_newer_database_is_refused(bench_dsn: str) -> None:
    execute(bench_dsn, "UPDATE scoring.schema_version SET version_num = 'probe_0002' WHERE version_num = 'probe_0001'")
    for work in (migrate(bench_dsn, PROBES, partitions=LANES), require_migrated(bench_dsn, SCORING, partitions=LANES)):
        with pytest.raises(Misconfigured, match=r"probe_0002.*newer Baton"):
            await work


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Service]:
    """Scoring as a newer Baton has it: one migration more, with this in its module."""

    def service(says: str) -> Service:
        name = "newer_breaking" if says else "newer_adding"
        folder = tmp_path / name
        shutil.copytree(Path(str(files("probe"))) / "migrations", folder / "migrations")
        (folder / "__init__.py").touch()
        (folder / "migrations" / "0002_colour.py").write_text(
            "from alembic import op\n\nrevision = 'probe_0002'\ndown_revision = 'probe_0001'\n"
            f"{says}\n\ndef upgrade() -> None:\n    op.execute('ALTER TABLE tally ADD COLUMN colour text')\n"
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        return Service("scoring", name, SCORING.build)

    return service


@pytest.mark.fault("F19")
async def test_older_code_starts_again_on_a_schema_to_which_newer_code_only_added(
    bench_dsn: str, newer: Callable[[str], Service]
) -> None:
    after = newer("")
    assert await migrate(bench_dsn, [after], partitions=LANES) == ["probe_0002"]
    await require_migrated(bench_dsn, SCORING, partitions=LANES)
    assert await migrate(bench_dsn, [SCORING], partitions=LANES) == []
    await require_migrated(bench_dsn, after, partitions=LANES)


@pytest.mark.fault("F19")
async def test_older_code_is_refused_on_a_schema_that_it_would_not_survive(
    bench_dsn: str, newer: Callable[[str], Service]
) -> None:
    await migrate(bench_dsn, [newer("compatible_since = revision")], partitions=LANES)
    for work in (migrate(bench_dsn, PROBES, partitions=LANES), require_migrated(bench_dsn, SCORING, partitions=LANES)):
        with pytest.raises(Misconfigured, match=r"probe_0002.*newer Baton"):
            await work


@pytest.mark.slow
@pytest.mark.fault("F19")
async def test_old_and_new_code_work_together_over_a_migration_under_load(
    postgres_bench: Bench, newer: Callable[[str], Service]
) -> None:
    """The old worker goes on while the column is added; then both work, and the old one leaves."""
    bench, traffic = postgres_bench, Traffic(postgres_bench)
    async with bench.running():
        await traffic.some(60)
        assert await migrate(bench.dsn, [newer("")], partitions=LANES) == ["probe_0002"]
        await traffic.some(60)
        async with bench.running():
            await traffic.some(60)
            await bench.drain()
        await traffic.some(60)
        await bench.drain()
    await verify(bench, traffic.written)


@pytest.mark.slow
async def test_a_house_keeps_its_id(database_dsn: str) -> None:
    await migrate(database_dsn, PROBES, partitions=LANES)
    async with admin(database_dsn) as connection:
        first = await house_id(connection)
    await migrate(database_dsn, PROBES, partitions=LANES)
    async with admin(database_dsn) as connection:
        assert await house_id(connection) == first
        assert len(first) == 36


@pytest.mark.fault("F19")
async def test_a_reader_that_is_new_to_a_topic_begins_where_it_can(postgres_bench: Bench) -> None:
    """At the oldest batch that is kept, or where its writer stands when none is; never at a number that is gone."""
    lead = {p: next(f"{n}" for n in range(99) if partition(f"{n}", LANES) == p) for p in range(LANES)}
    for p, times in ((1, 2), (2, 2), (3, 1)):
        for n in range(times):
            await postgres_bench.write(engagement(lead[p], n))
    old = "DELETE FROM stream_batch WHERE p = 1 OR (p = 2 AND first_seq = 1)"
    await postgres_bench.change("ingest", old)
    await postgres_bench.change("scoring", "DELETE FROM lane_input WHERE topic = 'leads'")
    await migrate(postgres_bench.dsn, PROBES, partitions=LANES)
    rows = await postgres_bench.rows("scoring", "SELECT p, last_seq FROM lane_input WHERE topic = 'leads' ORDER BY p")
    assert [row.last_seq for row in rows] == [0, 2, 1, 0]
    async with postgres_bench.running("scoring"):
        await postgres_bench.write(*(engagement(lead[p], 9) for p in range(LANES)))
        await postgres_bench.drain("scoring")
    assert {lead[p]: 1 + (p > 1) for p in range(LANES)} == {
        lead: tally.n for lead, tally in (await postgres_bench.tallies("scoring")).items()
    }


async def test_a_server_that_does_not_answer_is_said_so(bench_dsn: str) -> None:
    nowhere = bench_dsn.replace("/socket", "/nowhere")
    with pytest.raises(Misconfigured, match="does not answer"):
        await require_migrated(nowhere, SCORING, partitions=LANES)


async def test_an_administrator_who_is_no_superuser_can_migrate(postgres_server: EmbeddedPostgres) -> None:
    """As on a hosted PostgreSQL: may create roles and own the database, no more."""
    execute(
        postgres_server.dsn,
        "CREATE ROLE hosted LOGIN CREATEROLE",
        *(f"GRANT baton_{one.schema} TO hosted WITH ADMIN TRUE, SET FALSE, INHERIT FALSE" for one in PROBES),
        "GRANT baton_notifier, baton_reporting, baton_viewer TO hosted WITH ADMIN TRUE, SET FALSE, INHERIT FALSE",
        "CREATE DATABASE hosted OWNER hosted",
    )
    try:
        dsn = postgres_server.dsn_of("hosted", user="hosted")
        assert len(await migrate(dsn, PROBES, partitions=LANES)) == REVISIONS
        database = Database(dsn, "scoring")
        async with database.begin() as tx:
            assert (await tx.execute(statement("SELECT count(*) FROM lane"))).scalar_one() == LANES
        await database.close()
    finally:
        roles = ", ".join(f"baton_{name}" for name in ("ingest", "scoring", "routing", "sla_monitor", "notifier"))
        execute(
            postgres_server.dsn,
            "DROP DATABASE hosted WITH (FORCE)",
            f"REVOKE {roles}, baton_reporting, baton_viewer FROM hosted CASCADE",
            "DROP ROLE hosted",
        )


async def test_the_walls_between_services_are_the_databases(postgres_bench: Bench) -> None:
    """A service reads the log of those it listens to, and nothing else of theirs; keys it may only read."""
    await postgres_bench.write(engagement("a", 1))
    assert await postgres_bench.rows("scoring", "SELECT 1 FROM ingest.stream_batch")
    assert await postgres_bench.rows("scoring", "SELECT 1 FROM ingest.lane_output")
    for forbidden in (
        "SELECT 1 FROM ingest.tally",
        "SELECT 1 FROM ingest.dead_letter",
        "SELECT 1 FROM routing.stream_batch",
        "DELETE FROM ingest.stream_batch",
        "UPDATE ingest.lane_output SET last_seq = 0",
        "INSERT INTO house.access_key VALUES ('a', 'write', 'x', 'y', '{}')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await postgres_bench.change("scoring", forbidden)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        await postgres_bench.change("routing", "SELECT 1 FROM scoring.tally")


@pytest.mark.slow
async def test_another_process_migrates_as_well_and_says_what_is_wrong(database_dsn: str) -> None:
    await migrate_apart(database_dsn, [SCORING], LANES)
    await require_migrated(database_dsn, SCORING, partitions=LANES)
    with pytest.raises(Misconfigured, match=rf"founded with {LANES} partitions"):
        await migrate_apart(database_dsn, [SCORING], LANES + 1)
