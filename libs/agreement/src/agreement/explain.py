"""Says a pydantic error as a person would: what is wrong, and what would be right."""

import difflib
from collections.abc import Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from agreement.problems import Path, Positions, Problem, spell
from agreement.types import SHAPES, Terms

_MUST_BE = {
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_type": 'must be a text; put it in quotes: "..."',
    "tuple_type": "must be a list: one entry per line, each beginning with a dash",
    "dict_type": "must hold keys and values",
    "model_type": "must hold keys and values",
    "date_type": "must be a day such as 2026-12-24",
    "time_type": "must be a time of day such as 09:00",
}


def explain(
    model: type[Terms], chapter: str, value: Any, errors: Sequence[ErrorDetails], positions: Positions
) -> list[Problem]:
    """One problem for each mistake: a key misspelt is not also reported as missing."""
    misspelt = {
        (*error["loc"][:-1], near)
        for error in errors
        if error["type"] == "extra_forbidden" and (near := _nearest(model, error["loc"])) is not None
    }
    return [
        _problem(model, chapter, value, error, positions)
        for error in errors
        if error["type"] != "missing" or error["loc"] not in misspelt
    ]


def _problem(model: type[Terms], chapter: str, value: Any, error: ErrorDetails, positions: Positions) -> Problem:
    loc = _real(value, error["loc"])
    path: Path = (chapter, *loc)
    kind = error["type"]
    if kind == "missing":
        place = positions.of((chapter, *_real(value, error["loc"][:-1])), key=True)
        return Problem(place.file, place.line, place.column, spell(error["loc"]), "is missing; add it here")
    if kind == "extra_forbidden":
        return positions.problem(path, _unknown(model, loc), key=True)
    is_key = bool(error["loc"]) and error["loc"][-1] == "[key]"
    entry = str(loc[-1]) if is_key else error["input"]
    return positions.problem(path, _wrong(kind, error, entry), key=is_key)


def _wrong(kind: str, error: ErrorDetails, entry: Any) -> str:
    shown = _shown(entry)
    if kind == "literal_error":
        expected = str(error["ctx"]["expected"])
        known = [word.strip(" '") for word in expected.replace(" or ", ", ").split(",")]
        near = difflib.get_close_matches(str(entry), known, n=1)
        return f"{shown} is not known; " + (f"did you mean {near[0]!r}?" if near else f"would be one of {expected}")
    if kind in _MUST_BE:
        quotes = ", without quotes" if kind in ("int_type", "float_type") and isinstance(entry, str) else ""
        return f"is {shown}; {_MUST_BE[kind]}{quotes}"
    if kind == "string_pattern_mismatch":
        shapes = dict(SHAPES.values())
        return f"is {shown}; must be {shapes[error['ctx']['pattern']]}"
    if kind == "value_error":
        if isinstance(entry, dict):
            return str(error["ctx"]["error"])
        return f"{shown} {error['ctx']['error']}"
    return f"is {shown}; {error['msg'][0].lower()}{error['msg'][1:]}"


def _shown(entry: Any) -> str:
    if entry is None:
        return "nothing"
    if isinstance(entry, tuple):
        return "a list"
    return "keys and values" if isinstance(entry, dict) else repr(entry) if isinstance(entry, str) else str(entry)


def _nearest(model: type[Terms], loc: Path) -> str | None:
    near = difflib.get_close_matches(str(loc[-1]), sorted(_fields(model, loc[:-1])), n=1)
    return near[0] if near else None


def _unknown(model: type[Terms], loc: Path) -> str:
    near = _nearest(model, loc)
    hint = f"did you mean {near!r}?" if near else f"known here: {', '.join(sorted(_fields(model, loc[:-1])))}"
    return f"is no key of the agreement; {hint}"


def _real(value: Any, loc: tuple[int | str, ...]) -> Path:
    """The part of pydantic's location that exists in the text; it also names union arms and key marks."""
    path: list[int | str] = []
    for step in loc:
        if (isinstance(value, dict) and step in value) or (isinstance(value, tuple) and isinstance(step, int)):
            value = value[step]  # type: ignore[index]
            path.append(step)
    return tuple(path)


def _fields(annotation: Any, path: Path) -> set[str]:
    """Names of the keys the model knows at this path."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not path:
            return set(annotation.model_fields)
        field = annotation.model_fields.get(str(path[0]))
        return _fields(field.annotation, path[1:]) if field else set()
    arguments = [part for part in get_args(annotation) if part not in (type(None), Ellipsis)]
    if get_origin(annotation) in (tuple, dict) and path:
        return _fields(arguments[-1], path[1:])
    return set().union(*(_fields(part, path) for part in arguments)) if arguments else set()
