"""Reads the files of the folder into plain values, and keeps the place of each key and value."""

import re
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from yaml.error import MarkedYAMLError
from yaml.nodes import MappingNode, Node, ScalarNode
from yaml.reader import ReaderError

from agreement.problems import Location, Positions, Problem, spell
from agreement.problems import Path as Where

_INTEGER = re.compile(r"[-+]?[0-9]+(?:_[0-9]+)*")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 100
"""Characters; what is longer is a text."""
_MOST = 200_000
"""Values of a file, each as often as an alias repeats it: the shipped files have 2,000 at most."""
_DEEPEST = 50
"""Values inside one another: in the shipped files there are 8."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_DEEP = f"is nested deeper than {_DEEPEST} levels"


class _TooMuch(Exception):
    """More than anybody writes by hand; says where the walk has come to."""

    def __init__(self, node: Node, wrong: str) -> None:
        super().__init__(wrong)
        self.line, self.column = node.start_mark.line + 1, node.start_mark.column + 1


class Source:
    """One read of the folder; collects values, places and problems."""

    def __init__(self) -> None:
        self.positions = Positions()
        self.problems: list[Problem] = []
        self._around: list[Node] = []
        self._values = 0

    def yaml(self, path: Path, chapter: str) -> Any:
        """Value of a YAML file; None (and a problem) when it cannot be read."""
        text = self.text(path)
        if text is None:
            return None
        try:
            node = _compose(text)
        except RecursionError:
            self.problems.append(Problem(path.name, 1, 1, "", _DEEP))
            return None
        except (MarkedYAMLError, ReaderError) as error:
            (line, column), wrong = _refused(error, text)
            message = f"is no YAML: {wrong}; check indentation, quotes and colons here"
            self.problems.append(Problem(path.name, line, column, "", message))
            return None
        if not isinstance(node, MappingNode):
            self.problems.append(Problem(path.name, 1, 1, "", "must hold keys and values; it is empty or a list"))
            return None
        self._values = 0
        try:
            return self._value(node, (chapter,), path.name)
        except _TooMuch as error:
            self._around.clear()
            self.problems.append(Problem(path.name, error.line, error.column, "", str(error)))
            return None

    def text(self, path: Path) -> str | None:
        """Text of a file; None (and a problem) when it cannot be read."""
        try:
            return path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            message = "is missing; every chapter has its file in the folder"
        except UnicodeDecodeError:
            message = "is not UTF-8 text; save it again as UTF-8"
        except OSError as error:
            message = f"cannot be read: {error.strerror}"
        self.problems.append(Problem(path.name, 1, 1, "", message))
        return None

    def _value(self, node: Node, path: Where, file: str) -> Any:
        self.positions.values[path] = Location(file, node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, ScalarNode):
            return _scalar(node)
        if node in self._around:
            self.problems.append(self.positions.problem(path, "holds itself; an anchor cannot be used inside itself"))
            return None
        self._around.append(node)
        self._values += len(node.value)
        if len(self._around) > _DEEPEST:
            raise _TooMuch(node, _DEEP)
        if self._values > _MOST:
            raise _TooMuch(node, f"has more than {_MOST} values; an alias repeats what repeats others")
        value = (
            self._mapping(node, path, file)
            if isinstance(node, MappingNode)
            else tuple(self._value(item, (*path, index), file) for index, item in enumerate(node.value))
        )
        self._around.pop()
        return value

    def _mapping(self, node: MappingNode, path: Where, file: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            place = Location(file, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            here = (*path, key)
            if key in result:
                first = self.positions.keys[here].line
                message = f"stands here a second time (first on line {first}); keep one of them"
                self.problems.append(Problem(place.file, place.line, place.column, spell(here[1:]), message))
                continue
            self.positions.keys[here] = place
            result[key] = self._value(value_node, here, file)
        return result


class _Reader(yaml.SafeLoader):
    """YAML lets a name be used again: the last anchor before an alias is meant."""

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if not self.check_event(yaml.AliasEvent):
            self.anchors.pop(event.anchor, None)
        return super().compose_node(parent, index)


@lru_cache(maxsize=16)
def _compose(text: str) -> Node | None:
    """The nodes of a YAML text, never to be changed: whoever reads a folder again parses only what is new in it.

    libyaml is 25 times as fast; what it refuses is read by PyYAML's own parser, whose errors name what they met.
    """
    try:
        return yaml.compose(text, yaml.CSafeLoader)
    except (MarkedYAMLError, ReaderError):
        return yaml.compose(text, _Reader)


def _refused(error: MarkedYAMLError | ReaderError, text: str) -> tuple[tuple[int, int], str]:
    """Line and column, both from 1, and what is wrong there."""
    if isinstance(error, ReaderError):
        before = text[: error.position]
        place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
        return place, f"the character U+{error.character:04X} cannot stand in a text"
    mark = error.problem_mark or error.context_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1), error.problem or error.context or "unreadable"


def forget_texts() -> None:
    """For who reads the folder once and lives long: the nodes of its texts are 8 MB."""
    _compose.cache_clear()


def _scalar(node: ScalarNode) -> Any:
    """YAML 1.2 by the letter: `NO` is Norway, `on` is a word, `09:00` is a text."""
    text: str = node.value
    if node.style or len(text) > _LONGEST_NUMBER:
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
