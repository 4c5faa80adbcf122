"""Facts said again on another stream: parked ones when their person becomes known, a loser's on the winner's stream."""

from events import Fact
from events.leads import ConsentChanged, EngagementRecorded, LeadCaptured, LeadUpdated
from ingest.decide.book import Kept


def again(row: Kept, lead: str, *, merged: bool) -> Fact | None:
    """The fact as the lead's stream is to hear it; None for what stays with the old name (sales facts, endings)."""
    fact = row.fact
    match fact.data:
        case EngagementRecorded.Data() as done:
            data = done.model_copy(update={"merged": True}) if merged else done
            return EngagementRecorded.fact(lead, data, time=fact.time, mode=fact.mode)
        case LeadUpdated.Data() as learned:
            data_ = learned.model_copy(update={"merged": True}) if merged else learned
            return LeadUpdated.fact(lead, data_, time=fact.time, mode=fact.mode)
        case LeadCaptured.Data() as captured:
            learned = LeadUpdated.Data(facts=captured.facts, merged=merged)
            return LeadUpdated.fact(lead, learned, time=fact.time, mode=fact.mode)
        case ConsentChanged.Data() as consent:
            return ConsentChanged.fact(lead, consent, time=fact.time, mode=fact.mode)
        case _:
            return None
