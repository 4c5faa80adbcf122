"""What decisions of routing were made on, as `handoffs` carries it: steps, candidates, the lead, attempts."""

from typing import Final, Literal

from events.body import AwareDatetime, Body
from events.scores import RouteFacts, ScoreLine, Signal

WITH_DEAL: Final = "deal_owner"
"""`rule` of an offer by which a lead goes to the owner of its open deal, who has taken it by that: no turn is used, and
neither an answer nor a first touch is promised."""
ActivityReason = Literal[
    "open_opportunity",
    "already_owned",
    "customer",
    "named_account",
    "merged",
    "re_engaged",
    "revisit",
    "stalled",
    "one_channel",
    "nudged",
]
"""Why a rep hears of a lead without being offered it."""


class PassedStep(Body):
    """A routing step that did not match, and why."""

    step: int
    rule: str
    why: str


class Candidate(Body):
    """One row of the candidate table stored with each pick."""

    rep: str
    eligible: bool
    reason: str
    """Why not, or `picked`, or `next`."""
    assigned: int
    credits: int
    weight: float
    ratio: float
    open: int
    today: int
    last_picked_at: AwareDatetime | None = None
    pool: str | None = None
    """Whose seat this is: a table may go on to the pool it overflows into."""
    head_start: float | None = None
    """What lifted a newcomer or returner to the pool's median: part of the ratio."""


class Snapshot(Body):
    """What the rep is told about the lead, frozen at assignment; no name, no address."""

    fit: int
    engagement: int
    total: int
    band: str
    completeness: int = 0
    lines: tuple[ScoreLine, ...] = ()
    signals: tuple[Signal, ...] = ()
    facts: RouteFacts = RouteFacts()
    assets: tuple[str, ...] = ()
    product: str | None = None
    """The product line for which the lead scores highest, where the agreement scores by product."""


class AttemptMade(Body):
    """Sales tried to reach the person."""

    at: AwareDatetime
    channel: str
    by: str | None = None
    """Rep id."""
