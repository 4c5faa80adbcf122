"""Sets of stages and statuses, when an event occurred, money in minor units, and what a Slack button says back."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from itertools import product
from string import ascii_uppercase

import pycountry
import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from events.buttons import OfferButton
from events.edge import checked
from events.handoffs import StageChanged
from events.vocabulary import (
    ENDED_STAGES,
    FUNNEL_STAGES,
    OPEN_STAGES,
    OUT_OF_WORK,
    STAGES,
    STATUSES,
    WITH_A_REP,
    WITH_NOBODY,
    Money,
    counted_in_units,
    humanize,
    humanize_first,
)
from testing.events import NOON, EventBuilder

CURRENCIES = st.sampled_from(("USD", "EUR", "JPY", "KWD", "CLF"))


@pytest.mark.parametrize(
    ("text", "amount", "digits"),
    [
        ("25,000 USD", 2_500_000, 2),
        ("25,000 JPY", 25_000, 0),
        ("25,000 KWD", 25_000_000, 3),
        ("12.50 EUR", 1_250, 2),
        ("0.005 KWD", 5, 3),
    ],
)
def test_money_is_written_as_it_is_read(text: str, amount: int, digits: int) -> None:
    money = Money.parse(text)
    assert (money.amount, Money.digits(money.currency), str(money)) == (amount, digits, text)


@given(st.integers(0, 10**40), CURRENCIES)
def test_text_and_money_are_the_same_thing(amount: int, currency: str) -> None:
    money = Money(amount=amount, currency=currency)
    assert Money.parse(str(money)) == money
    assert Money.of(money.major, currency) == money


@pytest.mark.parametrize(
    "text",
    [
        "25,000",
        "USD",
        "25,000.5 JPY",
        "1.234 USD",
        "one USD",
        "10 usd",
        "",
        "5,00 USD",
        "1 000,50 EUR",
        "1,,2 USD",
        "1 2 USD",
        ",1 USD",
        "- 1 USD",
        "1,000_000 USD",
        "٣ USD",
    ],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no amount|has more decimals"):
        Money.parse(text)


@pytest.mark.parametrize(
    ("text", "amount", "currency", "where", "words"),
    [
        ("-3 USD", -300, "USD", "amount", "must not be below zero"),
        ("-0.01 USD", -1, "USD", "amount", "must not be below zero"),
        ("3 XXX", 300, "XXX", "currency", "XXX is the code of no currency"),
        ("3 XAU", 300, "XAU", "currency", "XAU is the code of no currency"),
        ("3 ZZZ", 300, "ZZZ", "currency", "ZZZ is the code of no currency"),
    ],
)
def test_money_from_outside_is_not_below_zero_and_of_a_currency(
    text: str, amount: int, currency: str, where: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Money.parse(text)
    with pytest.raises(ValidationError) as refusal:
        checked(Money, {"amount": amount, "currency": currency})
    (error,) = refusal.value.errors()
    assert (error["loc"], error["msg"]) == ((where,), words)
    kept = {"amount": amount, "currency": currency}
    assert Money.read(kept) == Money(amount=amount, currency=currency), (
        "what was kept before is read, and sums may be below zero"
    )


def test_of_all_codes_those_are_taken_that_a_list_has_or_had() -> None:
    listed = list_currencies() | {one.alpha_3 for one in pycountry.currencies}
    uncounted = "XAG XAU XBA XBB XBC XBD XDR XEU XFO XFU XPD XPT XRE XSU XTS XUA XXX"
    taken = set()
    for code in map("".join, product(ascii_uppercase, repeat=3)):
        with suppress(ValueError):
            taken.add(counted_in_units(code))
    assert taken == listed - set(uncounted.split())


def test_major_units_are_rounded_half_up() -> None:
    assert Money.of("0.125", "USD").amount == 13
    assert Money.of(Decimal("10.5"), "JPY").amount == 11


@pytest.mark.parametrize("major", ["abc", "", "1e", "NaN", "Infinity"])
def test_what_is_no_number_is_no_money(major: str) -> None:
    with pytest.raises(ValueError, match="is no number"):
        Money.of(major, "USD")


def test_thousands_may_be_grouped() -> None:
    assert {Money.parse(f"1{mark}250{mark}000 USD").amount for mark in ("", ",", "_", " ")} == {125_000_000}


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_button_says_back_what_was_written_on_it(lead: str, assignment: str) -> None:
    button = OfferButton(lead=lead, assignment=assignment)
    assert OfferButton.decode(button.encode()) == button


@pytest.mark.parametrize("value", [None, 7, "", "{", "[]", "{}", '{"lead": "x"}', '{"lead": 1, "assignment": "x"}'])
def test_what_no_card_ever_said_is_nobodys_button(value: object) -> None:
    assert OfferButton.decode(value) is None


def test_each_stage_and_status_is_in_one_set() -> None:
    assert ("lead", *OPEN_STAGES, *ENDED_STAGES) == STAGES
    assert (*FUNNEL_STAGES, "lost") == STAGES
    assert sorted((*WITH_NOBODY, *WITH_A_REP, *OUT_OF_WORK)) == sorted(STATUSES)


def test_an_event_occurred_at_its_time_but_not_after_it_was_recorded() -> None:
    event = EventBuilder("x").make(StageChanged, at=NOON, cycle=1, stage="mql", status="new", why="95 of 60")
    assert event.replaced(recordedtime=NOON + timedelta(hours=1)).occurred == NOON
    assert event.replaced(recordedtime=NOON - timedelta(hours=1)).occurred == NOON - timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "inside", "first"),
    [
        ("bad_data", "bad data", "Bad data"),
        ("mql", "MQL", "MQL"),
        ("opportunity", "opportunity", "Opportunity"),
        ("sales_vp", "sales VP", "Sales VP"),
        ("uk_western_europe", "UK western europe", "UK western europe"),
    ],
)
def test_names_are_shown_as_people_read_them(name: str, inside: str, first: str) -> None:
    assert (humanize(name), humanize_first(name)) == (inside, first)
