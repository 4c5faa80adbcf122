"""Until Slack and SMTP are configured: each message becomes a file in DATA/outbox, and one line on the console."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import structlog

from notifier.channels.base import Delivered, Later, OutgoingMessage, SendOutcome
from notifier.render import Message

_log = structlog.get_logger()
_THREADS: Final = 2
"""Of those that the whole process shares."""
_SUFFIX: Final = {"slack": "json", "email": "eml"}


Compose = Callable[[Message, str], dict[str, Any]]
Encode = Callable[[OutgoingMessage, Mapping[str, Any]], bytes]


class OutboxChannel:
    """Stands in for a channel; a living card is one file, rewritten."""

    outbox = True
    pace: timedelta | None = None
    hold = timedelta(seconds=10)
    calls = 50
    prompt = False

    def __init__(self, name: str, folder: Path, compose: Compose, encode: Encode) -> None:
        self.name = name
        self._folder = folder / "outbox" / name
        self._compose = compose
        self._encode = encode
        self._threads = asyncio.Semaphore(_THREADS)

    def compose(self, message: Message, notice: str) -> dict[str, Any]:
        """The message as the real channel would compose it."""
        return self._compose(message, notice)

    async def send(self, message: OutgoingMessage, body: Mapping[str, Any]) -> SendOutcome:
        """Writes the message as a file, over an earlier one of the same notice; the mail of who left is deleted."""
        path = self._folder / f"{message.id}.{_SUFFIX[self.name]}"
        try:
            async with self._threads:
                if message.removed and self.name == "email":
                    await asyncio.to_thread(path.unlink, missing_ok=True)
                else:
                    await asyncio.to_thread(_write, path, self._encode(message, body))
        except OSError as error:
            return Later(f"the outbox cannot be written: {error.strerror}")
        verb = "redrawn" if message.reference else "written"
        _log.info("outbox", channel=self.name, what=message.kind, to=message.recipient, lead=message.lead, file=verb)
        return Delivered(place=message.address, reference=message.id)


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing: whoever reads the folder never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".tmp")
    half.touch(mode=0o600)  # names and addresses
    half.write_bytes(content)
    half.replace(path)
