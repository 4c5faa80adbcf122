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
        return "" if self.reach is None else f"{'<=' if self.at_most else '>='} {self.reach:,.4g} {self.unit}".strip()

    @property
    def verdict(self) -> str:
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
        return f"{self.day.isoformat()}, {self.machine}, commit {self.commit}, load before {self.load:.1f}"


def show(figures: Sequence[Figure], setting: Setting) -> None:
    table = Table("what", "figure", "goal", "", title="Baton against the bare thing")
    for one in figures:
        table.add_row(one.what, one.shown, one.goal, one.verdict)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    for one in figures:
        if one.note:
            console.print(f"  {one.key}: {one.note}", style="dim", highlight=False)
    console.print(f"  {setting.sentence}", style="dim", highlight=False)


def as_json(figures: Sequence[Figure], setting: Setting) -> bytes:
    """Key to value, and under `setting` the circumstances."""
    body = {"setting": setting.sentence, **{one.key: round(one.value, 4) for one in figures}}
    return orjson.dumps(body, option=orjson.OPT_INDENT_2) + b"\n"


def as_page(figures: Sequence[Figure], setting: Setting) -> str:
    """`docs/bench.md`: every figure with its goal, the missed ones too."""
    rows = [f"| {one.what} | `{one.key}` | {one.shown} | {one.goal} | {one.verdict} |" for one in figures]
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
        ]
    )
