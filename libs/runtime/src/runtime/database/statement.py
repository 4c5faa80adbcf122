"""SQL with named parameters, compiled once to PostgreSQL's positions."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from runtime.errors import BatonError

_TOKEN: Final = re.compile(
    r"""
    [eE]'(?:[^'\\]|\\.|'')*'                     # strings: a colon in them is a colon
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"                             # quoted identifiers
    | \$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$
    | --[^\n]*
    | /\*.*?\*/
    | ::                                         # casts
    | (?<![\w:]):(?P<name>[A-Za-z_]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)


class Statement:
    """One SQL statement with parameters like `:name`. `str()` gives back the text that it was made from."""

    __slots__ = ("names", "sql", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        numbers: dict[str, int] = {}

        def place(found: re.Match[str]) -> str:
            name = found["name"]
            return found[0] if name is None else f"${numbers.setdefault(name, len(numbers) + 1)}"

        self.sql: Final = _TOKEN.sub(place, text)
        """As PostgreSQL takes it: `$1`, `$2`, ..."""
        self.names: Final = tuple(numbers)
        """Of the parameters, in the order of their positions; a name that comes twice has one position."""

    def __str__(self) -> str:
        return self.text

    def arguments(self, given: Mapping[str, Any] | None) -> Sequence[Any]:
        """The values in the order of their positions; those the statement does not name are left out.

        Raises BatonError when one is missing.
        """
        names = self.names
        if not names:
            return ()
        try:
            return [given[name] for name in names]  # type: ignore[index]
        except (KeyError, TypeError):
            missing = [name for name in names if name not in (given or {})]
            raise BatonError(f"a statement was run without its parameters {', '.join(missing)}") from None


def statement(text: str) -> Statement:
    """Compiles SQL with parameters like `:name`; write `CAST(:name AS type)` where the type does not show."""
    return Statement(text)
