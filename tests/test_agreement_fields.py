"""The agreement is honest: a field moves something, or a list says that it is prose, or which work will read it.

How a read is found: `testing.reads` walks the source of every service and of the rules beside the agreement, with the
types that the code declares. `rule.kind` counts for `NoticeRule.kind` only where `rule` is a NoticeRule, so that common
names (`title`, `name`, `text`) cannot vouch for each other. Nothing has to be run, so no path can be forgotten; what
cannot be typed is no read, so a mistake of the reader shows as a failing test and not as a silent yes. What it cannot
see is a value that is read and then thrown away; for the copies that services make (`decide/terms.py`) that is tested.
"""

import importlib
import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import fields as copies
from dataclasses import is_dataclass
from pathlib import Path
from types import ModuleType

import pytest

from agreement import Agreement
from agreement.in_force import NOT_YET, PROSE, fields, mark
from agreement.routing import Recycling
from agreement.types import Terms
from testing.reads import Reads, reads_of

ROOT = Path(__file__).parents[1]
SOURCES = (*sorted(ROOT.glob("services/*/src")), ROOT / "libs/agreement/src")
OWN = ("agreement.lint", "agreement.loader", "agreement.explain", "agreement.changes", "agreement.in_force")
"""They look at every field to check, print or compare it: that moves nothing."""


def house_modules() -> Iterator[ModuleType]:
    for source in SOURCES:
        for path in sorted(source.rglob("*.py")):
            name = ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")
            if not {"__main__", "migrations"} & set(name.split(".")) and not name.startswith(OWN):
                yield importlib.import_module(name)


@pytest.fixture(scope="module")
def modules() -> list[ModuleType]:
    return list(house_modules())


@pytest.fixture(scope="module")
def reads(modules: list[ModuleType]) -> Reads:
    return reads_of(modules)


def idle(model: type[Terms], reads: Reads) -> dict[str, bool]:
    """Paths of the fields of a model; whether nobody reads them."""
    return {path: (owner, path.rpartition(".")[2]) not in reads for path, owner in fields(model)}


def silent(model: type[Terms], reads: Reads) -> list[str]:
    """Fields that nobody reads, and no list names."""
    return [path for path, unread in idle(model, reads).items() if unread and mark(path) is None]


def stale(listed: Iterable[str], reads: Reads) -> list[str]:
    """Entries whose field somebody reads by now, or that name no field."""
    unread = idle(Agreement, reads)
    return [path for path in listed if not unread.get(path, False)]


def test_every_field_moves_something_or_is_listed(reads: Reads) -> None:
    assert silent(Agreement, reads) == [], "read it in a service, or list it in agreement/in_force.py with the reason"


def test_no_entry_of_the_lists_is_stale(reads: Reads) -> None:
    assert stale([*PROSE, *NOT_YET], reads) == [], "a service reads it (or it is gone): take it out of in_force.py"


def test_a_new_field_that_nobody_reads_fails(reads: Reads) -> None:
    class WiderRecycling(Recycling):
        mergers: bool

    assert "mergers" in silent(WiderRecycling, reads)


def test_an_entry_for_a_field_that_is_read_fails(reads: Reads) -> None:
    assert stale(["routing.same_company_within", "routing.no_such_field", "definitions.stages.owner"], reads) == [
        "routing.same_company_within",
        "routing.no_such_field",
    ]


def test_what_services_copy_from_the_agreement_they_use(modules: list[ModuleType], reads: Reads) -> None:
    unused = [
        f"{module.__name__}.{kind.__name__}.{copy.name}"
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module.__name__
        if kind.__name__ == "Terms" or module.__name__.endswith(".terms")
        for copy in copies(kind)
        if (kind, copy.name) not in reads
    ]
    assert unused == []


SOURCE = """
from collections.abc import Callable, Mapping
from agreement import Agreement
from agreement.notices import NoticeRule
from agreement.routing import Recycling
from agreement.service_levels import WITHOUT_CLOCK

def typed(rules: Mapping[str, NoticeRule]) -> list[str]:
    return sorted((rule.kind for rule in rules.values()), key=len)

def chained(agreement: Agreement) -> bool:
    found = next((r for r in agreement.routing.reject_reasons if r.text_required), None)
    return found is not None and getattr(found, "chosen_by_rep")

def untyped(rule):
    return rule.waits

TABLE: dict[str, Callable[[Recycling], bool]] = {"job": lambda terms: terms.job_change}
"""


def test_a_read_is_told_by_its_type_and_not_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "little.py"
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("little", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = {f"{owner.__name__}.{name}" for owner, name in reads_of([module])}
    assert found == {
        "NoticeRule.kind",
        "Agreement.routing",
        "Routing.reject_reasons",
        "RejectReason.text_required",
        "RejectReason.chosen_by_rep",
        "Recycling.job_change",
    }


def test_the_lists_do_not_overlap() -> None:
    every = {**PROSE, **NOT_YET}
    assert len(every) == len(PROSE) + len(NOT_YET)
    assert [path for path in every if mark(path.rpartition(".")[0]) is not None] == []
