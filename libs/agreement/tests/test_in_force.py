"""The remarks `prose:` and `not yet:` of the files and the lists of `agreement.in_force` say the same, at the field."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agreement import check, shipped
from agreement.in_force import NOT_YET, PROSE, Mark, fields, mark, numbers
from agreement.loader import CHAPTERS
from agreement.source import Source

REMARK = re.compile(r"#.*?\b(prose|not yet): (\w+(?:\.\w+)*(?:, \w+(?:\.\w+)*)*)")
TABLE = "teams.named_accounts"
"""Its rows stand in a file without remarks, so teams.yaml says it."""
ROW = "nothing starts this clock"
"""Marks a row of a list, not a field."""


@dataclass(frozen=True)
class Finding:
    mark: str
    path: str
    chapter: str
    line: int
    """Of the key that the remark is about: its own line, or the first line below it that is no remark."""
    work: str | None


def remarks(folder: Path) -> Iterator[Finding]:
    for chapter in CHAPTERS:
        lines = (folder / f"{chapter}.yaml").read_text().splitlines()
        for number, text in enumerate(lines):
            found = REMARK.search(text)
            if found is None or ROW in text:
                continue
            about = next(at for at in range(number, len(lines)) if not lines[at].lstrip().startswith("#"))
            work = re.search(r"\(([^;)]*)", text[found.end() :])
            for path in found[2].split(", "):
                yield Finding(found[1], f"{chapter}.{path}", chapter, about + 1, work and work[1])


def key_lines(folder: Path, chapter: str) -> dict[str, set[int]]:
    """Path without places in lists to the lines on which its keys stand."""
    source = Source()
    source.yaml(folder / f"{chapter}.yaml", chapter)
    lines: dict[str, set[int]] = {}
    for path, place in (*source.positions.keys.items(), *source.positions.values.items()):
        lines.setdefault(".".join(step for step in path if isinstance(step, str)), set()).add(place.line)
    return lines


def test_files_and_lists_name_the_same_fields() -> None:
    listed: dict[str, tuple[Mark, str | None]] = dict.fromkeys(PROSE, ("prose", None))
    listed |= {path: ("not yet", work) for path, work in NOT_YET.items()}
    assert {one.path: (one.mark, one.work) for one in remarks(shipped())} == listed


@pytest.mark.parametrize(
    "remark", [one for one in remarks(shipped()) if not one.path.startswith(TABLE)], ids=lambda remark: remark.path
)
def test_a_remark_stands_at_its_field(remark: Finding) -> None:
    lines = key_lines(shipped(), remark.chapter)
    parts = remark.path.split(".")
    around = {".".join(parts[:length]) for length in range(2, len(parts) + 1)}
    assert remark.line in set[int]().union(*(lines.get(path, set()) for path in around))


def test_a_mark_covers_what_lies_beneath_it() -> None:
    assert mark("definitions.statuses.meaning") == mark("definitions.statuses") == "prose"
    assert mark("routing.recycling") is mark("routing.recycling.lost_deal_after") is None
    assert mark("definitions.status") is None


def test_every_entry_names_a_field() -> None:
    paths = {path for path, _ in fields()}
    assert {*PROSE, *NOT_YET} <= paths
    assert "service_levels.commitments.quality.target_percent" in paths


def test_each_field_is_counted_once() -> None:
    counts = numbers()
    assert sum(counts.values()) == len({path for path, _ in fields()}) - len(
        {path.rpartition(".")[0] for path, _ in fields()} - {""}
    )
    assert counts["not yet"] == 0, "every field of the agreement is in force"
    assert 0 < counts["prose"] < (counts[None] or 0)


def test_the_shipped_folder_has_no_problem() -> None:
    assert check(shipped())[1] == []
