"""The least that a tracking endpoint can be: parse, look at two fields, one INSERT for many requests, then answer."""

import asyncio
import sys

import asyncpg
import orjson
import uvloop
from starlette.types import Receive, Scope, Send

from runtime.http.server import Server, bind

LINGER = 0.005
MOST = 200
TABLE = "CREATE TABLE IF NOT EXISTS bare (message_id text NOT NULL, subject text NOT NULL, body jsonb NOT NULL)"
_INSERT = "INSERT INTO bare SELECT * FROM unnest($1::text[], $2::text[], $3::jsonb[])"
Rows = list[tuple[str, str, str]]


class Door:
    """Waits as long for company as Baton's own does, and takes as many."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._waiting: list[tuple[Rows, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw, more = b"", True
        while more:
            message = await receive()
            raw += message.get("body", b"")
            more = message.get("more_body", False)
        body = orjson.loads(raw)
        rows = [_valid(item) for item in body.get("batch", (body,))]
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append((rows, kept))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        await kept
        headers = [(b"content-type", b"application/json"), (b"content-length", b"17")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"success": true}'})

    async def _work(self) -> None:
        while self._waiting:
            if len(self._waiting) < MOST:
                await asyncio.sleep(LINGER)
            taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            columns = zip(*(row for rows, _ in taken for row in rows), strict=True)
            await self._connection.execute(_INSERT, *(list(column) for column in columns))
            for _, kept in taken:
                kept.set_result(None)


def _valid(item: object) -> tuple[str, str, str]:
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        raise ValueError("no message")
    return str(item["messageId"]), str(item.get("userId") or item["anonymousId"]), orjson.dumps(item).decode()


async def main(dsn: str, port: int) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(TABLE)
    await Server(Door(connection), bind("127.0.0.1", port)).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
