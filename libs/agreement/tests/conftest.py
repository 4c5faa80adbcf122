"""A copy of the shipped folder to spoil, and what the loader says about it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agreement import Agreement, check, shipped
from testing.service import shipped_agreement

Spoil = Callable[..., str]
Problems = Callable[[], list[str]]


@pytest.fixture(scope="session")
def agreement() -> Agreement:
    return shipped_agreement()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(shipped(), tmp_path / "agreement"))


@pytest.fixture
def spoil(folder: Path) -> Spoil:
    """Replaces a text that stands once in a file; answers `file:line:column` of `at` inside the new text."""

    def replace(file: str, old: str, new: str, at: str = "") -> str:
        text = (folder / file).read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        (folder / file).write_text(text.replace(old, new))
        before = text[: text.index(old)] + new[: new.index(at)]
        return f"{file}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"

    return replace


@pytest.fixture
def problems(folder: Path) -> Problems:
    """All that is wrong with the copy."""
    return lambda: [str(problem) for problem in check(folder)[1]]
