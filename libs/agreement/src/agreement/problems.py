"""What can be wrong with an agreement, and where: `file:line:column: path: what is wrong, what would be right`."""

from collections.abc import Sequence
from dataclasses import dataclass, field

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file of the agreement; line and column are counted from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong at a place; as text `file:line:column: path: message`."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: "
        return where + (f"{self.path}: {self.message}" if self.path else self.message)


class AgreementError(Exception):
    """The agreement cannot be used; every problem found is listed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(slots=True)
class Positions:
    """Where each key and each value stands. Paths begin with the chapter: `("routing", "pools", 3, "pool")`."""

    keys: dict[Path, Location] = field(default_factory=dict)
    values: dict[Path, Location] = field(default_factory=dict)

    def of(self, path: Path, *, key: bool = False) -> Location:
        """Location of the value (or the key) at this path; of the nearest thing around it if there is none."""
        if key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Location("agreement", 1, 1))

    def problem(self, path: Path, message: str, *, key: bool = False) -> Problem:
        """A problem at the place of this path (see `of`)."""
        place = self.of(path, key=key)
        return Problem(place.file, place.line, place.column, spell(path[1:]), message)


def spell(path: Path) -> str:
    """`pools[3].members`, as a person would write it."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
