"""Nobody reports it by hand: a rep's calendar says out of office, and leads go to the colleagues until it is over."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from runtime.settings import Settings
from testing.events import NOON
from testing.house import Client
from testing.terms import changed_agreement

pytestmark = pytest.mark.slow

VP = {"first_name": "Robin", "last_name": "Hale", "title": "VP Sales", "country": "US", "employees": "30"}


@dataclass
class Feed:
    """Ana's calendar, as its server answers."""

    url: str = ""
    content: str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test\r\nEND:VCALENDAR\r\n"

    def out_of_office(self, first: str, after: str) -> None:
        lines = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test", "BEGIN:VEVENT", "UID:1@x",
                 "DTSTAMP:20260801T000000Z", f"DTSTART;VALUE=DATE:{first}", f"DTEND;VALUE=DATE:{after}",
                 "SUMMARY:Out of office", "END:VEVENT", "END:VCALENDAR", "")  # fmt: skip
        self.content = "\r\n".join(lines)


@pytest.fixture
async def feed() -> AsyncIterator[Feed]:
    served = Feed()

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=served.content, content_type="text/calendar")

    app = web.Application()
    app.router.add_get("/ana.ics", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}/ana.ics"
    yield served
    await runner.cleanup()


@pytest.fixture
def settings(settings: Settings, feed: Feed, tmp_path: Path) -> Settings:
    """The shipped agreement, in which Ana has a calendar."""
    line = ("slack_user: U0ANA,", f"slack_user: U0ANA, calendar: '{feed.url}',")
    return settings.model_copy(update={"agreement": changed_agreement(tmp_path, {"teams.yaml": [line]})})


async def owners(client: Client, name: str) -> list[str]:
    found = []
    for number in range(3):
        email = f"robin@{name}-{number}.io"
        await client.submit("demo", email=email, **VP)
        await client.settle()
        found.append((await client.lead(email))["owner"] or "nobody")
    return found


@pytest.mark.chaos  # hour by hour, some minutes: behind `make chaos`
async def test_days_out_of_office_are_leave_and_nobody_corrects_anything(client: Client, feed: Feed) -> None:
    await client.advance(hours=2)
    assert "rep-ana" in await owners(client, "before")
    feed.out_of_office("20260805", "20260806")
    await client.advance(minutes=20)
    while_away = await owners(client, "away")
    assert set(while_away) == {"rep-ben", "rep-chloe"}
    offer = (await client.lead("robin@away-0.io"))["assignments"][-1]
    assert any(one["rep"] == "rep-ana" and not one["eligible"] for one in offer["candidates"])
    for hours in range(3, 27):  # the feed is read every 15 minutes: hour by hour, each answered in time
        await client.advance(to=NOON + timedelta(hours=hours))
    assert "rep-ana" in await owners(client, "after")
