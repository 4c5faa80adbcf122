"""Topic `handoffs`: what became of each deal, and whose it is, whatever the stage of its lead. Written by routing."""

from typing import ClassVar, Literal

from events.body import AwareDatetime, Body
from events.envelope import Event


class DealJudged(Event):
    """A deal of the lead is won, lost, or open again since `time`, by all its facts that are known."""

    topic: ClassVar[str] = "handoffs"

    class Data(Body):
        cycle: int
        """Of the lead, as it stands after this."""
        deal: str
        state: Literal["open", "won", "lost"]
        owner: str | None = None
        """Who has the deal."""
        team: str | None = None
        pool: str | None = None
        surveys_from: AwareDatetime | None = None
        """Only a survey from after this instant is about this end of the deal; null: no end was taken
        back before, or that is not known."""

    type: Literal["deal.judged.v1"] = "deal.judged.v1"
    data: Data


class DealOwned(Event):
    """Another rep has the deal from now on, or nobody: a fact of it names one, or it went along with the subject."""

    topic: ClassVar[str] = "handoffs"

    class Data(Body):
        deal: str
        owner: str | None = None
        """Null: it waits for somebody, with its lead."""
        version: int
        """1, 2, …: of all that is said about this deal, in whichever partition, the highest holds."""

    type: Literal["deal.owned.v1"] = "deal.owned.v1"
    data: Data
