"""A lead's turn under a new agreement, although nothing happens to it."""

from typing import Final

from events import Cause
from runtime.values import Timer
from scoring.decide import decay
from scoring.decide.recalculation import Recalculation
from scoring.decide.standing import compute_figures
from scoring.decide.working_set import WorkingSet

RESCORE: Final = "rescore"
"""Kind of the timer that gives a lead its turn."""


def rescore(work: WorkingSet, timer: Timer) -> None:
    """Folds the past again, takes the steps that are due by now, and says what has changed. Raises Missing.

    A lead that the new agreement would qualify is told when something next happens to it: the edit of a text pages
    nobody. One that was touched since the agreement changed has nothing to be told.
    """
    lead = work.lead(timer.subject)
    if lead.removed or lead.as_of is None or lead.announced is None or not lead.restated:
        return
    if compute_figures(lead, work.sums(lead), work.terms).announced.passed and not lead.gate_open:
        work.plan(lead)
        return
    decay.pass_time(work, lead, work.now)
    if lead.restated:
        work.announce(lead, Recalculation("correction", Cause()), work.now)
    work.plan(lead)
