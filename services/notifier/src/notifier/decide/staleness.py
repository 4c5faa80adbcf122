"""Is a notice still worth sending when its turn comes? One that waited through a night may have been overtaken."""

from typing import Final

from notifier.decide.state import HandoffClock, LeadView, Offer, Person

ABOUT_WHO_LEFT: Final = ("nurture_left", "sequence_left")
"""Kinds that are sent of a person who is no more, too: by the lead's id alone."""
ABOUT_WORK: Final = ("withdrawal", "reassigned")
"""Kinds that tell a rep that work is theirs no more: of one who was merged they go out under the lead that goes on."""
_OVER: Final = ("met", "late", "void")
_LATE: Final = 100
"""Per cent of its time at which a promise is late."""


def why_removed(person: Person) -> str:
    """Why a notice about one who is no more is dropped."""
    return f"the person is {person.removed}"


def is_stale(kind: str, about: str, assignment: str | None, lead: LeadView) -> str | None:
    """Why the notice need not be sent any more, for the record; None while it is true."""
    if lead.person.removed and kind not in ABOUT_WHO_LEFT:
        return why_removed(lead.person)
    offer = lead.handoff.offers.get(assignment or about)
    match kind:
        case "nurture" | "sequence" | "enrolled" if "email" in lead.person.refused_channels:
            return "the person wants no e-mail"
        case "assignment":
            return _of_card(offer)
        case "nudge":
            return _of_nudge(offer)
        case "reminder" | "breach":
            name, _, percent = about.rpartition(":")
            clock = lead.handoff.clocks.get(name if kind == "reminder" else about)
            return _of_clock(clock, before_it_is_late=kind == "reminder" and int(percent) < _LATE)
    return None


def _of_card(offer: Offer | None) -> str | None:
    if offer is None:
        return "the offer is not known here"
    if offer.successor or offer.answer == "returned":
        return "the lead went to somebody else before this was sent"
    return None


def _of_nudge(offer: Offer | None) -> str | None:
    gone = offer is not None and (offer.successor or offer.answer == "returned")
    return "the lead went to somebody else before this was sent" if gone else None


def _of_clock(clock: HandoffClock | None, *, before_it_is_late: bool) -> str | None:
    if clock is None:
        return None
    if clock.state == "running":
        return None if before_it_is_late else "the promise is due later, for leave"
    if clock.state in _OVER:
        return f"the promise is {clock.state}"
    return "the promise is broken by now" if before_it_is_late else None
