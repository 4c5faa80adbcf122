"""Old versions of events become new ones here, by one pure function per step. None is needed yet: all types are v1."""

from collections.abc import Callable, Mapping
from typing import Any, Final

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTERS: Final[Mapping[str, Upcaster]] = {}
"""From the old wire type to the function that rewrites the whole event (its `type` included) as the next version."""


def upcast(event: dict[str, Any], steps: Mapping[str, Upcaster] = UPCASTERS) -> dict[str, Any]:
    """Applies steps until the type has none; a chain v1 -> v2 -> v3 is walked to its end."""
    while (step := steps.get(event.get("type", ""))) is not None:
        event = step(event)
    return event
