"""What a handler wants called after the commit: once for each batch that was committed, never for one rolled back."""

from collections.abc import Sequence

import pytest

from events import Fact
from probe.bench import Bench, engagement
from probe.service import SERVICES, Tell
from runtime.database.connection import Connection
from runtime.service import Components, Context, Service
from runtime.values import Batch


class Telling(Tell):
    """Asks to be told of every batch; the first time its transaction fails after that."""

    def __init__(self, context: Context, log: list[str]) -> None:
        super().__init__(context)
        self.tries = 0
        self._log = log

    async def __call__(self, batch: Batch, tx: Connection) -> Sequence[Fact]:
        facts = await super().__call__(batch, tx)
        ids = [event.id for event in batch.events]
        assert batch.after_commit == []
        batch.after_commit.append(lambda: self._log.extend(ids))
        self.tries += 1
        if self.tries == 1:
            raise OSError("the database went away before the commit")
        assert not set(ids) & set(self._log)
        return facts


async def test_it_is_called_once_for_what_was_committed(postgres_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[str] = []

    def build(context: Context) -> Components:
        return Components(handler=Telling(context, log))

    monkeypatch.setitem(SERVICES, "scoring", Service("scoring", "probe", build))
    places = await postgres_bench.write(*(engagement("lead-0", n) for n in range(1, 4)))
    async with postgres_bench.running("scoring"):
        await postgres_bench.drain("scoring")
    assert log == places
