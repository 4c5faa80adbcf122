"""What earlier releases stored of the reps' leave holds as it did."""

import runpy
from datetime import timedelta
from typing import Final

import pytest
from services.routing.tests.conftest import DAY, START

from agreement.leave import AwayTimes, leave_of, remember
from agreement.leave import RepWord as Word
from routing import store
from routing.service import SERVICE
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.errors import Misconfigured
from runtime.process.compatible import compatible_rows, satisfied
from runtime.process.revisions import read_revisions

_OLD: Final = statement("""
    INSERT INTO rep (rep, state, away_from, away_until, state_at, open)
    VALUES ('rep-ana', :state, :since, :until, :at, 7)
""")
SOON, LATER = START + DAY, START + 9 * DAY


@pytest.mark.parametrize(
    ("state", "since", "until", "leave"),
    [
        ("active", None, None, ()),
        ("away", SOON, LATER, ((SOON, LATER),)),
        ("away", None, LATER, ((START, LATER),)),
        ("away", SOON, None, ((SOON, None),)),
        ("left", None, None, ((START, None),)),
    ],
)
async def test_a_rep_of_before_is_away_as_before(
    tx: Connection, monkeypatch: pytest.MonkeyPatch, state: str, since: object, until: object, leave: AwayTimes
) -> None:
    found: list[str] = []
    monkeypatch.setattr("alembic.op.execute", found.append)
    runpy.run_path(str(SERVICE.migrations / "0006_words.py"))["upgrade"]()
    await tx.execute(_OLD, {"state": state, "since": since, "until": until, "at": START})
    for sql in ("ALTER TABLE rep DROP COLUMN words", *found):
        await tx.execute(statement(sql))
    rep = (await store.lock_reps(tx, ["rep-ana"]))["rep-ana"]
    assert (leave_of(rep.words), rep.open) == (leave, 7)
    here = remember(rep.words, Word(START + timedelta(hours=1), False))
    assert [until for _, until in leave_of(here)] == ([START + timedelta(hours=1)] if leave and since is None else [])


def test_code_that_keeps_leave_where_nobody_reads_it_any_more_does_not_work_beside_newer_code() -> None:
    newer = read_revisions(SERVICE)
    older = {name: one for name, one in newer.items() if name < "routing_0006"}
    with pytest.raises(Misconfigured, match="routing_0006"):
        satisfied("routing", older, {"routing_0006"}, compatible_rows(newer))
