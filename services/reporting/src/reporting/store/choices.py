"""What there is to filter by: sources, campaigns and products that a lead or a deal has."""

from typing import Final

from reporting.store.conditions import select
from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement

_MOST: Final = 200
_PRODUCTS: Final = f"""
    (SELECT 'product' AS name, product AS value, count(*) AS n FROM deal WHERE product IS NOT NULL
     GROUP BY 2 ORDER BY n DESC, 2 LIMIT {_MOST})
"""  # noqa: S608


def _walked(column: str) -> str:
    """Each value of an indexed column of `person`, from one to the next, as long as they are not very many."""
    return f"""
        (WITH RECURSIVE walk AS (
            (SELECT {column} AS value, 1 AS place FROM person WHERE {column} IS NOT NULL ORDER BY 1 LIMIT 1)
            UNION ALL
            SELECT (SELECT p.{column} FROM person p WHERE p.{column} > walk.value ORDER BY 1 LIMIT 1), place + 1
            FROM walk WHERE value IS NOT NULL AND place <= {_MOST})
        SELECT '{column}', value, 1 FROM walk WHERE value IS NOT NULL)
    """  # noqa: S608


def _counted(column: str) -> str:
    """Those that are used most."""
    return f"""
        (SELECT '{column}', {column}, count(*) AS n FROM person WHERE {column} IS NOT NULL
         GROUP BY 2 ORDER BY n DESC, 2 LIMIT {_MOST})
    """  # noqa: S608


_WALKED, _COUNTED = (
    statement(" UNION ALL ".join([_PRODUCTS, read("source"), read("campaign")])) for read in (_walked, _counted)
)


async def choices(tx: Connection) -> dict[str, list[str]]:
    """By filter its values in use, by name; of very many those that are used most."""
    values = await _values(tx, _WALKED)
    if max(map(len, values.values())) > _MOST:
        values = await _values(tx, _COUNTED)
    return {name: sorted(some) for name, some in values.items()}


async def _values(tx: Connection, wanted: Statement) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {"source": [], "campaign": [], "product": []}
    for row in await select(tx, wanted):
        values[row["name"]].append(row["value"])
    return values
