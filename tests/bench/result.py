"""One line of the bench's table: what Baton took, what the bare thing took, and the ratio."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import orjson
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Line:
    what: str
    figure: float
    unit: str
    against: str = ""
    bare: float | None = None
    """In the same unit."""
    ratio: float | None = None
    """1.0: as fast as the bare thing."""


def show(lines: Sequence[Line], notes: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        print(orjson.dumps({"lines": [asdict(line) for line in lines], "notes": notes}).decode())
        return
    table = Table("what", "figure", "", "against", "bare", "ratio", title="Baton against the bare thing")
    for line in lines:
        bare = "" if line.bare is None else f"{line.bare:,.1f}"
        ratio = "" if line.ratio is None else f"{line.ratio:.2f}"
        table.add_row(line.what, f"{line.figure:,.1f}", line.unit, line.against, bare, ratio)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    for note in notes:
        console.print(f"  {note}", style="dim", highlight=False)
