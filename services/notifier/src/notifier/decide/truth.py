"""Is a notice still true when its turn comes? One that waited through a night may have been overtaken."""

from typing import Final

from notifier.decide.state import Clock, Desk, Offer

_OVER: Final = ("met", "late", "void")


def untrue(kind: str, about: str, assignment: str | None, desk: Desk) -> str | None:
    """Why it need not be sent any more; None while it is true."""
    if desk.person.gone:
        return f"the person is {desk.person.gone}"
    offer = desk.matter.offers.get(assignment or about)
    match kind:
        case "nurture" if "email" in desk.person.refused:
            return "the person wants no e-mail"
        case "assignment":
            return _taken_back(offer)
        case "reminder" | "breach":
            clock = desk.matter.clocks.get(about.rpartition(":")[0] if kind == "reminder" else about)
            return _overtaken(kind, clock)
    return None


def _taken_back(offer: Offer | None) -> str | None:
    if offer is None:
        return "the offer is not known here"
    if offer.successor or offer.answer == "returned":
        return "the lead went to somebody else before this was sent"
    return None


def _overtaken(kind: str, clock: Clock | None) -> str | None:
    if clock is None or clock.state == "running":
        return None
    if clock.state in _OVER:
        return f"the promise is {clock.state}"
    return "the promise is broken by now" if kind == "reminder" else None
