"""Kinds of timers of routing: each wakes one lead."""

from typing import Final, Literal, get_args

WakeUp = Literal[
    "enrol",
    "shift",
    "pass_on",
    "repool",
    "recycle",
    "cooldown",
    "unresponsive",
    "silence",
    "revisit",
    "decision",
    "suppress",
    "hand_back",
    "stall",
    "job_change",
    "company_event",
    "contact",
    "record_closed",
    "followed",
    "mended",
    "programme",
]
"""Kinds of timers: each wakes one lead, which is looked at as it is then."""
WAKE_UPS: Final[tuple[WakeUp, ...]] = get_args(WakeUp)
PATIENT: Final[tuple[WakeUp, ...]] = ("unresponsive", "silence", "revisit", "decision", "programme", "followed")
"""Those that give nobody a lead."""
CONTACT: Final[WakeUp] = "contact"
"""Another contact of one of the lead's deals was told something of it."""
RECORD_CLOSED: Final[WakeUp] = "record_closed"
"""A record that the lead joined is nobody's any more, or somebody of its company has no open deal or is no customer any
more: who joined it looks again."""
FOLLOWED: Final[WakeUp] = "followed"
"""Another lead was merged into this one."""
