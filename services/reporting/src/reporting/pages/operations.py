"""The page of operations: what works and what waits, in words first; then what somebody has to decide."""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response

from reporting.figures import duration
from reporting.filters import LanesQuery, NoQuery, PageQuery, StewardsQuery
from reporting.pages.page_router import PageRouter
from reporting.reports.enrichment import enrichment
from reporting.reports.history import history
from reporting.reports.lanes import by_service, lanes
from reporting.reports.report import ReportScope
from reporting.reports.stewards import stewards
from reporting.reports.unowned import count_places, unowned
from reporting.store.conditions import DatabaseRow
from reporting.store.credits import count_due
from reporting.store.freshness import last_event

SHOWN_QUESTIONS: Final = 20
SHOWN_DECISIONS: Final = 5
"""What the page shows of the stewards' queue."""
SHOWN_DUE: Final = 100
"""Won deals that are to be shared out anew, from which on it is told: fewer there always are."""
SAMPLES: Final = 40
SPACING: Final = timedelta(seconds=5)
"""How many looks at the lag are kept, and how far apart they are at least."""
_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class LagHistory:
    """How many events each service was behind when somebody looked; lost when the process ends."""

    def __init__(self) -> None:
        self._looks: deque[tuple[datetime, Mapping[str, int]]] = deque(maxlen=SAMPLES)

    def note(self, services: Sequence[DatabaseRow], now: datetime) -> None:
        """Keeps the lag of now; a look soon after another takes its place."""
        if len(self._looks) > 1 and now - self._looks[-2][0] < SPACING:
            self._looks.pop()
        self._looks.append((now, {one["name"]: one["behind"] for one in services}))

    def shares(self, service: str) -> list[float]:
        """The lag at each look, oldest first, as a share of the highest."""
        lags = [look.get(service, 0) for _, look in self._looks]
        return [lag / max(1, *lags) for lag in lags] if lags else []

    def words(self, service: str) -> str:
        """The same for ears."""
        lags = [look.get(service, 0) for _, look in self._looks]
        return f"waiting events of {service}: {lags[-1]} now, {max(lags)} at most lately" if lags else ""


def state_of_house(services: Sequence[DatabaseRow], dead: int, last: datetime | None, now: datetime) -> str:
    """The whole page in one sentence: "All six services work, nothing waits, last event 3 s ago"."""
    stopped = [one["name"] for one in services if one["stopped"]]
    idle = [one["name"] for one in services if not one["stopped"] and not one["door"] and one["held"] < one["lanes"]]
    letters = f"{counted(dead)} dead letter{'s' if dead > 1 else ''}" if dead else ""
    behind = sum(one["behind"] for one in services)
    parts = [
        f"{_list(stopped)} {'has' if len(stopped) == 1 else 'have'} stopped"
        if stopped
        else f"{_list(idle)} {'is' if len(idle) == 1 else 'are'} not working on everything"
        if idle
        else f"All {counted(len(services))} services work",
        f"{behind:,} {'event waits' if behind == 1 else 'events wait'}"
        if behind
        else f"nothing waits{' but ' if dead else ''}{letters}",
    ]
    if behind and dead:
        parts.append(f"{letters} for a decision")
    parts.append(f"last event {ago(last, now)}" if last else "nothing has come yet")
    sentence = ", ".join(parts)
    return sentence[0].upper() + sentence[1:]


def counted(number: int) -> str:
    """A number in a sentence: small ones as words."""
    return _NUMBERS[number] if number < len(_NUMBERS) else f"{number:,}"


def ago(instant: datetime, now: datetime) -> str:
    """`3 s ago`, `4 min ago`: the largest unit only."""
    seconds = max(0, (now - instant).total_seconds())
    return f"{int(seconds)} s ago" if seconds < 60 else f"{' '.join(duration(seconds).split(' ')[:2])} ago"


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else "".join(names)


def alike(letters: Sequence[DatabaseRow]) -> list[dict[str, Any]]:
    """Each open letter with how many lie here for the same reason, itself included (`like`)."""
    kinds = [(one["service"], one["type"], one["reason"]) for one in letters]
    return [
        {**one, "service": str(one["service"]).replace("_", "-"), "like": kinds.count(kind)}
        for one, kind in zip(letters, kinds, strict=True)
    ]


def add_operations(pages: PageRouter) -> None:
    """Adds `/operations`."""
    lag = LagHistory()

    @pages.page("/operations")
    async def operations_page(request: Request, scope: ReportScope) -> Response:
        answer = await lanes(scope, LanesQuery())
        services = by_service(answer["items"])
        lag.note(services, scope.now)
        places = await count_places(scope)
        astray = await unowned(scope, PageQuery()) if places["unowned"] else None
        letters = alike(answer["dead_letters"])
        return pages.renderer.page(
            request,
            "operations.html",
            scope.now,
            lanes=answer,
            services=services,
            lag=lag,
            letters=letters,
            state=state_of_house(services, len(letters), await last_event(scope.tx), scope.now),
            places=places,
            astray=astray,
            names=sorted(scope.agreement.definitions.survivorship),
            due=due if (due := await count_due(scope.tx)) >= SHOWN_DUE else 0,
            stewards=await stewards(scope, StewardsQuery(limit=SHOWN_QUESTIONS)),
            decided=await stewards(scope, StewardsQuery(limit=SHOWN_DECISIONS, closed=True)),
            enrichment=await enrichment(scope, NoQuery()),
            past=(await history(scope, PageQuery(limit=10)))["items"],
        )
