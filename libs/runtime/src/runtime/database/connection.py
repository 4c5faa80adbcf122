"""One connection to PostgreSQL: statements are prepared once and kept, transactions end or the connection does."""

import re
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self

import asyncpg
import orjson

from runtime.database.array_types import tell_array_types
from runtime.database.driver_errors import DRIVER_ERRORS, hide_values
from runtime.database.rows import Result, ResultRow
from runtime.database.statement import Statement
from runtime.errors import BatonError

_ROLLBACK_SECONDS: Final = 5.0
_CONNECT_SECONDS: Final = 10.0
_MOST_PREPARED: Final = 1000
"""Statements kept by one connection. They are constants of the code: no service has as many."""


class Connection:
    """Used by one task at a time. Outside `begin` every statement commits by itself."""

    __slots__ = ("_later", "_nested", "_prepared", "driver")

    def __init__(self, driver: asyncpg.Connection) -> None:
        self.driver: Final = driver
        self._prepared: dict[str, Any] = {}
        self._nested = 0
        self._later: LaterTransaction | None = None

    async def execute(self, statement: Statement, given: Mapping[str, Any] | None = None) -> Result:
        """Runs one statement with these parameters, and returns all its rows.

        JSON columns come back as plain values; they are given as JSON text (str or bytes), or as dict or list. Raises
        asyncpg's own errors, in which no value is quoted (`hide_values`): `fates` says what each of them means.
        """
        arguments = statement.arguments(given)
        try:
            prepared = self._prepared.get(statement.sql) or await self._prepare(statement.sql)
            rows = await prepared.fetch(*arguments)
            return Result(rows, prepared.get_statusmsg() or "")
        except (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError):
            self._prepared.clear()  # a migration changed a table: all is prepared anew
            raise
        except DRIVER_ERRORS as error:
            hide_values(error, statement.names, arguments)
            raise

    async def _prepare(self, sql: str) -> Any:
        if len(self._prepared) >= _MOST_PREPARED:
            self._prepared.clear()
        prepared = self._prepared[sql] = await self.driver.prepare(sql)
        return prepared

    def begin(self) -> "Transaction":
        """A transaction, as a context: committed at its end, rolled back by an error. Raises BatonError inside one."""
        if self.driver.is_in_transaction():
            raise BatonError("this connection is in a transaction already: begin_nested makes a savepoint")
        return Transaction(self, "BEGIN", "COMMIT", "ROLLBACK")

    def begin_later(self) -> "LaterTransaction":
        """A context in which `begin_now` begins a transaction; without it every statement commits by itself."""
        self._later = LaterTransaction(self)
        return self._later

    async def begin_now(self) -> None:
        """From here on in a transaction; nothing happens inside one. Raises BatonError where none was foreseen."""
        if self.driver.is_in_transaction():
            return
        if self._later is None:
            raise BatonError("this connection has no transaction to begin: begin_later foresees one")
        await self._later.begin()

    def begin_nested(self) -> "Transaction":
        """A savepoint, as a context: an error inside takes back what was done since, and leaves the rest."""
        self._nested += 1
        name = f"nested_{self._nested}"
        end = f"RELEASE SAVEPOINT {name}"
        return Transaction(self, f"SAVEPOINT {name}", end, f"ROLLBACK TO SAVEPOINT {name}; {end}")

    @property
    def closed(self) -> bool:
        """It was closed by us, or lost."""
        return bool(self.driver.is_closed())

    async def close(self) -> None:
        """Takes leave of the server, 5 seconds at most; never raises."""
        try:
            await self.driver.close(timeout=_ROLLBACK_SECONDS)
        except (*DRIVER_ERRORS, OSError):
            self.driver.terminate()

    def terminate(self) -> None:
        """Drops the connection without asking the server: the only safe end after a cancellation or a lost reply."""
        self.driver.terminate()


class Transaction:
    """A transaction or a savepoint. After its end the connection is out of it for certain, or it is terminated."""

    __slots__ = ("_begin", "_commit", "_connection", "_ended", "_rollback", "_started")

    def __init__(self, connection: Connection, begin: str, commit: str, rollback: str) -> None:
        self._connection = connection
        self._begin, self._commit, self._rollback = begin, commit, rollback
        self._started = self._ended = False

    async def start(self, within: float | None = None) -> Self:
        """What entering the context does, unless it was done before. Raises TimeoutError after so many seconds."""
        await self._connection.driver.execute(self._begin, timeout=within)
        self._started = True
        return self

    async def __aenter__(self) -> Self:
        return self if self._started else await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if error is None:
            await self.commit()
        elif isinstance(error, Exception):
            await self._give_up()
        else:  # cancelled: perhaps in the middle of a statement
            self._connection.terminate()

    async def commit(self) -> None:
        """Ends it; nothing happens when it has ended. Raises InFailedSQLTransactionError when nothing was kept."""
        if self._ended:
            return
        self._ended = True
        try:
            answer = await self._connection.driver.execute(self._commit)
        except BaseException as error:
            self._connection.terminate()
            hide_values(error)
            raise
        if answer == "ROLLBACK":  # PostgreSQL's polite answer to a COMMIT after an error
            raise asyncpg.InFailedSQLTransactionError("a statement had failed: the transaction was rolled back")

    async def rollback(self) -> None:
        """Takes back what was done in it; nothing happens when it has ended. Terminates the connection if it cannot."""
        if self._ended:
            return
        self._ended = True
        try:
            await self._connection.driver.execute(self._rollback, timeout=_ROLLBACK_SECONDS)
        except BaseException:
            self._connection.terminate()
            raise

    async def _give_up(self) -> None:
        try:
            await self.rollback()
        except (*DRIVER_ERRORS, OSError):
            return  # the error that ended the transaction says more


class LaterTransaction:
    """A transaction that begins when somebody needs it, and ends as a transaction does."""

    __slots__ = ("_connection", "_transaction")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._transaction: Transaction | None = None

    async def begin(self) -> None:
        """Begins it; it is ended by the context."""
        self._transaction = await self._connection.begin().start()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._connection._later = None
        if self._transaction is not None:
            await self._transaction.__aexit__(kind, error, at)
        elif error is not None and not isinstance(error, Exception):  # cancelled: perhaps in the middle of a statement
            self._connection.terminate()


async def open_connection(dsn: str, settings: Mapping[str, str], within: float = 60.0) -> Connection:
    """A new connection with these server settings, to a server that takes writes; raises asyncpg's errors or OSError.

    `dsn` is postgresql://, postgres:// or the +asyncpg form. A statement that is not answered `within` so many seconds
    raises TimeoutError: nobody else tells of a network that swallows what is sent.
    """
    driver = await asyncpg.connect(
        native_dsn(dsn),
        server_settings=dict(settings),
        timeout=min(_CONNECT_SECONDS, within),
        command_timeout=within,
        target_session_attrs="read-write",  # a standby, or a primary that is being replaced, is none
        record_class=ResultRow,
    )
    try:
        await driver.set_type_codec(
            "jsonb", schema="pg_catalog", format="binary", encoder=_jsonb, decoder=lambda raw: orjson.loads(raw[1:])
        )
        await driver.set_type_codec("json", schema="pg_catalog", format="binary", encoder=_json, decoder=orjson.loads)
        tell_array_types(driver)
    except BaseException:
        driver.terminate()
        raise
    return Connection(driver)


def _json(value: Any) -> bytes:
    """Text is JSON already."""
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else orjson.dumps(value)


def _jsonb(value: Any) -> bytes:
    return b"\x01" + _json(value)


def native_dsn(dsn: str) -> str:
    """The same address as asyncpg takes it: postgresql://, also for postgres:// and the +asyncpg form."""
    return re.sub(r"^postgres(ql)?(\+asyncpg)?://", "postgresql://", dsn)
