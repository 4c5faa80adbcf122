"""Work beside the lanes: a failure that passes is said and tried again, later each time; another ends it."""

import asyncio
from collections.abc import Sequence

import pytest

from runtime.process import background
from runtime.process.background import repeat
from testing.waiting import PATIENCE


class Work:
    """Fails as told, one after the other, then has nothing to do for long."""

    def __init__(self, errors: Sequence[Exception | float] = (), *, stop_after: int | None = None) -> None:
        self.errors, self.calls, self.stop = list(errors), 0, asyncio.Event()
        self._stop_after = stop_after

    async def __call__(self) -> float:
        self.calls += 1
        if self._stop_after == self.calls:
            self.stop.set()
        outcome = self.errors.pop(0) if self.errors else 0.0
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def test_what_passes_is_said_by_its_type_and_tried_again_later_each_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(background, "SHORTEST", 0.001)
    secret = "password=canary"
    work = Work([OSError(secret), OSError(secret), OSError(secret), 0.0, OSError(secret)], stop_after=6)
    await asyncio.wait_for(repeat(work, work.stop, name="calendars", longest=0.003), PATIENCE)
    assert [record.getMessage() for record in caplog.records] == [
        "calendars: OSError, again in 0.0 s" for _ in range(4)
    ]
    assert [record.args[2] for record in caplog.records if isinstance(record.args, tuple)] == [
        0.001,
        0.002,
        0.003,
        0.001,
    ], "doubled, up to the longest; anew after a success"
    assert "canary" not in caplog.text


async def test_a_bug_ends_it_loudly() -> None:
    work = Work([KeyError("x")])
    with pytest.raises(KeyError):
        await repeat(work, work.stop, name="lookups")
    assert work.calls == 1


@pytest.mark.parametrize("first", [3600.0, OSError()])
async def test_stop_ends_a_pause_and_a_back_off_at_once(
    monkeypatch: pytest.MonkeyPatch, first: Exception | float
) -> None:
    monkeypatch.setattr(background, "SHORTEST", 3600.0)
    work = Work([first])
    loop = asyncio.create_task(repeat(work, work.stop, name="rescore", longest=3600.0))
    done, _ = await asyncio.wait({loop}, timeout=0.05)
    assert (done, work.calls) == (set(), 1)
    work.stop.set()
    await asyncio.wait_for(loop, PATIENCE)
    assert work.calls == 1


async def test_one_that_is_stopped_before_it_began_does_nothing() -> None:
    work = Work()
    work.stop.set()
    await repeat(work, work.stop, name="rescore")
    assert work.calls == 0


async def test_an_outage_of_days_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause doubled without an end is no number any more after 1,024 failures: eight hours of them."""
    monkeypatch.setattr(background, "SHORTEST", 0.0001)
    work = Work([OSError()] * 1100, stop_after=1101)
    await asyncio.wait_for(repeat(work, work.stop, name="calendars", longest=0.0001), PATIENCE)
    assert work.calls == 1101
