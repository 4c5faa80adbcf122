"""The story of a lead: its timeline folded to a sentence a day."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from events import Event
from reporting.decide import Terms
from reporting.decide.timeline import entry_of
from reporting.pages.story import StoryDay, groups_of, plain, story_of
from reporting.pages.story_lines import total_of
from reporting.reports.report import Answer
from reporting.store.conditions import DatabaseRow

DAY: Final = datetime(2027, 1, 7, 15, tzinfo=UTC)
"""Ten in the morning in New York."""
ZONE: Final = "America/New_York"


def line(topic: str, number: int, kind: str, text: str, minutes: int = 0, words: str | None = None) -> Answer:
    """A line of the timeline, so many minutes after DAY."""
    at = DAY + timedelta(minutes=minutes)
    return {"at": at, "type": f"{kind}.v1", "text": text, "event": f"{topic}/3/{number}", "words": words, "cause": None}


def engagement(number: int, kind: str, asset: str | None = None, *, machine: bool = False) -> Answer:
    return {"event": f"leads/3/{number}", "kind": kind, "asset": asset, "machine": machine}


def offer(number: int, rep: str, rule: str, minutes: int, answer: str | None = None, answered: int = 0) -> Answer:
    at = DAY + timedelta(minutes=minutes)
    return {
        **{"id": f"x.{number}", "event": f"handoffs/3/{number}", "rep": rep, "rule": rule, "pool": "mid-na", "at": at},
        **{"answer": answer, "answered_at": DAY + timedelta(minutes=answered) if answer else None, "by_contact": False},
    }


def days_of(timeline: Sequence[Answer], shown: str | None = None, **more: Sequence[DatabaseRow]) -> list[StoryDay]:
    lead = {"timeline": timeline[::-1], "engagements": [], "assignments": [], "clocks": [], **more}
    return story_of(lead, str.title, ZONE, groups_of(shown))


def test_a_day_is_one_sentence() -> None:
    timeline = [
        line("leads", 1, "lead.captured", "Became known through form demo, campaign brand-search"),
        line("leads", 2, "engagement.recorded", "Site visit: /a", 1),
        line("leads", 3, "engagement.recorded", "Site visit: /b", 2),
        line("leads", 4, "engagement.recorded", "Demo request", 3, words="Can it read our Salesforce?"),
        line("scores", 1, "lead.scored", "Score 99: fit 45 and engagement 54, hot", 3),
        line("scores", 2, "lead.qualified", "Raised a hand: demo request", 3),
        line("handoffs", 1, "lead.assigned", "Assigned to frank from pool mid-na: same company", 3),
        line("handoffs", 2, "lead.returned", "Came back from frank: no answer in time", 423),
        line("handoffs", 3, "lead.assigned", "Assigned to jack from pool mid-na: pool (no answer in time)", 423),
    ]
    (day,) = days_of(
        timeline,
        engagements=[engagement(2, "site_visit"), engagement(3, "site_visit"), engagement(4, "demo_request")],
        assignments=[offer(1, "frank", "same_company", 3, "accept_timeout", 423), offer(3, "jack", "pool", 423)],
        clocks=[{"assignment": "x.1", "due": DAY + timedelta(minutes=363)}],
    )
    assert day.text == (
        "came by form demo, campaign brand-search, read 2 pages, asked for a demo: “Can it read our Salesforce?”, "
        "99 points → Frank (same company) → silent, 1 h late → Jack (turn in mid-na)"
    )
    assert [phrase.when for phrase in day.sentence][:2] == ["10:00:00", "10:01:00 to 10:02:00, 2 times"]


def test_a_rejection_brings_the_words_of_the_rep() -> None:
    back = line("handoffs", 2, "lead.returned", "Came back from frank: bad data", 30)
    timeline = [
        line("sales", 1, "sales.rejected", "Frank answered: reject, bad data", 30, words="No such company"),
        {**back, "cause": "sales/3/1"},
    ]
    (day,) = days_of(timeline, assignments=[offer(1, "frank", "pool", 3, "bad_data", 30)])
    assert day.text == "came back: bad data: “No such company”"


@pytest.mark.parametrize(
    ("kept", "shown"),
    [("", "accepted"), (" (by contact)", "accepted by contact"), (" (contact implies it)", "accepted by contact")],
    ids=["by an answer", "by contact", "as it was kept before"],
)
def test_an_acceptance_by_contact_is_called_so(kept: str, shown: str) -> None:
    (day,) = days_of([line("handoffs", 2, "lead.accepted", f"Accepted by frank{kept}", 30)])
    assert day.text == shown


def test_attempts_are_counted_and_other_doings_of_sales_stand_as_they_are() -> None:
    timeline = [
        line("sales", 1, "contact.attempted", "Frank Osei tried: call"),
        line("sales", 2, "contact.attempted", "Frank Osei tried: email", 5),
        line("sales", 3, "contact.connected", "Frank Osei reached the person by call", 60),
    ]
    (day,) = days_of(timeline)
    assert day.text == "Frank Osei tried 2 times (call, email); Frank Osei reached the person by call"


def test_promises_messages_and_the_machine_are_there_when_asked_for() -> None:
    timeline = [
        line("leads", 1, "engagement.recorded", "Blog post: /x"),
        line("slas", 1, "clock.started", "Clock “first touch” started: 4bh, held by Frank", 1),
        line("slas", 2, "clock.started", "Clock “accept or reject” started: 1bd, held by Frank", 1),
        line("slas", 3, "clock.breached", "Clock “first touch” missed: 4bh, held by Frank", 500),
        line("notices", 1, "notice.sent", "Notice “assignment” to Frank by slack: sent", 2),
        line("notices", 2, "notice.sent", "Notice “assignment” to Frank by email: sent", 2),
        line("scores", 1, "lead.scored", "Score 5: fit 0 and engagement 5, cold", 1),
        line("scores", 2, "lead.scored", "Score 10: fit 0 and engagement 10, cold", 2),
    ]
    assert [day.text for day in days_of(timeline)] == ["blog post"]
    (day,) = days_of(timeline, "clocks,messages,machine")
    assert day.text == ""
    assert {group: plain(some) for group, some in day.others} == {
        "clocks": "started: first touch, accept or reject, missed: first touch",
        "messages": "assignment to Frank by slack, email",
        "machine": "score 10: fit 0 and engagement 10, cold, after 2 changes",
    }


def test_what_a_machine_did_is_no_doing_of_the_person() -> None:
    timeline = [line("leads", 1, "engagement.recorded", "E-mail link (a machine)")]
    assert days_of(timeline, engagements=[engagement(1, "email_click", machine=True)]) == []
    assert days_of(timeline, "machine", engagements=[engagement(1, "email_click", machine=True)]) != []


def test_days_are_those_of_the_zone_newest_first() -> None:
    timeline = [
        line("leads", 1, "lead.captured", "Became known through import"),
        line("leads", 2, "engagement.recorded", "Blog post", 13 * 60),
        line("leads", 3, "engagement.recorded", "Blog post", 15 * 60),
    ]
    assert [(str(day.day), len(day.sentence)) for day in days_of(timeline)] == [("2027-01-08", 1), ("2027-01-07", 2)]


def test_braces_in_what_people_call_things_are_only_braces() -> None:
    timeline = [line("leads", n, "engagement.recorded", "Odd {thing}") for n in range(2)]
    assert days_of(timeline)[0].text == "2 × odd {thing}"


@pytest.mark.parametrize(("show", "groups"), [
    (None, ("people", "sales")), ("clocks,people", ("people", "clocks")), ("nonsense", ("people", "sales")),
])  # fmt: skip
def test_the_address_says_which_kinds(show: str | None, groups: tuple[str, ...]) -> None:
    assert groups_of(show) == groups


def test_every_line_that_the_house_writes_is_read(history: list[Event], examples: list[Event], terms: Terms) -> None:
    """What is folded here are sentences of decide/timeline.py: each of them becomes a phrase of some group."""
    for event in (*history, *examples):
        entry = entry_of(event, terms)
        if entry is None:
            continue
        row = {"at": entry.at, "type": entry.type, "text": entry.text, "event": entry.event, "words": entry.private}
        days = days_of([{**row, "cause": entry.cause}], "people,sales,clocks,messages,machine")
        phrases = [
            phrase for day in days for some in (day.sentence, *(some for _, some in day.others)) for phrase in some
        ]
        assert [phrase.text.strip() != "" for phrase in phrases] == [True], entry.text
        if entry.type.startswith("lead.scored"):
            assert total_of(entry.text) == getattr(event.data, "total", None)


@pytest.mark.parametrize(
    ("dues", "ended", "words"),
    [
        ((240,), 300, "silent, 1 h late"),
        ((240, 60), 300, "silent, 4 h late"),
        ((300,), 300, "silent"),
        ((480,), 600, "silent, 2 h late"),
        ((480,), 1440, "silent, due Thu 7 Jan 18:00"),
        ((), 300, "silent"),
    ],
)
def test_silence_is_as_late_as_the_first_promise_by_the_clock_of_the_house(
    dues: Sequence[int], ended: int, words: str
) -> None:
    """Minutes after ten in New York; of 600 the day in UTC is another."""
    days = days_of(
        [line("handoffs", 2, "lead.returned", "Came back from frank: no answer in time", ended)],
        assignments=[offer(1, "frank", "pool", 0, "accept_timeout", ended)],
        clocks=[{"assignment": "x.1", "due": DAY + timedelta(minutes=due)} for due in dues],
    )
    assert days[0].text == words
