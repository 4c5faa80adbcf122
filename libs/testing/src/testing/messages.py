"""How many messages reached people in simulated months, by the notifier's own records."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from typing_extensions import TypedDict

from testing.house import Process
from testing.ports import free_port
from testing.quarter import UNTIL, SimulatedMonths

AT_MOST: Final = 2.5
"""Messages to people for each lead that was handed over: of every kind, also those that are about no lead."""


class NoticeRow(TypedDict):
    """A row of `GET /api/outbox`."""

    id: str
    lead: str
    kind: str
    channel: str
    to: str
    state: str
    message: str | None


class OutboxAnswer(TypedDict):
    """A page of `GET /api/outbox`."""

    items: list[NoticeRow]
    next: str | None


@dataclass(frozen=True, slots=True)
class SentMessages:
    """What people got."""

    rows: Sequence[NoticeRow]
    """Notices to people that were sent; what travelled together is one message."""

    @property
    def by_kind(self) -> Counter[str]:
        """How many messages of each kind; several notices in one are a `digest`."""
        sent: dict[tuple[str, str, str], list[str]] = {}
        for row in self.rows:
            sent.setdefault((row["channel"], row["to"], row["message"] or row["id"]), []).append(row["kind"])
        return Counter(kinds[0] if len(kinds) == 1 else "digest" for kinds in sent.values())

    @property
    def leads(self) -> set[str]:
        """Those that were handed over."""
        return {row["lead"] for row in self.rows if row["kind"] == "assignment"}

    @property
    def a_lead(self) -> float:
        """Messages for each lead."""
        return self.by_kind.total() / len(self.leads)


def sent_messages(months: SimulatedMonths) -> SentMessages:
    """Asks the house that the months have left, in a process of its own, for everything that it sent to people."""
    stands = ("--laboratory", "--begin", UNTIL.isoformat())  # nothing falls due, whenever the test is run
    house, rows, after = Process(months.data, free_port(), options=stands), list[NoticeRow](), ""
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
    return SentMessages([row for row in rows if row["state"] == "sent" and row["channel"] != "webhook"])
