"""What must be true of the facts themselves: accepted once, owned by one, breached once, told once."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from tests.soak.record import Record

from events import Event
from events.handoffs import HANDS_TO, LeadAssigned, LeadReturned, StageChanged
from events.leads import EngagementRecorded, LeadCaptured
from events.notices import NoticeFailed, NoticeSent
from events.sales_data import SalesData
from events.slas import ClockBreached, ClockStarted

SHOWN = 10
"""Examples that a problem names at most."""


def said_at_the_door(record: Record, events: Iterable[Event]) -> list[str]:
    """Accepted messages that are not on ingest's streams exactly once, and what is there without having been sent."""
    counts: Counter[str] = Counter()
    captured: Counter[str] = Counter()
    for event in events:
        if isinstance(event, LeadCaptured):
            captured[event.data.email or event.subject] += 1
        elif isinstance(event, EngagementRecorded):
            counts[event.data.message_id] += 1
        elif isinstance(event.data, SalesData):
            counts[event.data.message_id or event.id] += 1
    return [
        *_problem("accepted and not there", sorted(record.accepted - counts.keys())),
        *_problem("there and never sent", sorted(counts.keys() - record.sent)),
        *_problem("there more than once", [message for message, times in counts.items() if times > 1]),
        *_problem("captured more than once", [email for email, times in captured.items() if times > 1]),
    ]


def doubly_assigned(handoffs: Iterable[Event]) -> list[str]:
    """Leads that two people had at one time in one cycle, and offers whose versions are not 1, 2, 3, …"""
    active: dict[str, dict[str, int]] = defaultdict(dict)
    versions: dict[str, list[int]] = defaultdict(list)
    found = []
    for event in handoffs:
        mine = active[event.subject]
        match event:
            case LeadAssigned(data=data):
                others = [one for one, cycle in mine.items() if cycle == data.cycle]
                if others and data.rule != HANDS_TO:
                    found.append(f"{data.assignment} while {others[0]} was active")
                active[event.subject] = {data.assignment: data.cycle}
                versions[event.subject].append(data.version)
            case LeadReturned(data=data):
                mine.pop(data.assignment, None)
            case StageChanged(data=data) if data.closed:
                mine.clear()
    odd = [lead for lead, seen in versions.items() if seen != list(range(1, len(seen) + 1))]
    return _problem("assigned twice", found) + _problem("versions with a hole or a repeat", odd)


def wrong_clocks(slas: Iterable[Event]) -> list[str]:
    """Clocks that started or were breached more than once, or were breached before they were due."""
    started, breached = Counter[str](), Counter[str]()
    early = []
    for event in slas:
        if isinstance(event, ClockStarted):
            started[event.data.clock] += 1
        elif isinstance(event, ClockBreached):
            breached[event.data.clock] += 1
            if event.recordedtime < event.data.due:
                early.append(event.data.clock)
    return [
        *_problem("clock started twice", [clock for clock, times in started.items() if times > 1]),
        *_problem("breached twice", [clock for clock, times in breached.items() if times > 1]),
        *_problem("breached before it was due", early),
        *_problem("breached and never started", sorted(breached.keys() - started.keys())),
    ]


def wrong_notices(notices: Iterable[Event], kept: Mapping[str, str]) -> list[str]:
    """Notices whose end was recorded twice, or otherwise than notifier keeps it; `kept`: state by id of each notice."""
    ends: dict[str, list[str]] = defaultdict(list)
    for event in notices:
        if isinstance(event, NoticeSent):
            ends[event.data.notice].append("sent")
        elif isinstance(event, NoticeFailed):
            ends[event.data.notice].append("failed")
    final = {notice: state for notice, state in kept.items() if state in ("sent", "failed")}
    counts = {notice: states[0] for notice, states in ends.items()}
    differ = sorted(notice for notice in final.keys() | counts.keys() if final.get(notice) != counts.get(notice))
    return [
        *_problem("notice recorded more than once", [notice for notice, states in ends.items() if len(states) > 1]),
        *_problem("notice recorded otherwise than it is kept", differ),
    ]


def _problem(what: str, which: list[str]) -> list[str]:
    return [f"{what}: {len(which)}, such as {', '.join(which[:SHOWN])}"] if which else []
