"""Credits: the worked example of the domain, and what must hold for every deal and model."""

from datetime import UTC, datetime, timedelta

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st

from agreement import Agreement
from reporting.decide.attribution import Touched, attribute, conversations, split

START = datetime(2026, 3, 1, tzinfo=UTC)
LOOKBACK = timedelta(days=90)
CHANNELS = ("email", "call")


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def touch(number: float, kind: str, side: str = "marketing") -> Touched:
    return Touched(f"{kind}-{number}", day(number), side, kind)


JOURNEY = [
    touch(0, "ad"),
    touch(10, "webinar_attended"),
    touch(25, "call", "sales"),
    touch(40, "meeting", "sales"),
]
MILESTONES = {"lead_created": day(1), "mql": day(10), "opportunity": day(26), "closing": day(41)}


def units_by_kind(agreement: Agreement, model: str, touches: list[Touched] = JOURNEY) -> dict[str | None, int]:
    """Cents of the deal by kind of touch."""
    share = attribute(touches, MILESTONES, 5_000_000, agreement.goals.attribution.by_name[model], LOOKBACK)
    units: dict[str | None, int] = {}
    for credit in share.credits:
        name = credit.touch.kind if credit.touch else None
        units[name] = units.get(name, 0) + credit.minor_units
    return units


def test_the_worked_example(agreement: Agreement) -> None:
    units = units_by_kind(agreement, "w_baton")
    assert units == {"ad": 1_500_000, "webinar_attended": 1_500_000, "call": 1_500_000, "meeting": 500_000}


def test_both_sides_of_the_worked_example(agreement: Agreement) -> None:
    """$50,000: marketing $30,000, sales $20,000."""
    model = agreement.goals.attribution.by_name["w_baton"]
    sides = dict[str, int]()
    for credit in attribute(JOURNEY, MILESTONES, 5_000_000, model, LOOKBACK).credits:
        assert credit.touch
        sides[credit.touch.side] = sides.get(credit.touch.side, 0) + credit.minor_units
    assert sides == {"marketing": 3_000_000, "sales": 2_000_000}


SIX = [
    *(touch(0, "ad"), touch(3, "whitepaper"), touch(10, "webinar"), touch(25, "call", "sales")),
    *(touch(27, "case_study"), touch(41, "meeting", "sales")),
]
"""Each on the instant of its milestone or before it; three more between."""
HALVES = [touch(number, name) for number, name in ((20, "a"), (27, "b"), (34, "c"), (41, "d"))]
"""Three, two, one and no half-life before the closing: 1, 2, 4 and 8 fifteenths."""


@pytest.mark.parametrize(
    ("model", "touches", "cents"),
    [
        ("w_baton", SIX, {"ad": 30_001, "webinar": 30_000, "call": 30_000, "meeting": 10_000}),
        (
            "w_standard",
            SIX,
            {"ad": 30_000, "whitepaper": 30_000, "call": 30_000}
            | {"webinar": 3_334, "case_study": 3_334, "meeting": 3_333},
        ),
        (
            "full_path",
            SIX,
            {"ad": 22_501, "whitepaper": 22_500, "call": 22_500, "meeting": 22_500}
            | {"webinar": 5_000, "case_study": 5_000},
        ),
        (
            "u_shaped",
            SIX,
            {"ad": 40_001, "whitepaper": 40_000} | dict.fromkeys(("webinar", "call", "case_study", "meeting"), 5_000),
        ),
        ("first", SIX, {"ad": 100_001}),
        ("last", SIX, {"meeting": 100_001}),
        (
            "linear",
            SIX,
            dict.fromkeys(("ad", "whitepaper", "webinar", "call", "case_study"), 16_667) | {"meeting": 16_666},
        ),
        ("time_decay", HALVES, {"a": 6_667, "b": 13_333, "c": 26_667, "d": 53_334}),
    ],
)
def test_each_model_by_hand_to_the_cent(
    agreement: Agreement, model: str, touches: list[Touched], cents: dict[str, int]
) -> None:
    """$1,000.01, so that every share has a remainder."""
    reached = {"lead_created": day(3), "mql": day(10), "opportunity": day(26), "closing": day(41)}
    share = attribute(touches, reached, 100_001, agreement.goals.attribution.by_name[model], LOOKBACK)
    assert {credit.touch.kind: credit.minor_units for credit in share.credits if credit.touch} == cents
    assert not share.redistributed


@pytest.mark.parametrize(("before", "credited"), [(90, True), (90.001, False)])
def test_a_touch_counts_for_ninety_days(agreement: Agreement, before: float, credited: bool) -> None:
    model = agreement.goals.attribution.by_name["last"]
    (credit,) = attribute([touch(41 - before, "ad")], {"closing": day(41)}, 100, model, LOOKBACK).credits
    assert (credit.touch is not None, credit.minor_units) == (credited, 100)


def test_first_last_linear_and_u(agreement: Agreement) -> None:
    assert units_by_kind(agreement, "first") == {"ad": 5_000_000}
    assert units_by_kind(agreement, "last") == {"meeting": 5_000_000}
    assert set(units_by_kind(agreement, "linear").values()) == {1_250_000}
    assert units_by_kind(agreement, "u_shaped") == {
        "ad": 4_000_000,
        "webinar_attended": 333_334,
        "call": 333_333,
        "meeting": 333_333,
    }


def test_a_missing_milestone_goes_pro_rata_and_is_flagged(agreement: Agreement) -> None:
    model = agreement.goals.attribution.by_name["w_baton"]
    reached = {"closing": day(41), "opportunity": day(26)}
    share = attribute(JOURNEY, reached, 700, model, LOOKBACK)
    assert [(credit.why, credit.minor_units) for credit in share.credits] == [
        ("first_touch", 300),
        ("opportunity", 300),
        ("closing", 100),
    ]
    assert share.redistributed


def test_a_milestone_without_a_touch_is_nobodys_and_gives_nothing_to_the_others(agreement: Agreement) -> None:
    old = [touch(-100, "ad"), touch(30, "call", "sales")]
    assert units_by_kind(agreement, "w_baton", old) == {"ad": 1_500_000, None: 3_000_000, "call": 500_000}
    share = attribute(old, MILESTONES, 1000, agreement.goals.attribution.by_name["w_baton"], LOOKBACK)
    assert [(credit.why, credit.minor_units) for credit in share.credits if credit.touch is None] == [
        ("mql", 300),
        ("opportunity", 300),
    ]
    assert not share.redistributed


def test_an_attempt_and_its_answer_are_one_touch() -> None:
    day_long = timedelta(hours=24)
    call, answered = touch(1, "call", "sales"), touch(1.1, "connected", "sales")
    assert conversations([answered, call], day_long, CHANNELS) == [call]
    assert conversations([call, answered, touch(1.2, "connected", "sales")], day_long, CHANNELS)[1:] == [
        touch(1.2, "connected", "sales")
    ]
    assert len(conversations([call, touch(3, "connected", "sales")], day_long, CHANNELS)) == 2
    assert conversations([touch(1, "connected", "sales"), call], day_long, CHANNELS) == [call]
    assert len(conversations([touch(1, "ad"), answered], day_long, CHANNELS)) == 2


def test_nobody_touched_is_unattributed_and_never_direct(agreement: Agreement) -> None:
    assert units_by_kind(agreement, "w_baton", []) == {None: 5_000_000}
    assert units_by_kind(agreement, "last", [touch(-80, "ad")]) == {None: 5_000_000}


@given(
    amount=st.integers(0, 10**10),
    days=st.lists(st.floats(-200, 60, allow_nan=False), max_size=12),
    reached=st.sets(st.sampled_from(["lead_created", "mql", "opportunity"])),
    data=st.data(),
)
def test_credits_sum_to_the_deal_and_none_is_negative(
    agreement: Agreement, amount: int, days: list[float], reached: set[str], data: st.DataObject
) -> None:
    model = data.draw(st.sampled_from(agreement.goals.attribution.models))
    milestones = {name: MILESTONES[name] for name in reached} | {"closing": MILESTONES["closing"]}
    touches = [Touched(str(number), day(at), "marketing", "ad") for number, at in enumerate(days)]
    share = attribute(touches, milestones, amount, model, LOOKBACK)
    assert sum(credit.minor_units for credit in share.credits) == amount
    assert all(credit.minor_units >= 0 for credit in share.credits)


@given(st.integers(0, 10**9), st.lists(st.floats(0.01, 100), min_size=1, max_size=10))
def test_largest_remainder_is_never_a_cent_off(amount: int, weights: list[float]) -> None:
    units = split(amount, weights)
    assert sum(units) == amount
    exact = [amount * weight / sum(weights) for weight in weights]
    assert all(abs(part - share) < 1.001 for part, share in zip(units, exact, strict=True))


async def test_the_api_credits_the_golden_deal(web: AsyncClient) -> None:
    for model in ("w_baton", "first", "last", "linear", "u_shaped", "time_decay", "full_path", "w_standard"):
        report = (await web.get(f"/api/attribution?model={model}&range=30d")).json()
        assert report["model"] == model
        assert report["total"] == {"amount": 5_000_000, "currency": "USD"}
        for parts in (report["sides"].values(), [row["amount"] for row in report["items"]]):
            assert sum(part["amount"] for part in parts) == 5_000_000
    answer = await web.get("/api/attribution?model=wishful")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/model"


async def test_every_credit_leads_to_the_leads_behind_it(web: AsyncClient) -> None:
    report = (await web.get("/api/attribution?range=30d")).json()
    sold = {deal["lead"] for deal in report["deals"]}
    for row in report["items"]:
        behind = {lead["id"] for lead in (await web.get(row["leads"])).json()["items"]}
        assert behind, row
        assert behind <= sold
    for side, money in report["sides"].items():
        behind = {lead["id"] for lead in (await web.get(report["links"][side])).json()["items"]}
        assert bool(behind) == bool(money["amount"]), side
    assert {lead["id"] for lead in (await web.get(report["leads"])).json()["items"]} == sold
