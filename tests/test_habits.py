"""The list of habits names 28, and each test that it names is there."""

import re

from testing.house import ROOT

LIST = ROOT / "docs" / "habits.md"


def rows(text: str) -> dict[int, list[str]]:
    """By the number of a habit the tests that show it."""
    found = re.findall(r"^\| (\d+) \|.*\| ([^|]*) \|$", text, re.MULTILINE)
    return {int(number): re.findall(r"`(test_\w+)`", named) for number, named in found}


def written_tests() -> set[str]:
    """Names of the functions that are written as tests; read as text: to parse every file takes ten times as long."""
    files = (file for floor in ("libs", "services", "deploy", "tests") for file in (ROOT / floor).rglob("test_*.py"))
    texts = (file.read_text() for file in files if "node_modules" not in file.parts)
    return {name for text in texts for name in re.findall(r"^ *(?:async )?def (test_\w+)\(", text, re.MULTILINE)}


def test_each_habit_has_a_test_that_exists() -> None:
    habits = rows(LIST.read_text())
    assert sorted(habits) == list(range(1, 29))
    assert [number for number, tests in habits.items() if not tests] == []
    named = {test for tests in habits.values() for test in tests}
    assert sorted(named - written_tests()) == []


def test_a_test_that_is_gone_is_noticed() -> None:
    assert rows("| 3 | habit | here | `test_a`, `test_b_c` |\n") == {3: ["test_a", "test_b_c"]}
    assert "test_that_nobody_wrote" not in written_tests()
