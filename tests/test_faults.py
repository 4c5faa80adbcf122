"""Every fault that must be survived, F01 to F26, has a test that shows it; `make chaos` runs them all."""

import ast
from collections.abc import Iterator
from pathlib import Path

from testing.house import ROOT

FAULTS = {f"F{number:02}" for number in range(1, 27)}
"""The numbers of the list of faults."""


def shown(folders: list[Path]) -> set[str]:
    """Faults that are named by a `pytest.mark.fault("F..")` in a test file below these folders."""
    texts = (file.read_text() for folder in folders for file in folder.rglob("test_*.py"))
    return {fault for text in texts if ".fault(" in text for fault in named(text)}


def named(source: str) -> Iterator[str]:
    """Arguments of each `fault(...)` in the source."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "fault":
            yield from (one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str))


def test_each_fault_has_a_test_that_shows_it() -> None:
    assert shown([ROOT / name for name in ("tests", "libs", "services", "deploy")]) == FAULTS


def test_a_fault_without_a_test_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text('import pytest\n\n\n@pytest.mark.fault("F01")\ndef test() -> None: ...\n')
    assert shown([tmp_path]) == {"F01"}
