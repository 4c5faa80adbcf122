"""Deals in the reports: one row, one amount, one set of credits each, whatever the order in which their facts come."""

import asyncio
import runpy
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import pytest
from httpx import AsyncClient
from hypothesis import given, settings
from hypothesis import strategies as st
from services.reporting.tests.conftest import History, client_of, facts_from
from services.reporting.tests.test_decide import state_after

from agreement.deals import DealEvent
from events import Event, Money
from events.campaigns import SpendRecorded
from events.deals import DealChanged, DealLost, DealOpened, DealWon
from events.leads import LeadMerged, LeadUpdated
from events.topics import partition
from reporting.decide.handoffs import StageEntry
from reporting.decide.sales import Deal
from reporting.service import SERVICE
from reporting.store.tables import TABLES
from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.service import Context
from testing.events import NOON
from testing.examples import examples
from testing.figures import AmountAnswer, AttributionAnswer, DealAnswer, DealsAnswer, PipelineAnswer, SourcesAnswer
from testing.json import read
from testing.service import batch

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]
T0: Final = NOON - timedelta(days=10)
KINDS: dict[str, type[DealEvent]] = {"opened": DealOpened, "changed": DealChanged, "won": DealWon, "lost": DealLost}
MODELS: Final = ("w_baton", "w_standard", "full_path", "u_shaped", "first", "last", "linear", "time_decay")


def money(amount: int, currency: str = "USD") -> Money:
    return Money(amount=amount, currency=currency)


def usd(amount: int) -> AmountAnswer:
    return {"amount": amount, "currency": "USD"}


def fact(history: History, kind: str, hours: int, lead: str = "a", deal: str = "d", **data: object) -> DealEvent:
    more = {"reason": "price"} if kind == "lost" else {}
    return history.add(KINDS[kind], lead, T0 + timedelta(hours=hours), {"deal": deal, "by": "rep-dan", **more, **data})


@pytest.fixture
def two_leads() -> History:
    """Two people of different lanes, a day before their deals."""
    history = History()
    for name, source in (("a", "google"), ("b", "linkedin")):
        at = T0 - timedelta(days=1)
        history.captured(name, at, email=f"{name}@b.example", name=name, company="Borealis", source=source)
        history.engaged(name, at, "demo_request")
    assert partition("a") != partition("b")
    return history


class Reports:
    """What a reader of the reports gets."""

    def __init__(self, http: AsyncClient) -> None:
        self.http = http

    async def bytes_of(self, path: str) -> bytes:
        answer = await self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.content

    async def deal(self, deal: str = "d") -> DealAnswer:
        return read(DealAnswer, await self.bytes_of(f"/api/deals/{deal}"))

    async def deals(self, query: str = "") -> DealsAnswer:
        return read(DealsAnswer, await self.bytes_of(f"/api/deals{query}"))

    async def credits(self, model: str = "w_baton") -> AttributionAnswer:
        return read(AttributionAnswer, await self.bytes_of(f"/api/attribution?model={model}&range=30d"))

    async def goals(self) -> PipelineAnswer:
        return read(PipelineAnswer, await self.bytes_of("/api/goals"))

    async def sources(self, query: str = "?range=30d") -> SourcesAnswer:
        return read(SourcesAnswer, await self.bytes_of(f"/api/sources{query}"))


Open = Callable[[History], Awaitable[Reports]]


@pytest.fixture
async def reports_of(context: Context, database: Database, fold: Fold) -> AsyncIterator[Open]:
    """Folds a history in and reads its reports."""
    async with client_of(context) as http:

        async def read_reports(history: History) -> Reports:
            await fold(context, database, history.events)
            return Reports(http)

        yield read_reports


async def test_the_facts_count_in_the_order_in_which_they_occurred(two_leads: History, reports_of: Open) -> None:
    fact(two_leads, "won", 30, deal="late-opening", amount=money(100))
    fact(two_leads, "opened", 10, deal="late-opening")
    fact(two_leads, "won", 30, deal="late-loss")
    fact(two_leads, "lost", 20, deal="late-loss")
    fact(two_leads, "changed", 30, deal="changes", amount=money(9000))
    fact(two_leads, "changed", 20, deal="changes", amount=money(5000))
    for hour, kind in enumerate(("opened", "lost", "opened")):
        fact(two_leads, kind, hour, deal="again")
    for kind in ("opened", "changed", "won"):
        fact(two_leads, kind, 40, deal="in-a-day")
    reports = await reports_of(two_leads)
    deals = {one["deal"]: one for one in (await reports.deals())["items"]}
    assert {name: one["state"] for name, one in deals.items()} == {
        **{"late-opening": "won", "late-loss": "won", "changes": "open", "again": "open", "in-a-day": "won"}
    }
    assert deals["changes"]["amount"] == usd(9000)
    assert (deals["again"]["closed_at"], deals["again"]["reason"]) == (None, None)
    history = [step["kind"] for step in (await reports.deal("late-opening"))["history"]]
    assert history == ["opened", "won"]
    history = [step["kind"] for step in (await reports.deal("in-a-day"))["history"]]
    assert history == ["opened", "changed", "won"], "of one instant: as they were told"
    assert (await reports.http.get("/api/deals/nothing")).status_code == 404


async def test_a_deal_of_two_contacts_is_one_deal(two_leads: History, reports_of: Open) -> None:
    for name in ("b", "a"):
        fact(two_leads, "opened", 1 if name == "a" else 2, name, amount=money(5_000_000))
        fact(two_leads, "won", 30, name)
    reports = await reports_of(two_leads)
    deal = await reports.deal()
    assert {one["id"]: one["primary"] for one in deal["contacts"]} == {"a": True, "b": False}
    assert deal["lead"] == "a"
    assert {touch["lead"] for touch in deal["touches"]} == {"a", "b"}
    for model in MODELS:
        credits = await reports.credits(model)
        assert credits["total"] == usd(5_000_000)
        assert sum(row["amount"]["amount"] for row in credits["items"]) == 5_000_000
        assert sum(one["amount"]["amount"] for one in deal["credits"][model]["credits"]) == 5_000_000
    sold = {row["source"]: row["revenue"] for row in (await reports.sources())["items"]}
    assert sold == {"google": usd(5_000_000), "linkedin": usd(0)}
    assert len((await reports.deals("?state=won&range=30d"))["items"]) == 1
    behind = (await reports.http.get("/api/leads?deals=won&range=30d")).json()["items"]
    assert {one["id"] for one in behind} == {"a", "b"}


async def test_money_of_another_currency_is_converted_or_listed(two_leads: History, reports_of: Open) -> None:
    now = two_leads.now - T0
    hours = int(now.total_seconds() // 3600) - 24
    for name, amount in (("euro", money(10_000, "EUR")), ("franc", money(700, "CHF")), ("none", None)):
        fact(two_leads, "won", hours, deal=name, amount=amount)
        fact(two_leads, "opened", hours, deal=f"open-{name}", amount=amount)
    reports = await reports_of(two_leads)
    left_out = [
        {"reason": "no_amount", "deals": 1, "amount": None},
        {"reason": "no_rate", "deals": 1, "amount": {"amount": 700, "currency": "CHF"}},
    ]
    goals, credits = await reports.goals(), await reports.credits()
    won, opened = goals["revenue"], goals["pipeline"]
    assert (won["won"], won["deals"], won["not_included"]) == (usd(10_800), 3, left_out)
    assert (opened["open"], opened["deals"], opened["not_included"]) == (usd(10_800), 3, left_out)
    assert (credits["total"], credits["not_included"]) == (usd(10_800), left_out)
    assert "3 deals, 2 of them in no sum" in (await reports.bytes_of("/api/money")).decode()
    file = (await reports.bytes_of("/api/export/deals.csv")).decode()
    assert (len(file.splitlines()), "franc" in file) == (7, True)
    assert "108 USD" in (await reports.bytes_of("/panel/deals")).decode()
    deal = await reports.deal("euro")
    assert (deal["amount"], deal["converted"]) == ({"amount": 10_000, "currency": "EUR"}, usd(10_800))
    assert (await reports.deal("franc"))["converted"] is None


async def test_nothing_open_is_zero_and_spend_without_leads_is_shown(two_leads: History, reports_of: Open) -> None:
    for source, amount in (("google", money(100)), ("trade-fair", money(1000, "EUR"))):
        spend = {"campaign": source, "source": source, "amount": amount}
        days = {"start": T0.date(), "end": (T0 + timedelta(days=1)).date()}
        two_leads.add(SpendRecorded, source, T0, {**spend, **days})
    reports = await reports_of(two_leads)
    goals = await reports.goals()
    assert (goals["pipeline"]["open"], goals["pipeline"]["coverage"]) == (usd(0), 0)
    rows = {row["source"]: (row["leads"], row["spend"]) for row in (await reports.sources())["items"]}
    assert rows == {"google": (1, usd(100)), "linkedin": (1, None), "trade-fair": (0, usd(1080))}
    page = (await reports.bytes_of("/panel/sources?range=30d")).decode()
    assert "no spend data" in page
    assert [row["source"] for row in (await reports.sources("?range=30d&source=trade-fair"))["items"]] == ["trade-fair"]


async def test_what_people_say_of_the_source_stands_beside_the_tracked_one(
    two_leads: History, reports_of: Open
) -> None:
    for number, words in enumerate(("A podcast", " a podcast ")):
        name, at = f"c{number}", T0 - timedelta(days=1)
        two_leads.captured(name, at, email=f"{name}@b.example", name=name, company="Borealis", source="google")
        heard = facts_from(at, self_reported_source=words)
        two_leads.add(LeadUpdated, name, at, {"facts": heard})
    reports = await reports_of(two_leads)
    rows = {row["source"]: row["self_reported"] for row in (await reports.sources())["items"]}
    assert {source: [row["leads"] for row in some] for source, some in rows.items()} == {"google": [2], "linkedin": []}
    lead = (await reports.http.get("/api/leads/c0")).json()
    assert (lead["source"], lead["self_reported_source"]) == ("google", "A podcast")


async def test_a_merged_leads_deals_belong_to_the_winner(two_leads: History, reports_of: Open) -> None:
    for lead, copy in (("b", False), ("a", True)):
        fact(two_leads, "opened", 1, lead, amount=money(500), message_id="m1", merged=copy)
        fact(two_leads, "won", 2, lead, message_id="m2", merged=copy)
    two_leads.add(LeadMerged, "b", T0 + timedelta(hours=3), {"into": "a", "reason": "steward"})
    reports = await reports_of(two_leads)
    deal = await reports.deal()
    assert ([one["id"] for one in deal["contacts"]], deal["lead"]) == (["a"], "a")
    assert [step["kind"] for step in deal["history"]] == ["opened", "won"]
    assert (await reports.credits())["total"] == usd(500)
    assert [one["deal"] for one in (await reports.http.get("/api/leads/a")).json()["deals"]] == ["d"]


async def test_the_merge_alone_is_enough_for_deals_of_before(two_leads: History, reports_of: Open) -> None:
    fact(two_leads, "won", 2, "b", amount=money(500))
    two_leads.add(LeadMerged, "b", T0 + timedelta(hours=3), {"into": "a", "reason": "steward"})
    reports = await reports_of(two_leads)
    assert (await reports.deal())["lead"] == "a"


async def test_a_stage_that_ended_otherwise_is_withdrawn(builder_of_stages: Callable[..., list[Event]]) -> None:
    events = builder_of_stages(("opportunity", "won"), ("won", "lost"), ("lost", "opportunity"))
    entries = state_after(events).rows(StageEntry).values()
    assert {entry.stage: entry.withdrawn for entry in entries} == {"won": True, "lost": True, "opportunity": False}
    again = state_after([*events, *builder_of_stages(("opportunity", "won"))]).rows(StageEntry).values()
    assert {entry.stage: entry.withdrawn for entry in again} == {"won": False, "lost": True, "opportunity": False}


@pytest.fixture
def builder_of_stages() -> Callable[..., list[Event]]:
    history = History()

    def stages(*moves: tuple[str, str]) -> list[Event]:
        return [
            history.stage("a", T0, stage, "connected", stage_from=before, closed=stage != "opportunity")
            for before, stage in moves
        ]

    return stages


FACTS = st.lists(
    st.tuples(st.sampled_from(sorted(KINDS)), st.integers(0, 5), st.sampled_from(("a", "b")), st.integers(1, 9)),
    min_size=1,
    max_size=7,
)


@settings(deadline=None, max_examples=examples(60))
@given(drawn=FACTS, data=st.data())
def test_any_order_of_arrival_is_the_same_deal(drawn: list[tuple[str, int, str, int]], data: st.DataObject) -> None:
    history = History()
    facts = [fact(history, kind, hours, lead, amount=money(amount)) for kind, hours, lead, amount in drawn]
    arrived = data.draw(st.permutations(facts))
    one, other = state_after(facts), state_after(arrived, data.draw(st.integers(0, len(facts))))
    assert one.rows(Deal) == other.rows(Deal)
    assert len(one.rows(Deal)) == 1


async def test_two_lanes_that_meet_at_a_new_deal_wait_for_each_other(
    context: Context, database: Database, two_leads: History
) -> None:
    facts = [fact(two_leads, "opened", 1, "a", amount=money(7)), fact(two_leads, "won", 2, "b")]
    handler = SERVICE.build(context).handler
    assert handler is not None

    async def fold_one(event: Event) -> None:
        async with database.begin() as tx:
            await handler(batch([event], lane=partition(event.subject)), tx)
            await asyncio.sleep(0)

    await asyncio.gather(*map(fold_one, facts))
    async with database.begin() as tx:
        (deal,) = await TABLES[Deal].load(tx, ["d"])
    assert (deal.state, deal.amount, deal.opened_at) == ("won", 7, T0 + timedelta(hours=1))


MIGRATION: Final = SERVICE.migrations / "0005_deals.py"
OLD_DEALS: Final = statement("""
    CREATE TEMPORARY TABLE deal_of_before ON COMMIT DROP AS
    SELECT * FROM (VALUES
        ('a', 'd', TIMESTAMPTZ '2026-08-01 10:00Z', 500::bigint, 'USD', 'core', DATE '2026-09-01', 'won',
         TIMESTAMPTZ '2026-08-03 10:00Z', NULL::timestamptz, NULL, NULL, 'rep-dan'),
        ('b', 'd', TIMESTAMPTZ '2026-08-02 10:00Z', 400, 'USD', NULL, NULL, 'open', NULL, NULL, NULL, NULL, NULL),
        ('a', 'e', TIMESTAMPTZ '2026-08-02 10:00Z', NULL, NULL, NULL, NULL, 'lost', TIMESTAMPTZ '2026-08-04 10:00Z',
         NULL, 'price', 'Rival', NULL)
    ) AS old(lead, deal, opened_at, amount, currency, product, expected_close, state, closed_at, paid_at, reason,
             competitor, owner)
""")


async def test_deals_of_before_are_read_as_they_were(tx: Connection, two_leads: History) -> None:
    await tx.execute(OLD_DEALS)
    names: Mapping[str, str] = runpy.run_path(str(MIGRATION))
    for name in ("STEPS", "DEALS"):
        await tx.execute(statement(names[name]))
    deals = {deal.deal: deal for deal in await TABLES[Deal].load(tx, ["d", "e"])}
    assert [(one.state, one.amount, one.reason) for one in deals.values()] == [
        ("won", 500, None),
        ("lost", None, "price"),
    ]
    won, lost = deals["d"].history, deals["e"].history
    assert (won.state, won.closed_at, won.opened_at) == ("won", deals["d"].closed_at, deals["d"].opened_at)
    assert (lost.state, lost.closed_at, lost.competitor and lost.competitor.value) == (
        "lost",
        deals["e"].closed_at,
        "Rival",
    )
    assert won.after(fact(two_leads, "opened", 24 * 300)).state == "won"
    contacts = await tx.execute(statement("SELECT DISTINCT lead FROM contact WHERE deal = 'd' ORDER BY lead"))
    assert [row.lead for row in contacts] == ["a", "b"]
