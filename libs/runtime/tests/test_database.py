"""Who freezes inside a transaction lets go of its rows, wherever it froze."""

import asyncio
import struct
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from runtime.database.connect import SESSION, patience
from runtime.database.embedded import EmbeddedPostgres

Freeze = Callable[[asyncio.StreamWriter], None]


def message(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return kind + struct.pack("!I", len(body) + 4) + body


def idle(_writer: asyncio.StreamWriter) -> None:
    """Says nothing more."""


def preparing(writer: asyncio.StreamWriter) -> None:
    """As asyncpg prepares: Parse and Flush, the Sync comes later. To the server this session is active."""
    writer.write(message(b"P", b"one\0", b"SELECT 1\0", struct.pack("!H", 0)) + message(b"H"))


async def hold_rows(socket: Path, database: str, settings: dict[str, str], freeze: Freeze) -> asyncio.StreamWriter:
    """A session that speaks the protocol itself, so that it can fall silent anywhere."""
    reader, writer = await asyncio.open_unix_connection(socket / ".s.PGSQL.5432")
    given = {"user": "postgres", "database": database, "search_path": "scoring", **settings}
    pairs = b"".join(name.encode() + b"\0" + value.encode() + b"\0" for name, value in given.items())
    writer.write(message(b"", struct.pack("!I", 196608), pairs + b"\0"))
    await reader.readuntil(b"Z\x00\x00\x00\x05I")
    writer.write(message(b"Q", b"BEGIN; UPDATE lane SET poison_run = 1\0"))
    await reader.readuntil(b"Z\x00\x00\x00\x05T")
    freeze(writer)
    await writer.drain()
    return writer


@pytest.mark.parametrize("freeze", [idle, preparing])
async def test_a_frozen_session_lets_go(postgres_server: EmbeddedPostgres, bench_dsn: str, freeze: Freeze) -> None:
    database = str(make_url(bench_dsn).database)
    settings = {**SESSION, **patience(0.6)}
    frozen = await hold_rows(postgres_server.data / "socket", database, settings, freeze)
    other = await asyncpg.connect(bench_dsn.replace("+asyncpg", ""), server_settings={"lock_timeout": "10s"})
    await other.execute("UPDATE scoring.lane SET poison_run = 0")
    await other.close()
    frozen.transport.abort()


async def test_without_that_timeout_it_would_not(postgres_server: EmbeddedPostgres, bench_dsn: str) -> None:
    database = str(make_url(bench_dsn).database)
    others = {"idle_in_transaction_session_timeout": "200ms", "statement_timeout": "200ms"}
    frozen = await hold_rows(postgres_server.data / "socket", database, others, preparing)
    other = await asyncpg.connect(bench_dsn.replace("+asyncpg", ""), server_settings={"lock_timeout": "2s"})
    with pytest.raises(asyncpg.LockNotAvailableError):
        await other.execute("UPDATE scoring.lane SET poison_run = 0")
    await other.close()
    frozen.transport.abort()
