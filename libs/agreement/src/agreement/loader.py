"""Loads the folder `agreement/`: all files, all problems at once, or the whole agreement."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agreement.chapters import Agreement
from agreement.definitions import Definitions
from agreement.events import Events
from agreement.explain import explain
from agreement.goals import Goals
from agreement.lint import lint
from agreement.notices import Notices
from agreement.problems import AgreementError, Positions, Problem
from agreement.routing import Routing
from agreement.scoring import Scoring
from agreement.service_levels import ServiceLevels
from agreement.source import Source
from agreement.table import read_table
from agreement.teams import Account, NamedAccount, Teams
from agreement.types import Terms

CHAPTERS: Mapping[str, type[Terms]] = {
    "definitions": Definitions,
    "events": Events,
    "scoring": Scoring,
    "routing": Routing,
    "teams": Teams,
    "service_levels": ServiceLevels,
    "notices": Notices,
    "goals": Goals,
}
_TABLES: Mapping[str, type[Terms]] = {"named_accounts": NamedAccount, "accounts": Account}


def load(folder: Path) -> Agreement:
    """The agreement of this folder; AgreementError with every problem when it cannot be used."""
    agreement, problems = check(folder)
    if agreement is None or problems:
        raise AgreementError(problems)
    return agreement


def check(folder: Path) -> tuple[Agreement | None, list[Problem]]:
    """The agreement as far as its shape is right, and all that is wrong with it."""
    agreement, problems, _ = read(folder)
    return agreement, problems


def read(folder: Path) -> tuple[Agreement | None, list[Problem], Positions]:
    """The same, and where each key and value stands in the files."""
    source = Source()
    values = {name: source.yaml(folder / f"{name}.yaml", name) for name in CHAPTERS}
    if values["teams"] is not None:
        _add_tables(source, folder, values["teams"])
    chapters = {name: _chapter(name, values[name], source) for name in CHAPTERS if values[name] is not None}
    if source.problems:
        return None, _once(source.problems), source.positions
    agreement = Agreement.model_validate(chapters)
    return agreement, _once(lint(agreement, source.positions)), source.positions


def shipped() -> Path:
    """The folder that ships with the repository."""
    for parent in Path(__file__).resolve().parents:
        if (parent / "agreement" / "definitions.yaml").is_file():
            return parent / "agreement"
    raise FileNotFoundError("no agreement/ above the package; name the folder")


def _chapter(name: str, value: Any, source: Source) -> Terms | None:
    try:
        return CHAPTERS[name].model_validate(value)
    except ValidationError as error:
        source.problems += explain(CHAPTERS[name], name, value, error.errors(), source.positions)
        return None


def _add_tables(source: Source, folder: Path, teams: dict[str, Any]) -> None:
    for table, row in _TABLES.items():
        file = f"{table}.csv"
        columns = {name: field.is_required() for name, field in row.model_fields.items()}
        at = ("teams", table)
        if table in teams:
            source.problems.append(source.positions.problem(at, f"belongs in {file}, not here", key=True))
        teams[table] = tuple(_typed(cells) for cells in read_table(source, folder / file, at, columns))


def _once(problems: Sequence[Problem]) -> list[Problem]:
    """Sorted; a mistake behind a YAML anchor is one problem, however often the anchor is used."""
    unique = {(one.file, one.line, one.column, one.message): one for one in sorted(problems, reverse=True)}
    return sorted(unique.values())


def _typed(row: dict[str, str]) -> dict[str, Any]:
    typed: dict[str, Any] = dict(row)
    if row.get("employees", "").isdecimal():
        typed["employees"] = int(row["employees"])
    if "tech_stack" in row:
        typed["tech_stack"] = tuple(part.strip() for part in row["tech_stack"].split(";") if part.strip())
    return typed


__all__ = ["CHAPTERS", "Positions", "check", "load", "read", "shipped"]
