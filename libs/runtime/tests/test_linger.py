"""News of a topic that is waited for wakes its lane later, once, and never later than other news would have."""

import asyncio

from runtime.lanes.linger import Linger
from testing.waiting import eventually

LONG, SHORTER, SHORT = 3000.0, 2000.0, 0.001


def lingering() -> tuple[Linger, list[int]]:
    woken: list[int] = []
    return Linger({"late": LONG, "sooner": SHORTER, "soon": SHORT}, woken.append), woken


async def test_the_earliest_end_counts() -> None:
    linger, woken = lingering()
    linger.news(1, "late")
    first = linger.lanes[1]
    assert LONG - 1000 < first.when() - asyncio.get_running_loop().time() <= LONG
    linger.news(1, "late")
    assert linger.lanes[1] is first, "more news never makes it wait longer"
    linger.news(1, "sooner")
    second = linger.lanes[1]
    assert first.cancelled()
    assert second.when() < first.when()
    linger.news(1, "late")
    linger.news(2, "late")
    assert (linger.lanes[1], woken) == (second, [])
    linger.news(1, "soon")

    async def ended() -> bool:
        return woken == [1] and set(linger.lanes) == {2}

    await eventually(ended)
    assert second.cancelled()
    linger.end(2)


async def test_other_news_wakes_at_once_whether_the_lane_waits_or_not() -> None:
    linger, woken = lingering()
    linger.news(1, "late")
    waits = linger.lanes[1]
    linger.news(1, "other")
    assert (woken, linger.lanes, waits.cancelled()) == ([1], {}, True)
    linger.news(1, "other")
    linger.end(2)
    assert woken == [1, 1, 2]
