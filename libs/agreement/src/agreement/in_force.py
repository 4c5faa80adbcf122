"""Which fields of the agreement are in force, which are prose, and which wait for the work that builds them.

A field that stands in neither list is read by the code of a service: `tests/test_agreement_fields.py` holds the lists
against the code, in both directions. A path names a field as `routing.recycling.job_change`: chapter, then names,
without the places in lists. A path in a list covers what lies beneath it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, get_args

from agreement.chapters import Agreement
from agreement.types import Range, Shift, Span, Terms

Mark = Literal["prose", "not yet"]

PROSE: Final[Mapping[str, str]] = {
    "definitions.stages.enters_when": "says in words what the gate, the reps and the deals decide",
    "definitions.stages.owner": "says who answers for a stage; who is asked is in notices.yaml",
    "definitions.statuses": "says in words what each status means; which ones there are is fixed",
    "routing.steps.text": "says in words what a step does",
    "routing.sizes.title": "names a size for people",
    "routing.nurture.segments.who": "says in words who comes into a segment",
    "teams.teams.holidays.own_days.name": "names a day off for people",
}
"""Fields for people only: no decision depends on them. Each with what it is good for."""

NOT_YET: Final[Mapping[str, str]] = {}
"""Fields that move nothing today. Each with the piece of work that will read it. There is none."""

_VALUES: Final = (Span, Shift, Range)
"""Terms that are one value to a reader of the agreement."""


def mark(path: str) -> Mark | None:
    """`prose`, `not yet`, or None for a field in force. `path` has no places: `routing.recycling.job_change`."""
    for kind, listed in _LISTS:
        if any(path == one or path.startswith(f"{one}.") for one in listed):
            return kind
    return None


_LISTS: Final[tuple[tuple[Mark, Mapping[str, str]], ...]] = (("prose", PROSE), ("not yet", NOT_YET))


def fields(model: type[Terms] = Agreement) -> Iterator[tuple[str, type[Terms]]]:
    """Paths of all fields, in the order of the agreement, each with the class that declares it.

    A field that holds fields of its own comes before them; lengths of time, shifts and ranges are one value.
    """
    for name, field in model.model_fields.items():
        yield name, model
        for inner in _models(field.annotation):
            yield from ((f"{name}.{path}", owner) for path, owner in fields(inner))


def numbers() -> Mapping[Mark | None, int]:
    """How many fields that hold a value (and no fields of their own) have which mark."""
    paths = [path for path, _ in fields()]
    inner = {path.rpartition(".")[0] for path in paths}
    counts: dict[Mark | None, int] = {None: 0, "prose": 0, "not yet": 0}
    for path in paths:
        if path not in inner:
            counts[mark(path)] += 1
    return counts


def _models(annotation: Any) -> Iterator[type[Terms]]:
    if isinstance(annotation, type) and issubclass(annotation, Terms) and annotation not in _VALUES:
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
