"""The shipped agreement, but for a few lines: for a test of what those lines mean."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from testing.service import SHIPPED

Changes = Mapping[str, Sequence[tuple[str, str]]]
"""By file of the agreement: a text that stands in it once, and what is to stand there instead."""


def changed_agreement(folder: Path, changes: Changes) -> Path:
    """Copies the shipped agreement to `folder`/agreement, changes it there, and returns where it is.

    Fails when a text that is to be replaced stands in its file not at all, or more than once.
    """
    copy = folder / "agreement"
    shutil.copytree(SHIPPED, copy)
    for name, pairs in changes.items():
        text = (copy / name).read_text()
        for old, new in pairs:
            assert text.count(old) == 1, (name, old)
            text = text.replace(old, new)
        (copy / name).write_text(text)
    return copy


def default_model() -> str:
    """The YAML of the shipped scoring model, to be copied and changed."""
    text = (SHIPPED / "scoring.yaml").read_text()
    return text[text.index("  - name: default\n") : text.index("\n# A company: ")]
