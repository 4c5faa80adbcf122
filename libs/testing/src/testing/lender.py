"""Databases of a template, each lent to one test after the other and put back as it was in between.

To copy a template and to drop the copy takes five times as long. A database whose tables were changed, or that has
grown, is dropped and never lent again.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from itertools import count
from threading import Thread
from typing import Any, Final, TypeVar

import asyncpg

from testing.containers import PostgresServer

T = TypeVar("T")
_names = count(1)

_OFTEN: Final = 50
"""Tests that one database serves at most: what was deleted stays in its files."""
_LARGE: Final = 2**22
"""Bytes of all tables beyond which a database is not worth to be put back."""
_OTHERS: Final = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_SHAPE: Final = """
    SELECT md5(string_agg(mark, ';')) FROM (
        SELECT count(*) || ' ' || max(xmin::text::bigint) FROM pg_class WHERE relpersistence <> 't'
        UNION ALL SELECT count(*) || ' ' || max(xmin::text::bigint) FROM pg_attribute
        UNION ALL SELECT count(*) || ' ' || max(xmin::text::bigint) FROM pg_constraint
        UNION ALL SELECT count(*) || ' ' || max(xmin::text::bigint) FROM pg_proc
        UNION ALL SELECT count(*) || ' ' || max(xmin::text::bigint) FROM pg_trigger
        UNION ALL SELECT count(*) || ' ' || max(xmin::text::bigint) FROM pg_namespace
        UNION ALL SELECT count(*)::text FROM pg_statistic
        UNION ALL SELECT count(*)::text FROM pg_db_role_setting
    ) AS catalog (mark)
"""
_TABLES: Final = """
    SELECT c.oid::regclass::text AS name, pg_relation_size(c.oid) AS size, pg_table_size(c.oid) AS whole
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""
_WRITABLE: Final = """
    SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
    WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""
_SEQUENCES: Final = """
    SELECT format('SELECT setval(%L, %s, %L)', format('%I.%I', schemaname, sequencename),
                  coalesce(last_value, start_value), last_value IS NOT NULL) AS again
    FROM pg_sequences
"""


class _Loan:
    """A database, and how it looked when it was new."""

    def __init__(self, name: str, dsn: str, connection: asyncpg.Connection) -> None:
        self.name = name
        self.dsn = dsn
        self.served = 0
        self._connection = connection
        self._shape = ""
        self._rows: dict[str, tuple[str, str]] = {}
        self._sequences = ""

    async def look(self) -> None:
        """Keeps the shape of the catalog, the rows of the tables that are not empty, and where sequences stand."""
        self._shape = await self._connection.fetchval(_SHAPE)
        for table in await self._connection.fetch(_TABLES):
            if table["size"]:
                rows = await self._connection.fetchval(f"SELECT json_agg(t)::text FROM {table['name']} t")
                columns = await self._connection.fetchval(_WRITABLE, table["name"])
                self._rows[table["name"]] = columns, rows or "[]"
        sequences = await self._connection.fetch(_SEQUENCES)
        self._sequences = ";".join(sequence["again"] for sequence in sequences)

    async def put_back(self) -> bool:
        """Whether the next test finds it as the first one did."""
        if self._connection.is_closed():
            return False
        await self._connection.fetch(_OTHERS)
        tables = await self._connection.fetch(_TABLES)
        if sum(table["whole"] for table in tables) > _LARGE or await self._connection.fetchval(_SHAPE) != self._shape:
            return False
        filled = [table["name"] for table in tables if table["size"]]
        again = [f"DELETE FROM {name}" for name in filled]
        again += [
            f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE "
            f"SELECT {columns} FROM json_populate_recordset(NULL::{name}, {_quoted(rows)})"
            for name, (columns, rows) in self._rows.items()
        ]
        await self._connection.execute(
            ";".join(["BEGIN", "SET LOCAL session_replication_role = replica", *again, self._sequences, "COMMIT"])
        )
        return True

    async def close(self) -> None:
        await self._connection.close()


class Lender:
    """Lends databases of one server; asks it by a loop of its own, beside that of any test."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._free: dict[str, _Loan] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    @contextmanager
    def lend(self, template: str) -> Iterator[str]:
        """The address of a database as the template is; nobody else has it meanwhile."""
        one = self._run(self._take(template))
        try:
            yield one.dsn
        finally:
            self._run(self._return(template, one))

    def close(self) -> None:
        """Lets go of all; the server may still hold them."""
        for one in self._free.values():
            self._run(one.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _take(self, template: str) -> _Loan:
        one = self._free.pop(template, None)
        if one is None:
            name = f"loan_{next(_names)}"
            await self._ask(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
            dsn = self._server.dsn_of(name)
            one = _Loan(name, dsn, await asyncpg.connect(dsn.replace("+asyncpg", "")))
            await one.look()
        one.served += 1
        return one

    async def _return(self, template: str, one: _Loan) -> None:
        if template not in self._free and one.served < _OFTEN and await one.put_back():
            self._free[template] = one
            return
        await one.close()
        await self._ask(f"DROP DATABASE {one.name} WITH (FORCE)")

    async def _ask(self, statement: str) -> None:
        connection = await asyncpg.connect(self._server.dsn.replace("+asyncpg", ""))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
