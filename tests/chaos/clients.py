"""A herd of tracking clients, each of which sends what it has until it is taken."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.chaos.streams import engagements

from runtime.http.client import HTTPError
from standalone.house import House
from testing.house import Client

CLIENTS = 500


@dataclass
class Sdk:
    """A tracking client: what it has is sent until it is taken, and it comes again when it is told to."""

    client: Client
    number: int
    messages: int
    answers: Counter[int] = field(default_factory=Counter)
    waits: list[str] = field(default_factory=list)

    @property
    def batch(self) -> list[dict[str, object]]:
        """Its messages, all of one person."""
        traits = {"email": f"vp{self.number}@company{self.number}.io"}
        return [
            {"type": "track", "userId": f"u{self.number}", "messageId": f"{self.number}-{n}", "event": "Blog Read",
             "context": {"traits": traits}}
            for n in range(self.messages)
        ]  # fmt: skip

    async def send(self) -> None:
        """Until 200. Any answer but 200 and 429 fails the test by being counted."""
        while not self.answers[200]:
            try:
                answer = await self.client.http.post(
                    "/v1/batch", json={"batch": self.batch}, auth=(self.client.write_key, "")
                )
            except HTTPError:  # a connection that was kept open ended at this very moment
                await asyncio.sleep(0.5)
                continue
            self.answers[answer.status_code] += 1
            if answer.status_code != 200:
                self.waits.append(answer.headers.get("retry-after", ""))
                await asyncio.sleep(min(float(self.waits[-1] or 1), 5.0))


Clients = Callable[[int], list[Sdk]]
"""Makes the herd, with so many messages each."""


async def kept_once(house: House, herd: Sequence[Sdk]) -> None:
    """Every message of the herd was taken, once."""
    expected = Counter(message["messageId"] for one in herd for message in one.batch)
    assert await engagements(house.dsn) == expected
