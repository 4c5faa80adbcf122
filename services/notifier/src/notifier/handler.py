"""The batch shape: load desks, decide, save them with the notices they owe."""

from collections.abc import Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from events import Fact
from events.handoffs import (
    AlertRaised,
    AnswerIgnored,
    LeadAccepted,
    LeadAssigned,
    LeadNurtured,
    LeadReturned,
    LeadSuppressed,
    OwnerTold,
    StageChanged,
)
from events.leads import ConsentChanged, EngagementRecorded, LeadCaptured, LeadErased, LeadMerged, LeadUpdated
from events.slas import (
    ClockBreached,
    ClockCorrected,
    ClockEscalated,
    ClockMet,
    ClockReminded,
    ClockStarted,
    ClockVoided,
    CommitmentJudged,
)
from notifier.decide import Terms, decide
from notifier.store import desks
from runtime.values import Batch

_WANTED = (
    *(LeadCaptured, LeadUpdated, EngagementRecorded, ConsentChanged, LeadMerged, LeadErased),
    *(LeadAssigned, LeadAccepted, LeadReturned, LeadNurtured, LeadSuppressed, StageChanged),
    *(AnswerIgnored, OwnerTold, AlertRaised),
    *(ClockStarted, ClockReminded, ClockMet, ClockBreached, ClockEscalated, ClockCorrected, ClockVoided),
    CommitmentJudged,
)


class OweNotices:
    """Says nothing itself: what became of a notice is said when it was delivered. `owing` wakes the loops."""

    handles = _WANTED

    def __init__(self, terms: Terms, owing: Callable[[], None]) -> None:
        self._terms = terms
        self._owing = owing

    async def __call__(self, batch: Batch, tx: AsyncConnection) -> Sequence[Fact]:
        before = await desks.lock(tx, batch.subjects)
        outcome = decide(before, batch.events, self._terms, batch.now)
        await desks.save(tx, outcome.desks, before)
        await desks.owe(tx, outcome.notices, batch.now)
        await desks.follow(tx, outcome, batch.now)
        if outcome.notices or outcome.touched or outcome.gone:
            self._owing()
        return []
