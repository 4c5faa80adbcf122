"""Which mail engagements were made by machines: scanners' user agents, bursts of links, clicks right after delivery."""

from datetime import datetime
from typing import Final

from events.leads import EngagementRecorded
from scoring.decide.state import Entry, Lead
from scoring.decide.terms import MachineTerms, Terms

CLICK: Final = "email_click"
BURST: Final = "burst"


def judged(data: EngagementRecorded.Data, at: datetime, terms: Terms) -> tuple[str, bool]:
    """Why this engagement, taken alone, seems a machine's (empty: it does not), and whether the source said so."""
    if data.machine is not None:
        return ("said" if data.machine else ""), True
    kind = terms.kinds.get(data.kind)
    if kind is None or not kind.mail:
        return "", False
    if data.user_agent and terms.machines.user_agent(data.user_agent):
        return "scanner", False
    if data.kind == CLICK and data.delivered_at is not None:
        soon = at - data.delivered_at <= terms.machines.after_delivery
        return ("delivery" if soon else ""), False
    return "", False


def rejudge(lead: Lead, message: str | None, terms: MachineTerms) -> bool:
    """Marks all clicks of a burst, those that came first too; true when one that counted counts no more."""
    places = [
        place
        for place, entry in enumerate(lead.entries)
        if entry.kind == CLICK and entry.message == message and entry.link and not entry.settled
    ]
    marked = {place for place in places if not lead.entries[place].machine} & _bursts(lead.entries, places, terms)
    for place in marked:
        lead.entries[place] = lead.entries[place]._replace(machine=BURST)
    return bool(marked)


def _bursts(entries: list[Entry], places: list[int], terms: MachineTerms) -> set[int]:
    found: set[int] = set()
    for index, first in enumerate(places):
        links: set[str | None] = set()
        for last in range(index, len(places)):
            if entries[places[last]].at - entries[first].at > terms.within:
                break
            links.add(entries[places[last]].link)
            if len(links) >= terms.links:
                found.update(places[index : last + 1])
    return found
