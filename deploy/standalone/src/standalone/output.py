"""Tables for people, JSON for programs."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table


def print_json(value: Any) -> None:
    """Prints a value as indented JSON."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=_plain).decode())


def print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, empty: str) -> None:
    """Prints these columns of the rows as a table; the text `empty` when there are no rows."""
    if not rows:
        typer.echo(empty)
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*(escape(_text(row[column])) for column in columns))
    Console().print(table)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return value.isoformat(timespec="seconds") if hasattr(value, "isoformat") else str(value)


def _plain(value: Any) -> Any:
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)
