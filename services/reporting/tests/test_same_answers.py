"""What is counted in a quick way is what the plain way counts: of the whole world, under filters, for any deals."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.reporting.tests.prehistory import happened
from services.reporting.tests.test_counts import single, world

from agreement import Agreement
from agreement.content import PERSONA_WORDS, persona_of
from agreement.places import place_of
from events import Event
from events.vocabulary import OPEN_STAGES, Side
from reporting.decide.forecast import WEEK, DealSpan, rates_by_age
from reporting.decide.money import Exchange
from reporting.filters import ReportQuery
from reporting.leads_query import LeadsQuery
from reporting.reports.leads import lead_filters
from reporting.reports.pack_forecast import span_of, span_of_group
from reporting.reports.report import open_scope
from reporting.reports.totals import totals_and_sourced, totals_of
from reporting.reports.unowned import _counts
from reporting.store import funnel, inbox, leads, money, packs, places
from reporting.store.conditions import select
from runtime.database.connect import Database
from runtime.database.statement import statement
from runtime.service import Context
from testing.service import Prehistory

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]
NOW: Final = datetime(2026, 11, 23, 5, tzinfo=UTC)
_STANDS: Final = statement("""
    SELECT stage, status, owner, nurture AS segment, why AS reason, captured_at FROM lead_card WHERE erased_at IS NULL
""")
_PERSONAS: Final = statement("""
    SELECT s.body -> 'facts' ->> 'function' AS function, s.body -> 'facts' ->> 'seniority' AS seniority, j.persona
    FROM journey j JOIN standing s USING (lead)
""")
_GIVEN_FACTS: Final = statement("""
    UPDATE standing SET body = jsonb_set(body, '{facts}', body -> 'facts' || jsonb_build_object(
        'function', CAST(:function AS text), 'seniority', CAST(:seniority AS text)))
""")


@pytest.fixture
def past(request: pytest.FixtureRequest, agreement: Agreement) -> Prehistory | None:
    asks = "full_house" in request.fixturenames
    return happened("same_answers", agreement, world().events) if asks else None


@pytest.fixture
def full_house(context: Context) -> Context:
    """In which the world of the counts has happened."""
    return context


async def test_the_pace_of_stages_is_that_of_the_activity_funnel(full_house: Context) -> None:
    compared = 0
    async with open_scope(full_house) as scope:
        for where in single():
            if set(where) <= set(ReportQuery.model_fields):
                filters = scope.filters(ReportQuery.model_validate(where))
                rows = await funnel.funnel(scope.tx, {**filters, "mode": "activity", "by": None})
                medians = {one["stage"]: one["median_seconds"] for one in rows if one["whole"]}
                wanted = {stage: median for stage, median in medians.items() if median is not None}
                assert await funnel.pace(scope.tx, filters) == pytest.approx(wanted), where
                compared += len(wanted)
    assert compared > 10


async def test_the_cohort_behind_the_costs_is_that_of_the_funnel(full_house: Context) -> None:
    stages = {"lead": "leads", "mql": "mqls", "sql": "sqls", "won": "customers"}
    compared = 0
    async with open_scope(full_house) as scope:
        for where in single():
            if set(where) <= set(ReportQuery.model_fields):
                filters = scope.filters(ReportQuery.model_validate(where))
                rows = await funnel.funnel(scope.tx, {**filters, "mode": "cohort", "by": None})
                counts = {one["stage"]: one["count"] for one in rows if one["whole"]}
                wanted = {name: counts.get(stage, 0) for stage, name in stages.items()}
                assert await money.cohort(scope.tx, filters) == wanted, where
                compared += sum(wanted.values())
    assert compared > 10


async def test_deals_that_are_long_over_are_won_in_groups_at_the_rates_of_each_alone(full_house: Context) -> None:
    ended = set[int]()
    async with open_scope(full_house) as scope:
        convert = Exchange.of(scope.agreement, scope.now)
        since, end = NOW - 60 * WEEK, NOW

        async def spans(over_before: datetime) -> list[DealSpan]:
            rows = await packs.spans(scope.tx, since, end, opened_from=end, over_before=over_before)
            groups = await packs.long_over(scope.tx, since, end, over_before)
            ended.add(sum(row["deals"] for row in groups))
            return [*(span_of(convert, row) for row in rows), *(span_of_group(row, end) for row in groups)]

        one_by_one = await spans(since)
        for weeks in (30, 17, 2, 0):
            assert rates_by_age(await spans(end - weeks * WEEK), end) == rates_by_age(one_by_one, end), weeks
    assert min(ended) == 0
    assert max(ended) > 2


@pytest.mark.parametrize("side", ["marketing", "sales"])
async def test_what_a_side_sourced_is_the_same_beside_the_totals_and_alone(full_house: Context, side: Side) -> None:
    async with open_scope(full_house) as scope:
        for where in single():
            if set(where) <= set(ReportQuery.model_fields):
                query = ReportQuery.model_validate(where)
                found = await totals_and_sourced(scope, query, side)
                assert found == (await totals_of(scope, query), await totals_of(scope, query, sourced=side)), where


@pytest.mark.parametrize("young", [timedelta(0), timedelta(days=14), timedelta(days=999)])
async def test_leads_by_place_are_those_that_are_there_one_by_one(full_house: Context, young: timedelta) -> None:
    """Also one that was merged, one that is forgotten, those about whom routing said nothing, and young ones."""
    async with open_scope(full_house) as scope:
        instant = scope.now - young
        counts: dict[str, int] = {"unowned": 0}
        for row in (await scope.tx.execute(_STANDS)).mappings():
            since = row["captured_at"] >= instant
            given = {name: row[name] for name in ("stage", "status", "owner", "segment", "reason")}
            place = place_of(**given, young=since) or "unowned"
            counts[place] = counts.get(place, 0) + 1
        assert _counts(await places.groups(scope.tx, instant)) == counts


async def test_the_kept_persona_is_the_agreements(full_house: Context) -> None:
    functions = (None, "other", *PERSONA_WORDS)
    async with open_scope(full_house) as scope:
        for function in functions[:5]:
            for seniority in (None, PERSONA_WORDS[-1]):
                await scope.tx.execute(_GIVEN_FACTS, {"function": function, "seniority": seniority})
                await scope.tx.execute(statement("TRUNCATE journey"))
                await scope.tx.execute(statement("INSERT INTO journey SELECT * FROM journey_now"))
                rows = list((await scope.tx.execute(_PERSONAS)).mappings())
                assert {one["persona"] for one in rows} == {persona_of(function, seniority)}


_MANY_KINDS_OF_WORK: Final = (
    """
    INSERT INTO place (lead, stage, status, cycle, owner, assignment, accepted, closed, task, task_rep, task_since)
    SELECT 'w' || n, (ARRAY['mql', 'sal', 'sql', 'opportunity', 'lead'])[1 + n % 5], 'new', 1,
           CASE WHEN n % 7 <> 0 THEN 'rep-' || n % 3 END, CASE WHEN n % 3 <> 0 THEN 'a' || n END, n % 2 = 0, n % 11 = 0,
           CASE WHEN n % 6 = 0 THEN 'revisit' END, CASE WHEN n % 6 = 0 THEN 'rep-1' END,
           CASE WHEN n % 12 = 0 THEN CAST(:now AS timestamptz) - make_interval(hours => n % 24) END
    FROM generate_series(1, 240) AS n
    """,
    """
    INSERT INTO person (lead, facts, captured_at, first_seen, historical)
    SELECT 'w' || n, '{}', :now, :now, false FROM generate_series(1, 240) AS n WHERE n % 23 <> 0
    """,
    "INSERT INTO stray SELECT 'w' || n FROM generate_series(1, 240) AS n WHERE n % 23 = 0",
    """
    INSERT INTO standing (lead, fit, engagement, total, band, completeness, passed, at, body)
    SELECT 'w' || n, 0, 0, n % 9, 'hot', 0, true, :now, '{}'
    FROM generate_series(1, 240) AS n WHERE n % 5 <> 4
    """,
    "INSERT INTO journey SELECT * FROM journey_now",
    """
    INSERT INTO clock (lead, clock, promise, side, cycle, target, started, due, state, assignment)
    SELECT 'w' || n, 'c' || n, 'accepted', 'sales', 1, '1h', :now,
           CAST(:now AS timestamptz) + make_interval(hours => n % 5 - 2),
           CASE WHEN n % 2 = 0 THEN 'running' ELSE 'breached' END, 'a' || n - n % 8 / 4
    FROM generate_series(4, 240, 4) AS n
    """,
    """
    INSERT INTO snooze (lead, event, at, until, by)
    SELECT 'w' || n, 's' || n, :now, CAST(:now AS timestamptz) + make_interval(hours => n % 4 - 1),
           CASE WHEN n % 2 = 0 THEN 'rep-' || n % 3 END
    FROM generate_series(3, 240, 7) AS n
    """,
)


@pytest.mark.parametrize("offered", [False, True])
@pytest.mark.parametrize("snoozed", [None, False, True])
async def test_everybodys_work_comes_in_the_order_of_all_reps_work(
    context: Context, offered: bool, snoozed: bool | None
) -> None:
    """Also what is dated, put off, a task, without a score, of nobody known, and wherever a page is cut."""
    async with open_scope(context) as scope:
        for one in _MANY_KINDS_OF_WORK:
            await scope.tx.execute(statement(one), {"now": scope.now} if ":now" in one else {})
        given = {
            **{"snoozed": snoozed, "offered": offered, "now": scope.now, "late_by": None},
            **{"reps": None, "stages": list(OPEN_STAGES), "limit": 999, "offset": 0},
        }
        plain = [row["lead"] for row in await select(scope.tx, inbox._INBOX, given)]
        assert len(plain) > (1 if snoozed or offered else 80)
        for limit, offset in ((999, 0), (1, 0), (7, 5), (30, 20), (len(plain), 0), (40, len(plain) // 2)):
            rows = await inbox.inbox(scope.tx, None, scope.now, limit, offset, snoozed=snoozed, offered=offered)
            assert [row["lead"] for row in rows] == plain[offset : offset + limit], (limit, offset)


_FEW: Final[Sequence[dict[str, str]]] = (
    *({"offered": "true"}, {"offered": "true", "team": "new-york"}, {"came_back": "true"}, {"flag": "cooling"}),
    *({"touched": "false", "ended": "false"}, {"touched": "false", "ended": "false", "band": "hot"}),
    *({"stage": "mql", "owner": "-", "ended": "false"}, {"q": "an"}, {"q": "@", "stage": "mql"}, {"q": "100%_\\"}),
)


async def test_the_few_that_are_looked_up_are_those_of_the_whole_list(full_house: Context) -> None:
    met = set[str]()
    async with open_scope(full_house) as scope:
        await scope.tx.execute(statement("UPDATE place SET cycle = 2, flags = '[\"cooling\"]' WHERE lead < '8'"))
        await scope.tx.execute(statement("UPDATE place SET owner = NULL WHERE stage = 'mql' AND lead > '8'"))
        await scope.tx.execute(statement("UPDATE place SET accepted = false, closed = false WHERE lead > '4'"))
        await scope.tx.execute(statement("UPDATE journey SET touched = false, band = 'hot' WHERE lead > 'c'"))
        await scope.tx.execute(statement("UPDATE journey j SET closed = p.closed FROM place p WHERE p.lead = j.lead"))
        for where in _FEW:
            filters = await lead_filters(scope, LeadsQuery.model_validate(where))
            few, conditions = leads._few_of(filters), leads._conditions_of(filters)
            assert few is not None, where
            given = {**filters, "limit": 500}
            for sort, part in (("total", "down"), ("name", "up"), ("total", "without")):
                one, all_ = [
                    await select(scope.tx, leads._page("c.id", conditions, sort, part, continued=False, few=way), given)
                    for way in (few, None)
                ]
                assert one == all_, (where, sort, part)
                met |= {few} if one else set()
            counts = [
                (await scope.tx.execute(leads._count(conditions, way), filters)).scalar_one() for way in (few, None)
            ]
            assert counts[0] == counts[1], where
    assert len(met) > 5, met


@pytest.mark.parametrize("young", [timedelta(0), timedelta(days=14)])
async def test_the_oldest_in_a_place_are_the_same_from_whichever_end_they_are_looked_for(
    full_house: Context, young: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_scope(full_house) as scope:
        instant = scope.now - young
        groups = await places.groups(scope.tx, instant)
        for some in (groups, *([one] for one in groups)):
            found = list[list[str]]()
            for least in (1, 10**6):  # leads of the groups, from which on the oldest of all are looked at first
                monkeypatch.setattr(places, "_OLDEST", least)
                found += [
                    [row["id"] for row in await places.leads(scope.tx, instant, some, limit, offset)]
                    for limit, offset in ((1, 0), (3, 2), (500, 0))
                ]
            assert found[:3] == found[3:], some
            assert len(found[2]) == sum(one.leads for one in some), some


def slowly(deals: Iterable[DealSpan], now: datetime) -> list[tuple[int, int]]:
    rates = list[list[int]]()
    for deal in deals:
        age = 0
        while deal.opened + WEEK * (age + 1) <= now:
            start, end = deal.opened + WEEK * age, deal.opened + WEEK * (age + 1)
            if deal.closed is not None and deal.closed < start:
                break
            while len(rates) <= age:
                rates.append([0, 0])
            rates[age][0] += 1
            rates[age][1] += deal.won and deal.closed is not None and deal.closed < end
            age += 1
    return [(open_, won) for open_, won in rates]


hours = st.integers(-30, 2000)
spans = st.builds(
    lambda age, length, won: DealSpan(
        NOW - timedelta(hours=age),
        NOW - timedelta(hours=age - length) if length is not None else None,
        won and length is not None,
    ),
    hours | st.integers(0, 10).map(lambda weeks: weeks * 168),
    st.none() | hours | st.integers(0, 10).map(lambda weeks: weeks * 168),
    st.booleans(),
)


@given(st.lists(spans, max_size=6))
def test_rates_by_age_are_those_of_a_walk_through_each_deals_weeks(deals: list[DealSpan]) -> None:
    assert rates_by_age(deals, NOW) == slowly(deals, NOW)


async def test_a_page_may_be_drawn_for_a_minute_and_nothing_else_may_rest_so_long(context: Context) -> None:
    """A machine that has much to do reads files and draws for longer than a lane may hold its rows."""
    patience = statement("SELECT current_setting('idle_in_transaction_session_timeout')")
    async with open_scope(context) as scope:
        assert (await scope.tx.execute(patience)).scalar_one() == "1min"
    async with context.database.begin() as tx:
        assert (await tx.execute(patience)).scalar_one() == "10s"
