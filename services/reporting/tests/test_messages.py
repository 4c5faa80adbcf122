"""The page of messages: filters in the address, a number is its list, and what travelled together is one message."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from html import unescape

import pytest
from httpx import AsyncClient

from events import Event
from events.notices import NoticeFailed, NoticeSent
from reporting.pages.outbox import WIDTH, bars, by_person
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import NOON, EventBuilder

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]


def sent(builder: EventBuilder, number: int, to: str, *, at: datetime = NOON, **more: object) -> Event:
    kind = NoticeFailed if "error" in more else NoticeSent
    data = {"notice": f"n{number}", "kind": "reminder", "channel": "slack", "to": to, **more}
    return builder.make(kind, data, subject=f"told-{number}", at=at)


@pytest.fixture
async def fortnight(house: Context, database: Database, fold: Fold, builder: EventBuilder) -> None:
    yesterday = NOON - timedelta(days=1)
    await fold(
        house,
        database,
        [
            sent(builder, 1, "rep-ana"),
            sent(builder, 2, "rep-ana", at=yesterday, channel="email"),
            sent(builder, 3, "manager:rep-grace", kind="breach", message="digest-1"),
            sent(builder, 4, "manager:rep-grace", kind="breach", message="digest-1"),
            sent(builder, 5, "marketing", kind="rejected", error="is_archived"),
            sent(builder, 6, "mail-tool", kind="nurture", channel="webhook"),
        ],
    )


def listed(page: str) -> list[str]:
    """Ours: the house has older messages of its own."""
    return re.findall(r'<li id="m-(n\d+)"', page)


@pytest.mark.usefixtures("fortnight")
async def test_what_travelled_together_is_one_message_and_machines_get_none(web: AsyncClient) -> None:
    page = (await web.get("/outbox")).text
    assert sorted(listed(page)) == ["n1", "n2", "n3", "n5"]
    assert re.search(r"Digest</b> of 2", page)
    assert "4 messages in 14 days" in page
    assert "nurture" not in page


@pytest.mark.usefixtures("fortnight")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("person=rep-ana", ["n1", "n2"]),
        ("person=rep-grace", ["n3"]),
        ("kind=rejected", ["n5"]),
        ("channel=email", ["n2"]),
        ("state=failed", ["n5"]),
        ("lead=told-2", ["n2"]),
        ("person=rep-ana&channel=slack", ["n1"]),
        ("person=nobody", []),
    ],
)
async def test_the_filters_are_in_the_address(web: AsyncClient, query: str, expected: list[str]) -> None:
    page = (await web.get(f"/outbox?{query}")).text
    assert sorted(listed(page)) == expected


@pytest.mark.usefixtures("fortnight")
async def test_each_bar_and_each_number_is_a_link_to_its_list(web: AsyncClient) -> None:
    page = (await web.get("/outbox")).text
    bar = re.findall(r'<a href="([^"]+)" aria-label="[^"]+: (\d+) message', page)
    numbers = re.findall(r'<td class="num"[^>]*><a href="([^"]+)">(\d+)</a>', page)
    assert len(bar) == 14
    assert sum(int(count) for _, count in bar) == sum(int(count) for _, count in numbers) == 4
    for address, count in [*bar, *numbers]:
        assert len(listed((await web.get(unescape(address))).text)) == int(count), address


@pytest.mark.usefixtures("fortnight")
async def test_a_message_is_framed_where_nothing_runs_and_can_be_sent_again(web: AsyncClient) -> None:
    page = (await web.get("/outbox?person=rep-ana&channel=slack")).text
    assert re.search(r'<iframe class="slack" src="/api/outbox/n1/frame" sandbox loading="lazy"', page)
    assert re.search(r'<form method="post" action="/api/outbox/n1/send"', page)


async def test_the_page_says_that_a_message_goes_again(web: AsyncClient) -> None:
    assert "On its way again" in (await web.get("/outbox?sent=again")).text
    assert "On its way again" not in (await web.get("/outbox")).text


async def test_older_ones_follow(
    house: Context, database: Database, fold: Fold, builder: EventBuilder, web: AsyncClient
) -> None:
    await fold(house, database, [sent(builder, number, "rep-ana") for number in range(7)])
    seen, address = list[str](), "/outbox?limit=3"
    while address:
        page = (await web.get(address)).text
        seen += listed(page)
        older = re.search(r'<a class="button" href="([^"]+)">Older', page)
        address = unescape(older.group(1)) if older else ""
    assert sorted(seen) == [f"n{number}" for number in range(7)]
    assert (await web.get("/outbox?after=x")).status_code == 422


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2999-13-01", "x"])
async def test_a_day_at_the_end_of_the_calendar_leads_back_to_all(web: AsyncClient, day: str) -> None:
    answer = await web.get(f"/outbox?day={day}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/outbox")


def test_bars_stand_in_their_frame_and_people_by_how_much_they_got() -> None:
    days = [date(2026, 8, 1) + timedelta(days=number) for number in range(14)]
    counts = [{"person": "a", "day": days[0], "messages": 3}, {"person": "b", "day": days[0], "messages": 9}]
    drawn = bars(days, counts)
    assert [bar.messages for bar in drawn] == [12] + [0] * 13
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH and bar.y >= 0 and bar.height >= 0 for bar in drawn)
    assert [(person, total) for person, total, _ in by_person(counts)] == [("b", 9), ("a", 3)]
