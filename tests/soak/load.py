"""The steady load: forms, page views and the answers of sales, over HTTP, as people and tools send them."""

import asyncio
import contextlib
import itertools
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

import orjson
from tests.soak.record import Recorder

from runtime.http.client import AsyncClient, HTTPError
from testing.answers import LeadBeginning
from testing.json import read

AT_ONCE: Final = 64
"""Requests on their way; while so many wait, what would be sent is left out."""
PATIENCE: Final = 40.0
"""Seconds after which a sender stops repeating what was not accepted."""
GIVES_UP: Final = 0.1
"""Share of the failed attempts that are never repeated: their fate stays open."""
SENDS_TWICE: Final = 0.05
"""Share of the accepted requests that are sent again all the same."""
VIEWS: Final = 3
"""Page views in one request, on average."""
EVENTS: Final = ("Product Page Viewed", "Blog Read", "Pricing Viewed", "Case Study Viewed", "Button Clicked")
COUNTRIES: Final = ("US", "GB", "DE", "FR", "CA")
SALES: Final = {"accepted": 5, "attempted": 4, "connected": 2, "rejected": 1, "deal_won": 1}

Body = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, to whichever door."""

    path: str
    headers: Mapping[str, str]
    content: bytes


@dataclass
class Load:
    """Sends until `stopped`; `doors` and `pages` are addresses of ingest and of reporting."""

    http: AsyncClient
    doors: Sequence[str]
    pages: str
    write_key: str
    server_key: str
    recorder: Recorder
    chance: Random
    rate: float
    """Events a second."""
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    known: list[int] = field(default_factory=list)
    """People whose form was accepted."""
    left_out: int = 0
    wrong: list[str] = field(default_factory=list)
    """Answers that no fault explains."""
    _number: "itertools.count[int]" = field(default_factory=itertools.count)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """One request after the other at its time, each in a task of its own; returns when all are answered."""
        clock = asyncio.get_running_loop().time
        due = clock()
        while not self.stopped.is_set():
            kind = self.chance.choices((self.form, self.views, self.sale), (1, 18, 2))[0]
            due = max(due + self.chance.expovariate(1) * self._pause, clock() - 1)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopped.wait(), max(0.0, due - clock()))
            if len(self._tasks) >= AT_ONCE:
                self.left_out += 1
                continue
            self._begin(kind)
        await asyncio.gather(*self._tasks)

    @property
    def _pause(self) -> float:
        """Seconds between two requests: one of 21 is a form, 18 are views, two are answers."""
        return (1 + 18 * VIEWS + 2) / 21 / self.rate

    def _begin(self, kind: Callable[[], Awaitable[None]]) -> None:
        async def work() -> None:
            await kind()

        task = asyncio.create_task(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def form(self) -> None:
        """Somebody new makes themselves known, with all that it takes to be handed to sales."""
        number = next(self._number)
        fields = {
            "email": email(number),
            "anonymous_id": f"anon-{number}",
            "title": self.chance.choice(("VP Sales", "CEO", "Director of IT")),
            "country": self.chance.choice(COUNTRIES),
            "company": f"Company {number}",
        }
        headers = {"accept": "application/json", "idempotency-key": f"form-{number}"}
        if await self._send("/f/demo", [f"form-{number}"], fields, headers):
            self.known.append(number)

    async def views(self) -> None:
        """A browser that is known shows what was looked at, in one request."""
        if not self.known:
            return
        person = self.chance.choice(self.known)
        messages = [self._view(person) for _ in range(self.chance.randint(1, 2 * VIEWS - 1))]
        ids = [message["messageId"] for message in messages]
        await self._send("/v1/batch", ids, {"batch": messages}, {"authorization": f"Basic {self._credentials}"})

    @property
    def _credentials(self) -> str:
        return b64encode(f"{self.write_key}:".encode()).decode()

    def _view(self, person: int) -> dict[str, str]:
        kind, number = self.chance.choice(EVENTS), next(self._number)
        return {"type": "track", "event": kind, "anonymousId": f"anon-{person}", "messageId": f"view-{number}"}

    async def sale(self) -> None:
        """The rep who was offered a lead last does something with it; nothing when that cannot be seen now."""
        if not self.known:
            return
        person = email(self.chance.choice(self.known[-200:]))
        kind = self.chance.choices(list(SALES), list(SALES.values()))[0]
        headers = {"authorization": f"Bearer {self.server_key}"}
        try:
            answer = await self.http.get(f"{self.pages}/api/leads/{person}", headers=headers)
        except HTTPError:
            return
        offers = read(LeadBeginning, answer.content)["assignments"] if answer.status_code == 200 else []
        if offers:
            number = next(self._number)
            fact = sales_fact(kind, person, offers[-1]["id"], offers[-1]["rep"], number)
            await self._send("/sales", [str(fact["id"])], fact, headers)

    async def _send(self, path: str, messages: Sequence[str], body: Body, headers: Mapping[str, str]) -> bool:
        """Whether it was accepted in the end."""
        request = Request(path, {"content-type": "application/json", **headers}, orjson.dumps(body))
        clock = asyncio.get_running_loop().time
        until = clock() + PATIENCE
        while True:
            self.recorder.request(messages)
            status = await self._post(request)
            self.recorder.answer(messages, status)
            if isinstance(status, int) and status < 300:
                if self.chance.random() >= SENDS_TWICE:
                    return True
                self.recorder.request(messages)
                self.recorder.answer(messages, await self._post(request))
                return True
            if isinstance(status, int) and status not in (429, 503):
                self.wrong.append(f"{path} was answered with {status}")
                if status < 500:
                    return False
            if clock() > until or self.stopped.is_set() or self.chance.random() < GIVES_UP:
                return False
            await asyncio.sleep(self.chance.uniform(0.2, 3))

    async def _post(self, request: Request) -> int | str:
        url = self.chance.choice(self.doors) + request.path
        try:
            return (await self.http.post(url, headers=request.headers, content=request.content)).status_code
        except HTTPError as error:
            return type(error).__name__


def email(person: int) -> str:
    """The address of a person by number; everybody works elsewhere."""
    return f"vp{person}@company{person}.example"


def sales_fact(kind: str, lead: str, assignment: str, rep: str, number: int) -> Mapping[str, object]:
    """One object for POST /sales, under an id of its own."""
    more: Mapping[str, Mapping[str, object]] = {
        "accepted": {"assignment": assignment},
        "rejected": {"assignment": assignment, "reason": "not_icp"},
        "attempted": {"type": "contact_attempted", "channel": "call"},
        "connected": {"channel": "call"},
        "deal_won": {"deal": f"D-{number}", "amount": {"amount": 100_00, "currency": "USD"}},
    }
    return {"type": kind, "lead": lead, "by": rep, "id": f"sale-{number}", **more[kind]}
