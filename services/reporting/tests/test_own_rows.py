"""What the rows and the audit hold: each sees the own rows, whatever is asked, and what was done is never changed."""

import re
from pathlib import Path

import asyncpg
import pytest
from services.reporting.tests.prehistory import fold_in

from agreement.people import People, User
from events import Event
from events.teamwork import ActionItem, AssessmentAnswered, ContentRequested
from reporting.service import SERVICE
from reporting.store.viewer import read_as
from runtime.database.statement import statement
from runtime.http import audit as audit_log
from runtime.http.client import AsyncClient
from runtime.service import Context
from testing.events import EventBuilder
from testing.office import browser, run_sql, sign_in


async def test_the_audit_is_added_to_and_never_changed(house: Context, http: AsyncClient, mails: Path) -> None:
    entered = await sign_in(http, mails, "ada.fischer@northwind.example")
    assert entered.headers["location"] == "/"
    await http.get("/leads/lead-0")
    assert (await http.get("/leads/nobody")).status_code == 404
    rows = (await http.get("/api/audit", headers={"accept": "application/json"})).json()["items"]
    look = rows[0]
    assert (look["who"], look["action"], look["object"]) == ("ada", "looked at a lead", "lead-0")
    assert look["request_id"]
    assert look["ip"] == "192.168.1.77"
    assert [row["action"] for row in rows] == ["looked at a lead", "signed in"]
    page = await http.get("/audit?object=lead-0")
    assert "Ada Fischer" in page.text
    for sql in ("UPDATE house.audit SET who = 'x'", "DELETE FROM house.audit", "TRUNCATE house.audit"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with house.database.begin() as tx:
                await tx.execute(statement(sql))
    async with house.database.begin() as tx:
        assert len(await audit_log.audit_entries(tx, limit=50)) == 2


async def test_the_audit_names_a_lead_by_its_id(house: Context, http: AsyncClient, mails: Path) -> None:
    """By whatever address it was asked for: that would stay in the audit after the person is erased."""
    await sign_in(http, mails, "ada.fischer@northwind.example")
    (lead,) = await run_sql(house, "SELECT id, email FROM reporting.lead_card WHERE email IS NOT NULL LIMIT 1")
    for path in (f"/leads/{lead['email']}", f"/api/leads/{lead['email']}"):
        assert (await http.get(path)).status_code == 200
    assert (await http.get("/api/accounts/cora@coldstart.io")).status_code in (200, 404)
    rows = (await http.get("/api/audit", headers={"accept": "application/json"})).json()["items"]
    assert [row["object"] for row in rows if row["action"] == "looked at a lead"] == [lead["id"], lead["id"]]
    assert "@" not in str([row["object"] for row in rows])


async def test_a_rep_and_a_partner_read_their_own_rows_whatever_is_asked(
    house: Context, http: AsyncClient, mails: Path
) -> None:
    """PostgreSQL leaves the others' rows out: in lists, in numbers, on the page of one lead, and behind an address."""
    owners = {
        row["lead"]: row["owner"] for row in await run_sql(house, "SELECT lead, owner, pool FROM reporting.place")
    }
    rep = next(owner for owner in owners.values() if owner)
    user = People(house.agreement.teams).user(str(rep))
    assert user is not None
    seen = await run_sql(
        house,
        "SELECT lead FROM reporting.place WHERE owner = :rep OR pool = ANY (CAST(:pools AS text[])) "
        "UNION SELECT lead FROM reporting.assignment WHERE rep = :rep",
        rep=user.id,
        pools=list(user.pools),
    )
    mine = {str(row["lead"]) for row in seen}
    foreign = {str(lead) for lead in owners} - mine
    assert mine
    assert foreign
    await sign_in(http, mails, user.email)
    listed = (await http.get("/api/leads?limit=500", headers={"accept": "application/json"})).json()["items"]
    assert {one["id"] for one in listed} <= mine
    assert listed
    for lead in sorted(foreign):
        assert (await http.get(f"/leads/{lead}")).status_code == 404
        assert (await http.get(f"/api/leads/{lead}", headers={"accept": "application/json"})).status_code == 404
    counted = (await http.get("/api/funnel?mode=activity", headers={"accept": "application/json"})).json()
    assert counted["stages"][0]["count"] <= len(mine)
    async with browser(SERVICE, house) as other:
        await sign_in(other, mails, "piet@adventure-works.example")
        assert (await other.get("/api/leads", headers={"accept": "application/json"})).json()["items"] == []
        lead = sorted(mine)[0]
        await run_sql(
            house,
            "UPDATE reporting.standing SET partner = 'adventure-works' WHERE lead = :lead RETURNING lead",
            lead=lead,
        )
        sent = (await other.get("/api/leads", headers={"accept": "application/json"})).json()["items"]
        assert [one["id"] for one in sent] == [lead]
        refused = await other.get("/inbox")
        assert refused.status_code == 403
        for page in (refused, await other.get("/leads"), await other.get(f"/leads/{lead}")):
            for address in sorted(set(re.findall(r'href="(/[^"#?]*)', page.text))):
                assert (await other.get(address)).status_code == 200, f"{address} is offered on {page.url.path}"


async def test_what_the_teams_keep_for_each_other_is_read_by_reps_and_by_no_partner(
    house: Context, http: AsyncClient, mails: Path, builder: EventBuilder
) -> None:
    """An action item, a wish for content, an answer of the self-assessment: what is about a lead only with the lead."""
    (lead,) = await run_sql(house, "SELECT lead FROM reporting.place WHERE owner = 'rep-dan' LIMIT 1")
    mine, foreign = str(lead["lead"]), "lead-nobody-has"
    made: list[Event] = []
    for about in (None, mine, foreign):
        item = f"about {about}"
        made.append(builder.make(ActionItem, {"item": item, "text": item}, subject=about or item))
        made.append(builder.make(ContentRequested, {"request": item, "text": item}, subject=about or item))
    made.append(builder.make(AssessmentAnswered, {"question": "feedback", "answer": "partly"}, subject="feedback"))
    await fold_in(house, house.database, made)
    await sign_in(http, mails, "dan.kowalski@northwind.example")
    for path, texts in (("/api/action-items", "items"), ("/api/content", "requests")):
        shown = (await http.get(path)).raise_for_status().json()[texts]
        assert {one["text"] for one in shown} == {"about None", f"about {mine}"}
    assert (await http.get("/api/self-assessment")).raise_for_status().json()["answered"] == 1
    tables = ("action_note", "content_note", "assessment")
    piet = User("piet", "Piet", "", frozenset({"partner"}), partner="adventure-works")
    async with house.database.begin() as tx:
        await read_as(tx, piet)
        rows = [list(await tx.execute(statement(f"SELECT lead FROM {table}"))) for table in tables]
    assert rows == [[], [], []]


async def test_a_table_that_no_rule_is_for_is_not_shown(house: Context) -> None:
    """Tables of later migrations are closed to whoever may not see all, until they have a rule."""
    shown = await run_sql(
        house,
        "SELECT relname FROM pg_class WHERE relnamespace = 'reporting'::regnamespace AND relkind = 'r' "
        "AND has_table_privilege('baton_viewer', oid, 'SELECT') AND NOT relrowsecurity",
    )
    assert shown == []
    views = await run_sql(
        house,
        "SELECT relname FROM pg_class WHERE relnamespace = 'reporting'::regnamespace AND relkind = 'v' "
        "AND relname <> 'own_lead' AND has_table_privilege('baton_viewer', oid, 'SELECT') "
        "AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)",
    )
    assert views == []
