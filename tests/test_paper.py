"""What is written for people says what the code does."""

import re
from pathlib import Path

from runtime.settings import Settings

ROOT = Path(__file__).parents[1]


def test_the_example_environment_lists_every_setting() -> None:
    listed = re.findall(r"^# BATON_([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(name.upper() for name in Settings.model_fields)


def test_the_example_environment_uncommented_changes_nothing(tmp_path: Path) -> None:
    example = (ROOT / ".env.example").read_text()
    (tmp_path / ".env").write_text(re.sub(r"^# (?=BATON_[A-Z_]+=)", "", example, flags=re.MULTILINE))
    assert Settings(_env_file=tmp_path / ".env") == Settings(_env_file=None)


def test_the_menu_explains_each_verb() -> None:
    menu = (ROOT / "Makefile").read_text()
    verbs = re.findall(r"^([a-z]+):.*## (.+)$", menu, re.MULTILINE)
    assert {"run", "test", "check", "fix", "kafka"} <= {verb for verb, _ in verbs}
    assert all(len(words) <= 90 for _, words in verbs)
