"""Whole reports are counted from indexes and narrow rows: what their statements read of a house of many leads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from services.reporting.tests.conftest import golden
from services.reporting.tests.prehistory import MANY, happened, with_many_leads

from agreement import Agreement
from reporting.store import (
    audiences,
    choices,
    content,
    funnel,
    goals,
    lead,
    leads,
    money,
    packs,
    partners,
    picks,
    places,
    pools,
    service_levels,
    speed,
)
from reporting.store.deals import OF_ALL_DEALS
from reporting.store.viewer import read_much
from runtime.database.connect import Database
from runtime.database.statement import Statement, statement
from testing.events import NOON
from testing.service import Prehistory

Values = Mapping[str, Any]
"""Parameters, or a node of a plan."""
EVERYBODY: Final = dict.fromkeys(("source", "campaign", "segment", "team", "rep", "product"))
HOURS: Final = {"start": datetime(2001, 1, 1, tzinfo=UTC), "end": datetime(2001, 1, 1, 5, tzinfo=UTC)}
"""In which one entry in ten was, and all raised hands that are seeded."""
TIME: Final = {"start": NOON - timedelta(days=3650), "end": NOON + timedelta(days=3650)}


@dataclass(frozen=True, slots=True)
class Scan:
    """What of a table or index is read in a plan."""

    relation: str
    kind: str
    index: str | None
    rows: float
    """In all its loops."""


def scans_of(node: Values) -> Iterator[Scan]:
    if "Relation Name" in node:
        rows = node["Actual Rows"] * node["Actual Loops"]
        yield Scan(node["Relation Name"], node["Node Type"], node.get("Index Name"), rows)
    for inner in node.get("Plans", ()):
        yield from scans_of(inner)


@dataclass(frozen=True, slots=True)
class Seeded:
    """A house of many leads."""

    database: Database

    async def reads(self, query: Statement, given: Values) -> list[Scan]:
        """Runs the statement as reports do, and says what it has read."""
        async with self.database.begin() as tx:
            await read_much(tx)
            explained = await tx.execute(statement(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}"), given)
            return list(scans_of(explained.scalar_one()[0]["Plan"]))


@pytest.fixture
def past(agreement: Agreement) -> Prehistory:
    """The golden history, and many leads beside it."""
    return with_many_leads(happened("many", agreement, golden().events))


@pytest.fixture
def seeded(database: Database) -> Seeded:
    return Seeded(database)


def whole(scans: list[Scan], *narrow: str) -> list[Scan]:
    """Scans of more than a tenth of the leads that are of no narrow table, and of no index alone."""
    return [
        one
        for one in scans
        if one.rows > MANY / 10 and one.kind != "Index Only Scan" and one.relation not in ("journey", *narrow)
    ]


async def test_counts_read_no_wide_row(seeded: Seeded) -> None:
    """Leads by place, turns of a pool, whose leads are a partner's."""
    some = {"partners": ["adventure-works"], **EVERYBODY, **TIME}
    for query, given, index in (
        (places._GROUPS, {"young": NOON + timedelta(days=3650)}, "place_stands"),
        (pools._TURNS, {}, "assignment_turns"),
        (partners._STAGES, some, "standing_partner"),
    ):
        scans = await seeded.reads(query, given)
        assert index in {one.index for one in scans if one.kind == "Index Only Scan"}, scans
        assert not whole(scans), scans


async def test_content_looks_at_no_touch_and_once_at_each_asset(seeded: Seeded) -> None:
    """Two assets are met by each lead: of each asset the row that adds up, and the last meeting."""
    scans = await seeded.reads(audiences._AUDIENCES, {})
    assert {one.relation for one in scans} == {"audience", "met"}, scans
    assert sum(one.rows for one in scans) <= 4, scans
    scans = await seeded.reads(content._ASSETS, {"met": ["asset-1", "asset-2"]})
    assert "touch" not in {one.relation for one in scans}, scans


async def test_entries_into_a_stage_are_counted_from_the_index_alone(seeded: Seeded) -> None:
    """Those of first cycles that ask nothing of later ones: from the journeys' index of the stage."""
    for query, given, read in (
        (goals._ENTRIES, HOURS, ("entry", "journey")),
        (money._MQLS, {**EVERYBODY, **HOURS}, ("entry", "journey")),
        (funnel._PACE, {**EVERYBODY, **HOURS}, ("entry", "journey")),
        (packs._GROUPS, {**HOURS, "until": HOURS["end"]}, ("entry",)),
    ):
        scans = await seeded.reads(query, given)
        entries = [one for one in scans if one.relation in read and one.rows]
        assert {one.kind for one in entries} == {"Index Only Scan"}, scans
        assert sum(one.rows for one in entries) <= MANY / 4, scans
        assert not whole(scans), scans


async def test_how_long_a_sale_takes_reads_the_contacts_of_what_was_won(seeded: Seeded) -> None:
    scans = await seeded.reads(money._CYCLE, {**OF_ALL_DEALS, **EVERYBODY, **TIME, "state": "won"})
    won = sum(one.rows for one in scans if one.relation == "deal")
    assert 0 < sum(one.rows for one in scans if one.relation == "journey") <= 2 * won, scans


async def test_raised_hands_and_what_followed_are_read_alone(seeded: Seeded) -> None:
    """Thirty hands among eighteen thousand touches; of five hundred facts of a lead the hand itself, and the first of
    ten of one topic."""
    async with seeded.database.begin() as tx:
        await tx.execute(statement(_HAND))
    scans = await seeded.reads(speed._RAISES, {**EVERYBODY, **HOURS, "kinds": ["demo_request", "free_trial"]})
    assert [one.rows for one in scans if one.index == "touch_raised"] == [30], scans
    assert sum(one.rows for one in scans if one.relation == "touch") <= 31, scans
    assert [(one.kind, one.rows) for one in scans if one.index == "story_decided"] == [("Index Only Scan", 1)], scans
    assert sum(one.rows for one in scans if one.relation == "story") <= 2, scans


_HAND: Final = """
    INSERT INTO story (lead, event, at, recorded_at, type, text, historical)
    SELECT lead, event, at, at, 'test', 'raised', false FROM touch WHERE event = 'leads/0/1/hand'
"""


async def test_service_levels_are_added_up_in_the_order_of_an_index(seeded: Seeded) -> None:
    scans = await seeded.reads(service_levels._TIMED, {**EVERYBODY, **TIME, "promise": None})
    facts = {(one.kind, one.index) for one in scans if one.relation == "status_update"}
    assert facts == {("Index Only Scan", "status_update_kept")}, scans


async def test_what_there_is_to_filter_by_is_walked_from_value_to_value(seeded: Seeded) -> None:
    scans = await seeded.reads(choices._WALKED, {})
    assert sum(one.rows for one in scans if one.relation == "person") <= 40, scans


@pytest.mark.parametrize("sources", [150, 250])
async def test_of_very_many_values_those_are_offered_that_are_used_most(seeded: Seeded, sources: int) -> None:
    """The first hundred twice as often as the others."""
    async with seeded.database.begin() as tx:
        number = f"(rank() OVER (ORDER BY lead) % {sources + 100})"
        named = f"SELECT lead, 'source-' || lpad(({number} % {sources})::text, 3, '0') AS source FROM person"
        await tx.execute(statement(f"UPDATE person SET source = n.source FROM ({named}) n WHERE n.lead = person.lead"))
        found = (await choices.choices(tx))["source"]
    assert len(found) == min(sources, 200)
    assert found == sorted(found)
    assert {f"source-{place:03}" for place in range(90)} <= {*found}


async def test_turns_and_logs_read_of_the_answers_those_that_gave_a_turn_back(seeded: Seeded) -> None:
    """One answer in a hundred did."""
    for query in (picks._SHARES, picks._ENTRIES, picks._DIGESTS):
        scans = await seeded.reads(query, {"pool": None, **TIME})
        assert sum(one.rows for one in scans if one.relation == "answer") <= MANY / 100 + 10, scans


async def test_a_certificate_reads_no_candidate_table(seeded: Seeded) -> None:
    scans = await seeded.reads(picks._DIGESTS, {"pool": None, **TIME})
    picked, *back = (one for one in scans if one.relation == "assignment")
    assert (picked.kind, picked.index) == ("Index Only Scan", "assignment_digests"), scans
    assert sum(one.rows for one in back) <= MANY / 100 + 10, "only turns that were given back are looked up"
    scans = await seeded.reads(picks._PASSED_OVER, {"pool": None, **TIME})
    assert not whole(scans), scans


async def test_few_leads_of_a_list_are_found_without_what_is_shown_of_them(seeded: Seeded) -> None:
    """Three hundred stand somewhere; what else a row shows is looked up for the page of ten."""
    async with seeded.database.begin() as tx:
        await tx.execute(statement("UPDATE place SET flags = '[\"cooling\"]' WHERE lead LIKE 'many-1__'"))
    filters = {"flag": "cooling"}
    wanted = leads._page(
        "c.name, c.outcome", leads._conditions_of(filters), "total", "down", continued=False, few="cooling"
    )
    scans = await seeded.reads(wanted, {**filters, "limit": 10, "last": None, "last_id": None})
    assert max(one.rows for one in scans if one.relation == "person") <= 10, scans
    looked_up = [one for one in scans if one.relation == "journey" and one.rows > 10]
    assert all(one.kind == "Index Only Scan" and one.rows <= 300 for one in looked_up), scans


async def test_the_last_pick_of_a_pool_is_found_without_a_look_at_the_others(seeded: Seeded) -> None:
    scans = await seeded.reads(pools._HEAD_STARTS, {"pools": ["mid-na", "no-such-pool"]})
    assert sum(one.rows for one in scans) <= 4, scans


async def test_a_page_of_a_list_looks_up_its_own_leads_only(seeded: Seeded) -> None:
    page = {"limit": 51, "offset": 0, "late": None, **EVERYBODY, **TIME}
    scans = await seeded.reads(service_levels._STATUS_UPDATES, page)
    assert max(one.rows for one in scans if one.relation in ("person", "place", "standing")) <= 51, scans
    assert sum(one.rows for one in scans if one.relation == "status_update") <= 2 * 51, scans


async def test_a_card_is_looked_up_by_id_and_by_address(seeded: Seeded) -> None:
    for key in ("many-7", "MANY-7@many.example", "nobody"):
        given = {"id": key, "key": key, "addressed": "@" in key}
        scans = await seeded.reads(lead._CARD, given)
        assert sum(one.rows for one in scans if one.relation == "person") <= 3, scans
