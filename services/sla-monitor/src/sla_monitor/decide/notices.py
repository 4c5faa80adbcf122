"""Topic `notices`: did the word of an offer reach its rep? A breach of which a rep could not know is not the rep's."""

from typing import Final

from events.notices import NoticeFailed, NoticeSent, NoticeUnknown
from runtime.values import Input
from sla_monitor.decide.draft import Draft
from sla_monitor.decide.state import SalesTouch

NoticeEvent = NoticeSent | NoticeFailed | NoticeUnknown
OFFER: Final = "assignment"
"""The kind of notice that brings an offer to its rep."""


def is_about_clocks(one: Input) -> bool:
    """Everything but notices that bring no offer: they are passed over, and nothing is loaded for them."""
    return not isinstance(one, NoticeEvent) or (one.data.kind == OFFER and one.data.assignment is not None)


def on_notice(draft: Draft, event: NoticeEvent) -> None:
    """Remembers that the offer reached its rep (a lost answer counts: it may have), or failed for good on a channel."""
    data = event.data
    if is_about_clocks(event):
        kind: Final = "unreached" if isinstance(event, NoticeFailed) else "reached"
        draft.lead(event.subject).touch(SalesTouch(event.time, kind, event.id, data.to, data.assignment), event)
