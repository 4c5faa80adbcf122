"""No lead left behind: the one place in which a lead is, by what routing decided (domain, section 1)."""

from typing import Final, Literal

from events.vocabulary import ENDED_STAGES, WITH_A_REP, Stage, Status

Place = Literal[
    "marketing",
    "nurture",
    "long_term",
    "archived",
    "unsubscribed",
    "open_work",
    "steward",
    "operations",
    "manager",
    "shift",
    "joined",
    "closed",
    "nobody",
]
"""`marketing`: new, in its first minute. `operations`: nobody can take it, and operations was told."""

_NEEDS_A_REASON: Final[dict[Status, Place]] = {"suppressed": "nobody", "disqualified": "closed"}
_IN_A_SEGMENT: Final = ("nurture", "unresponsive")
_BY_STATUS: Final[dict[Status, Place]] = {
    "long_term": "long_term",
    "archived": "archived",
    "unsubscribed": "unsubscribed",
    "waiting_for_steward": "steward",
    "waiting_for_manager": "manager",
    "waiting_for_shift": "shift",
}


def place_of(
    stage: Stage,
    status: Status,
    owner: str | None,
    *,
    segment: str | None = None,
    reason: str | None = None,
    young: bool = False,
) -> Place | None:
    """Where the lead is; None when it is left behind: in no place, or with an owner who does not have it.

    `owner` is who has the lead, or who has the record that it was joined to; a won one keeps who sold. `segment` is its
    nurture segment, `reason` why it is where it is, and `young` that it has not yet had its first minute.
    """
    if status in WITH_A_REP and (stage in ENDED_STAGES or owner is not None):
        return "closed" if stage in ENDED_STAGES else "open_work"
    if status == "joined" or owner is not None:
        return "joined" if status == "joined" and owner is not None else None
    if status in WITH_A_REP:
        return "operations" if status == "connected" and reason else None
    if status == "new":
        return ("marketing" if young else None) if stage == "lead" else ("operations" if reason else None)
    if status in _IN_A_SEGMENT:
        return "nurture" if segment else None
    return _BY_STATUS.get(status) or (_NEEDS_A_REASON[status] if reason else None)
