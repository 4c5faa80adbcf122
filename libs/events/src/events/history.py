"""Topic `handoffs`: what old news would have led to. Written by routing."""

from typing import ClassVar, Literal

from events.body import Body
from events.envelope import Event


class HandoffWithheld(Event):
    """Who would have been called, had the input come in time: history calls nobody, and nothing else follows."""

    topic: ClassVar[str] = "handoffs"

    class Data(Body):
        cycle: int
        kind: Literal["assignment", "activity", "alert"]
        rep: str | None = None
        pool: str | None = None
        """Of an assignment that was the pool's turn: one of its members."""
        to: Literal["marketing"] | None = None
        """Of an alert."""
        record: str | None = None
        step: int | None = None
        rule: str | None = None
        touch: str | None = None
        """Target of the first touch."""
        flags: tuple[str, ...] = ()
        why: str

    type: Literal["handoff.withheld.v1"] = "handoff.withheld.v1"
    data: Data
