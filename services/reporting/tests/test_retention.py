"""What is over goes: sessions, links, attempts, and the audit after its years; and who looked at whom in a pane."""

from pathlib import Path

import asyncpg
import pytest
from httpx import AsyncClient

from reporting.forget import forget
from runtime.database.statement import statement
from runtime.http.audit import AuditEntry, add_entries
from runtime.service import Context
from testing.office import run_sql, sign_in

GRACE = "grace.miller@northwind.example"


async def actions(house: Context) -> list[object]:
    return [row["action"] for row in await run_sql(house, "SELECT action FROM house.audit ORDER BY id")]


async def test_the_audit_is_kept_for_so_many_days_and_never_less_than_a_year(house: Context) -> None:
    async with house.database.begin() as tx:
        for action in ("old", "a year ago", "new"):
            await add_entries(tx, [AuditEntry("rep-ana", "mail", action, "lead-1", "r", "1.2.3.4")])
    for action, days in (("old", 800), ("a year ago", 364)):
        await run_sql(
            house,
            "UPDATE house.audit SET at = at - make_interval(days => :days) WHERE action = :action RETURNING id",
            days=days,
            action=action,
        )
    await forget(house.database, 730)
    assert await actions(house) == ["a year ago", "new"]
    await forget(house.database, 1)
    assert await actions(house) == ["a year ago", "new"], "whoever asks for less"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with house.database.begin() as tx:
            await tx.execute(statement("DELETE FROM house.audit"))


async def test_sessions_links_and_attempts_that_are_over_go_without_anybody_coming(
    house: Context, http: AsyncClient, mails: Path
) -> None:
    await sign_in(http, mails, GRACE)
    for table in ("session", "sign_in_link", "sign_in_attempt"):
        column = "at" if table == "sign_in_attempt" else "made_at"
        assert await run_sql(
            house, f"UPDATE house.{table} SET {column} = {column} - interval '8 days' RETURNING 1 AS n"
        )
    await forget(house.database, 730)
    for table in ("session", "sign_in_link", "sign_in_attempt"):
        assert await run_sql(house, f"SELECT 1 AS n FROM house.{table}") == [], table


async def test_an_open_pane_is_a_look_at_its_lead_once_in_a_while(
    house: Context, http: AsyncClient, mails: Path
) -> None:
    await sign_in(http, mails, GRACE)
    for path in ("/inbox?rep=rep-dan&lead=lead-2", "/inbox?rep=rep-dan&lead=lead-2&part=pane", "/inbox?lead=nobody"):
        assert (await http.get(path)).status_code == 200
    looks = await run_sql(house, "SELECT who, object FROM house.audit WHERE action = 'looked at a lead'")
    assert [(row["who"], row["object"]) for row in looks] == [("rep-grace", "lead-2")]
