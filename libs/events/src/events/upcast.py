"""Old versions of events become new ones here, by one pure function per step."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


def _scored(event: dict[str, Any]) -> dict[str, Any]:
    """`lead.scored` was the whole standing; now it is a difference that may carry it. Whoever reads begins anew."""
    data = event["data"]
    standing = {name: value for name, value in data.items() if name not in ("reason", "kind")}
    figures = {name: data[name] for name in _FIGURES if name in data}
    more = {name: data[name] for name in ("reason", "kind") if name in data}
    return {**event, "type": "lead.scored.v2", "data": {**figures, **more, "standing": standing}}


_FIGURES: Final = (
    "model",
    "total",
    "fit",
    "engagement",
    "band",
    "completeness",
    "gate",
    "intent_at",
    "hand_raise_at",
    "last_engaged_at",
)
UPCASTERS: Final[Mapping[str, Upcaster]] = {"lead.scored.v1": _scored}
"""From the old wire type to the function that rewrites the whole event (its `type` included) as the next version."""


def upcast(event: dict[str, Any], steps: Mapping[str, Upcaster] = UPCASTERS) -> dict[str, Any]:
    """Applies steps until the type has none; a chain v1 -> v2 -> v3 is walked to its end."""
    while (step := steps.get(event.get("type", ""))) is not None:
        event = step(event)
    return event


def newest(kinds: Iterable[str]) -> dict[str, int]:
    """Of each name among these wire types the newest version: `lead.scored` to 1."""
    found: dict[str, int] = {}
    for name, version in map(_split, kinds):
        found[name] = max(version, found.get(name, 0))
    return found


def is_newer(kind: str, known: Mapping[str, int]) -> bool:
    """Whether the wire type is a known name in a newer version. `known`: what `newest` returns."""
    name, version = _split(kind)
    return version > known.get(name, version)


def with_older(kinds: Iterable[str], steps: Mapping[str, Upcaster] = UPCASTERS) -> frozenset[str]:
    """These wire types, and the earlier versions of them that the steps bring up to date."""
    kinds = frozenset(kinds)
    known = newest(kinds)
    return kinds | {kind for kind in steps if (split := _split(kind))[1] < known.get(split[0], 0)}


def _split(kind: str) -> tuple[str, int]:
    """`lead.scored.v1` as name and version; what has no version counts as version 0."""
    name, _, version = kind.rpartition(".v")
    return (name, int(version)) if name and version.isascii() and version.isdigit() else (kind, 0)
