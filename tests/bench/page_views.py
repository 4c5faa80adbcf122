"""Page views at a steady rate, a process of its own. Prints a line once it has begun, and at SIGTERM a line of JSON."""

import argparse
import asyncio
import signal
from collections.abc import Mapping
from time import perf_counter

import orjson
import uvloop
from tests.bench.load import request
from tests.bench.traffic import AGENT

PEOPLE = 1000
CONNECTIONS = 16


class Views:
    """Each connection sends every 16th view at its time, or late, when the answer to the one before was late."""

    def __init__(self, port: int, key: str, rate: float) -> None:
        self.port, self.key, self.rate = port, key, rate
        self.took: list[float] = []
        self.refused = 0
        self.stopped = asyncio.Event()

    async def introduce(self, first: int) -> None:
        """Every 16th person makes themselves known, by an address and nothing else: too little to qualify by."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for n in range(first, PEOPLE, CONNECTIONS):
            traits = {"email": f"viewer{n}@viewers{n}.example"}
            body = {"type": "identify", "userId": f"v{n}", "messageId": f"viewer-{n}", "traits": traits}
            await self._post(reader, writer, "identify", body)
        writer.close()

    async def view(self, first: int) -> None:
        """Until it is stopped."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        begun, n = perf_counter(), first
        while not self.stopped.is_set():
            await asyncio.sleep(max(0.0, begun + n / self.rate - perf_counter()))
            started = perf_counter()
            await self._post(reader, writer, "page", _page(n))
            self.took.append(perf_counter() - started)
            n += CONNECTIONS
        writer.close()

    async def _post(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, body: Mapping[str, object]
    ) -> None:
        writer.write(request(self.key, path, orjson.dumps(body)))
        head = await reader.readuntil(b"\r\n\r\n")
        self.refused += head[9:12] != b"200"
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length or 0))


def _page(n: int) -> Mapping[str, object]:
    return {
        "type": "page",
        "userId": f"v{n % PEOPLE}",
        "messageId": f"view-{n:032x}",
        "context": {"userAgent": AGENT},
        "properties": {"url": f"https://www.baton.example/tour/{n % 40}", "title": "Tour"},
    }


async def _send(views: Views) -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, views.stopped.set)
    await asyncio.gather(*(views.introduce(first) for first in range(CONNECTIONS)))
    print("begun", flush=True)
    begun = perf_counter()
    await asyncio.gather(*(views.view(first) for first in range(CONNECTIONS)))
    took = sorted(views.took)
    per_second = len(took) / (perf_counter() - begun)
    figures = {"per_second": per_second, "p50_ms": took[len(took) // 2] * 1000, "refused": views.refused}
    print(orjson.dumps(figures).decode())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--rate", type=float, required=True, help="views a second")
    given = parser.parse_args()
    uvloop.run(_send(Views(given.port, given.key, given.rate)))


if __name__ == "__main__":
    main()
