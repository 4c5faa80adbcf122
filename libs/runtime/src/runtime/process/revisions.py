"""What a service's migrations are called and how they follow each other, read from their files: none is imported."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from runtime.service import Service

HOME: Final = Path(str(files("runtime.database"))) / "migrations"
"""The migrations that every service has."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One migration, by what its module says of itself."""

    id: str
    down: str | None
    """The one before; None for the first of a branch."""
    branch: str | None
    """Said by the first of a branch only."""
    breaks: bool
    """Code that does not know it cannot work on its schema: the module says `compatible_since`."""


def folders(service: Service) -> tuple[Path, Path]:
    """Where a service's migrations stand: those of all, then its own."""
    return HOME / "versions", Path(str(service.migrations))


def read_revisions(service: Service) -> dict[str, Revision]:
    """All migrations that this code knows for the service, by id."""
    found = (_revision(file) for folder in folders(service) for file in sorted(folder.glob("[!_]*.py")))
    return {one.id: one for one in found}


def heads(revisions: Mapping[str, Revision]) -> list[str]:
    """The last one of each branch."""
    followed = {one.down for one in revisions.values()}
    return [one for one in revisions if one not in followed]


def history(revisions: Mapping[str, Revision], head: str) -> Iterator[Revision]:
    """From the head of a branch down to its first."""
    at: str | None = head
    while at is not None:
        yield revisions[at]
        at = revisions[at].down


def branch_of(revisions: Mapping[str, Revision], head: str) -> str:
    """The name of the branch that this is the head of."""
    (name,) = {one.branch for one in history(revisions, head)} - {None}
    return str(name)


def _revision(file: Path) -> Revision:
    names: dict[str, Any] = {}
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            literal = isinstance(node.value, (ast.Constant, ast.Tuple))
            names[node.targets[0].id] = ast.literal_eval(node.value) if literal else ...
    labels = names.get("branch_labels") or (None,)
    return Revision(names["revision"], names["down_revision"], labels[0], "compatible_since" in names)
