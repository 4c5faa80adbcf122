"""A deadline counts calm seconds: it neither ends early on a busy machine nor never."""

import asyncio
import os
import time
import urllib.error
from email.message import Message

import pytest

from testing.waiting import Deadline, eventually, until


async def test_the_first_true_answer_is_returned() -> None:
    answers = iter((0, "", "here"))

    async def look() -> object:
        return next(answers)

    assert await eventually(look) == "here"


async def test_what_never_comes_is_named() -> None:
    async def never() -> bool:
        return False

    with pytest.raises(TimeoutError, match="a miracle"):
        await eventually(never, within=0.05, what="a miracle")
    with pytest.raises(TimeoutError, match="nothing came"):
        await asyncio.to_thread(until, lambda: False, 0.05, lambda: "nothing came")


def test_what_is_not_found_is_not_there_yet_and_any_other_refusal_is_told() -> None:
    answers = iter((404, 404, None, 403))

    def ask() -> bool:
        if (code := next(answers)) is not None:
            raise urllib.error.HTTPError("http://127.0.0.1/", code, "no", Message(), None)
        return True

    until(ask, 5)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        until(ask, 5)


def test_a_busy_machine_is_given_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def length(load: float) -> float:
        now = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: now)
        monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
        monkeypatch.setattr(os, "cpu_count", lambda: 2)
        deadline = Deadline(10)
        while not deadline.passed():
            now += 0.02
        return now

    assert length(0.5) == pytest.approx(10, rel=0.01)
    assert length(8) == pytest.approx(40, rel=0.01)
    assert length(1000) == pytest.approx(80, rel=0.01)
