"""Bursts: clicks on many links of one message within seconds, made by a bot (domain, section 3.4).

Single engagements are judged by `agreement.bots`; the numbers are the agreement's (chapter `events`, `machines`).
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from scoring.decide.state import Click, Lead, LeadEngagement
from scoring.decide.terms import BurstTerms

BURST: Final = "burst"
"""Why an engagement is thought to be a bot's, beside the reasons of `agreement.bots`: too many links."""


def is_click(engagement: LeadEngagement) -> bool:
    """Whether a burst may be made of it: its source did not tell what it was."""
    return bool(engagement.link) and engagement.message is not None and not engagement.final


def completes_burst(lead: Lead, engagement: LeadEngagement, terms: BurstTerms) -> list[Click]:
    """Earlier clicks of the burst that the newest click completes; empty when there is none.

    Keeps the click with the lead's recent ones.
    """
    if engagement.message is None or engagement.link is None:
        return []
    near = [one for one in lead.clicks if engagement.at - one.at <= terms.within]
    same = [one for one in near if one.message == engagement.message]
    burst = len({engagement.link, *(one.link for one in same)}) >= terms.links
    human = not engagement.bot and not burst
    lead.clicks = [*near, Click(engagement.at, engagement.message, engagement.link, human)]
    return same if burst else []


def recent_clicks(engagements: Sequence[LeadEngagement], terms: BurstTerms) -> list[Click]:
    """The clicks within the time of a burst before the last one."""
    clicks = [one for one in engagements if is_click(one)]
    return [
        Click(one.at, one.message or "", one.link or "", not one.bot)
        for one in clicks
        if clicks[-1].at - one.at <= terms.within
    ]


def mark_bursts(
    engagements: Sequence[LeadEngagement], message: str | None, terms: BurstTerms
) -> Iterable[LeadEngagement]:
    """The same, with all clicks of a burst on one message marked, those that came first too.

    Only clicks have a link. Those whose source told what they are stay as they are.
    """
    places = [n for n, one in enumerate(engagements) if is_click(one) and one.message == message]
    marked = {place for place in _bursts(engagements, places, terms) if not engagements[place].bot}
    return [msgspec.structs.replace(one, bot=BURST) if n in marked else one for n, one in enumerate(engagements)]


def _bursts(engagements: Sequence[LeadEngagement], places: list[int], terms: BurstTerms) -> set[int]:
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
