"""Bursts: clicks on many links of one message within seconds, made by a bot (domain, section 3.4).

Single engagements are judged by `agreement.machines`; the numbers are the agreement's (chapter `events`, `machines`).
"""

from typing import Final

from scoring.decide.state import Lead, LeadEngagement
from scoring.decide.terms import BurstTerms

BURST: Final = "burst"
"""Why an engagement is thought to be a bot's, beside the reasons of `agreement.machines`: too many links."""


def mark_bursts(lead: Lead, message: str | None, terms: BurstTerms) -> bool:
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


def _bursts(engagements: list[LeadEngagement], places: list[int], terms: BurstTerms) -> set[int]:
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
