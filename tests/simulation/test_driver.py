"""How a laboratory is worked to rest: in the order of the flow, what is due and no more, and the views a day behind."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, cast

import pytest

from events.topics import FLOW
from runtime.lanes.lane_status import LanesSeen, WaitingLane
from runtime.process.reloading import ReloadingAssembly
from standalone import driver
from standalone.driver import Driver, NotIdle

NOON: Final = datetime(2026, 8, 5, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)
VIEWS: Final = "reporting"
Services = tuple[str, ...]


class PlayedAssembly:
    """Of which each service tells the next of the flow, and all of them the views."""

    def __init__(self) -> None:
        self.behind = dict[str, set[int]]()
        self.dues = dict[str, dict[int, datetime]]()
        self.work = list[tuple[str, tuple[tuple[int, bool, datetime | None], ...]]]()
        self.visits = 0
        self.later: datetime | None = None
        """When the outward loops have something to do."""
        self.caught_up = 0
        self.held = False
        """What the outward loops would do waits for the views."""
        self.plans = dict[str, dict[int, datetime]]()
        """Timers that the next work sets."""
        self.stuck = False

    def unread(self, service: str, heads: Mapping[str, Mapping[int, int]]) -> list[int]:
        return sorted({*self.behind.get(service, ()), *heads.get(service, {})})

    async def call(self, lanes: Sequence[WaitingLane], now: datetime) -> None:
        (service,) = {one.service for one in lanes}
        self.work.append((service, tuple((one.p, one.behind, one.due) for one in lanes)))
        if self.stuck:
            return
        self.visits += 1
        self.behind.pop(service, None)
        self.dues.pop(service, None)
        self.dues |= self.plans
        self.plans = {}
        self.held = self.held and service != VIEWS
        if service != VIEWS:
            self.behind.setdefault(VIEWS, set()).add(0)
            following = FLOW[FLOW.index(service) + 1]
            if following != VIEWS:
                self.behind.setdefault(following, set()).add(0)

    async def rested(self) -> None:
        """Nothing is under way."""

    async def waiting(self) -> datetime | None:
        return self.later

    async def catch_up(self) -> bool:
        if self.held:
            return False
        self.caught_up, self.later = self.caught_up + 1, None
        return True

    async def catch_up_views(self) -> None:
        self.caught_up += 10

    async def look(self) -> LanesSeen:
        return LanesSeen({}, {service: dict(dues) for service, dues in self.dues.items()})

    def order(self) -> Services:
        """Who worked since this was last asked."""
        services = tuple(service for service, _ in self.work)
        self.work.clear()
        return services


@pytest.fixture
def played() -> PlayedAssembly:
    return PlayedAssembly()


@pytest.fixture
def driven(played: PlayedAssembly) -> Driver:
    return Driver(cast(ReloadingAssembly, played), played.look)


async def test_what_one_says_the_next_reads_at_once_and_the_views_a_day_later(
    played: PlayedAssembly, driven: Driver
) -> None:
    await driven.settle(NOON)
    assert played.order() == (), "nothing was there"
    played.behind["ingest"] = {0}
    await driven.settle(NOON + DAY - SECOND)
    assert played.order() == FLOW[:-1]
    await driven.settle(NOON + DAY - SECOND)
    assert played.order() == ()
    await driven.settle(NOON + DAY)
    assert played.order() == (VIEWS,)
    played.behind["scoring"] = {0}
    await driven.settle(NOON + 2 * DAY - SECOND)
    assert played.order() == FLOW[1:-1], "a day since they were read, not since the first time"


async def test_what_is_due_now_is_worked_and_what_is_due_later_is_not(played: PlayedAssembly, driven: Driver) -> None:
    played.dues = {"routing": {0: NOON, 2: NOON + SECOND}, "sla-monitor": {1: NOON + SECOND}}
    played.behind["routing"] = {1}
    await driven.settle(NOON)
    assert played.work[0] == ("routing", ((0, False, NOON), (1, True, None)))
    assert [service for service, _ in played.work] == ["routing", "sla-monitor", "notifier"]


async def test_outward_loops_run_when_something_of_theirs_is_due_and_are_shown_to_the_end(
    played: PlayedAssembly, driven: Driver
) -> None:
    played.later = NOON + SECOND
    await driven.settle(NOON)
    assert played.caught_up == 0
    await driven.settle(NOON + SECOND)
    assert played.caught_up == 1
    played.behind["notifier"] = {0}
    await driven.show(NOON + SECOND)
    assert (played.order(), played.caught_up) == (("notifier", VIEWS), 11)


async def test_what_was_planned_for_now_by_what_was_done_is_done_too(played: PlayedAssembly, driven: Driver) -> None:
    played.behind["notifier"] = {0}
    played.plans = {"sla-monitor": {3: NOON}, "routing": {4: NOON + SECOND}}
    await driven.settle(NOON)
    assert ("sla-monitor", ((3, False, NOON),)) in played.work
    assert ("routing", ((4, False, NOON + SECOND),)) not in played.work


async def test_an_outward_loop_that_waits_for_the_views_gets_them_at_once(
    played: PlayedAssembly, driven: Driver
) -> None:
    await driven.settle(NOON)
    played.behind["notifier"] = {0}
    played.held, played.later = True, NOON
    await driven.settle(NOON + SECOND)
    assert (played.order(), played.caught_up) == (("notifier", VIEWS), 1)


async def test_an_outward_loop_that_never_has_done_is_an_error(
    played: PlayedAssembly, driven: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "PATIENCE", 0.05)
    played.held, played.later = True, NOON
    with pytest.raises(NotIdle):
        await driven.settle(NOON)


async def test_a_lane_that_comes_to_no_rest_is_an_error(
    played: PlayedAssembly, driven: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "PATIENCE", 0.05)
    played.behind["scoring"] = {0}
    played.stuck = True
    with pytest.raises(NotIdle):
        await driven.settle(NOON)
    assert len(played.work) > 1, "it was tried again"
