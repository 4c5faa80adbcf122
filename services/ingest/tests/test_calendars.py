"""Leave from a rep's own calendar: what counts, in which zone; and the feed read from a real server on loopback."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from services.ingest.tests.conftest import Stream

from agreement import Agreement
from agreement.leave import RepWord, word_of
from agreement.leave import leave_of as times_away
from events.sales import RepAvailability
from ingest.calendar_child import read_calendar
from ingest.calendars import CalendarReader
from ingest.decide import Receipt, Submission
from ingest.decide.absences import Absence, UnreadableCalendar, absences
from ingest.intake import Intake
from ingest.store import Reject
from runtime.clock import LaboratoryClock
from runtime.service import Context
from testing.waiting import PATIENCE

NOW = datetime(2026, 8, 5, 12, tzinfo=UTC)
NEW_YORK = "America/New_York"
WEEK = "DTSTART;VALUE=DATE:20260805\nDTEND;VALUE=DATE:20260810\nSUMMARY:Out of office: hiking"
OFF = Absence(datetime(2026, 8, 5, 4, tzinfo=UTC), datetime(2026, 8, 10, 4, tzinfo=UTC))


def calendar(*entries: str) -> bytes:
    """Entries of a feed, as tools export them."""
    events = "\n".join(
        f"BEGIN:VEVENT\nUID:{number}@example\nDTSTAMP:20260801T000000Z\n{entry}\nEND:VEVENT"
        for number, entry in enumerate(entries)
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test\n{events}\nEND:VCALENDAR\n".replace("\n", "\r\n").encode()


def leave_of(agreement: Agreement, *entries: str) -> list[Absence]:
    return list(absences(calendar(*entries), agreement.teams.calendar_feeds, NEW_YORK, NOW))


def test_days_out_of_office_are_days_of_the_reps_zone(agreement: Agreement) -> None:
    assert leave_of(agreement, WEEK) == [OFF]


@pytest.mark.parametrize(
    "entry",
    [
        "DTSTART;VALUE=DATE:20260805\nDTEND;VALUE=DATE:20260810\nSUMMARY:Budget week",
        f"{WEEK}\nTRANSP:TRANSPARENT",
        f"{WEEK}\nSTATUS:CANCELLED",
        "DTSTART:20260806T130000Z\nDTEND:20260806T140000Z\nSUMMARY:Out of office (dentist)",
        "DTSTART;VALUE=DATE:20260701\nDTEND;VALUE=DATE:20260703\nSUMMARY:Vacation",
        "DTSTART:20260806T130000Z\nRRULE:FREQ=SECONDLY\nSUMMARY:Vacation",
    ],
)
def test_what_is_no_leave(agreement: Agreement, entry: str) -> None:
    assert leave_of(agreement, entry) == []


def test_outlook_says_out_of_office_and_times_count_when_they_are_long(agreement: Agreement) -> None:
    entry = "DTSTART:20260806T120000Z\nDTEND:20260806T210000Z\nSUMMARY:x\nX-MICROSOFT-CDO-BUSYSTATUS:OOF"
    assert leave_of(agreement, entry) == [Absence(NOW + timedelta(days=1), NOW + timedelta(days=1, hours=9))]


@pytest.mark.parametrize(
    "end", ["DTEND;VALUE=DATE:99991231", "DTEND;VALUE=DATE:99991230", "DTEND:99991231T235959Z", "DURATION:P2900000D"]
)
def test_leave_without_end_begins_like_any_other(agreement: Agreement, end: str) -> None:
    kind = "DTSTART:20260805T040000Z" if end.startswith("DTEND:") else "DTSTART;VALUE=DATE:20260805"
    (leave,) = leave_of(agreement, f"{kind}\n{end}\nSUMMARY:Vacation")
    assert (leave.since, leave.until.year) == (OFF.since, 3000)


def test_an_entry_at_the_end_of_time_costs_the_others_nothing(agreement: Agreement) -> None:
    entry = "DTSTART;VALUE=DATE:99991230\nDTEND;VALUE=DATE:99991231\nSUMMARY:Vacation"
    assert leave_of(agreement, entry, WEEK) == [OFF]


def test_what_touches_is_one_leave_and_a_series_recurs(agreement: Agreement) -> None:
    next_days = "DTSTART;VALUE=DATE:20260810\nDTEND;VALUE=DATE:20260812\nSUMMARY:Vacation"
    assert leave_of(agreement, next_days, WEEK) == [Absence(OFF.since, datetime(2026, 8, 12, 4, tzinfo=UTC))]
    fridays = "DTSTART;VALUE=DATE:20260807\nRRULE:FREQ=WEEKLY;COUNT=3\nSUMMARY:PTO"
    assert [one.since.day for one in leave_of(agreement, fridays)] == [7, 14, 21]


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff\xfe", b"BEGIN:VCALENDAR"])
def test_what_is_no_calendar_is_unreadable(agreement: Agreement, content: bytes) -> None:
    with pytest.raises(UnreadableCalendar, match="cannot be read"):
        absences(content, agreement.teams.calendar_feeds, NEW_YORK, NOW)


ENDLESS = [
    "DTSTART:20260806T000000Z\nRRULE:FREQ=DAILY;BYHOUR={0};BYMINUTE={0};BYSECOND={0}".format(
        ",".join(map(str, range(24)))
    ),
    "DTSTART;VALUE=DATE:00010101\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
]


@pytest.mark.slow
@pytest.mark.fault("F14")
@pytest.mark.parametrize("entry", ENDLESS)
async def test_what_has_no_end_is_given_up_and_keeps_nobody_waiting(agreement: Agreement, entry: str) -> None:
    content = calendar(f"{entry}\nSUMMARY:Vacation")
    reading = asyncio.create_task(read_calendar(content, agreement.teams.calendar_feeds, NEW_YORK, NOW, seconds=2))
    turns = 0
    while not reading.done():
        turns += 1
        await asyncio.sleep(0.01)
    with pytest.raises(UnreadableCalendar, match="takes longer than 2 seconds"):
        await reading
    assert turns > 9, "others had their turns all the time"


async def test_the_process_answers_as_the_function_does(agreement: Agreement) -> None:
    feeds = agreement.teams.calendar_feeds
    assert list(await read_calendar(calendar(WEEK), feeds, NEW_YORK, NOW)) == [OFF]
    with pytest.raises(UnreadableCalendar, match="cannot be read"):
        await read_calendar(b"<html>", feeds, NEW_YORK, NOW)


@dataclass
class Feed:
    """What the server answers, and how often it was asked."""

    url: str = ""
    content: bytes = b""
    status: int = 200
    requests: int = 0


@pytest.fixture
async def feed() -> AsyncIterator[Feed]:
    served = Feed()

    async def answer(_: web.Request) -> web.Response:
        served.requests += 1
        return web.Response(body=served.content, status=served.status, content_type="text/calendar")

    app = web.Application()
    app.router.add_get("/ana.ics", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}/ana.ics"
    yield served
    await runner.cleanup()


def reader_of(context: Context, url: str | None, clock: LaboratoryClock, *, laboratory: bool = True) -> CalendarReader:
    """A house in which Ana has a calendar."""
    teams = context.agreement.teams
    reps = tuple(rep.model_copy(update={"calendar": url if rep.id == "rep-ana" else None}) for rep in teams.reps)
    agreement = context.agreement.model_copy(update={"teams": teams.model_copy(update={"reps": reps})})
    settings = context.settings.model_copy(update={"laboratory": laboratory})
    here = replace(context, agreement=agreement, settings=settings, clock=clock)
    return CalendarReader(here, Intake(here))


@pytest.mark.slow
async def test_leave_begins_moves_and_is_taken_out_again(context: Context, feed: Feed, stream: Stream) -> None:
    clock = LaboratoryClock(NOW)
    reader = reader_of(context, feed.url, clock)
    feed.content = calendar(WEEK)
    for minutes in (0, 5, 15):
        clock.advance(NOW + timedelta(minutes=minutes))
        await reader.read_due()
    assert feed.requests == 2, "every 15 minutes"
    assert await reader.waiting() == NOW + timedelta(minutes=30)
    (away,) = await stream("sales")
    assert (away.type, away.subject, away.data.state) == ("rep.availability.v1", "rep-ana", "away")
    assert (away.data.since, away.data.until) == (OFF.since, OFF.until)

    feed.content = calendar(WEEK.replace("20260810", "20260812"))
    clock.advance(NOW + timedelta(minutes=30))
    await reader.read_due()
    feed.content = calendar()
    clock.advance(NOW + timedelta(minutes=45))
    await reader.read_due()
    _, longer, back = await stream("sales")
    assert longer.data.until == datetime(2026, 8, 12, 4, tzinfo=UTC)
    assert (back.data.state, back.data.until) == ("active", None)


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.slow
@pytest.mark.parametrize("after", [True, pytest.param(False, marks=pytest.mark.chaos)])
async def test_a_kill_while_leave_is_handed_in_doubles_and_loses_nothing(
    context: Context, feed: Feed, stream: Stream, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    clock = LaboratoryClock(NOW)
    feed.content = calendar(WEEK)

    class DyingIntake(Intake):
        """Dies when it has handed in, or just before."""

        async def submit(
            self, submissions: Sequence[Submission], *, rejects: Sequence[Reject] = (), lenient: bool = False
        ) -> Receipt:
            if after:
                await super().submit(submissions, rejects=rejects, lenient=lenient)
            raise Killed

    dying = reader_of(context, feed.url, clock)
    monkeypatch.setattr(dying, "_intake", DyingIntake(context))
    with pytest.raises(Killed):
        await dying.read_due()
    clock.advance(NOW + timedelta(minutes=15))
    await reader_of(context, feed.url, clock).read_due()
    assert [event.data.state for event in await stream("sales")] == ["away"]
    feed.content = calendar()
    clock.advance(NOW + timedelta(minutes=30))
    with pytest.raises(Killed):
        await dying.read_due()
    feed.content = calendar(WEEK)
    clock.advance(NOW + timedelta(minutes=45))
    await reader_of(context, feed.url, clock).read_due()
    assert [event.data.state for event in await stream("sales")][-1] == "away", "what was begun is put right"


@pytest.mark.slow
async def test_leave_is_known_a_week_before_and_one_that_is_over_needs_no_word(
    context: Context, feed: Feed, stream: Stream
) -> None:
    clock = LaboratoryClock(OFF.since - timedelta(days=8))
    reader = reader_of(context, feed.url, clock)
    feed.content = calendar(WEEK)
    await reader.read_due()
    assert await stream("sales") == []
    for instant in (OFF.since - timedelta(days=6), OFF.since, OFF.until + timedelta(hours=1)):
        clock.advance(instant)
        await reader.read_due()
    (away,) = await stream("sales")
    assert (away.data.state, away.data.since, away.data.until) == ("away", OFF.since, OFF.until)
    assert away.data.feed


@pytest.mark.slow
async def test_leave_that_is_taken_out_before_it_begins_is_taken_back(
    context: Context, feed: Feed, stream: Stream
) -> None:
    clock = LaboratoryClock(OFF.since - timedelta(days=2))
    reader = reader_of(context, feed.url, clock)
    feed.content = calendar(WEEK)
    await reader.read_due()
    feed.content = calendar()
    clock.advance(OFF.since - timedelta(days=1))
    await reader.read_due()
    assert [event.data.state for event in await stream("sales")] == ["away", "active"]


@pytest.mark.slow
async def test_what_the_calendar_has_takes_nothing_from_a_leave_that_the_rep_reports(
    context: Context, feed: Feed, stream: Stream
) -> None:
    """Ill since before, and until after: a holiday in the calendar comes and is taken out again."""
    clock = LaboratoryClock(OFF.since - timedelta(days=2))
    reader = reader_of(context, feed.url, clock)
    for days, entries in ((2, [WEEK]), (1, [])):
        feed.content = calendar(*entries)
        clock.advance(OFF.since - timedelta(days=days))
        await reader.read_due()
    ill = RepWord(OFF.since - timedelta(days=3), True)
    words = [ill, *(word_of(one) for one in await stream("sales") if isinstance(one, RepAvailability))]
    assert [word.feed for word in words] == [False, True, True]
    assert times_away(words) == ((ill.at, None),)


@pytest.mark.slow
@pytest.mark.parametrize(("status", "content"), [(500, b""), (302, b""), (200, b"x" * (2 * 1024 * 1024 + 1))])
async def test_a_feed_that_cannot_be_read_changes_nothing(
    context: Context, feed: Feed, stream: Stream, status: int, content: bytes
) -> None:
    clock = LaboratoryClock(NOW)
    reader = reader_of(context, feed.url, clock)
    feed.content = calendar(WEEK)
    await reader.read_due()
    feed.status, feed.content = status, content
    clock.advance(NOW + timedelta(minutes=15))
    await reader.read_due()
    assert len(await stream("sales")) == 1


async def test_a_feed_inside_our_own_network_is_not_called(context: Context, feed: Feed, stream: Stream) -> None:
    await reader_of(context, feed.url, LaboratoryClock(NOW), laboratory=False).read_due()
    assert (feed.requests, await stream("sales")) == (0, [])


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:9/none.ics"])
async def test_the_loop_goes_on_until_it_is_stopped_also_without_any_feed(context: Context, url: str | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.create_task(reader_of(context, url, LaboratoryClock(NOW))(stop))
    done, _ = await asyncio.wait({loop}, timeout=0.3)
    assert done == set(), "a loop that returns stops the house"
    stop.set()
    await asyncio.wait_for(loop, PATIENCE)
