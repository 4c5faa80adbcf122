"""Counts what an edge refuses, beside telling its sender: who operates the house sees it, too."""

import re
from collections.abc import AsyncIterator
from typing import Final

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency

from ingest.intake import Intake
from runtime.errors import Refused

MOST_SPOTS: Final = 3
"""Of one refusal: a sender whose every field is wrong is not counted under a name of its own."""
_PLACES: Final = re.compile(r"/\d+(?=/|$)")


def reason_of(refusal: Refused) -> str:
    """By which a refusal is counted: its title, and the spots that were wrong, of whichever item of a list."""
    spots = {_PLACES.sub("", error["pointer"]) for error in refusal.errors}
    return f"{refusal.title} {', '.join(sorted(spots - {''})[:MOST_SPOTS])}".rstrip()


def counted(intake: Intake) -> Dependency:
    """A dependency for a whole router: each refusal is counted by its title, its spots and the route's path."""

    async def watch(request: Request) -> AsyncIterator[None]:
        try:
            yield
        except Refused as refusal:
            route = request.scope.get("route")
            intake.leave_out("refused request", reason_of(refusal), getattr(route, "path", "/"))
            raise

    dependency: Dependency = Depends(watch)
    return dependency
