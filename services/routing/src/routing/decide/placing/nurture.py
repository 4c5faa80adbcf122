"""Nurture segments: how a lead gets in, what marketing is told, and the days on which it is looked at again."""

from datetime import date, datetime
from typing import Final

from agreement.months import midnight
from agreement.routing import NurtureSegment, Silence
from agreement.types import Span
from events.grounds import ActivityReason, PassedStep
from events.handoffs import AlertRaised, LeadNurtured, OwnerTold
from events.scores import ScoreLine, Standing
from events.vocabulary import Segment
from routing.decide.model.case import Case, snapshot
from routing.decide.placing.steps import Match
from routing.decide.state import NurtureState
from routing.decide.terms import Terms

FIT_FACTS: Final = ("employees", "industry", "country", "seniority")


def enrol(
    case: Case,
    segment: Segment,
    reason: str,
    *,
    goal: str | None = None,
    move: str = "",
    passed: tuple[PassedStep, ...] = (),
) -> None:
    """Into a segment, when the table of stages allows it. `move`: if not `nurtured` (`slept` for the newsletter).

    Baton decides entry and exit, the mail tool writes.
    """
    if case.lead.facts.unsubscribed and case.allowed("unsubscribed"):
        leave_segments(case, "unsubscribed", reason)
        return
    below = case.terms.routing.nurture.below_segment
    name = move or ("slept" if segment == below else "nurtured")
    if case.allowed(name):
        case.move(name, reason)
        put_in_segment(case, segment, reason, goal=goal, passed=passed)


def put_in_segment(
    case: Case,
    segment: Segment,
    reason: str,
    *,
    goal: str | None = None,
    revisit_on: date | None = None,
    passed: tuple[PassedStep, ...] = (),
) -> None:
    """The segment alone; the stage has moved already. `passed`: why the steps before nurture did not match.

    One who unsubscribed is in no segment.
    """
    if case.lead.facts.unsubscribed and case.allowed("unsubscribed"):
        leave_segments(case, "unsubscribed", reason)
        return
    standing, terms = case.lead.standing, case.terms
    case.change(nurture=NurtureState(segment, case.at, standing.total if standing else 0, revisit_on))
    newsletter = segment == terms.routing.nurture.below_segment
    data = LeadNurtured.Data(
        cycle=case.lead.cycle,
        segment=segment,
        reason=reason,
        goal=goal,
        revisit_on=revisit_on,
        previous=before.segment if (before := case.before.nurture) else None,
        largest_missing=largest_missing(standing, terms) if newsletter else (),
        passed=passed,
    )
    case.emit(LeadNurtured, data)
    case.wake("revisit", midnight(revisit_on, terms.definitions.house.zone) if revisit_on else None)
    watch_silence(case)


def leave_segments(case: Case, move: str, reason: str) -> None:
    """Out of every segment by this move (`unsubscribed`, `archived`, `joined`, …): nothing is planned any more."""
    case.move(move, reason)
    case.change(nurture=None)
    for kind in ("enrol", "silence", "revisit"):
        case.wake(kind, None)


def largest_missing(standing: Standing | None, terms: Terms) -> tuple[str, ...]:
    """For marketing: what pulls the score down most, then unknown facts, then what gave it nothing."""
    if standing is None:
        return ()
    low = sorted((line for line in standing.fit_lines if line.points <= 0), key=_worst)
    unknown = [f"{name} unknown" for name in FIT_FACTS if getattr(standing.facts, name) is None]
    texts = [f"{line.because} ({line.points:+d})" for line in low]
    negative = sum(line.points < 0 for line in low)
    ordered = dict.fromkeys((*texts[:negative], *unknown, *texts[negative:]))
    return tuple(ordered)[: terms.routing.nurture.below_tells_contributions]


def _worst(line: ScoreLine) -> tuple[int, str]:
    return line.points, line.rule


def segment_of(case: Case) -> NurtureSegment | None:
    """The terms of the segment the lead is in."""
    nurture = case.lead.nurture
    return case.terms.segments.get(nurture.segment) if nurture else None


def silent_at(case: Case) -> datetime | None:
    """When the segment lets the lead go: silent for the agreed time, at the latest after its months there.

    None when that has no end.
    """
    segment, nurture, standing = segment_of(case), case.lead.nurture, case.lead.standing
    if segment is None or nurture is None or segment.silence is None:
        return None
    engaged = standing.last_engaged_at if standing else None
    due = segment.silence.after.after(max(engaged, nurture.since) if engaged else nurture.since)
    stays = segment.stays_months
    return min(due, Span(amount=stays.at_most, unit="mo").after(nurture.since)) if stays else due


def why_let_go(case: Case, segment: NurtureSegment, silence: Silence) -> str:
    """For people: silent for so long, or so many months in the segment."""
    nurture, standing, stays = case.lead.nurture, case.lead.standing, segment.stays_months
    engaged = standing.last_engaged_at if standing else None
    stirred = nurture is not None and engaged is not None and silence.after.after(engaged) > case.now
    return f"{stays.at_most} months in the segment" if stirred and stays else f"silent for {silence.after}"


def watch_silence(case: Case) -> None:
    """Plans the timer `silence` for when the lead's segment lets it go; cancels it when that has no end."""
    case.wake("silence", silent_at(case))


def re_engage(case: Case, match: Match) -> bool:
    """The way out of `unresponsive` below the gate: so many points since entry, and sales is told (domain, section 8).

    True when the lead took it.
    """
    segment, nurture, standing = segment_of(case), case.lead.nurture, case.lead.standing
    if segment is None or nurture is None or standing is None or segment.points_gained is None or match.segment is None:
        return False
    if standing.total - nurture.total < segment.points_gained:
        return False
    why = f"{standing.total - nurture.total:+d} points since it went quiet"
    if case.live:
        tell_last_owner(case, "re_engaged", f"active again ({why})")
    case.because(why)
    enrol(case, case.terms.routing.nurture.segment, why, goal=match.why, passed=match.passed)
    return True


def tell_last_owner(case: Case, why: ActivityReason, what: str) -> None:
    """A task for the last owner, or for who manages in the owner's place; with neither here, operations hear `what`."""
    owner = case.lead.exit.owner if case.lead.exit else None
    people = (owner, case.terms.people.manager(owner))
    rep = next((one for one in people if case.workspace.present(one)), None)
    if rep:
        data = OwnerTold.Data(cycle=case.lead.cycle, rep=rep, why=why, snapshot=snapshot(case.lead))
        case.emit(OwnerTold, data, time=case.now)
    else:
        text = f"{what}, and its last owner is not here"
        case.emit(AlertRaised, AlertRaised.Data(to="operations", reason=why, text=text), time=case.now)


def watch_attempts(case: Case) -> None:
    """Ten days (by the agreement) after the first attempt somebody looks whether there was an answer."""
    first = min((attempt.at for attempt in case.lead.attempts), default=None)
    case.wake("unresponsive", case.terms.routing.unresponsive.after.after(first) if first else None)


def unanswered(case: Case) -> bool:
    """Enough attempts on enough channels, so long ago; fewer is a breach of sales' promise and no recycle."""
    return _tried_enough(case) and _channels_tried(case) >= case.terms.routing.unresponsive.channels


def on_one_channel(case: Case) -> bool:
    """Enough attempts, so long ago, and on too few channels: it stays the owner's, who hears of it."""
    return _tried_enough(case) and _channels_tried(case) < case.terms.routing.unresponsive.channels and case.lead.worked


def _channels_tried(case: Case) -> int:
    return len({attempt.channel for attempt in case.lead.attempts})


def _tried_enough(case: Case) -> bool:
    terms, attempts = case.terms.routing.unresponsive, case.lead.attempts
    if not attempts or not case.allowed("unresponsive"):
        return False
    old = terms.after.after(min(attempt.at for attempt in attempts)) <= case.now
    return old and len(attempts) >= terms.attempts


def watch_lost(case: Case) -> None:
    """A lost deal comes back after the agreed months; not one whose latest time has passed, nor by old news at once."""
    terms = case.terms.routing.recycling
    due = terms.lost_deal_after.after(case.at)
    if due > case.now or (case.live and case.now < terms.lost_deal_at_latest.after(case.at)):
        case.wake("recycle", due)
