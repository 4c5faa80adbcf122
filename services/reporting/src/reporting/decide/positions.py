"""Where leads stand and whose they are: the row that hand-offs move."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import ClassVar, Final

from msgspec.structs import replace

from events.grounds import AttemptMade, Candidate, PassedStep
from reporting.decide.rows import Row
from reporting.decide.state import Fold


class Position(Row, frozen=True):
    """Where the lead stands and whose it is."""

    table: ClassVar[str] = "place"
    lead: str
    stage: str = "lead"
    status: str = "new"
    cycle: int = 1
    since: datetime | None = None
    owner: str | None = None
    team: str | None = None
    pool: str | None = None
    assignment: str | None = None
    flag: str | None = None
    accepted: bool = False
    closed: bool = False
    first_rep: str | None = None
    first_team: str | None = None
    segment: str | None = None
    """Of nurture, with its goal and the day to look again; null while sales works the lead."""
    goal: str | None = None
    revisit_on: date | None = None
    why: str | None = None
    passed: tuple[PassedStep, ...] | None = None
    """Why nobody has the lead: the routing steps that gave it no owner ({step, rule, why}); null once somebody has."""
    candidates: tuple[Candidate, ...] | None = None
    """Why nobody in its pool could take the lead: a list of `Candidate`; null when no pool was asked."""
    flags: tuple[str, ...] | None = None
    """All of the offer in force, the most telling first."""
    record: str | None = None
    """The record that the lead was joined to, a lead's id or a company's domain; `owner` is that record's."""
    manager: str | None = None
    """Rep id of the manager who is to decide, with what about (`decision`), since when, and the choices."""
    decision: str | None = None
    decision_since: datetime | None = None
    choices: tuple[str, ...] | None = None
    attempts: tuple[AttemptMade, ...] | None = None
    """Of sales to reach the person, in this cycle."""
    task: str | None = None
    """`revisit` or `re_engaged`: what `task_rep` is to do about a lead that nobody works, since when."""
    task_rep: str | None = None
    task_since: datetime | None = None


UNDECIDED: Final[Mapping[str, None]] = dict.fromkeys(("manager", "decision", "decision_since", "choices"))
"""Of a position about which nobody has to decide."""


IDLE: Final[Mapping[str, None]] = dict.fromkeys(("task", "task_rep", "task_since"))
"""Of a position about which nobody has a task."""


def position_of(fold: Fold, lead: str) -> Position:
    """Where the lead stands, before anything was decided about it too."""
    return fold.get(Position, lead) or Position(lead)


def unless_empty(position: Position) -> Position:
    """No steps were passed over and nobody was looked at, or the writer did not say: null either way."""
    if position.passed == () or position.candidates == ():
        return replace(position, passed=position.passed or None, candidates=position.candidates or None)
    return position
