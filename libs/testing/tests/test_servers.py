"""The plugin gives each test a database of its own and is loud about what is missing."""

import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from testing.containers import PostgresServer
from testing.servers import execute, fresh_database

ROOT = Path(__file__).parents[3]
NEEDY = """
import pytest
from testing.servers import missing

@pytest.mark.parametrize("n", range(2))
def test_needs(n):
    missing("say (please), isn't it")

@pytest.mark.chaos
def test_storm():
    raise AssertionError

@pytest.mark.slow
def test_long():
    raise AssertionError
"""


async def rows(dsn: str) -> int:
    connection = await asyncpg.connect(dsn.replace("+asyncpg", ""))
    try:
        return int(await connection.fetchval("SELECT count(*) FROM pg_tables WHERE tablename = 'mark'"))
    finally:
        await connection.close()


@pytest.mark.parametrize("_", range(2))
async def test_each_test_has_a_database_of_its_own(database_dsn: str, _: int) -> None:
    assert await rows(database_dsn) == 0
    execute(database_dsn, "CREATE TABLE mark ()")


async def test_a_template_is_copied(postgres_server: PostgresServer) -> None:
    with fresh_database(postgres_server) as template:
        execute(template, "CREATE TABLE mark ()")
        name = template.split("/")[3].split("?")[0]
        with fresh_database(postgres_server, name) as copy:
            assert await rows(copy) == 1


def run(tmp_path: Path, *options: str, ci: str = "") -> str:
    markers = "markers =\n  chaos\n  slow\n"
    (tmp_path / "pytest.ini").write_text(f"[pytest]\n{markers}asyncio_default_fixture_loop_scope = function\n")
    (tmp_path / "test_needy.py").write_text(NEEDY)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "testing.servers",
            "-p",
            "xdist",
            "-q",
            f"--basetemp={tmp_path}/base",
            *options,
        ],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # others start slowly
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.chaos
def test_what_is_missing_is_said_once_and_loudly(tmp_path: Path) -> None:
    for output in (run(tmp_path), run(tmp_path, "-n", "1")):
        assert "!!! 2 test(s) not tested here: say (please), isn't it\n" in output
        assert "2 skipped" in output


@pytest.mark.chaos
def test_on_the_build_machine_what_is_missing_fails(tmp_path: Path) -> None:
    assert "2 failed" in run(tmp_path, ci="true")


@pytest.mark.chaos
def test_what_is_long_runs_only_when_asked_for(tmp_path: Path) -> None:
    assert "2 deselected" in run(tmp_path)
    for marker in ("chaos", "slow"):
        output = run(tmp_path, "-m", marker)
        assert "1 failed" in output
        assert "3 deselected" in output
