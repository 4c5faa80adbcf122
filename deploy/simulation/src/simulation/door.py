"""The house as the make-believe company sees it: its front door and its API over HTTP, and the hands of its clock."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from events import Fact
from runtime.errors import BatonError
from runtime.http.client import AsyncClient, Response

TRACKED_AT_ONCE: Final = 100
REPORTED_AT_ONCE: Final = 400


class HouseRefused(BatonError):
    """The house did not take what the simulation sent."""


class LaboratoryHands(Protocol):
    """What the simulation needs of a laboratory."""

    @property
    def now(self) -> datetime:
        """Where its clock stands."""
        ...

    def move(self, to: datetime) -> None:
        """Moves the clock in one step: what falls due on the way is worked by `settle`, each at its own instant."""
        ...

    async def settle(self, *, views: bool = True) -> datetime:
        """Waits until all that came in is worked; without `views` what is shown may stay behind."""
        ...

    def take_handoffs(self) -> Sequence[Fact]:
        """What was said on `handoffs` since this was last called."""
        ...


class Door:
    """Sends and asks; raises HouseRefused for any answer that is no 2xx."""

    def __init__(self, http: AsyncClient, write_key: str, server_key: str) -> None:
        self._http = http
        self._write = (write_key, "")
        self._bearer = {"authorization": f"Bearer {server_key}"}

    async def track(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Messages of the tracking script, in batches as clients send them."""
        for first in range(0, len(messages), TRACKED_AT_ONCE):
            body = {"batch": messages[first : first + TRACKED_AT_ONCE]}
            _ok(await self._http.post("/v1/batch", json=body, auth=self._write))

    async def form(self, name: str, fields: Mapping[str, Any]) -> None:
        """A form as a browser sends it."""
        headers = {"accept": "application/json"}
        _ok(await self._http.post(f"/f/{name}", data=dict(fields), headers=headers))

    async def events(self, events: Sequence[Mapping[str, Any]]) -> None:
        """CloudEvents of marketing's tools."""
        headers = {**self._bearer, "content-type": "application/cloudevents-batch+json"}
        if events:
            _ok(await self._http.post("/events", json=list(events), headers=headers))

    async def sales(self, facts: Sequence[Mapping[str, Any]]) -> None:
        """What reps report."""
        for first in range(0, len(facts), REPORTED_AT_ONCE):
            body = facts[first : first + REPORTED_AT_ONCE]
            _ok(await self._http.post("/sales", json=body, headers=self._bearer))

    async def get(self, path: str, **parameters: str) -> dict[str, Any]:
        """A report, as JSON."""
        answer = _ok(await self._http.get(path, params=parameters or None, headers=self._bearer))
        body: dict[str, Any] = answer.json()
        return body


def _ok(answer: Response) -> Response:
    if not answer.is_success:
        raise HouseRefused(
            f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:500]}"
        )
    return answer
