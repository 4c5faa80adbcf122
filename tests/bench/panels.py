"""How long the house takes for each panel and report when it knows 100,000 leads and a million events.

A small company is simulated for thirty days through the front door; then all that reporting knows of its leads and
deals is copied in SQL, spread over two years, until there are so many. Of what is older than a month, one deal in three
is then won, one lost, and no promise runs on. Each panel is asked for twenty times over HTTP, the last ninety days, one
after another, uncached (`/panel/{report}`); so is every report that is no panel, as JSON, and the long lists.
`panel_p95_ms` is the worst 95th percentile of panels and reports; each has a line of its own.
"""

from collections.abc import Sequence
from datetime import UTC
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

import uvloop
from tests.bench.bulk import copy_views, shared_out, tidied_up
from tests.bench.figures import Figure

from reporting.reports import REPORTS
from runtime.clock import wall
from runtime.database.connect import admin
from runtime.database.statement import statement
from runtime.http.client import AsyncClient, client
from runtime.process.collector import calm_collector
from runtime.settings import Settings
from standalone.house import House
from standalone.simulate import Size, simulate

REACH: Final = 50
SMALL: Final = 120
"""Leads that are simulated and copied."""
_ELSEWHERE: Final = ("key-figures", "promises-by-rep", "response-times", "content", "partners", "packs", "unowned")
"""Panels of other pages than the numbers."""
PANELS: Final = tuple(report.name for report in REPORTS if report.panel or report.name in _ELSEWHERE)
OTHERS: Final = {
    report.name: f"/api/{report.name}{'?range=90d' if 'range' in report.query.model_fields else ''}"
    for report in REPORTS
    if report.name not in PANELS
}
"""Name to address: some reports know no days, and refuse them."""
MORE: Final = (
    *("/api/funnel?range=90d&mode=activity", "/api/funnel?range=90d&by=persona", "/api/funnel?range=90d&source=google"),
    *("/api/response-times?range=90d&by=hour", "/api/sources?range=90d&by=campaign", "/api/places?place=open_work"),
)
"""Reports asked for in another way."""
LISTS: Final = (
    *("/leads", "/inbox", "/search?q=an", "/search?q=zzqx", "/leads?offered=true", "/leads?flag=cooling"),
    *("/leads?came_back=true&ended=false", "/leads?band=hot&touched=false&ended=false"),
    "/leads?stage=mql&owner=-&ended=false",
)
"""Everybody's work, a search that finds many and one that finds nobody, and the views of the list of leads."""
_COUNTS: Final = statement("""
    SELECT (SELECT count(*) FROM reporting.person) AS leads, (SELECT count(*) FROM reporting.story) AS events
""")


_AFTERWARDS: Final = (
    statement("""
        UPDATE reporting.deal SET state = CASE WHEN hashtext(deal) % 3 = 0 THEN 'won' ELSE 'lost' END,
               closed_at = opened_at + interval '20 days'
        WHERE state = 'open' AND opened_at < clock_timestamp() - interval '30 days' AND hashtext(deal) % 3 <> 1
    """),
    statement("""
        UPDATE reporting.clock SET state = 'late', stopped = greatest(due, started) + interval '1 hour'
        WHERE stopped IS NULL AND started < clock_timestamp() - interval '30 days'
    """),
)
"""What has happened since to the copies of what is under way."""


def bench(leads: int, events: int, times: int) -> list[Figure]:
    """`leads` and `events`: how many the views know; `times`: how often each panel is asked for."""
    calm_collector()
    with TemporaryDirectory(prefix="baton-bench-") as folder:
        settings = Settings(data=Path(folder) / "house", port=0, _env_file=None)
        uvloop.run(simulate(settings, Size(30, SMALL, 7, wall().astimezone(UTC)), lambda *_: None))
        return uvloop.run(measured(settings, leads, events, times))


async def measured(settings: Settings, leads: int, events: int, times: int) -> list[Figure]:
    """The figures of a house in whose folder something was simulated."""
    house = await House(settings).start()
    try:
        async with admin(house.dsn) as tx, tx.begin():
            small = (await tx.execute(_COUNTS)).one()
        if small.leads < leads:
            await copy_views(
                house.dsn, "reporting", ceil(leads / small.leads) - 1, max(1, ceil(events / small.events) - 1)
            )
            async with admin(house.dsn) as tx, tx.begin():
                for happened in _AFTERWARDS:
                    await tx.execute(happened)
            await shared_out(house.dsn, "reporting")
            kept = ("credit", "credited_deal", "credit_week", "credit_due")
            await tidied_up(house.dsn, "reporting", ("deal", "clock", *kept))
        async with client(base_url=house.url, timeout=120) as http:
            panels = [(name, await _p95(http, f"/panel/{name}?range=90d", times)) for name in PANELS]
            others = [(name, await _p95(http, path, times)) for name, path in OTHERS.items()]
            lists = [(path, await _p95(http, path, times)) for path in (*MORE, *LISTS)]
    finally:
        await house.stop()
    return _figures(panels, others, lists, times)


def _figures(
    panels: Sequence[tuple[str, float]],
    others: Sequence[tuple[str, float]],
    lists: Sequence[tuple[str, float]],
    times: int,
) -> list[Figure]:
    kinds = {name: "panel" for name, _ in panels} | {name: "report" for name, _ in others}
    slowest = sorted((*panels, *others), key=lambda one: -one[1])
    named = ", ".join(f"{name} {ms:.0f}" for name, ms in slowest[:5])
    note = f"{len(panels)} panels and {len(others)} reports, each {times} times; the slowest (ms): {named}"
    return [
        Figure("panel_p95_ms", "the slowest panel or report, p95", slowest[0][1], "ms", REACH, note, at_most=True),
        *(
            Figure(f"{kinds[name]}_{name.replace('-', '_')}_p95_ms", f"{kinds[name]} {name}, p95", ms, "ms")
            for name, ms in slowest
        ),
        *(Figure(f"page_{_word(path)}_p95_ms", f"page {path}, p95", ms, "ms") for path, ms in lists),
    ]


def _word(path: str) -> str:
    return "".join(one if one.isalnum() else "_" for one in path.strip("/")).rstrip("_")


async def _p95(http: AsyncClient, path: str, times: int) -> float:
    """Milliseconds; the first request, which plans and warms, is not counted."""
    (await http.get(path)).raise_for_status()
    took: list[float] = []
    for _ in range(times):
        started = perf_counter()
        (await http.get(path)).raise_for_status()
        took.append((perf_counter() - started) * 1000)
    return sorted(took)[ceil(0.95 * times) - 1]
