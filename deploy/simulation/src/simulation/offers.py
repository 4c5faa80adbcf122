"""What stands in the reps' inboxes and waits for an answer, by what Baton's lanes say of hand-overs. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from events import Fact
from events.handoffs import LeadAccepted, LeadAssigned, LeadReturned, StageChanged
from simulation.habits import OfferedLead

_FIRST: Final = "mql"
"""Of a lead of which no stage was said yet."""


class Offers:
    """Follows the offers of all leads: made, answered, taken back."""

    def __init__(self) -> None:
        self.waiting: dict[str, OfferedLead] = {}
        """By assignment."""
        self._stages: dict[str, str] = {}

    def hear(self, facts: Iterable[Fact]) -> Sequence[OfferedLead]:
        """The offers that these facts make, and that still wait when all of them were heard."""
        made: list[str] = []
        for fact in facts:
            match fact.data:
                case StageChanged.Data(stage=stage):
                    self._stages[fact.subject] = stage
                case LeadAssigned.Data() as one:
                    made.append(one.assignment)
                    self.waiting[one.assignment] = OfferedLead(
                        assignment=one.assignment,
                        lead=fact.subject,
                        owner=one.rep,
                        total=one.snapshot.total,
                        flag=one.flag,
                        stage=self._stages.get(fact.subject, _FIRST),
                    )
                case LeadAccepted.Data(assignment=ended) | LeadReturned.Data(assignment=ended):
                    self.waiting.pop(ended, None)
        return [self.waiting[one] for one in made if one in self.waiting]
