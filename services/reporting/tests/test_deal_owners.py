"""Whose an open deal is: who was named by its facts last, or to whom the lead has been passed on since."""

import re
from datetime import timedelta
from html import unescape
from typing import Final

import pytest
from services.reporting.tests.conftest import History, client_of
from services.reporting.tests.test_deals import KINDS, Fold

from events.deal_ends import DealOwned
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import NOON

T0: Final = NOON - timedelta(days=10)
HOUR: Final = timedelta(hours=1)


async def test_an_open_deal_goes_along_with_its_lead_until_a_fact_of_it_names_a_rep(
    context: Context, database: Database, fold: Fold
) -> None:
    history = History()
    for lead, by in (("ann", "rep-dan"), ("bob", "rep-kate"), ("cem", None), ("dot", "rep-dan"), ("eva", "rep-dan")):
        history.captured(lead, T0, email=f"{lead}@b.example", name=lead, company="B", source="google")
        history.assigned(lead, T0, "rep-dan")
        history.add(KINDS["opened"], lead, T0 + HOUR, {"deal": f"of-{lead}", "by": by})
        if lead != "eva":
            pass_on(history, lead)
    history.captured("fay", T0, email="fay@b.example", name="fay", company="B", source="google")
    history.assigned("fay", T0, "rep-dan")
    pass_on(history, "fay")
    history.add(KINDS["opened"], "fay", T0 + 3 * HOUR, {"deal": "of-fay", "by": "rep-dan"})
    pass_on(history, "fay", 4, to="rep-kate", version=3)
    history.add(KINDS["opened"], "dot", T0 + 3 * HOUR, {"deal": "of-dot", "by": "rep-dan"})
    history.add(KINDS["won"], "eva", T0 + 3 * HOUR, {"deal": "of-eva", "by": "rep-dan"})
    pass_on(history, "eva", 4)
    await fold(context, database, history.events)
    async with client_of(context) as http:
        listed = (await http.get("/api/deals")).json()["items"]
        assert {one["deal"]: one["owner"] for one in listed} == {
            "of-ann": "rep-elena",
            "of-bob": "rep-kate",  # never was with who had the lead
            "of-cem": "rep-elena",
            "of-dot": "rep-dan",
            "of-eva": "rep-dan",  # who won it
            "of-fay": "rep-dan",  # whose it became when Elena had the lead
        }
        deal = (await http.get("/api/deals/of-ann")).json()
        assert (deal["owner"], deal["owner_name"]) == ("rep-elena", "Elena Petrova")


def pass_on(history: History, lead: str, hours: int = 2, to: str = "rep-elena", version: int = 2) -> None:
    """Somebody gives the lead to another one: from Dan to Elena, unless told otherwise."""
    offer = history.assigned(lead, T0 + hours * HOUR, to)
    again = {"version": version, "assignment": f"{lead}.{version}", "rule": "reassigned"}
    history.events[-1] = offer.replaced(data=offer.data.replaced(**again, why_reassigned="reassigned"))


async def test_which_deals_go_along_is_what_routing_says(context: Context, database: Database, fold: Fold) -> None:
    """Also when the rep who had both was never offered the lead, and a repeated opening is older than the offer."""
    history = History()
    history.captured("ann", T0, email="ann@b.example", name="ann", company="B", source="google")
    for deal in ("goes", "stays", "comes back"):
        history.add(KINDS["opened"], "ann", T0, {"deal": deal, "by": "rep-dan"})
    offer = history.assigned("ann", T0 + HOUR, "rep-elena")
    history.events[-1] = offer.replaced(data=offer.data.replaced(deals=("goes", "comes back")))
    history.add(KINDS["opened"], "ann", T0 + 2 * HOUR, {"deal": "comes back", "by": "rep-dan"})
    await fold(context, database, history.events)
    async with client_of(context) as http:
        listed = (await http.get("/api/deals")).json()["items"]
    assert {one["deal"]: one["owner"] for one in listed} == {
        "goes": "rep-elena",
        "stays": "rep-dan",
        "comes back": "rep-dan",
    }


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
async def test_whose_a_deal_is_said_to_be_last_holds_and_so_does_that_it_is_nobodys(
    context: Context, database: Database, fold: Fold, order: tuple[int, ...]
) -> None:
    """In whatever order it arrives, against what would be inferred, and after the deal has closed."""
    history = History()
    history.captured("ann", T0, email="ann@b.example", name="ann", company="B", source="google")
    for deal in ("waits", "won"):
        history.add(KINDS["opened"], "ann", T0, {"deal": deal, "by": "rep-dan"})
    history.add(KINDS["won"], "ann", T0 + HOUR, {"deal": "won"})
    first = len(history.events)
    for deal, last in (("waits", None), ("won", "rep-kate")):
        for version, owner in enumerate(("rep-dan", "rep-elena", last), 1):
            history.add(DealOwned, "ann", T0 + HOUR, {"deal": deal, "owner": owner, "version": version})
    facts, owners = history.events[:first], history.events[first:]
    await fold(context, database, [*facts, *(owners[part * 3 + one] for part in (0, 1) for one in order)])
    async with client_of(context) as http:
        listed = (await http.get("/api/deals")).json()["items"]
        alone = (await http.get("/api/deals/waits")).json()
    assert {one["deal"]: one["owner"] for one in listed} == {"waits": None, "won": "rep-kate"}
    assert (alone["owner"], alone["owner_name"]) == (None, None)


async def test_deals_are_listed_by_who_owns_them_and_those_of_a_cohort_by_who_was_offered_the_lead(
    context: Context, database: Database, fold: Fold
) -> None:
    history = History()
    for lead, first, owner in (
        ("ann", "rep-dan", "rep-kate"),
        ("bob", "rep-kate", "rep-dan"),
        ("cem", "rep-dan", None),
        ("dot", "rep-kate", "rep-kate"),
    ):
        history.captured(lead, T0, email=f"{lead}@b.example", name=lead, company="B", source="google")
        history.assigned(lead, T0, first)
        history.add(KINDS["opened"], lead, T0 + HOUR, {"deal": f"of-{lead}", "by": owner})
    await fold(context, database, history.events)

    async def listed(**query: str) -> set[str]:
        answer = await http.get("/api/deals", params=query)
        assert answer.status_code == 200, answer.text
        return {one["lead"] for one in answer.json()["items"]}

    async with client_of(context) as http:
        for owner, leads in (("rep-kate", {"ann", "dot"}), ("rep-dan", {"bob"}), ("-", {"cem"}), ("rep-mia", set())):
            assert await listed(rep=owner) == leads, owner
        assert await listed(team="london") == {"ann", "dot"}
        assert await listed(team="new-york", rep="rep-kate") == set()
        assert await listed(team="-") == {"cem"}
        for by_lead in ({"cohort": "true", "range": "30d"}, {"held": "lead"}):
            assert await listed(rep="rep-kate", **by_lead) == {"bob", "dot"}
            assert await listed(team="new-york", **by_lead) == {"ann", "bob", "cem", "dot"}, "as the offers say"


async def test_a_rep_of_deals_is_named_by_address_too_and_a_slip_is_no_empty_list(
    context: Context, database: Database, fold: Fold
) -> None:
    """Who is gone from the agreement still has the own deals."""
    history = History()
    for lead, owner in (("ann", "rep-dan"), ("bob", "rep-gone")):
        history.captured(lead, T0, email=f"{lead}@b.example", name=lead, company="B", source="google")
        history.add(KINDS["opened"], lead, T0, {"deal": f"of-{lead}", "by": owner})
    await fold(context, database, history.events)
    address = context.agreement.teams.rep_by_id["rep-dan"].email
    async with client_of(context) as http:
        for rep, deals in ((address.upper(), ["of-ann"]), ("rep-dan", ["of-ann"]), ("rep-gone", ["of-bob"])):
            assert [one["deal"] for one in (await http.get("/api/deals", params={"rep": rep})).json()["items"]] == deals
        assert (await http.get("/api/deals", params={"rep": "rep-dan", "state": "won"})).json()["items"] == []
        slip = await http.get("/api/deals", params={"rep": "rep-dam"})
        inbox = await http.get("/api/inbox", params={"rep": "rep-dam"})
        assert (slip.status_code, slip.headers["content-type"]) == (inbox.status_code, inbox.headers["content-type"])
        assert [one["pointer"] for one in slip.json()["errors"]] == ["/query/rep"]


async def test_the_page_of_deals_says_to_what_it_is_restricted_and_how_to_see_all(
    context: Context, database: Database, fold: Fold
) -> None:
    history = History()
    history.captured("ann", T0, email="ann@b.example", name="ann", company="B", source="google")
    history.add(KINDS["opened"], "ann", T0, {"deal": "of-ann", "by": "rep-dan"})
    await fold(context, database, history.events)
    name = context.agreement.teams.rep_by_id["rep-dan"].name
    async with client_of(context) as http:
        page = (await http.get("/deals", params={"rep": "rep-dan", "surveyed": "false", "range": "30d"})).text
        assert "data-chip" not in (await http.get("/deals")).text
    chips = re.findall(r'<a class="chip accent" data-chip href="([^"]*)"[^>]*>([^<]*)</a>', page)
    assert [words for _, words in chips][:2] == [f"rep: {name} ×", "surveyed: no ×"]
    assert [unescape(address) for address, _ in chips] == [
        "/deals?surveyed=false&range=30d",
        "/deals?rep=rep-dan&range=30d",
        "/deals?rep=rep-dan&surveyed=false",
    ]
    assert '<a class="chip" href="/deals">clear all</a>' in page
