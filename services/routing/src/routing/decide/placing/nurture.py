"""Meanwhile and again: nurture segments and their exits, silence, unanswered attempts, lost deals that come back."""

from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from agreement.routing import NurtureSegment
from events.handoffs import AlertRaised, LeadNurtured, OwnerTold
from events.scores import ScoreLine, Standing
from events.vocabulary import Segment
from routing.decide.model.workspace import Case, after, snapshot
from routing.decide.placing.steps import Found
from routing.decide.state import Nursed, Terms

ARCHIVED: Final = "archived"


def enrol(
    case: Case,
    segment: Segment,
    reason: str,
    *,
    goal: str | None = None,
    revisit_on: date | None = None,
    status: str = "",
) -> None:
    """Into a segment: Baton decides entry and exit, the mail tool writes. `status`: the move, if not `nurtured`."""
    below = case.terms.routing.nurture.below_segment
    move = status or ("slept" if segment == below else "nurtured")
    if not case.allowed(move):
        return
    case.move(move, reason)
    nurse(case, segment, reason, goal=goal, revisit_on=revisit_on)


def nurse(
    case: Case, segment: Segment, reason: str, *, goal: str | None = None, revisit_on: date | None = None
) -> None:
    """The segment alone; the stage has moved already."""
    standing = case.lead.standing
    case.change(nursed=Nursed(segment, case.cause.time, standing.total if standing else 0, revisit_on))
    newsletter = segment == case.terms.routing.nurture.below_segment
    data = LeadNurtured.Data(
        cycle=case.lead.cycle,
        segment=segment,
        reason=reason,
        goal=goal,
        revisit_on=revisit_on,
        largest_missing=largest_missing(standing, case.terms) if newsletter else (),
    )
    case.say(LeadNurtured, data)
    case.wake("revisit", _morning(revisit_on, case.terms) if revisit_on else None)
    watch_silence(case)


def largest_missing(standing: Standing | None, terms: Terms) -> tuple[str, ...]:
    """For marketing: what pulls the score down most, then what gave it nothing."""
    if standing is None:
        return ()
    low = sorted((line for line in standing.fit_lines if line.points <= 0), key=_worst)
    unknown = [
        f"{name} unknown" for name in ("employees", "industry", "country", "seniority") if _unknown(standing, name)
    ]
    said = [f"{line.because} ({line.points:+d})" for line in low]
    negative = sum(line.points < 0 for line in low)
    ordered = dict.fromkeys((*said[:negative], *unknown, *said[negative:]))
    return tuple(ordered)[: terms.routing.nurture.below_tells_contributions]


def _worst(line: ScoreLine) -> tuple[int, str]:
    return line.points, line.rule


def _unknown(standing: Standing, name: str) -> bool:
    return getattr(standing.facts, name) is None


def segment_of(case: Case) -> NurtureSegment | None:
    """The terms of the segment the lead is in."""
    nursed = case.lead.nursed
    return case.terms.segments.get(nursed.segment) if nursed else None


def watch_silence(case: Case) -> None:
    segment = segment_of(case)
    due = _silent_at(case, segment) if segment and segment.silence else None
    case.wake("silence", due)


def _silent_at(case: Case, segment: NurtureSegment) -> datetime | None:
    nursed, standing = case.lead.nursed, case.lead.standing
    if nursed is None or segment.silence is None:
        return None
    engaged = standing.last_engaged_at if standing else None
    return after(max(engaged, nursed.since) if engaged else nursed.since, segment.silence.after)


def on_silence(case: Case) -> None:
    """Silent for the agreed time: the newsletter, or archived. Looked at again when somebody stirred meanwhile."""
    segment = segment_of(case)
    due = _silent_at(case, segment) if segment else None
    if segment is None or segment.silence is None or due is None:
        return
    if due > case.now:
        case.wake("silence", due)
        return
    then = segment.silence.then
    why = f"silent for {segment.silence.after}"
    enrol(case, "long_term" if then == ARCHIVED else then, f"{ARCHIVED}: {why}" if then == ARCHIVED else why)
    case.settle(why)


def re_engaged(case: Case, found: Found) -> bool:
    """The way out of `unresponsive` below the gate: so many points since entry, and sales is told."""
    segment, nursed, standing = segment_of(case), case.lead.nursed, case.lead.standing
    if segment is None or nursed is None or standing is None or segment.points_gained is None or found.segment is None:
        return False
    if standing.total - nursed.total < segment.points_gained:
        return False
    why = f"{standing.total - nursed.total:+d} points since it went quiet"
    owner = case.lead.exit.owner if case.lead.exit else None
    if owner and case.desk.present(owner) and case.live:
        told = OwnerTold.Data(cycle=case.lead.cycle, rep=owner, why="re_engaged", snapshot=snapshot(case.lead))
        case.say(OwnerTold, told, time=case.now)
    enrol(case, case.terms.routing.nurture.segment, why, goal=found.why)
    case.settle(why)
    return True


def watch_attempts(case: Case) -> None:
    """Ten days (by the agreement) after the first attempt somebody looks whether there was an answer."""
    attempts = case.lead.attempts
    first = min((attempt.at for attempt in attempts), default=None)
    case.wake("unresponsive", after(first, case.terms.routing.unresponsive.after) if first else None)


def unanswered(case: Case) -> bool:
    """Enough attempts on enough channels; fewer is a breach of sales' promise and no recycle."""
    terms, attempts = case.terms.routing.unresponsive, case.lead.attempts
    if not attempts or not case.allowed("unresponsive"):
        return False
    old = after(min(attempt.at for attempt in attempts), terms.after) <= case.now
    return old and len(attempts) >= terms.attempts and len({a.channel for a in attempts}) >= terms.channels


def on_unresponsive(case: Case) -> None:
    if not unanswered(case):
        return
    terms = case.terms.routing.unresponsive
    why = f"{len(case.lead.attempts)} attempts in {terms.after} without an answer"
    enrol(case, terms.segment, why, status="unresponsive")
    case.settle(why)


def on_revisit(case: Case) -> None:
    """`revisit_on` has come: a task for the last owner, or for whoever manages in the owner's place."""
    nursed, left = case.lead.nursed, case.lead.exit
    if nursed is None or nursed.revisit_on is None:
        return
    owner = left.owner if left else None
    rep = next((r for r in (owner, case.terms.manager(owner)) if r and case.desk.present(r)), None)
    if rep:
        told = OwnerTold.Data(cycle=case.lead.cycle, rep=rep, why="revisit", snapshot=snapshot(case.lead))
        case.say(OwnerTold, told, time=case.now)
    else:
        text = f"to be revisited on {nursed.revisit_on:%Y-%m-%d}, and its last owner is not here"
        case.say(AlertRaised, AlertRaised.Data(to="operations", reason="revisit", text=text), time=case.now)
    case.settle("revisit")


def watch_lost(case: Case) -> None:
    """A lost deal comes back after the agreed months; one lost so long ago that this has passed does not."""
    due = after(case.cause.time, case.terms.routing.recycling.lost_deal_after)
    if due > case.now or case.live:
        case.wake("recycle", due)


def _morning(day: date, terms: Terms) -> datetime:
    """The day begins in the house's zone."""
    return datetime.combine(day, time(), ZoneInfo(terms.definitions.house.zone)).astimezone(UTC)
