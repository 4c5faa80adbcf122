"""How pages write what they show: lengths of time, answers, teams; and what stands on which page of a long list."""

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from httpx import AsyncClient

from agreement import Agreement
from events.packs import PackRow
from reporting.figures import decimal
from reporting.pages.chart import NARROW, chart
from reporting.pages.contract import span_words
from reporting.pages.deals import survey_questions
from reporting.pages.formats import channel, numeric_columns
from reporting.pages.frame import PageFrame
from reporting.pages.inbox_words import working_time


@pytest.mark.parametrize(
    ("written", "words"), [("4bh", "4 business hours"), ("1bd", "1 business day"), ("30d", "30 days"), ("soon", "soon")]
)
def test_a_length_of_time_is_said_in_words(written: str, words: str) -> None:
    assert span_words(written) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(40 * 60, "40 min"), (3600, "1 business hour"), (151 * 3600 + 59, "151 business hours")]
)
def test_lateness_is_told_in_business_hours(seconds: float, words: str) -> None:
    """A day of them would be no day of the calendar."""
    assert working_time(seconds) == words


@pytest.mark.parametrize(("value", "words"), [(1.0, "1"), (14.5, "14.5"), (-1.5, "−1.5"), (0.0, "0"), (None, "–")])
def test_a_decimal_has_the_digits_it_needs(value: float | None, words: str) -> None:
    assert decimal(value) == words


def test_figures_of_a_pack_stand_at_the_right_and_words_at_the_left() -> None:
    rows = [
        PackRow(cells=("Pine", "40 USD", "product gap", "–", "–")),
        PackRow(cells=("Oak", "–", "–", "Tailspin", "–")),
    ]
    assert numeric_columns(rows) == {1}
    assert numeric_columns([]) == set()


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/", "/"),
        ("/money", "/"),
        ("/pools/mid-na", "/team"),
        ("/accounts/a.example", "/leads"),
        ("/leads/x", "/leads"),
    ],
)
def test_a_page_behind_another_says_where_one_is(path: str, where: str) -> None:
    frame = PageFrame("Ana Lima", "rep", False, "")
    assert (frame.within(path), frame.within("/search")) == (where, None)


def test_days_below_a_narrow_chart_do_not_run_into_each_other() -> None:
    first = date(2026, 8, 30)
    rows = [
        {"from": day.isoformat(), "to": (day + timedelta(days=7)).isoformat(), "count": 3, "before": 1}
        | {"goal": 4, "mature": True}
        for day in (first + timedelta(days=7 * week) for week in range(14))
    ]
    drawn = chart({"items": rows, "title": "MQLs"}, NARROW)
    shown = [bar["middle"] for bar in drawn["bars"] if bar["label"]]
    assert len(shown) > 2
    assert min(later - sooner for sooner, later in pairwise(shown)) >= 60
    assert max(bar["left"] + bar["step"] for bar in drawn["bars"]) <= NARROW + 1


def test_a_lost_deal_is_lost_for_one_of_the_agreed_reasons(agreement: Agreement) -> None:
    lost = {name: (kind, choices) for name, _, kind, choices in survey_questions(agreement.definitions, "lost")}
    won = {name: kind for name, _, kind, _ in survey_questions(agreement.definitions, "won")}
    assert lost["reason"] == ("choice", agreement.definitions.lost_reasons)
    assert won["reason"] == "line"


async def test_a_long_list_leads_from_page_to_page(web: AsyncClient) -> None:
    first = (await web.get("/outcomes?limit=1")).text
    onward = re.search(r'href="(/outcomes\?[^"]*after=[^"]*)">Next 1<', first)
    assert onward
    assert "From the beginning" not in first
    second = (await web.get(onward[1].replace("&amp;", "&"))).text
    assert "From the beginning" in second
    rows = [re.search(r"<tbody>.*?</tbody>", page, re.DOTALL) for page in (first, second)]
    assert rows[0] is not None
    assert rows[1] is not None
    assert [one[0].count("<tr>") for one in rows if one] == [1, 1]
    assert rows[0][0] != rows[1][0]


async def test_offers_are_told_in_the_words_of_the_agreement(web: AsyncClient, agreement: Agreement) -> None:
    """No code of ours: neither an id of a team nor a reason's name."""
    page = (await web.get("/offers")).text
    table = re.search(r"<tbody>.*?</tbody>", page, re.DOTALL)
    assert table
    assert "new-york" not in table[0]
    assert {one.reason for one in agreement.routing.reject_reasons if one.reason in table[0]} == set()


async def test_the_house_s_currency_is_said_only_of_another(web: AsyncClient) -> None:
    page = (await web.get("/deals")).text
    amounts = re.findall(r'<td class="num"[^>]*data-label="Amount"[^>]*>([^<]*)<', page)
    converted = re.findall(r'<td class="num wide"[^>]*data-label="In the house&#39;s currency"[^>]*>([^<]*)<', page)
    assert len(amounts) == len(converted) > 0
    for amount, other in zip(amounts, converted, strict=True):
        assert amount.strip() != other.strip() or amount.strip() == "–"


def test_a_channel_is_called_as_people_call_it() -> None:
    assert (channel("segment"), channel("form")) == ("Segment", "form")
