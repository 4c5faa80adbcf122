"""The shape of the tree: four floors, the same file names in every service, files that fit on a few screens."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SERVICES = sorted(path.parent for path in (ROOT / "services").glob("*/src/*/__init__.py"))
LINES = 320  # the goal is 250

SAME_EVERYWHERE = frozenset(
    {
        "__init__.py",
        "__main__.py",
        "py.typed",
        "service.py",
        "handler.py",
        "decide.py",
        "decide",
        "store.py",
        "store",
        "migrations",
        "api.py",
        "api",
        "deliver.py",
        "deliver",
    }
)
FURTHER = {
    "ingest": {
        "intake.py": "the micro-batcher, in place of a handler: it reads no topic",
        "calendars.py": "fetches the reps' calendar feeds: the one thing that comes in because ingest asks for it",
        "calendar_child.py": "reads one calendar in a process that is ended when it takes too long",
    },
    "notifier": {
        "channels": "one module for each way out: Slack, mail, webhooks",
        "render": "what a message says, apart from whether it is sent",
        "templates": "the words and the markup of messages",
    },
    "reporting": {
        "filters.py": "the parameters that the API and the pages share",
        "leads_query.py": "the parameters of the list of leads, to which every number links",
        "freezing.py": "the loop of what only time brings: figures of periods that are over, and days that stand out",
        "crediting.py": "the loop that keeps what won deals bring to whom, ahead of the questions",
        "figures.py": "how numbers are written, by pages and findings alike",
        "forget.py": "takes away sessions and rows of the audit whose time is over",
        "period.py": "the days of a question, and the days before them",
        "pages": "the web pages, beside the JSON of api/",
        "reports": "one file a report, from which API and pages are made",
        "static": "style sheet and scripts of the pages",
        "templates": "the markup of the pages",
    },
    "routing": {},
    "scoring": {"rescore.py": "a new agreement goes through all leads, beside the lanes"},
    "sla_monitor": {},
}


def strangers(package: Path, further: Mapping[str, str]) -> list[str]:
    """What lies in the package under a name that newcomers do not know."""
    return sorted(
        entry.name
        for entry in package.iterdir()
        if entry.name not in SAME_EVERYWHERE | set(further) and entry.name != "__pycache__"
    )


def too_long(files: Iterable[Path], limit: int = LINES) -> list[str]:
    sizes = ((file, len(file.read_text().splitlines())) for file in files)
    return [f"{file}: {size} lines" for file, size in sizes if size > limit]


def python_files() -> Iterator[Path]:
    for floor in ("libs", "services", "deploy", "tests"):
        yield from (file for file in (ROOT / floor).rglob("*.py") if "node_modules" not in file.parts)


def imported(file: Path) -> set[str]:
    """The top names of what a file imports, wherever in the file it does."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(), file)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def lint_imports(folder: Path) -> str:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache", "--config", ROOT / ".importlinter"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin", "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("package", SERVICES, ids=lambda path: path.name)
def test_every_service_has_the_same_file_names(package: Path) -> None:
    assert strangers(package, FURTHER[package.name]) == []


@pytest.mark.parametrize("package", SERVICES, ids=lambda path: path.name)
def test_no_further_name_outlives_its_file(package: Path) -> None:
    assert [name for name in FURTHER[package.name] if not (package / name).exists()] == []


def test_a_strange_name_is_noticed(tmp_path: Path) -> None:
    for name in ("service.py", "calendar.py", "helpers.py"):
        (tmp_path / name).touch()
    assert strangers(tmp_path, {"calendar.py": "business hours"}) == ["helpers.py"]


def test_files_stay_short() -> None:
    assert too_long(python_files()) == []


def test_a_long_file_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text("pass\n" * (LINES + 1))
    assert len(too_long(tmp_path.glob("*.py"))) == 1


@pytest.mark.parametrize("package", SERVICES, ids=lambda path: path.name)
def test_a_service_does_not_see_another_even_in_its_tests(package: Path) -> None:
    others = {other.name for other in SERVICES} - {package.name} | {"standalone"}
    assert {
        f"{file.name} imports {name}"
        for file in (package.parents[1] / "tests").rglob("*.py")
        for name in imported(file) & others
    } == set()


def test_imports_go_down_only() -> None:
    assert "0 broken" in lint_imports(ROOT)


@pytest.fixture
def little_house(tmp_path: Path) -> Path:
    """A tree with all the names and nothing in them."""
    for name in ("events", "agreement", "runtime", "standalone", "simulation", *(package.name for package in SERVICES)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    rooms = ("process", "lanes", "http", "transport", "emit", "database", "observe")
    for module in ("service.py", "settings.py", "clock.py", "schema_names.py", "values.py", "errors.py", "chain.py"):
        (tmp_path / "runtime" / module).touch()
    for room in rooms:
        (tmp_path / "runtime" / room).mkdir()
        (tmp_path / "runtime" / room / "__init__.py").touch()
    (tmp_path / "runtime" / "http" / "client.py").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("scoring/decide.py", "from runtime.values import Batch"),
        ("standalone/house.py", "import scoring"),
        ("notifier/deliver.py", "import slack_sdk"),
        ("runtime/http/client.py", "import httpx"),
    ],
)
def test_what_the_floors_allow(little_house: Path, file: str, line: str) -> None:
    (little_house / file).write_text(line + "\n")
    assert "0 broken" in lint_imports(little_house)


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("scoring/service.py", "import routing", "services do not know each other"),
        ("runtime/lanes/worker.py", "import scoring", "services do not know each other"),
        ("events/codec.py", "import runtime", "services do not know each other"),
        ("sla_monitor/handler.py", "import standalone", "services do not know each other"),
        ("scoring/decide.py", "import sqlalchemy", "decide touches no database"),
        ("scoring/decide.py", "import runtime", "decide touches no database"),
        ("scoring/decide.py", "import logging", "decide touches no database"),
        ("notifier/handler.py", "import httpx", "never call the outside world"),
        ("notifier/handler.py", "import runtime.http.client", "never call the outside world"),
        ("runtime/transport/kafka.py", "import runtime.lanes", "form a ladder"),
        ("runtime/database/connect.py", "import runtime.emit", "form a ladder"),
        ("events/codec.py", "import agreement", "services do not know each other"),
        ("notifier/deliver.py", "import httpx", "One module speaks HTTP"),
    ],
)
def test_what_the_floors_forbid(little_house: Path, file: str, line: str, broken: str) -> None:
    (little_house / file).write_text(line + "\n")
    verdicts = [line for line in lint_imports(little_house).splitlines() if line.endswith("BROKEN")]
    assert any(broken in verdict for verdict in verdicts)


def test_a_folder_of_decisions_is_as_pure_as_a_file(little_house: Path) -> None:
    (little_house / "routing" / "decide").mkdir()
    (little_house / "routing" / "decide" / "__init__.py").touch()
    (little_house / "routing" / "decide" / "pools.py").write_text("import random\n")
    assert "1 broken" in lint_imports(little_house)


@pytest.mark.parametrize(
    ("file", "source", "code"),
    [
        ("decide.py", "from datetime import datetime\nNOW = datetime.now(tz=None)\n", "TID251"),
        ("decide.py", "import time\nNOW = time.time()\n", "TID251"),
        ("decide.py", "import uuid\nID = uuid.uuid4()\n", "TID251"),
        ("handler.py", "from sqlalchemy import text\n", "TID251"),
        ("handler.py", "from runtime.database.statement import statement\n", "TID251"),
        ("deliver.py", "import httpx\n", "TID251"),
        ("handler.py", "try:\n    pass\nexcept Exception:\n    pass\n", "BLE001"),
        ("handler.py", "print(1)\n", "T201"),
        ("handler.py", "X = 1\n", "D100"),
    ],
)
def test_what_the_linter_bans(file: str, source: str, code: str) -> None:
    assert code in ruff(file, source)


def test_sql_is_welcome_in_the_store() -> None:
    assert "TID251" not in ruff("store.py", "from runtime.database.statement import statement\n")


def ruff(file: str, source: str) -> str:
    """The verdict on a file of that name in a service; nothing is written."""
    name = ROOT / "services" / "scoring" / "src" / "scoring" / file
    done = subprocess.run(
        [
            Path(sys.executable).parent / "ruff",
            "check",
            "--no-cache",
            "--output-format=concise",
            f"--stdin-filename={name}",
            "-",
        ],
        cwd=ROOT,
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout
