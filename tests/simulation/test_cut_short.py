"""Months that are cut short: nothing half made is left, and what was left of a house that was killed is taken away."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runtime.database.data_folder import DataFolder, FolderInUse
from runtime.database.embedded import EmbeddedPostgres
from runtime.errors import Misconfigured
from runtime.settings import Settings
from standalone.simulate import Size, make, remove
from testing.service import SHIPPED

SIZE = Size(2, 1, 7, datetime(2026, 8, 5, tzinfo=UTC))


async def fill(settings: Settings, _size: Size) -> Path:
    lock = DataFolder(settings.data)
    lock.take()
    lock.release()
    (settings.data / "month").write_text("new")
    return settings.data


async def stop_halfway(settings: Settings, size: Size) -> None:
    await fill(settings, size)
    raise asyncio.CancelledError


async def test_what_is_cut_short_is_gone_and_what_was_there_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data=tmp_path / "demo", agreement=SHIPPED, _env_file=None)
    assert await make(settings, SIZE, fill) == tmp_path / "demo.new"
    (tmp_path / "demo" / "month").write_text("old")
    with pytest.raises(asyncio.CancelledError):
        await make(settings, SIZE, stop_halfway)
    assert [one.name for one in tmp_path.iterdir()] == ["demo"]
    assert (tmp_path / "demo" / "month").read_text() == "old"
    assert "cut short: nothing half made is left" in capsys.readouterr().err
    await make(settings, SIZE, fill)
    assert (tmp_path / "demo" / "month").read_text() == "new"


def test_a_house_that_was_killed_is_taken_away_with_its_server_and_one_that_runs_is_not(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "house") as server:
        with pytest.raises(FolderInUse):
            remove(tmp_path / "house")
        os.kill(server.pid, 0)
        server._folder.release()  # as when its process is killed: the server is left
        assert server._server is not None
        ending = asyncio.run(_removed(server, tmp_path / "house"))
        assert not (tmp_path / "house").exists()
        assert ending == 0, "by a fast shutdown"


async def _removed(server: EmbeddedPostgres, folder: Path) -> int:
    """Its exit code: somebody waits for it, as the system does for what nobody began."""
    assert server._server is not None
    waiting = asyncio.to_thread(server._server.wait, 30)
    ending, _ = await asyncio.gather(waiting, asyncio.to_thread(remove, folder))
    return ending


def test_a_note_of_a_server_that_is_gone_keeps_nobody_out_and_a_foreign_folder_stays(tmp_path: Path) -> None:
    """After a power cut, whatever has that number now."""
    note = tmp_path / "house" / "postgres" / "postmaster.pid"
    note.parent.mkdir(parents=True)
    note.write_text(f"{os.getpid()}\n")
    remove(tmp_path / "house")
    assert not (tmp_path / "house").exists()
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").touch()
    with pytest.raises(Misconfigured, match="is no house"):
        remove(tmp_path / "photos")
    assert (tmp_path / "photos" / "cat.jpg").exists()
