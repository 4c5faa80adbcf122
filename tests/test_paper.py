"""What is written for people says what the code does."""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

import pytest

from runtime.settings import Settings

ROOT = Path(__file__).parents[1]
DECISIONS = [
    *(ROOT / f"docs/decisions{which}.md" for which in ("", "-52-to-78", "-79-to-99", "-100-to-125")),
    ROOT / "DECISIONS.md",
]
"""What was true when it was decided: never edited, also when a file that it names is gone."""
PAGES = sorted(
    {ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md"), *ROOT.glob("services/*/README.md")}
    - {*DECISIONS}
)
PACKAGES = sorted(path.parent for path in ROOT.glob("*/*/src/*/__init__.py"))
_PATH = re.compile(r"[a-z_*{][\w.,*{}-]*(/[\w.,*{}-]+)*/?")
_ENDINGS = ("/", ".py", ".md", ".yaml", ".csv", ".html", ".css", ".toml")


def spellings(path: str) -> Iterator[str]:
    """`{a,b}/c` as `a/c` and `b/c`."""
    parts = re.split(r"\{(.+?)\}", path)
    choices = [part.split(",") if number % 2 else [part] for number, part in enumerate(parts)]
    yield from ("".join(one) for one in product(*choices))


def named_paths(page: str) -> Iterator[str]:
    """What stands in backticks on a page and looks like a file or folder of this tree."""
    for quoted in re.findall(r"`([^`\n]+)`", page):
        if _PATH.fullmatch(quoted) and quoted.endswith(_ENDINGS):
            yield from spellings(quoted)


def missing_paths(page: Path, rooms: Iterable[Path]) -> list[str]:
    """Paths that the page names and that are in none of these folders. A bare name may stand anywhere in a package."""
    places = list(rooms)
    return [path for path in named_paths(page.read_text()) if not any(holds(place, path) for place in places)]


def holds(place: Path, path: str) -> bool:
    """The folder has this file or folder; a bare name counts at any depth, but not from the root, where all else is."""
    deep = "/" not in path.rstrip("/") and place != ROOT
    return any(place.rglob(path) if deep else place.glob(path))


def rooms_of(page: Path) -> list[Path]:
    """Where a page's paths may begin: the root, the agreement, a package, or inside the package that the page is of."""
    own = [package for package in PACKAGES if page.parent in package.parents and page.parent != ROOT]
    return [ROOT, ROOT / "agreement", *{package.parent for package in PACKAGES}, *(own or PACKAGES)]


def test_a_page_is_read_in_one_go() -> None:
    most = {ROOT / "README.md": 120, **dict.fromkeys(ROOT.glob("services/*/README.md"), 30)}
    assert len(most) == 7
    assert {str(page): lines for page in most if (lines := len(page.read_text().splitlines())) > most[page]} == {}


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


def test_what_runs_on_a_busy_machine_stands_where_it_is_looked_for() -> None:
    rooms = re.findall(r"^BUSY := ([^#\n]+)", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split()
    floors = (path for floor in ("tests", "libs", "services", "deploy") for path in (ROOT / floor).rglob("test_*.py"))
    busy = [path.relative_to(ROOT) for path in floors if re.search(r"mark\.busy\b", path.read_text())]
    assert busy
    assert [path for path in busy if not any(path.is_relative_to(room) for room in rooms)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    assert missing_paths(page, rooms_of(page)) == []


def test_a_path_that_leads_nowhere_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "decide").mkdir()
    (tmp_path / "decide" / "state.py").touch()
    page = tmp_path / "README.md"
    page.write_text("`decide/`, `decide/{state,terms}.py`, `state.py`, `POST /x`, `n/a`, `DATA/outbox/`, `lib/old.py`")
    assert missing_paths(page, [tmp_path]) == ["decide/terms.py", "lib/old.py"]


def test_every_word_under_which_something_is_left_out_is_explained() -> None:
    page = (ROOT / "docs/left-out.md").read_text()
    source = "\n".join(path.read_text() for path in (ROOT / "services/ingest").rglob("*.py"))
    words = {*re.findall(r'leave_out\("([^"]+)"', source), *re.findall(r"SELECT '([^']+)' AS what", source), "spam"}
    assert len(words) == 8
    assert {word for word in words if f"| `{word}` |" not in page} == set()


def test_a_decision_has_a_number_of_its_own_and_says_once_what_holds_it() -> None:
    pages = [page.read_text() for page in DECISIONS]
    assert [page.count("\n") > 400 for page in pages] == [False] * len(DECISIONS), (
        "a page of decisions is split in time"
    )
    decisions = [one for page in pages for one in re.split(r"(?m)^(?=## D\d+\. )", page)[1:]]
    numbers = [int(re.findall(r"D(\d+)", one)[0]) for one in decisions]
    assert numbers == sorted({*numbers}) != []
    assert [n for n, one in zip(numbers, decisions, strict=True) if one.count("**Held by**") != 1] == []
    cited = {int(n) for page in PAGES for n in re.findall(r"\bD(\d+)\b", page.read_text())}
    assert cited - {*numbers} == set()
