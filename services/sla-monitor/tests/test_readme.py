"""The README draws the state machine from the table."""

from pathlib import Path

from sla_monitor.decide.clocks import NEXT


def test_the_drawn_table_is_the_table() -> None:
    drawn: dict[str, list[str]] = {}
    for (state, evidence), following in NEXT.items():
        drawn.setdefault(state or "-", []).append(f"{evidence} -> {following}")
    lines = [f"{state:<10}{', '.join(steps)}" for state, steps in drawn.items()]
    readme = (Path(__file__).parents[1] / "README.md").read_text().splitlines()
    assert [line for line in readme if " -> " in line] == lines
