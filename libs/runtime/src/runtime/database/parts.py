"""What several pieces of code save, as one statement."""

from functools import lru_cache

from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement
from runtime.values import Batch, Parts


async def keep(tx: Connection, batch: Batch, parts: Parts) -> None:
    """What a handler that `joins` saves: with the batch's last statement, or now where the batch has no such one."""
    if batch.saves is None:
        await save(tx, parts)
    else:
        batch.saves.add(parts)


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
