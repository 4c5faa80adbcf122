"""Few messages: how many the notifier wrote in a simulated fortnight, by its own records."""

from collections import Counter
from urllib.parse import quote

import pytest
from typing_extensions import TypedDict

from testing.house import Process
from testing.ports import free_port
from testing.quarter import UNTIL, SimulatedMonths, fortnight

__all__ = ["fortnight"]
pytestmark = pytest.mark.slow
AT_MOST = 2.5
"""Messages to people for each lead that was handed over: of every kind, also those that are about no lead, but not the
packs of figures, which are counted by themselves."""

PACKS = ("weekly_pack", "monthly_review", "quarterly_review")
"""They are mails, one a week and reader (two weeks, in which no month begins)."""


class NoticeRow(TypedDict):
    id: str
    lead: str
    kind: str
    channel: str
    to: str
    state: str
    message: str | None


class OutboxAnswer(TypedDict):
    items: list[NoticeRow]
    next: str | None


def messages(rows: list[NoticeRow]) -> Counter[str]:
    """How many messages of each kind reached people; what travelled together was one."""
    sent: dict[tuple[str, str, str], set[str]] = {}
    for row in rows:
        if row["state"] == "sent" and row["channel"] != "webhook" and row["kind"] not in PACKS:
            sent.setdefault((row["channel"], row["to"], row["message"] or row["id"]), set()).add(row["kind"])
    return Counter(kinds.pop() if len(kinds) == 1 else "digest" for kinds in sent.values())


def test_a_lead_makes_few_messages(fortnight: SimulatedMonths) -> None:
    stands = ("--laboratory", "--begin", UNTIL.isoformat())  # nothing falls due, whenever the test is run
    house, rows, after = Process(fortnight.data, free_port(), options=stands), list[NoticeRow](), ""
    try:
        house.start()
        while True:
            page = house.get(f"/api/outbox?limit=500{after}", OutboxAnswer)
            rows += page["items"]
            if page["next"] is None:
                break
            after = f"&after={quote(page['next'])}"
    finally:
        assert house.stop() == 0
    by_kind = messages(rows)
    leads = {row["lead"] for row in rows if row["kind"] == "assignment" and row["state"] == "sent"}
    assert len(leads) > 20
    assert by_kind.total() <= AT_MOST * len(leads), f"{by_kind.total() / len(leads):.2f} a lead: {by_kind}"
    channels = {row["channel"] for row in rows if row["channel"] != "webhook" and row["kind"] not in PACKS}
    assert channels == {"slack"}, "nobody asked for both"
    assert {row["channel"] for row in rows if row["kind"] in PACKS} <= {"email"}
    packs = Counter(row["to"] for row in rows if row["kind"] in PACKS and row["state"] == "sent")
    assert set(packs.values()) == {2}, packs
