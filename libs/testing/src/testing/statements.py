"""Which statements reach PostgreSQL: a handler's number of them must not depend on the size of its batch."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from runtime.database.connection import Connection
from runtime.database.rows import Result
from runtime.database.statement import Statement


@contextmanager
def statements_of(connection: Connection | None = None) -> Iterator[list[str]]:
    """Texts of the statements run meanwhile on this connection, or on any; those of transactions are not among them."""
    seen: list[str] = []
    execute = Connection.execute

    async def noted(self: Connection, statement: Statement, given: Mapping[str, Any] | None = None) -> Result:
        if connection is None or self is connection:
            seen.append(statement.sql)
        return await execute(self, statement, given)

    Connection.execute = noted  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        Connection.execute = execute  # type: ignore[method-assign]
