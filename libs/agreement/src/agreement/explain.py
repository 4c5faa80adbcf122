"""Says a pydantic error as a person would: what is wrong, and what would be right."""

import difflib
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from agreement.problems import Path, Positions, Problem
from agreement.words import Terms

_WANTED = {
    "int_type": "must be a whole number, without quotes",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number, without quotes",
    "bool_type": "must be true or false",
    "string_type": 'must be a text; put it in quotes: "..."',
    "tuple_type": "must be a list: one entry per line, each beginning with a dash",
    "dict_type": "must hold keys and values",
    "model_type": "must hold keys and values",
    "date_type": "must be a day such as 2026-12-24",
    "time_type": "must be a time of day such as 09:00",
}


def explain(model: type[Terms], chapter: str, value: Any, error: ErrorDetails, positions: Positions) -> Problem:
    loc = _real(value, error["loc"])
    path: Path = (chapter, *loc)
    kind = error["type"]
    if kind == "missing":
        return positions.problem((chapter, *error["loc"]), "is missing; add it here")
    if kind == "extra_forbidden":
        return positions.problem(path, _unknown(model, loc), key=True)
    is_key = bool(error["loc"]) and error["loc"][-1] == "[key]"
    given = str(loc[-1]) if is_key else error["input"]
    return positions.problem(path, _wrong(kind, error, given), key=is_key)


def _wrong(kind: str, error: ErrorDetails, given: Any) -> str:
    shown = "nothing" if given is None else repr(given) if isinstance(given, str | int | float) else "something else"
    if kind == "literal_error":
        expected = str(error["ctx"]["expected"])
        known = [word.strip(" '") for word in expected.replace(" or ", ", ").split(",")]
        near = difflib.get_close_matches(str(given), known, n=1)
        return f"{shown} is not known; " + (f"did you mean {near[0]!r}?" if near else f"would be one of {expected}")
    if kind in _WANTED:
        return f"is {shown}; {_WANTED[kind]}"
    if kind == "value_error":
        return f"{shown} {error['ctx']['error']}"
    return f"is {shown}; {error['msg'][0].lower()}{error['msg'][1:]}"


def _unknown(model: type[Terms], loc: Path) -> str:
    known = sorted(_fields(model, loc[:-1]))
    near = difflib.get_close_matches(str(loc[-1]), known, n=1)
    return "is no key of the agreement; " + (
        f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"
    )


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
