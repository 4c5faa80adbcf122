"""Waits that have ended are booked once, while nothing about them changes; what still waits is booked each time."""

from datetime import datetime, timedelta

import pytest

from agreement import Agreement
from agreement.calendar import Calendar
from reporting.reports import raised_hands
from reporting.reports.raised_hands import WaitMemory
from reporting.store.conditions import DatabaseRow
from testing.events import NOON


def hand(lead: str = "ann", touched: datetime | None = None, status: str | None = None) -> DatabaseRow:
    known = {"at": NOON, "captured_at": NOON, "decided": NOON, "kind": "demo_request"}
    return {"lead": lead, **known, "touched": touched, "status": status}


def offer(rep: str, end: datetime | None = None) -> DatabaseRow:
    return {"lead": "ann", "rep": rep, "start": NOON, "end": end, "notices": 1, "heard": NOON}


class Booking:
    """A memory, and how often it had to ask for a calendar."""

    def __init__(self, agreement: Agreement) -> None:
        self.memory, self.calls, self._agreement = WaitMemory(), 0, agreement

    def _hours(self, rep: str | None) -> Calendar:
        self.calls += 1
        return self._agreement.calendars.of_rep(rep or "rep-dan")

    def seconds(self, hands: list[DatabaseRow], offers: list[DatabaseRow], now: datetime) -> tuple[list[float], bool]:
        """Of each wait, and whether anything was booked for it."""
        before = self.calls
        rows = self.memory.rows_of(hands[0]["lead"], hands, offers, now, self._hours)
        assert all(sum(row["parts"].values()) == row["seconds"] for row in rows)
        return [row["seconds"] for row in rows], self.calls > before


HOUR = timedelta(hours=1)
TOUCHED = NOON + HOUR


def test_an_ended_wait_is_booked_again_only_when_something_about_it_is_another(agreement: Agreement) -> None:
    booking = Booking(agreement)
    for touched, rep, seconds, booked in (
        (TOUCHED, "rep-dan", 3600, True),
        (TOUCHED, "rep-dan", 3600, False),
        (TOUCHED, "rep-ana", 3600, True),
        (TOUCHED + HOUR, "rep-ana", 7200, True),
        (TOUCHED + HOUR, "rep-ana", 7200, False),
    ):
        found = booking.seconds([hand(touched=touched)], [offer(rep)], NOON + 9 * HOUR)
        assert found == ([seconds], booked)


def test_what_waits_is_booked_up_to_now(agreement: Agreement) -> None:
    booking = Booking(agreement)
    for hours in (1, 2):
        found = booking.seconds([hand(status="assigned")], [offer("rep-dan")], NOON + hours * HOUR)
        assert found == ([3600 * hours], True)
    ended = [offer("rep-dan", NOON + HOUR)]
    assert booking.seconds([hand(status="nurture")], ended, NOON + 3 * HOUR) == ([3600], True)
    assert booking.seconds([hand(status="nurture")], ended, NOON + 4 * HOUR) == ([3600], False)


def test_it_remembers_so_many_leads_and_no_more(agreement: Agreement, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raised_hands, "_REMEMBERED", 2)
    booking = Booking(agreement)
    for lead in ("ann", "ben", "eve", "ann"):
        assert booking.seconds([hand(lead, touched=TOUCHED)], [], NOON) == ([3600], True)
    assert len(booking.memory._known) <= 2
