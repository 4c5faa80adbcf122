"""Kept credits never show: at every moment of the loop each answer is what sharing out everything at once would say."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, Final, get_args

import pytest
from services.reporting.tests.credit_events import DAY, edited_agreement, ending, happening
from services.reporting.tests.test_counts import world

from agreement import Agreement
from agreement.goals import ExchangeRate
from events import Event, Money
from events.campaigns import SpendRecorded
from events.deals import DealLost
from events.leads import Campaign, LeadMerged
from events.topics import partition
from reporting.crediting import CreditingLoop
from reporting.decide import attribution as attribution_rule
from reporting.decide.attribution import Credit, Share, Touched
from reporting.decide.credits import CreditKey, MovedCredits, keys_of, moved_credits, sums_of_deal
from reporting.decide.leads import Person, Touch
from reporting.decide.state import State
from reporting.filters import AttributionQuery, CreditDivision, DealsQuery, ReportQuery
from reporting.reports import shares as sharing
from reporting.reports.attribution import attribution, credited_deals
from reporting.reports.attribution_groups import AttributionGroupsQuery, attribution_groups
from reporting.reports.credits import CreditTerms, rule_of
from reporting.reports.models import models
from reporting.reports.report import ReportScope
from reporting.reports.self_reported import deals_that_say, self_reported
from reporting.service import SERVICE
from reporting.store import credits as store
from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.service import Context
from testing.events import NOON
from testing.service import batch

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]
DIVISIONS: Final = get_args(CreditDivision)
SIDES: Final = ("marketing", "sales", "unattributed")
PERIODS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"from": "2026-07-14", "to": "2026-07-17"},
    {"from": "2026-07-15", "to": "2026-08-04"},
)
"""Ninety days; three days of a week; some weeks with days before and after."""
FILTERS: Final[tuple[dict[str, str], ...]] = (
    {},
    {"source": "google"},
    {"source": "-"},
    {"rep": "rep-dan"},
    {"product": "core"},
    {"team": "new-york", "source": "linkedin"},
)
_RIPEN: Final = statement("UPDATE credit_due SET not_before = clock_timestamp()")
_WEEKS: Final = statement("SELECT * FROM credit_week ORDER BY part, division, week, side, value, kind")
_DEALS: Final = statement("""
    SELECT deal, division, side, value, kind, deals, touches, units FROM credit
    ORDER BY deal, division, side, value, kind
""")
_AGAIN: Final = statement("UPDATE credit_terms SET terms = 'others'")


class DyingLoop(CreditingLoop):
    """Dies before what it did is committed."""

    async def _share_out(self, tx: Connection, deals: list[str], generation: int) -> None:
        await super()._share_out(tx, deals, generation)
        raise InterruptedError


async def share_out(context: Context, most: int = 500) -> None:
    loop = CreditingLoop(context)
    while await loop.round(most):
        pass


def questions(chance: Random, agreement: Agreement) -> Iterator[tuple[str, Callable[[ReportScope], Awaitable[object]]]]:
    """Some answers, one for each way of asking."""
    of_time = chance.choice(PERIODS)
    for where in chance.sample(FILTERS, 3):
        model = chance.choice(agreement.goals.attribution.models).name
        by, side = chance.choice(DIVISIONS), chance.choice(SIDES)
        given = {**of_time, **where}
        queries: Sequence[tuple[Callable[[ReportScope, Any], Awaitable[object]], Any]] = (
            (attribution, AttributionQuery(**given, model=model, limit=2)),
            (attribution_groups, AttributionGroupsQuery(**given, by=by)),
            (models, AttributionGroupsQuery(**given)),
            (credited_deals, DealsQuery(**given, credited=side, model=model)),
            (credited_deals, DealsQuery(**given, credited=side, model=model, credited_by=by, credited_to="-")),
            (credited_deals, DealsQuery(**given, credited="marketing", touch="demo_request", touch_source="google")),
            (self_reported, ReportQuery(**given)),
            (deals_that_say, DealsQuery(**given, self_reported=chance.choice(("-", "a podcast")))),
        )
        for ask, query in queries:
            yield f"{ask.__name__} {query!r}", lambda scope, ask=ask, query=query: ask(scope, query)  # type: ignore[misc]


async def differences(context: Context, chance: Random) -> list[str]:
    """The questions that what is kept answers otherwise than all shared out at once."""
    async with context.database.begin() as tx:
        kept = ReportScope(tx, context.agreement, NOON)
        some = list(questions(chance, context.agreement))
        return [name for name, ask in some if await ask(kept) != await ask(replace(kept, whole=False))]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.chaos) for seed in range(2, 20))])
async def test_every_answer_is_that_of_sharing_out_all_at_once(
    context: Context, database: Database, fold: Fold, seed: int
) -> None:
    chance, history = Random(seed), world()
    await fold(context, database, history.events)
    house = context
    loop = CreditingLoop(house)
    for step in range(25):
        then = len(history.events)
        for _ in range(chance.randint(1, 6)):
            happening(chance, history)
        if step % 6 == 5:
            ending(chance, history)
        await fold(house, database, history.events[then:])
        match chance.randint(0, 5):
            case 0 | 1:
                await loop.round(chance.randint(1, 8))
            case 2:
                await share_out(house)
            case 3:
                with suppress(InterruptedError):
                    await DyingLoop(house).round(3)
            case 4 if step % 2:
                house = replace(context, agreement=edited_agreement(context.agreement, chance))
                loop = CreditingLoop(house)
            case _:
                async with database.begin() as tx:
                    await tx.execute(_RIPEN)
        assert not await differences(house, chance), step


async def kept_rows(database: Database) -> list[list[object]]:
    async with database.begin() as tx:
        return [
            [
                {name: value for name, value in row.items() if name != "place"}
                for row in (await tx.execute(of)).mappings()
            ]
            for of in (_WEEKS, _DEALS)
        ]


@pytest.mark.slow
async def test_weeks_are_the_sums_of_what_is_kept_however_they_came_about(
    context: Context, database: Database, fold: Fold
) -> None:
    chance, history = Random(5), world()
    await fold(context, database, history.events)
    await share_out(context)
    for _ in range(20):
        then = len(history.events)
        for _ in range(5):
            happening(chance, history)
        await fold(context, database, history.events[then:])
        await share_out(context, most=3)
    known = await kept_rows(database)
    assert all(known)
    async with database.begin() as tx:
        await tx.execute(_AGAIN)
    await share_out(context)
    assert await kept_rows(database) == known


async def test_what_is_not_committed_while_a_deal_is_shared_out_makes_it_due_again(
    context: Context, database: Database, fold: Fold
) -> None:
    history = world()
    await fold(context, database, history.events)
    then = len(history.events)
    history.engaged("lead-0", NOON - 17 * DAY, "case_study", campaign=Campaign(name="spring", source="on24"))
    handler = SERVICE.build(context).handler
    assert handler is not None
    async with database.begin() as tx:
        await handler(batch(history.events[then:], lane=partition("lead-0")), tx)
        await share_out(context)
        async with database.begin() as other:
            assert await store.count_due(other) == 0
    async with database.begin() as tx:
        assert await store.count_due(tx) == 2, "both deals of the lead"
        found: Any = await attribution_groups(ReportScope(tx, context.agreement, NOON), AttributionGroupsQuery())
        assert "spring" in [row["group"] for row in found["items"]]
    assert not await differences(context, Random(1))


async def test_only_what_credits_rest_on_makes_a_deal_due(context: Context, database: Database, fold: Fold) -> None:
    history = world()
    await fold(context, database, history.events)
    await share_out(context)

    async def due(kind: Callable[[], object]) -> int:
        then = len(history.events)
        kind()
        await fold(context, database, history.events[then:])
        async with database.begin() as tx:
            count = await store.count_due(tx)
        await share_out(context)
        return count

    spend = {"campaign": "c", "source": "google", "amount": Money(amount=1, currency="USD"), "start": NOON.date()}
    lost = {"by": "rep-dan", "deal": "second", "reason": "price"}
    assert await due(lambda: history.scored("lead-0", NOON, fit=10)) == 0
    assert await due(lambda: history.stage("lead-0", NOON, "won", "connected", owner="rep-dan", cycle=3)) == 0
    assert await due(lambda: history.engaged("lead-9", NOON, "demo_request")) == 0, "of no deal's contact"
    assert await due(lambda: history.add(SpendRecorded, "c", NOON, {**spend, "end": NOON.date() + DAY})) == 0
    assert await due(lambda: history.engaged("lead-0", NOON, "site_visit")) == 2
    assert await due(lambda: history.add(DealLost, "lead-0", NOON, lost)) == 1
    assert await due(lambda: history.add(LeadMerged, "lead-1", NOON, {"into": "lead-5", "reason": "test"})) == 1
    async with database.begin() as tx:
        assert await store.count_due(tx) == 1, "a batch in the other's lane may be on its way for some minutes"


async def test_new_rates_share_out_only_what_they_are_about_and_old_terms_do_not_come_back(
    context: Context, database: Database, fold: Fold
) -> None:
    await fold(context, database, world().events)
    old = CreditingLoop(context)
    while await old.round():
        pass
    async with database.begin() as tx:
        (known,) = (await tx.execute(statement("SELECT generation FROM credit_terms"))).scalars()
    rates = (ExchangeRate(currency="JPY", since=NOON.date() - 30 * DAY, rate=0.0061),)
    goals = context.agreement.goals.model_copy(update={"currencies": rates})
    edited = replace(context, agreement=context.agreement.model_copy(update={"goals": goals}))
    terms = CreditTerms.of(edited.agreement)
    async with database.begin() as tx:
        assert await store.generation_under(tx, terms.terms, terms.rates, house="USD", settled=False) == known
        assert await store.count_due(tx) == 1, "the deal in yen"
    assert await old.round() is False, "the other process has newer terms"
    assert not await differences(context, Random(1))
    assert not await differences(edited, Random(1))


async def test_deals_come_in_pages_each_once(context: Context, database: Database, fold: Fold) -> None:
    chance, history = Random(3), world()
    for _ in range(40):
        happening(chance, history)
    await fold(context, database, history.events)
    async with database.begin() as tx:
        scope = ReportScope(tx, context.agreement, NOON)
        whole: Any = await attribution(scope, AttributionQuery(limit=500))
        pages, after = list[Any](), None
        while after is not None or not pages:
            page: Any = await attribution(scope, AttributionQuery(limit=2, deals_after=after))
            pages.append(page["deals"])
            after = page["deals_next"]
    assert [deal for page in pages for deal in page] == whole["deals"]
    assert len(whole["deals"]) > 3
    assert max(map(len, pages)) == 2
    assert whole["deals_next"] is None


def test_a_rule_is_named_by_its_code_and_not_by_its_comments(tmp_path: Path) -> None:
    def named(code: str) -> str:
        file = tmp_path / f"rule_{len(list(tmp_path.iterdir()))}.py"
        file.write_text(code)
        spec = spec_from_file_location(file.stem, file)
        assert spec is not None
        return rule_of(sharing, module_from_spec(spec))

    code = Path(str(attribution_rule.__file__)).read_text()
    assert named(code) == named(f"# shares out\n{code}\n")
    assert named(code) != named(code.replace(" <= ", " < "))
    assert named(code) != rule_of(sharing)


def test_one_deal_adds_once_to_a_sum_however_many_touches_it_credits() -> None:
    ad = Touched("e-1", NOON, "marketing", "ad", "google", campaign="spring")
    again = Touched("e-2", NOON, "marketing", "webinar", "google", campaign="spring")
    first, last = Share((Credit(ad, 60, "x"), Credit(again, 40, "x"))), Share((Credit(None, 100, "unattributed"),))
    found = sums_of_deal([first, last], first, 100)
    spring, nobody = found["campaign", "marketing", "spring", None], found["campaign", "unattributed", None, None]  # type: ignore[index]
    assert (spring.deals, spring.touches, spring.units) == ([1, 0], [2, 0], [100, 0])
    assert (nobody.deals, nobody.touches, nobody.units) == ([0, 1], [0, 0], [0, 100])
    for by, place in product(("touch", *DIVISIONS), (0, 1)):
        assert sum(sums.units[place] for key, sums in found.items() if key.division == by) == 100
    assert CreditKey("tracked", "included", "google") in found
    assert keys_of(first.credits[0])[0] == CreditKey("touch", "marketing", "google", "ad")


def test_a_touch_that_stands_for_three_milestones_is_one_touch() -> None:
    ad = Touched("e-1", NOON, "marketing", "ad", "google", campaign="spring")
    call = Touched("e-2", NOON, "sales", "call", "phone")
    share = Share((Credit(ad, 30, "first_touch"), Credit(ad, 30, "mql"), Credit(call, 10, "x"), Credit(ad, 30, "y")))
    found = sums_of_deal([share], share, 100)
    spring, all_of_it = found["touch", "marketing", "google", "ad"], found["campaign", "marketing", "spring", None]  # type: ignore[index]
    assert (spring.deals, spring.touches, spring.units) == ([1], [1], [90])
    assert (all_of_it.deals, all_of_it.touches, all_of_it.units) == ([1], [1], [90])
    assert found["touch", "sales", "phone", "call"].touches == [1]  # type: ignore[index]


def test_whose_deals_a_batch_moves() -> None:
    before, after = State(), State()
    before.put(Person("x"))
    after.put(Person("x", merged_into="y"))
    after.put(Person("z", name="Z"))
    after.put(Touch("t", "e-1", NOON, "marketing", "ad"))
    assert moved_credits(before, after) == MovedCredits(["t", "x", "z"], ["x"], [])
    assert moved_credits(after, State()) == MovedCredits()
