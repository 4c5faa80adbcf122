"""Reps come, go away and leave."""

from collections.abc import Iterable

from msgspec.structs import replace

from agreement.leave import has_left, remember, word_of
from events.sales import RepAvailability
from routing.decide.model.case import Case, wake_up
from routing.decide.state import Lead


def on_availability(case: Case, event: RepAvailability) -> None:
    """Keeps the rep's availability; emits nothing. This case is about no lead.

    Of a rep who left, each open lead gets a timer `repool` that is due now: it is rerouted in the lane of that lead.
    Ignores reps who are not in the agreement. What all words together say is for `agreement.leave` to tell.
    """
    workspace, data = case.workspace, event.data
    if case.terms.people.rep(data.rep) is None:
        return
    row = workspace.rep(data.rep)
    row = replace(row, words=remember(row.words, word_of(event)))
    workspace.put_rep(row)
    if data.state == "left" and has_left(row.words) and not event.historical:
        for lead in open_leads(workspace.work.get(data.rep, ()), workspace.leads.values(), data.rep):
            workspace.timers.append(wake_up(lead, "repool", workspace.now, {"rep": data.rep}))


def open_leads(work: tuple[str, ...], leads: Iterable[Lead], rep: str) -> list[str]:
    """Open leads of a rep who leaves, in key order: as stored, corrected by what this batch has done so far."""
    seen = {lead.id: lead for lead in leads}
    stored = [lead for lead in work if lead not in seen or seen[lead].owner == rep]
    return sorted({*stored, *(lead.id for lead in seen.values() if lead.owner == rep and lead.worked)})
