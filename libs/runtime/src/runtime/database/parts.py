"""What several pieces of code save, as one statement."""

from functools import lru_cache

from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement
from runtime.values import Parts


async def save(tx: Connection, parts: Parts) -> None:
    """One statement, none when there is nothing to save."""
    if parts.expressions:
        await tx.execute(_statement(tuple(parts.expressions.items())), parts.values)


def expressions_of(parts: tuple[tuple[str, str], ...]) -> str:
    """`leads AS (INSERT ...), blocks AS (...)`: to stand after WITH."""
    return ", ".join(f"{name} AS ({expression})" for name, expression in parts)


@lru_cache(maxsize=256)
def _statement(parts: tuple[tuple[str, str], ...]) -> Statement:
    return statement(f"WITH {expressions_of(parts)} SELECT 1")
