"""A make-believe company's house beside one's own: what the pages may know of it, and ask for."""

from dataclasses import dataclass
from typing import Protocol

from fastapi import Request

from runtime.http.access import near


@dataclass(frozen=True, slots=True)
class Making:
    """How far its months are: `share` from 0 to 1, and the day that is lived."""

    share: float
    day: str


class DemoHouse(Protocol):
    """`baton up` on one's own machine has one; a house that others use has none."""

    @property
    def shown(self) -> bool:
        """Whether this process serves it now, in the place of one's own."""
        ...

    @property
    def made(self) -> bool:
        """Whether its months were lived."""
        ...

    @property
    def making(self) -> Making | None:
        """While they are."""
        ...

    @property
    def failure(self) -> str | None:
        """Why they could not be, when that was tried last."""
        ...

    def show(self, demo: bool) -> None:
        """Asks that it is served, or one's own: returns at once. Its months are lived first, if they were not."""
        ...


def demo_house(request: Request) -> DemoHouse | None:
    """That of the process, for whoever is at this machine; None for everybody else."""
    found: DemoHouse | None = request.app.state.demo_house
    return found if found is not None and near(request) else None
