"""Reads the CSV tables of the folder into rows of texts, and keeps the place of each cell."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from agreement.problems import Location, Problem, spell
from agreement.problems import Path as Where
from agreement.source import Source

TableRow = dict[str, str]


@dataclass(frozen=True, slots=True)
class TableLine:
    """One line of a CSV file: its number, counted from 1, and its trimmed cells."""

    number: int
    cells: tuple[str, ...]
    columns: tuple[int, ...]
    """Where each cell begins, counted from 1."""


def read_table(source: Source, path: Path, at: Where, columns: Mapping[str, bool]) -> tuple[TableRow, ...]:
    """Rows below the heading; empty cells are left out. `columns`: the names there may be, and whether each must be."""
    text = source.text(path)
    if text is None:
        return ()
    lines = list(_lines(text))
    if not lines:
        source.problems.append(Problem(path.name, 1, 1, "", "is empty; its first line must name the columns"))
        return ()
    heading = lines[0]
    wrong = list(_wrong_heading(path.name, heading, columns))
    source.problems += wrong
    if wrong:
        return ()
    source.positions.values[at] = Location(path.name, heading.number, 1)
    rows: list[TableRow] = []
    for line in lines[1:]:
        here = (*at, len(rows))
        if len(line.cells) != len(heading.cells):
            message = f"has {len(line.cells)} cells; the heading names {len(heading.cells)} columns"
            source.problems.append(Problem(path.name, line.number, 1, spell(here[1:]), message))
            continue
        source.positions.values[here] = Location(path.name, line.number, 1)
        for name, column in zip(heading.cells, line.columns, strict=False):
            place = Location(path.name, line.number, column)
            source.positions.values[(*here, name)] = source.positions.keys[(*here, name)] = place
        rows.append({name: cell for name, cell in zip(heading.cells, line.cells, strict=True) if cell})
    return tuple(rows)


def _lines(text: str) -> Iterator[TableLine]:
    """Lines that hold something; a line that begins with # is a remark. A cell does not run over the end of a line."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip(" ,\r") and not line.lstrip().startswith("#"):
            (cells,) = csv.reader([line.replace("\r", " ")])
            yield TableLine(number, tuple(cell.strip() for cell in cells), _columns(line))


def _columns(line: str) -> tuple[int, ...]:
    starts, quoted = [1], False
    for index, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            starts.append(index + 2)
    return tuple(starts)


def _wrong_heading(file: str, heading: TableLine, columns: Mapping[str, bool]) -> Iterator[Problem]:
    for name, column in zip(heading.cells, heading.columns, strict=False):
        if name not in columns:
            message = f"{name!r} is no column of this table; there is: {', '.join(columns)}"
            yield Problem(file, heading.number, column, "", message)
    missing = [name for name, required in columns.items() if required and name not in heading.cells]
    if missing:
        message = f"lacks the column {', '.join(missing)}; name it in the first line"
        yield Problem(file, heading.number, 1, "", message)
