"""A start that finds the database as this very code left it migrates nothing, and starts no process to find out."""

import asyncio
import shutil
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import pytest

from probe.bench import LANES, Bench
from probe.service import SCORING, SERVICES, SILENT
from runtime.database.statement import statement
from runtime.process import house_schema, last_migration
from runtime.process.last_migration import code_digest, is_up_to_date
from runtime.process.migrate_child import migrate_apart
from runtime.service import Service

ALL = [*SERVICES.values(), SILENT]


async def no_process(*_: object, **__: object) -> None:
    raise AssertionError("a process was started")


async def test_a_database_that_this_code_migrated_is_left_alone(
    postgres_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asyncio, "create_subprocess_exec", no_process)
    await migrate_apart(postgres_bench.dsn, ALL, LANES)
    with pytest.raises(AssertionError, match="a process was started"):
        await migrate_apart(postgres_bench.dsn, ALL, LANES + 1)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE house.setting SET value = 'older' WHERE key = 'migrated_by'",
        "DELETE FROM house.setting WHERE key = 'migrated_by'",
        "DROP SCHEMA house CASCADE",
        "INSERT INTO scoring.schema_version VALUES ('scoring_9999')",
    ],
)
async def test_one_that_other_code_migrated_is_not(postgres_bench: Bench, change: str) -> None:
    assert await is_up_to_date(postgres_bench.dsn, ALL, LANES)
    await postgres_bench.as_admin(lambda tx: tx.execute(statement(change)))
    assert not await is_up_to_date(postgres_bench.dsn, ALL, LANES)


@pytest.mark.slow
@pytest.mark.parametrize(
    "statements", [pytest.param(house_schema.TABLES[-2:-1], marks=pytest.mark.chaos), house_schema.TABLES]
)
async def test_one_that_other_code_began_to_migrate_is_not(postgres_bench: Bench, statements: Sequence[str]) -> None:
    """Older code keeps no digest, newer code that was ended kept none yet; a restored dump makes the function anew."""
    for one in statements:
        await postgres_bench.as_admin(lambda tx, one=one: tx.execute(statement(one)))  # type: ignore[misc]
    assert not await is_up_to_date(postgres_bench.dsn, ALL, LANES)
    await migrate_apart(postgres_bench.dsn, ALL, LANES)
    assert await is_up_to_date(postgres_bench.dsn, ALL, LANES)


async def test_one_whose_server_lacks_a_role_is_not(postgres_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a dump was restored on another server."""
    monkeypatch.setattr(last_migration, "VIEWER", "baton_of_nobody")
    assert not await is_up_to_date(postgres_bench.dsn, ALL, LANES)


async def test_a_server_that_does_not_answer_is_told_of_by_who_migrates() -> None:
    assert not await is_up_to_date("postgresql+asyncpg://nobody@127.0.0.1:1/none", ALL, LANES)


def test_the_digest_moves_with_each_thing_that_migrating_reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copytree(Path(str(files("reporting"))) / "migrations", tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(Service, "migrations", tmp_path)
    seen = [code_digest(ALL, LANES), code_digest(ALL, LANES + 1), code_digest(ALL[1:], LANES)]

    def note(file: Path, word: Sequence[str]) -> None:
        file.write_text(file.read_text() + "\n".join(word))
        seen.append(code_digest(ALL, LANES))

    note(next(tmp_path.glob("0*.py")), ["# changed"])
    note(tmp_path / "row_rules.sql", ["-- changed"])
    (tmp_path / "9999_new.py").touch()
    seen.append(code_digest(ALL, LANES))
    assert len(set(seen)) == len(seen)
    assert code_digest(ALL, LANES) == seen[-1]
    assert code_digest([SCORING], LANES) != seen[-1]


@pytest.mark.parametrize(
    "part", ["process/migrate.py", "schema_names.py", "service.py", "database/connect.py", "database/new.py"]
)
def test_the_digest_moves_with_the_runtime_that_migrates(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, part: str
) -> None:
    runtime = Path(shutil.copytree(str(files("runtime")), tmp_path / "runtime"))
    monkeypatch.setattr(
        last_migration,
        "files",
        lambda name: runtime.joinpath(*name.split(".")[1:]) if name.startswith("runtime") else files(name),
    )
    before = code_digest(ALL, LANES)
    with (runtime / part).open("a") as file:
        file.write("# changed")
    assert code_digest(ALL, LANES) != before
