"""Counts what an edge refuses, beside telling its sender: who operates the house sees it, too."""

from collections.abc import AsyncIterator

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency

from ingest.intake import Intake
from runtime.errors import Refused


def counted(intake: Intake) -> Dependency:
    """A dependency for a whole router: each refusal of its routes is counted by its title and the route's path."""

    async def watch(request: Request) -> AsyncIterator[None]:
        try:
            yield
        except Refused as refusal:
            route = request.scope.get("route")
            intake.leave_out("refused request", refusal.title, getattr(route, "path", "/"))
            raise

    dependency: Dependency = Depends(watch)
    return dependency
