"""The load, a process of its own on raw sockets, so that the sender is not what is measured. Prints a line of JSON."""

import argparse
import asyncio
from base64 import b64encode
from collections.abc import Callable
from time import perf_counter

import orjson
import uvloop
from tests.bench.traffic import AGENT

PEOPLE = 200
EVENTS = ("Product Page Viewed", "Blog Read", "Pricing Viewed", "Case Study Viewed", "Button Clicked")


class Connection(asyncio.Protocol):
    """Keep-alive; sends the next request when the answer to the last one is complete."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._buffer = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvloop's own
        self._transport = transport
        self._next()

    def _next(self) -> None:
        request = self._run.request()
        if request is None:
            self._transport.close()
            return
        self._sent = perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) < int(length or 0):
            return
        self._buffer = b""
        self._run.answered(head[9:12] == b"200", perf_counter() - self._sent)
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        self._run.closed()


class Run:
    """One path, one size of batch, so many connections, for so many seconds after a second of warming up."""

    def __init__(self, make: Callable[[int], bytes], until: Callable[[int], bool], connections: int) -> None:
        self.took: list[tuple[float, float]] = []
        self.refused = 0
        self._make, self._until = make, until
        self._number = 0
        self._open = connections
        self.done = asyncio.Event()

    def request(self) -> bytes | None:
        self._number += 1
        return None if self._until(self._number) else self._make(self._number)

    def answered(self, well: bool, seconds: float) -> None:
        self.refused += not well
        self.took.append((perf_counter(), seconds))

    def closed(self) -> None:
        self._open -= 1
        if not self._open:
            self.done.set()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--size", type=int, default=1)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--salt", default="0", help="makes the messages differ from those of another run")
    print(orjson.dumps(uvloop.run(_measure(parser.parse_args()))).decode())


async def _measure(given: argparse.Namespace) -> dict[str, float]:
    """Two hundred people make themselves known first; everything after that is theirs."""
    known = Run(lambda n: request(given.key, "identify", identify(n)), lambda n: n > PEOPLE, 8)
    await _go(known, given.port, 8)
    started = perf_counter()
    warm, end = started + 1, started + 1 + given.seconds
    path = "track" if given.size == 1 else "batch"

    def make(number: int) -> bytes:
        first = number * given.size
        if given.size == 1:
            return request(given.key, path, track(given.salt, first))
        items = b",".join(track(given.salt, first + n) for n in range(given.size))
        return request(given.key, path, b'{"batch":[%b]}' % items)

    run = Run(make, lambda _n: perf_counter() > end, given.connections)
    await _go(run, given.port, given.connections)
    took = sorted(seconds for at, seconds in run.took if warm <= at <= end)
    return {
        "events_per_second": len(took) * given.size / given.seconds,
        "p50_ms": took[len(took) // 2] * 1000,
        "p99_ms": took[len(took) * 99 // 100] * 1000,
        "refused": run.refused + known.refused,
    }


async def _go(run: Run, port: int, connections: int) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(run), "127.0.0.1", port)
    await run.done.wait()


def request(key: str, path: str, body: bytes) -> bytes:
    """The bytes of a POST to `/v1/PATH` with a write key."""
    credentials = b64encode(f"{key}:".encode())
    head = b"POST /v1/%b HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic %b\r\nContent-Type: application/json\r\n"
    return (head + b"Content-Length: %d\r\n\r\n%b") % (path.encode(), credentials, len(body), body)


def identify(n: int) -> bytes:
    """A message of a tracking client: person `n` makes themselves known."""
    traits = {"email": f"person{n}@company{n}.example", "firstName": "Sam", "company": f"Company {n}", "title": "CEO"}
    return orjson.dumps({"type": "identify", "userId": f"u{n}", "messageId": f"identify-{n}", "traits": traits})


def track(salt: str, n: int, people: int = PEOPLE) -> bytes:
    """A message of a tracking client: event `n`, of one of `people`; another `salt`, another message."""
    return orjson.dumps(
        {
            "type": "track",
            "event": EVENTS[n % len(EVENTS)],
            "userId": f"u{n % people + 1}",
            "messageId": f"ajs-next-{salt}-{n:024x}",
            "context": {"userAgent": AGENT, "page": {"url": "https://www.baton.example/tour", "title": "Tour"}},
            "properties": {"plan": "team", "seats": n % 50},
        }
    )


if __name__ == "__main__":
    main()
