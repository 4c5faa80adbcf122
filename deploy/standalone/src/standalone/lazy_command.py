"""Commands of a program that are known by name and one line; what one needs is imported when it is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command


@dataclass(frozen=True, slots=True)
class Listed:
    """A command in the list of all: where it is, `module:name` of a function or a Typer app, and its line."""

    place: str
    line: str
    hidden: bool = False


class LazyCommand(TyperCommand):
    """Stands in a list of commands for one that is not imported yet."""

    def __init__(self, name: str, row: Listed) -> None:
        super().__init__(name, help=row.line, hidden=row.hidden, rich_markup_mode="rich")
        self._place = row.place

    def loaded(self) -> Any:
        """The command itself: imports the module that holds it."""
        module, _, name = self._place.partition(":")
        found = getattr(import_module(module), name)
        if isinstance(found, typer.Typer):
            return get_command(found)
        alone = typer.Typer(add_completion=False)
        alone.command(self.name)(found)
        return get_command(alone)

    def make_context(self, *given: Any, **named: Any) -> Any:
        """Of the command itself, which works from here on in place of this one."""
        return self.loaded().make_context(*given, **named)


def lazy_commands(rows: Mapping[str, Listed]) -> dict[str, LazyCommand]:
    """By name, in this order."""
    return {name: LazyCommand(name, row) for name, row in rows.items()}
