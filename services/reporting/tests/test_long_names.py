"""What was recorded before the door cut names is kept too: an index refuses long texts, and with them a whole lead."""

from random import Random

import pytest
from services.reporting.tests.conftest import History, client_of, facts_from, standing
from services.reporting.tests.test_deals import Fold

from agreement.readers.names import LONGEST_NAME
from events.campaigns import ContentPublished
from events.leads import Campaign, LeadCaptured
from events.sales import ItemReviewed
from events.scores import LeadScored
from runtime.database.connect import Database
from runtime.database.statement import statement
from runtime.service import Context
from testing.events import NOON, scored_data

LONG = "".join(Random(7).choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(8000))
"""Nothing that PostgreSQL could make smaller."""
WIDE = "".join(map(chr, Random(7).choices(range(0x20000, 0x2A6DF), k=8000)))
"""The same in characters of four bytes each."""
_ROWS = statement("""
    SELECT p.name, p.company, p.source, p.campaign, t.source, t.campaign, t.partner, t.asset, s.partner, n.request
    FROM person p JOIN touch t USING (lead) JOIN standing s USING (lead), content_note n
""")


@pytest.mark.parametrize("name", [LONG, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("first", [True, False], ids=["first touch", "later touch"])
async def test_a_long_name_buries_no_lead(
    context: Context, database: Database, fold: Fold, name: str, *, first: bool
) -> None:
    history = History()
    campaign = Campaign(name=name, source=name, referral=name)
    facts = facts_from(NOON, name=name, company=name)
    captured = {"email": "a@b.example", "facts": facts, "campaign": campaign if first else None}
    history.add(LeadCaptured, "a", NOON, captured)
    history.engaged("a", NOON, "content_download", asset=name, campaign=campaign)
    scored = standing(NOON, company=name)
    scored["facts"] = scored["facts"].replaced(referral=name)  # type: ignore[attr-defined]
    history.add(LeadScored, "a", NOON, scored_data(scored))
    published = {"asset": "guide", "title": "Guide", "kind": "guide", "answers": name}
    history.add(ContentPublished, "guide", NOON, published)
    await fold(context, database, history.events)
    async with database.begin() as tx:
        assert set((await tx.execute(_ROWS)).one()) == {name[:LONGEST_NAME]}
    async with client_of(context) as http:
        (lead,) = (await http.get("/api/leads", params={"campaign": name[:LONGEST_NAME], "sort": "name"})).json()[
            "items"
        ]
        assert lead["id"] == "a"


async def test_a_long_item_on_a_review_list_buries_no_lead(context: Context, database: Database, fold: Fold) -> None:
    history = History()
    history.add(LeadCaptured, "a", NOON, {"email": "a@b.example", "facts": facts_from(NOON)})
    history.add(ItemReviewed, "a", NOON, {"item": LONG, "by": LONG})
    await fold(context, database, history.events)
    async with database.begin() as tx:
        row = (await tx.execute(statement("SELECT by, assignment FROM remark"))).one()
    assert set(row) == {LONG[:LONGEST_NAME]}
