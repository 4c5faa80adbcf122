"""Which mail engagements were made by bots: scanners' user agents, bursts of links, clicks right after delivery.

Domain, section 3.4; the numbers are the agreement's (chapter `events`, `machines`).
"""

from datetime import datetime
from typing import Final

from events.leads import EngagementRecorded
from scoring.decide.state import Lead, LeadEngagement
from scoring.decide.terms import BotTerms, Terms

SOURCE: Final = "source"
SCANNER: Final = "scanner"
DELIVERY: Final = "delivery"
BURST: Final = "burst"
"""Why an engagement is thought to be a bot's: its source tells; by user agent; too soon; too many links."""


def judge_alone(data: EngagementRecorded.Data, at: datetime, terms: Terms) -> tuple[str, bool]:
    """Why this engagement, taken alone, seems a bot's (empty: it does not), and whether the source itself told."""
    if data.machine is not None:
        return (SOURCE if data.machine else ""), True
    kind = terms.kinds.get(data.kind)
    if kind is None or not kind.mail:
        return "", False
    if data.user_agent and terms.bots.user_agent(data.user_agent):
        return SCANNER, False
    if kind.click and data.delivered_at is not None:
        soon = at - data.delivered_at <= terms.bots.after_delivery
        return (DELIVERY if soon else ""), False
    return "", False


def mark_bursts(lead: Lead, message: str | None, terms: BotTerms) -> bool:
    """Marks all clicks of a burst on one message, those that came first too; true when one that counted does not now.

    Only clicks have a link. Those whose source told what they are stay as they are.
    """
    places = [
        place
        for place, engagement in enumerate(lead.engagements)
        if engagement.link and engagement.message == message and not engagement.final
    ]
    human = {place for place in places if not lead.engagements[place].bot}
    marked = human & _bursts(lead.engagements, places, terms)
    for place in marked:
        lead.engagements[place] = lead.engagements[place]._replace(bot=BURST)
    return bool(marked)


def _bursts(engagements: list[LeadEngagement], places: list[int], terms: BotTerms) -> set[int]:
    """Places of clicks that lie in a stretch of `within` with `links` distinct links or more."""
    in_burst: set[int] = set()
    for index, first in enumerate(places):
        links: set[str | None] = set()
        for last in range(index, len(places)):
            if engagements[places[last]].at - engagements[first].at > terms.within:
                break
            links.add(engagements[places[last]].link)
            if len(links) >= terms.links:
                in_burst.update(places[index : last + 1])
    return in_burst
