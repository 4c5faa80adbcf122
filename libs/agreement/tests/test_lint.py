"""Each check across chapters, shown failing at its exact place; and the law of ranges."""

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from agreement import load, shipped
from agreement.lint.finding import Findings
from agreement.problems import Positions
from agreement.types import Range

Said = Callable[[], list[str]]
MISTAKES: list[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).with_name("mistakes.yaml"))


def place(file: str, text: str, mark: str) -> str:
    position = text.index(mark.replace("¦", "")) + mark.index("¦")
    line_start = text.rfind("\n", 0, position) + 1
    return f"{file}:{text.count(chr(10), 0, position) + 1}:{position - line_start + 1}"


def with_lines(message: str, text: str) -> str:
    return re.sub(r"\{line of (.*?)\}(?=\))", lambda match: str(text.count("\n", 0, text.index(match[1])) + 1), message)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["mistake"])
def test_a_mistake_is_found_at_its_place(mistake: dict[str, Any], folder: Path, said: Said) -> None:
    path = folder / mistake["file"]
    text = path.read_text()
    assert text.count(mistake["old"]) == 1
    text = text.replace(mistake["old"], mistake["new"])
    path.write_text(text)
    assert said() == [
        f"{place(mistake['file'], text, found['at'])}: {with_lines(found['message'], text)}"
        for found in mistake["found"]
    ]


def test_nothing_is_wrong_with_the_shipped_folder() -> None:
    load(shipped())


@given(st.lists(st.integers(1, 60), min_size=1, max_size=6, unique=True), st.randoms())
def test_ranges_cut_from_one_line_have_no_seam(cuts: list[int], random: Random) -> None:
    edges = [1, *sorted(cut + 1 for cut in cuts)]
    ranges = [Range(at_least=a, at_most=b - 1) for a, b in itertools.pairwise(edges)]
    ranges.append(Range(at_least=edges[-1]))
    random.shuffle(ranges)
    assert seams(ranges) == 0


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 10) | st.none()), min_size=1, max_size=5))
def test_ranges_are_seamless_exactly_when_each_number_is_in_one(spans: list[tuple[int, int | None]]) -> None:
    ranges = [Range(at_least=low, at_most=None if more is None else low + more) for low, more in spans]
    once = all(sum(number in one for one in ranges) == 1 for number in range(1, 60))
    assert (seams(ranges) == 0) == once


def seams(ranges: list[Range]) -> int:
    findings = Findings(Positions())
    findings.seamless([(("x", index), one) for index, one in enumerate(ranges)], 1, "band")
    return len(findings.problems)
