"""The embedded PostgreSQL starts, stops, survives, and refuses with words that help."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from runtime.database import data_folder
from runtime.database.embedded import EmbeddedPostgres
from runtime.errors import Misconfigured
from testing.waiting import Deadline

HOUSE = """
import signal, sys, time
from pathlib import Path
from runtime.database.embedded import EmbeddedPostgres
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
with EmbeddedPostgres(Path(sys.argv[1])) as server:
    print(server.pid, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Another process that runs a server in `tmp_path`, and the server's process number."""
    with subprocess.Popen([sys.executable, "-c", HOUSE, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        server = int(process.stdout.readline())
        try:
            yield process, server
        finally:
            process.terminate()  # it ends its server; a shell that runs tests behind it lets nobody hear SIGINT
            process.wait()
            with suppress(ProcessLookupError):
                os.kill(server, signal.SIGKILL)  # of a house that was killed, and has no successor


async def ask(server: EmbeddedPostgres, query: str) -> object:
    connection = await asyncpg.connect(server.dsn.replace("+asyncpg", ""))
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_it_answers_on_a_socket_closed_to_others_and_keeps_its_data(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path) as server:
        assert (tmp_path / "socket").stat().st_mode & 0o777 == 0o700
        assert await ask(server, "SHOW listen_addresses") == ""
        assert await ask(server, "SHOW fsync") == "on"
        assert int(str(await ask(server, "SHOW max_connections"))) >= 200
        await ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()
    async with EmbeddedPostgres(tmp_path) as server:
        assert await ask(server, "SELECT n FROM kept") == 7


@pytest.mark.slow
async def test_the_environment_of_another_server_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGPORT": "6000", "PGHOST": "nowhere", "PGDATA": "/nowhere", "PGDATABASE": "other"}.items():
        monkeypatch.setenv(name, value)
    async with EmbeddedPostgres(tmp_path) as server:
        assert await ask(server, "SELECT current_database()") == "postgres"


@pytest.mark.slow
async def test_it_survives_a_power_cut(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path).start()
    await ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
    server.kill()
    assert (tmp_path / "postgres" / "postmaster.pid").exists()
    with server:
        assert await ask(server, "SELECT n FROM kept") == 7


@pytest.mark.slow
async def test_a_note_that_names_another_running_process_is_no_server(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path).start()
    server.kill()
    note = tmp_path / "postgres" / "postmaster.pid"
    with subprocess.Popen(["sleep", "60"]) as bystander:
        try:
            note.write_text("\n".join([str(bystander.pid), *note.read_text().splitlines()[1:]]))
            with server:
                assert await ask(server, "SELECT 1") == 1
            assert bystander.poll() is None
        finally:
            bystander.kill()


@pytest.mark.slow
async def test_a_killed_house_leaves_a_server_that_the_next_one_replaces(
    tmp_path: Path, house: tuple[subprocess.Popen[str], int]
) -> None:
    process, left_behind = house
    process.send_signal(signal.SIGKILL)
    process.wait()
    os.kill(left_behind, 0)
    with EmbeddedPostgres(tmp_path) as server:
        assert server.pid != left_behind
        assert await ask(server, "SELECT 1") == 1


@pytest.mark.fault("F21")
def test_two_houses_do_not_share_a_folder(tmp_path: Path, house: tuple[subprocess.Popen[str], int]) -> None:
    with pytest.raises(Misconfigured, match=rf"process {house[0].pid}.*--data"):
        EmbeddedPostgres(tmp_path).start()


def test_a_folder_that_cannot_be_written_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match=r"cannot be written.*--data"):
        EmbeddedPostgres(tmp_path / "file" / "data").start()


def test_a_full_disk_is_refused_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_folder, "_ROOM_NEEDED", 2**62)
    with pytest.raises(Misconfigured, match=r"Make room"):
        EmbeddedPostgres(tmp_path).start()


def test_a_folder_of_another_postgresql_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(Misconfigured, match=r"PostgreSQL 16.*--data"):
        EmbeddedPostgres(tmp_path).start()
    assert (tmp_path / "postgres" / "PG_VERSION").read_text() == "16\n"


def test_a_setting_that_postgresql_refuses_is_reported_in_its_words(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="max_connections"):
        EmbeddedPostgres(tmp_path, settings={"max_connections": "many"}).start()


@pytest.mark.slow
async def test_a_path_too_long_for_a_socket_gets_a_short_one(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    async with EmbeddedPostgres(deep) as server:
        assert await ask(server, "SELECT 1") == 1
        assert len(server.dsn) < 120
        assert EmbeddedPostgres(deep).dsn == server.dsn, "who did not start it finds it too"


async def test_a_start_that_is_called_off_leaves_no_server_and_no_lock(tmp_path: Path) -> None:
    """At any moment of it: while its folder is made, and while the server starts."""
    for sign in ("house.lock", "postgres/postmaster.pid"):
        start = asyncio.create_task(EmbeddedPostgres(tmp_path).start_aside())
        deadline = Deadline(60)
        while not (tmp_path / sign).exists() and not deadline.passed():
            await asyncio.sleep(0.005)
        start.cancel()
        with pytest.raises(asyncio.CancelledError):
            await start
        assert not (tmp_path / "postgres" / "postmaster.pid").exists(), sign
    async with EmbeddedPostgres(tmp_path) as server:
        assert await ask(server, "SELECT 1") == 1


@pytest.mark.slow
def test_stopping_is_bounded_even_when_the_server_does_not_react(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path).start()
    pid = server.pid
    os.kill(pid, signal.SIGSTOP)
    deadline = Deadline(15)
    server.stop(timeout=0.2)
    assert not deadline.passed()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    server.start().stop()
