"""`docs/domain.md` names fields that there are, and the number in front of a field is the shipped one."""

import re
from pathlib import Path

import pytest

from agreement import Agreement, Span, shipped
from agreement.in_force import fields, mark
from agreement.loader import CHAPTERS

TEXT = (shipped().parent / "docs" / "domain.md").read_text()
FIELDS = {path for path, _ in fields()}
NAMED = sorted(set(re.findall(rf"`((?:{'|'.join(CHAPTERS)})\.[a-z_.]+)`", TEXT)))
VALUES = sorted(set(re.findall(r"([\w.-]+)\s\(`([a-z_]+(?:\.[a-z_]+)+)`\)", TEXT)))


@pytest.mark.parametrize("path", NAMED)
def test_a_field_that_the_rules_name_is_there_and_in_force(path: str) -> None:
    assert path in FIELDS
    assert mark(path) != "not yet"


@pytest.mark.parametrize(("text", "path"), VALUES)
def test_a_value_of_the_rules_is_the_shipped_one(agreement: Agreement, text: str, path: str) -> None:
    value: object = agreement
    for name in path.split("."):
        value = getattr(value[0] if isinstance(value, tuple) else value, name)
    if isinstance(value, str | int | float | Span) and not isinstance(value, bool):
        assert text == (f"{value:g}" if isinstance(value, float) else str(value))


HOLDERS = sorted(set(re.findall(r"`((?:libs|services|tests)/[\w/.-]+\.py(?:::\w+)?)`", TEXT)))


@pytest.mark.parametrize("holder", HOLDERS)
def test_a_test_that_holds_a_rule_is_there(holder: str) -> None:
    path, _, name = holder.partition("::")
    text = (shipped().parent / path).read_text()
    assert not name or re.search(rf"^ *(?:async )?def {name}\(", text, re.MULTILINE)


def test_the_sections_that_the_code_cites_are_there() -> None:
    root = shipped().parent
    sources = [path for room in ("libs", "services", "deploy") for path in (root / room).glob("*/src/**/*.py")]
    cited = {number for path in sources for number in citations(path)}
    assert cited
    assert [number for number in sorted(cited) if not re.search(rf"^##+ {number}\.? ", TEXT, re.MULTILINE)] == []


def citations(path: Path) -> list[str]:
    """`(domain, sections 1, 7 and 8)` cites three."""
    passages = re.findall(r"domain, sections? ([0-9., and]+)", path.read_text())
    return [number for passage in passages for number in re.findall(r"\d+(?:\.\d+)?", passage)]
