"""Clocks that earlier releases stored are read as they were."""

import runpy
from datetime import UTC, datetime
from typing import Final

import pytest

from agreement.service_levels import ClockStart, ClockStop
from runtime.database.connection import Connection
from runtime.database.statement import statement
from sla_monitor import store
from sla_monitor.decide.state import Clock, Milestone
from sla_monitor.service import SERVICE

TEN: Final = datetime(2026, 8, 5, 10, tzinfo=UTC)
TWO: Final = datetime(2026, 8, 5, 14, tzinfo=UTC)
OLD_CLOCK: Final = statement("""
    INSERT INTO clock (
        id, lead, promise, level, side, cycle, assignment, holder, manager, team, pool, target, started, due,
        milestones, pauses, attempts, agreement, correlation, state, said, stamp, act, ended, ending, stopped, cause,
        charged)
    VALUES (
        :promise, 'lead-1', :promise, 'owner', 'sales', 2, 'lead-1.1', 'rep-ana', 'rep-kim', 'smb', 'smb-na', '4bh',
        :started, :due,
        '[{"percent": 50, "at": "2026-08-05T12:00:00Z", "action": "remind"},
          {"percent": 100, "at": "2026-08-05T14:00:00Z", "action": "breach"}]',
        '[["2026-08-05T11:00:00Z", "2026-08-05T12:00:00Z"]]', 1, 'a1', 'leads/3/7', 'late', 100, :stamp, 'attempted',
        NULL, NULL, :stamp, 'attempted', 'rep-ana')
""")


def statements_of(file: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a migration would run."""
    found: list[str] = []
    monkeypatch.setattr("alembic.op.execute", found.append)
    runpy.run_path(str(SERVICE.migrations / file))["upgrade"]()
    return found


@pytest.mark.parametrize(
    ("promise", "begun_by", "stops"),
    [
        ("routed", "becomes_mql", ("assigned",)),
        ("accepted", "assigned", ("accepted", "rejected")),
        ("first_touch", "assigned", ("attempted", "connected", "qualified", "deal_opened")),
        ("ae_touch", "handed_on", ("attempted", "connected", "qualified", "deal_opened")),
        ("survey", "deal_closed", ("feedback",)),
    ],
)
async def test_a_clock_of_the_first_release_comes_back_whole(
    tx: Connection,
    monkeypatch: pytest.MonkeyPatch,
    promise: str,
    begun_by: ClockStart,
    stops: tuple[ClockStop, ...],
) -> None:
    stamp = TWO.replace(hour=16)
    first, *later = sorted(file.name for file in SERVICE.migrations.glob("0*.py"))
    for sql in ("DROP TABLE clock, touch, mql, tally, leave", *statements_of(first, monkeypatch)):
        await tx.execute(statement(sql))
    await tx.execute(OLD_CLOCK, {"promise": promise, "started": TEN, "due": TWO, "stamp": stamp})
    for sql in (sql for file in later for sql in statements_of(file, monkeypatch)):
        await tx.execute(statement(sql))
    found = (await store.load_leads(tx, ["lead-1"], touches_of=[], mqls_of=[]))[0]["lead-1"].clocks
    assert found == {
        promise: Clock(
            id=promise, lead="lead-1", promise=promise, level="owner", side="sales", cycle=2, assignment="lead-1.1",
            holder="rep-ana", manager="rep-kim", team="smb", pool="smb-na", target="4bh", started=TEN, due=TWO,
            milestones=(Milestone(50, TEN.replace(hour=12), "remind"), Milestone(100, TWO, "breach")),
            pauses=((TEN.replace(hour=11), TEN.replace(hour=12)),), begun_by=begun_by, stops=stops, attempts=1,
            agreement="a1", correlation="leads/3/7", state="late", last_percent=100, stopped_at_evidence=stamp,
            stop_name="attempted", stopped=stamp, cause="attempted", charged="rep-ana",
        )
    }  # fmt: skip
