"""One figure of the bench: what was measured, what it must reach, and how it is shown and written down."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import orjson
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """`reach` is the least that is enough, or the most where `at_most`."""

    key: str
    what: str
    value: float
    unit: str = ""
    reach: float | None = None
    note: str = ""
    at_most: bool = False

    @property
    def reached(self) -> bool | None:
        """None where nothing was promised."""
        if self.reach is None:
            return None
        return self.value <= self.reach if self.at_most else self.value >= self.reach

    @property
    def goal(self) -> str:
        """`>= 22,000 /s`; empty where nothing was promised."""
        if self.reach is None:
            return ""
        reach = f"{self.reach:,.0f}" if self.reach >= 1000 else f"{self.reach:g}"
        return f"{'<=' if self.at_most else '>='} {reach} {self.unit}".strip()

    @property
    def verdict(self) -> str:
        """`reached`, `missed`, or empty where nothing was promised."""
        return {None: "", True: "reached", False: "missed"}[self.reached]

    @property
    def shown(self) -> str:
        """`22,100 /s`, `0.19`."""
        digits = 0 if abs(self.value) >= 100 else 1 if abs(self.value) >= 10 else 2
        return f"{self.value:,.{digits}f} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class Setting:
    """Under what circumstances the figures were taken."""

    day: date
    machine: str
    commit: str
    load: float
    """Of the machine over the minute before, in processes."""

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        return f"{self.day.isoformat()}, {self.machine}, commit {self.commit}, load before {self.load:.1f}"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one part of the bench gave: its figures, or why it has none."""

    part: str
    how: str
    """How its figures are taken."""
    figures: Sequence[Figure] = ()
    failure: str = ""
    """Why it was not measured; empty when it was."""

    @property
    def summary_of_failure(self) -> str:
        """`growth was not measured: ...`; empty when it was measured."""
        return f"{self.part} was not measured: {self.failure}" if self.failure else ""


def show(parts: Sequence[Measured], setting: Setting) -> None:
    """To standard output: a table, the notes, and what was not measured."""
    table = Table("what", "figure", "goal", "", title="Baton against the bare thing")
    figures = [figure for part in parts for figure in part.figures]
    for one in figures:
        table.add_row(one.what, one.shown, one.goal, one.verdict)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    for part in parts:
        if part.failure:
            console.print(f"  {part.summary_of_failure}", style="red", highlight=False, markup=False)
    for one in figures:
        if one.note:
            console.print(f"  {one.key}: {one.note}", style="dim", highlight=False, markup=False)
    console.print(f"  {setting.sentence}", style="dim", highlight=False)


def as_json(parts: Sequence[Measured], setting: Setting) -> bytes:
    """Key to value, under `setting` the circumstances, and under `not_measured` each part that failed and why."""
    values = {one.key: round(one.value, 4) for part in parts for one in part.figures}
    failures = {part.part: part.failure for part in parts if part.failure}
    body = {"setting": setting.sentence, **values, "not_measured": failures}
    return orjson.dumps(body, option=orjson.OPT_INDENT_2) + b"\n"


def as_page(parts: Sequence[Measured], setting: Setting) -> str:
    """`docs/bench.md`: every figure with its goal, the missed ones too, what was not measured, and how it is taken."""
    figures = [figure for part in parts for figure in part.figures]
    rows = [f"| {one.what} | `{one.key}` | {one.shown} | {one.goal} | {one.verdict} |" for one in figures]
    rows += [f"| {part.part} | | not measured: {_cell(part.failure)} | | |" for part in parts if part.failure]
    notes = [f"- `{one.key}`: {one.note}" for one in figures if one.note]
    return "\n".join(
        [
            "# What `make bench` measured",
            "",
            f"{setting.sentence}. Ratios are taken in one run, in turns, against the least that could do the same job.",
            "",
            "| what | key | figure | goal | |",
            "|---|---|---|---|---|",
            *rows,
            "",
            *notes,
            "",
            "## How each figure is taken",
            "",
            *(f"- **{part.part}**: {' '.join(part.how.split())}" for part in parts),
            "",
            "`python -m tests.bench PART ...` takes some of them, `--help` names the sizes; nothing is written then.",
            "",
        ]
    )


def _cell(text: str) -> str:
    """Fits between two bars of a table."""
    return " ".join(text.replace("|", "/").split())
