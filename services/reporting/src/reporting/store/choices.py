"""What there is to filter by: sources, campaigns and products that a lead or a deal has."""

from typing import Final

from reporting.store.conditions import select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_MOST: Final = 200
_CHOICES: Final = statement(f"""
    (SELECT 'source' AS name, source AS value, count(*) AS n FROM person WHERE source IS NOT NULL
     GROUP BY 2 ORDER BY n DESC, 2 LIMIT {_MOST})
    UNION ALL
    (SELECT 'campaign', campaign, count(*) AS n FROM person WHERE campaign IS NOT NULL
     GROUP BY 2 ORDER BY n DESC, 2 LIMIT {_MOST})
    UNION ALL
    (SELECT 'product', product, count(*) AS n FROM deal WHERE product IS NOT NULL
     GROUP BY 2 ORDER BY n DESC, 2 LIMIT {_MOST})
""")  # noqa: S608


async def choices(tx: Connection) -> dict[str, list[str]]:
    """By filter its values in use, by name; of very many those that are used most."""
    values: dict[str, list[str]] = {"source": [], "campaign": [], "product": []}
    for row in await select(tx, _CHOICES):
        values[row["name"]].append(row["value"])
    return {name: sorted(some) for name, some in values.items()}
