"""Reads behind the self-assessment: what data can say of how the two teams work together."""

from collections.abc import Mapping
from typing import Any, Final

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_SHARED: Final = statement("""
    WITH handed AS MATERIALIZED (
        SELECT DISTINCT lead FROM answer WHERE accepted AND at >= :start AND at < :end)
    SELECT (SELECT coalesce(array_agg(name), '{}') FROM (
                SELECT campaign AS name FROM membership WHERE at >= :start AND at < :end
                UNION SELECT title FROM membership WHERE at >= :start AND at < :end) AS named) AS joined,
           (SELECT count(*) FROM handed) AS handed,
           (SELECT count(*) FROM handed WHERE lead IN (SELECT lead FROM remark WHERE kind = 'feedback')) AS rated
""")
_RUNNING: Final = statement("""
    SELECT DISTINCT campaign FROM touch
    WHERE side = 'marketing' AND campaign IS NOT NULL AND NOT machine AND at >= :start AND at < :end
""")


async def running(tx: Connection, period: Mapping[str, Any]) -> list[str]:
    """Marketing's campaigns that somebody met in the period `start` to `end`."""
    return list((await tx.execute(_RUNNING, period)).scalars())


async def shared(tx: Connection, period: Mapping[str, Any]) -> DatabaseRow:
    """Of the period `start` to `end`: names and titles of the campaigns of the mail tool that leads `joined`; leads
    that a rep accepted (`handed`) and those of them that were ever `rated`.
    """
    return (await select(tx, _SHARED, period))[0]
