"""Whatever stands in the files: problems, never a crash."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agreement import check, load
from agreement.loader import CHAPTERS
from agreement.source import Source
from agreement.table import read_table

COLUMNS = {"domain": True, "owner": False}
YAMLISH = st.lists(
    st.sampled_from(["a", ":", " ", "\n", "- ", "{", "}", "[", "]", '"', "'", "&x ", "*x", "#", "1", "~", "|"])
)
CSVISH = st.lists(st.sampled_from(["domain", "owner", ",", "\n", "\r", '"', "a", "#", " ", "\x00"]))

FINE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(suppress_health_check=FINE)
@given(YAMLISH)
def test_any_text_as_yaml(tmp_path: Path, parts: list[str]) -> None:
    (tmp_path / "x.yaml").write_text("".join(parts))
    source = Source()
    value = source.yaml(tmp_path / "x.yaml", "x")
    assert isinstance(value, dict) or source.problems


BOMB = "a: &a0 [x, x, x]\n" + "".join(f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: " + "[" * 100_000, "nested deeper than 50"),
        ("a: " + "[" * 900 + "]" * 900, "nested deeper than 50"),
        ("".join(f"{' ' * n}a:\n" for n in range(900)), "nested deeper than 50"),
        (BOMB, "more than 200000 values"),
    ],
    ids=["open", "hundreds", "blocks", "aliases of aliases"],
)
def test_what_nobody_writes_by_hand_is_told_and_ends_no_reader(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.yaml").write_text(text)
    source = Source()
    assert source.yaml(tmp_path / "x.yaml", "x") is None
    (problem,) = source.problems
    assert message in str(problem)
    (tmp_path / "x.yaml").write_text("a: [[1]]")
    assert source.yaml(tmp_path / "x.yaml", "x") == {"a": ((1,),)}, "and the next file is read"


@pytest.mark.parametrize("text", ["1" * 5000, "1_", "1__0", "1_.5", "1" * 100_000 + "x", "_1", "1.", "+", "1e"])
def test_what_looks_like_a_number_and_is_none_is_a_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.yaml").write_text(f"a: {text}")
    assert Source().yaml(tmp_path / "x.yaml", "x") == {"a": text}


def test_where_a_file_is_nested_too_deeply_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: 1\nb: " + "[" * 60 + "]" * 60)
    source = Source()
    assert source.yaml(tmp_path / "x.yaml", "x") is None
    assert str(source.problems[0]).startswith("x.yaml:2:53: is nested deeper than 50 levels")


def test_numbers_are_read_as_people_write_them(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: [1_000, -7, +3, 1_0.5, .5, 1e3, 1.5E-2]")
    assert Source().yaml(tmp_path / "x.yaml", "x") == {"a": (1000, -7, 3, 10.5, 0.5, 1000.0, 0.015)}


@settings(suppress_health_check=FINE)
@given(CSVISH)
def test_any_text_as_a_table(tmp_path: Path, parts: list[str]) -> None:
    (tmp_path / "x.csv").write_text("".join(parts), newline="")
    source = Source()
    rows = read_table(source, tmp_path / "x.csv", ("x",), COLUMNS)
    assert rows == () or all(row.keys() <= COLUMNS.keys() for row in rows)


@pytest.mark.slow
@settings(suppress_health_check=FINE, max_examples=40, deadline=None)
@given(st.data())
def test_any_value_at_any_key_of_any_chapter(folder: Path, data: st.DataObject) -> None:
    """One line of one chapter gets another value; the place of each problem lies in the text."""
    file = folder / f"{data.draw(st.sampled_from(sorted(CHAPTERS)))}.yaml"
    before = file.read_text()
    lines = before.split("\n")
    number = data.draw(st.sampled_from([i for i, line in enumerate(lines) if ":" in line and "#" not in line]))
    value = data.draw(
        st.sampled_from(["", "~", "-1", "0", "99999", "1.5", "true", "x", "[]", "{}", "[1]", "{a: 1}", "2026-01-01"])
    )
    lines[number] = lines[number].split(":")[0] + ": " + value
    file.write_text("\n".join(lines))
    agreement, problems = check(folder)
    file.write_text(before)
    assert agreement is not None or problems
    for problem in problems:
        assert problem.line <= len((folder / problem.file).read_text().split("\n"))


def test_an_anchor_named_twice_is_no_mistake(folder: Path) -> None:
    text = (folder / "goals.yaml").read_text()
    (folder / "goals.yaml").write_text(
        text.replace("months: 12", "months: &n 12").replace("lookback: 90d", "lookback: &n 90d")
    )
    assert load(folder).goals.revenue.months == 12
