"""What several pieces of code save, as one statement."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import asyncpg

from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement
from runtime.errors import Stale
from runtime.values import Batch, Parts

Aborted: Final = asyncpg.InvalidArgumentForLogarithmError
"""What a statement with `or_abort` raises, and nothing else: no other SQL of the house takes a logarithm."""


async def keep(tx: Connection, batch: Batch, parts: Parts) -> None:
    """What a handler that `joins` saves: with the batch's last statement, or now where the batch has no such one."""
    if batch.saves is None:
        await save(tx, parts)
    else:
        batch.saves.add(parts)


async def save(tx: Connection, parts: Parts) -> None:
    """One statement, none when there is nothing to save. Raises Stale when a part that must be complete is not."""
    if not parts.expressions:
        return
    done = _statement(tuple(parts.expressions.items()), conditions_of(parts.complete))
    try:
        await tx.execute(done, parts.values)
    except Aborted as error:
        raise Stale("what a batch rests on was changed by another lane") from error


def expressions_of(parts: tuple[tuple[str, str], ...]) -> str:
    """`leads AS (INSERT ...), blocks AS (...)`: to stand after WITH."""
    return ", ".join(f"{name} AS ({expression})" for name, expression in parts)


def conditions_of(complete: Mapping[str, str]) -> tuple[str, ...]:
    """What must hold of the parts that must be complete (`Parts.complete`), as SQL to stand beside them."""
    return tuple(
        f"(SELECT count(*) FROM {name}) = cardinality(:{array})"  # noqa: S608  (names of parts, which are code)
        for name, array in complete.items()
    )


def or_abort(conditions: tuple[str, ...]) -> str:
    """SQL of a value: 0, or `Aborted`, which takes back all that the statement did, unless all of them hold.

    A statement alone can raise only what PostgreSQL's own functions raise: that of a logarithm of zero has an SQLSTATE
    of its own (2201E).
    """
    return f"ln(CASE WHEN {' AND '.join(conditions)} THEN 1 ELSE 0 END)"


@lru_cache(maxsize=256)
def _statement(parts: tuple[tuple[str, str], ...], conditions: tuple[str, ...]) -> Statement:
    return statement(f"WITH {expressions_of(parts)} SELECT {or_abort(conditions) if conditions else 0}")
