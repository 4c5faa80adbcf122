"""One word for one thing: public class names, the files of decide/, and tests whose types say something."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).parents[1]
SERVICES = sorted(path.parent for path in (ROOT / "services").glob("*/src/*/__init__.py"))
ROOMS = sorted(path for floor in ("libs", "services", "deploy") for path in (ROOT / floor).glob("*/src"))
EVERYWHERE = frozenset({"State", "Terms", "Outcome"})
"""What every service calls by the same name, because it is the same thing in each."""
ALWAYS = frozenset({"__init__.py", "decide.py", "state.py", "terms.py"})
"""Files of decide/ that every service with a fold has."""
NOUNS = frozenset({"standing.py"})
"""They look like activities and are none."""

SAME_THING: Final = frozenset({"Clock", "Company", "Deal", "Lead", "Notice", "Offer", "Person", "Rep"})
"""What several services remember of one thing, each in its own view."""

SPOKEN: Final = re.compile(r"_?(said|told|asked|meant|owed|stamped|stood|nursed)_?", re.IGNORECASE)
"""Participles that once stood for events, rows and answers: a name says what a thing is."""
SHOWN: Final = re.compile(r"_?(Done|Found|Gone|Heard|Held|Kept|Known|Read|Said|Seen|Stood|Taken|Told)")
"""Classes that were named so."""
ON_THE_WIRE: Final = frozenset({"figures.py"})
"""Answers of the API, whose fields bear the names that others built on."""

FUNCTION: Final = ast.FunctionDef | ast.AsyncFunctionDef


def sources() -> Iterator[Path]:
    for floor in ("libs", "services", "deploy"):
        yield from (file for file in (ROOT / floor).rglob("src/**/*.py") if "migrations" not in file.parts)


def suites() -> Iterator[Path]:
    for folder in ("libs", "services", "deploy"):
        yield from (ROOT / folder).glob("*/tests/**/*.py")
    yield from (file for file in (ROOT / "tests").rglob("*.py") if "node_modules" not in file.parts)
    yield ROOT / "conftest.py"


def alias_of(node: ast.stmt) -> str | None:
    """Name of a public type alias: `Kind = Literal[...]`, `Input = Event | Timer`, `Loop = Callable[...]`."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Subscript | ast.BinOp | ast.Name):
        return None
    (target,) = node.targets
    name = target.id if isinstance(target, ast.Name) else "_"
    return name if name[0].isupper() and not name.isupper() else None


def repeated_names(files: Iterable[Path]) -> dict[str, list[str]]:
    """Public classes and type aliases of several files that bear one name.

    Left out: State, Terms, Outcome; a service's own view (in its decide/state.py, or a row of reporting) of what is the
    SAME_THING in each. An alias is never a view: what two services list alike is one list, beside its event.
    """
    places, views, aliases = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list), set[str]()
    for file in files:
        own_view = file.parts[-2:] == ("decide", "state.py") or ("reporting" in file.parts and "decide" in file.parts)
        for node in ast.parse(file.read_text(), file).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and node.name not in EVERYWHERE:
                (views if own_view else places)[node.name].append(file.name)
            elif name := alias_of(node):
                places[name].append(file.name)
                aliases.add(name)
    for name, seen in views.items():
        if name not in SAME_THING or name in aliases:
            places[name] += seen
    return {name: files for name, files in places.items() if len(files) > 1}


def strange_files(decide: Path) -> list[str]:
    """What decide/ lacks, and files in it that are named for an activity."""
    names = {file.name for file in decide.rglob("*.py")}
    missing = [f"{name} is missing" for name in sorted(ALWAYS - names)]
    return missing + sorted(name for name in names - NOUNS if name.endswith("ing.py"))


def participles(files: Iterable[Path]) -> list[str]:
    """Where a variable, parameter, attribute, function or class is called by a past participle of those above."""
    found = []
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(), file)):
            match node:
                case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                    strange = SPOKEN.fullmatch(name)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    strange = SPOKEN.fullmatch(name)
                case ast.ClassDef(name=name):
                    strange = SHOWN.fullmatch(name)
                case _:
                    continue
            if strange:
                found.append(f"{file.name}:{node.lineno} {name}")
    return found


def annotations(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    """Of its parameters, of what it takes besides (`*args`, `**kwargs`), and of what it returns."""
    args = function.args
    for one in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg):
        if one and one.annotation:
            yield one.annotation
    if function.returns:
        yield function.returns


def names_any(node: ast.AST) -> bool:
    """`Any`, `typing.Any`, or a type written as a string with Any in it."""
    match node:
        case ast.Name(id="Any") | ast.Attribute(attr="Any"):
            return True
        case ast.Constant(value=str(text)):
            return re.search(r"\bAny\b", text) is not None
    return False


def undocumented(files: Iterable[Path]) -> list[str]:
    """Public functions, classes and methods without a docstring.

    Left out: what stands inside a function or a private class, and classes inside a class (an event describes its own
    `Data`).
    """
    found = []
    for file in files:
        tree = ast.parse(file.read_text(), file)
        tops = [node for node in tree.body if isinstance(node, ast.ClassDef | FUNCTION) and node.name[0] != "_"]
        methods = [node for top in tops for node in top.body if isinstance(top, ast.ClassDef)]
        for node in [*tops, *(one for one in methods if isinstance(one, FUNCTION))]:
            if not node.name.startswith("_") and not ast.get_docstring(node):
                found.append(f"{file.name}:{node.lineno} {node.name}")
    return found


def untyped(files: Iterable[Path]) -> list[str]:
    """Functions of tests that take or return Any, also inside another type: the type checker sees nothing in it."""
    functions = []
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(), file)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
                names_any(part) for one in annotations(node) for part in ast.walk(one)
            ):
                functions.append(f"{file.name}:{node.lineno} {node.name}")
    return functions


def test_no_public_name_stands_for_two_things() -> None:
    assert repeated_names(sources()) == {}


def test_a_name_for_two_things_is_noticed(tmp_path: Path) -> None:
    for name in ("one.py", "other.py"):
        (tmp_path / name).write_text("class Clock: ...\nclass Terms: ...\nclass _Hidden: ...\n")
    assert repeated_names(sorted(tmp_path.glob("*.py"))) == {"Clock": ["one.py", "other.py"]}


def test_an_alias_for_two_things_is_noticed_even_beside_a_view(tmp_path: Path) -> None:
    view = tmp_path / "decide" / "state.py"
    view.parent.mkdir()
    view.write_text("class Milestone: ...\nclass Lead: ...\n")
    (tmp_path / "goals.py").write_text('Milestone = Literal["mql"]\nWake = Callable[[int], None]\n')
    (tmp_path / "other.py").write_text("Wake = Event | Timer\nclass Lead: ...\nWAKE = WAKES[0]\n")
    found = repeated_names(sorted(tmp_path.rglob("*.py")))
    assert {name: sorted(files) for name, files in found.items()} == {
        "Milestone": ["goals.py", "state.py"],
        "Wake": ["goals.py", "other.py"],
    }


@pytest.mark.parametrize("package", SERVICES, ids=lambda path: path.name)
def test_every_decide_has_the_same_files(package: Path) -> None:
    assert strange_files(package / "decide") == []


def test_a_strange_file_of_decide_is_noticed(tmp_path: Path) -> None:
    for name in ("__init__.py", "decide.py", "state.py", "leading.py"):
        (tmp_path / name).touch()
    assert strange_files(tmp_path) == ["terms.py is missing", "leading.py"]


@pytest.mark.parametrize("room", ROOMS, ids=lambda path: path.parent.name)
def test_every_public_name_says_what_it_is(room: Path) -> None:
    assert undocumented(file for file in room.rglob("*.py") if "migrations" not in file.parts) == []


def test_a_name_without_a_docstring_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(
        'class A:\n    """A."""\n    class Data: ...\n    def one(self): ...\n    def _own(self): ...\n'
        "async def two(): ...\ndef _three(): ...\n"
    )
    assert undocumented(tmp_path.glob("*.py")) == ["x.py:6 two", "x.py:4 one"]


def test_no_name_is_a_past_participle() -> None:
    assert participles(file for file in {*sources(), *suites()} if file.name not in ON_THE_WIRE) == []


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("said = 1", "said"),
        ("_SAID = 1", "_SAID"),
        ("def f(told): ...", "told"),
        ("async def asked(): ...", "asked"),
        ("for told in (): ...", "told"),
        ("self.said = 1", "said"),
        ("class _Seen: ...", "_Seen"),
        ("class Kept(list): ...", "Kept"),
    ],
)
def test_a_participle_is_noticed(tmp_path: Path, code: str, name: str) -> None:
    (tmp_path / "x.py").write_text(f"sayings, KnownFact, known = 1, 2, 3\n{code}\n")
    assert participles(tmp_path.glob("*.py")) == [f"x.py:2 {name}"]


def test_names_become_words_in_one_home() -> None:
    assert [file.name for file in sources() if re.search(r"""replace\(["']_["'], ["'] ["']\)""", file.read_text())] == [
        "vocabulary.py"
    ]


def test_no_test_takes_or_returns_any() -> None:
    assert untyped(suites()) == []


@pytest.mark.parametrize(
    "function",
    [
        "def f(a: Any) -> None: ...",
        "def f(a: Any, /) -> None: ...",
        "def f(*, a: Any) -> None: ...",
        "def f(*a: Any) -> None: ...",
        "def f(**a: Any) -> None: ...",
        "def f() -> Any: ...",
        "async def f() -> AsyncIterator[Any]: ...",
        "def f(a: list[Any]) -> None: ...",
        "def f(a: dict[str, Any] | None) -> None: ...",
        "def f(a: Callable[..., Any]) -> None: ...",
        "def f(a: typing.Any) -> None: ...",
        "def f(a: 'list[Any]') -> None: ...",
        "class C:\n def f(self, a: Any) -> None: ...",
        "def g() -> None:\n def f(a: Any) -> None: ...",
    ],
)
def test_an_untyped_test_is_noticed(tmp_path: Path, function: str) -> None:
    (tmp_path / "test_x.py").write_text(f"def typed(a: Anything, *b: int) -> list[object]: ...\n{function}\n")
    line = 2 + function.count("\n")
    assert untyped(tmp_path.glob("*.py")) == [f"test_x.py:{line} f"]
