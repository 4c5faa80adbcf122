"""The outbound sequence beside a rep's work, for companies of some sizes: when the mail tool begins and ends it."""

from collections.abc import Iterator

from agreement.outreach import is_under_way
from events import Body
from notifier.decide.notices import GOES_ON, NoticeBuilder
from notifier.decide.state import Handoff, LeadView, Notice
from notifier.decide.terms import Terms


class OutboundSequence(Body):
    """What the mail tool is told: by which channels of the agreement (chapter routing, `sizes`), in which cycle."""

    cycle: int
    channels: tuple[str, ...]


def sequence_of(handoff: Handoff, terms: Terms) -> OutboundSequence | None:
    """The sequence that runs now: while the lead is a rep's (or goes on to one) and nobody has answered.

    None for sizes without one.
    """
    offer = handoff.latest_offer
    if offer is None or (offer.answer == "returned" and offer.then not in GOES_ON):
        return None
    size = terms.routing.size_of(offer.snapshot.facts.employees)
    if size is None or not size.sequence or not is_under_way(offer.stage, offer.status):
        return None
    return OutboundSequence(cycle=offer.cycle, channels=size.sequence)


def sequence_notices(before: LeadView, after: LeadView, build: NoticeBuilder) -> Iterator[Notice]:
    """`sequence` when one begins, `sequence_left` when it ends, also of one who is no more."""
    if before.handoff is after.handoff:
        return
    old, new = (sequence_of(one.handoff, build.terms) for one in (before, after))
    if old and old != new:
        yield from build.make("sequence_left", about=build.event.id, data=old)
    if new and old != new:
        yield from build.make("sequence", about=build.event.id, data=new)
