"""Facts of scoring: the lead's standing changed, so the steps are walked again, and the lead goes where they say."""

from typing import Final

from events.scores import LeadCooled, LeadQualified, LeadScored, MqlWithdrawn, Standing, standing_after
from routing.decide.model.case import Case
from routing.decide.placing.comebacks import changed_job, may_come_back
from routing.decide.placing.nurture import enrol, leave_segments
from routing.decide.placing.reroute import emit_returned
from routing.decide.placing.route import WITH_STEWARD, route, withdraw
from routing.decide.state import Exit
from routing.decide.wake_ups import WAKE_UPS

MERGED: Final = "merged"
PERSON_ENDED: Final = (MERGED, "erased")
"""Reasons of a withdrawal after which the person is no more."""
COOLING: Final = "cooling"
MENDED: Final = "its data were put right"


def on_standing(case: Case, event: LeadScored | LeadQualified) -> None:
    """Keeps the new standing and routes the lead by it; the step that matches says what is emitted (`route`).

    Of several models the headline decides; of the others only what the expansion model says is kept, without lines.
    Who has begun in the middle of the stream waits for a whole standing.
    """
    old = case.lead.standing
    new = standing_after(old, event.data)
    if new is None:
        return
    case.change(standing=new if new.models is None else _slim(new, case.terms.expansion))
    if case.lead.cooling and _stirred(old, new):
        case.because("cooling no more", flags=cool(case, cooling=False))
        case.next_step()
    if case.lead.status == WITH_STEWARD and old and _mended(old, new):
        judge_again(case)
        return
    if new.facts.unsubscribed and case.allowed("unsubscribed") and case.lead.status != "unsubscribed":
        unsubscribe(case)
    _watch_job(case, old, new)
    awake = case.lead.waiting and case.lead.entry is not None and case.lead.entry.historical and _stirred(old, new)
    route(case, fresh=awake or _fresh(old, new), first=old is None, before=old)


def judge_again(case: Case) -> None:
    """A lead that waited for a steward has its data put right: routed as if it came now."""
    standing = case.lead.standing
    opens = standing is not None and (standing.gate.passed or standing.gate.fast_track)
    case.wake("mended", None)
    route(case, fresh=True, recycled=opens, mended=True)
    if case.lead.status == WITH_STEWARD:
        case.because(MENDED)
        enrol(case, case.terms.routing.nurture.segment, MENDED)


def _mended(old: Standing, new: Standing) -> bool:
    """A fact changed; that a steward is asked about one is no change."""
    return old.facts != new.facts.replaced(disputed=old.facts.disputed, contrary=old.facts.contrary)


def _watch_job(case: Case, old: Standing | None, new: Standing) -> None:
    """A lead that may come back, and whose person works elsewhere now: a timer looks at it, and may give it away."""
    may = case.live and case.terms.routing.recycling.job_change and may_come_back(case.lead, case.terms)
    if may and old and changed_job(old, new):
        case.wake("job_change", case.now)


def _slim(standing: Standing, expansion: str | None) -> Standing:
    known = tuple(
        one.replaced(fit_lines=(), engagement_lines=()) for one in standing.models or () if one.model == expansion
    )
    return standing.replaced(models=known or None)


def unsubscribe(case: Case) -> None:
    """Whoever wants no mail leaves every segment: a step of its own. Reps may call all the same."""
    case.because("unsubscribed")
    leave_segments(case, "unsubscribed", "unsubscribed")
    case.next_step()


def _stirred(old: Standing | None, new: Standing) -> bool:
    """The person did something since."""
    if new.last_engaged_at is None:
        return False
    return old is None or old.last_engaged_at is None or new.last_engaged_at > old.last_engaged_at


def on_cooled(case: Case, event: LeadCooled) -> None:
    """Decay moves no stage back; an MQL that nobody accepted yet is flagged at once."""
    if case.lead.stage == "mql" and not case.lead.closed and not case.lead.cooling:
        case.because(event.data.reason, flags=cool(case, cooling=True))


def cool(case: Case, *, cooling: bool) -> tuple[str, ...]:
    """Flags the lead or takes the flag away; returns the flags that it has now."""
    case.change(cooling=cooling)
    flags = [flag for flag in case.lead.flags if flag != COOLING]
    case.change(flags=(*flags, COOLING) if cooling else tuple(flags))
    return case.lead.flags


def on_withdrawn(case: Case, event: MqlWithdrawn) -> None:
    """Counts only while nobody has the lead; a person who is no more (merged, erased) is let go of at any time."""
    if event.data.reason in PERSON_ENDED:
        let_go(case, event.data.reason)
    elif case.lead.waiting and case.allowed("withdrawn"):
        withdraw(case, event.data.reason)
        route(case, fresh=False, rested=True)


def let_go(case: Case, why: str) -> None:
    """The person is no more (merged, erased): the offer in force ends, and the lead is suppressed for good.

    Emits `lead.returned` when there is an offer, and `stage.changed` when the table of stages has the move, or the lead
    was merged (its MQLs count no more); no `lead.suppressed`, for nobody is to hear of it. All timers are cancelled.
    """
    offer = case.lead.current
    case.because(why, merged=why == MERGED)
    if offer:
        emit_returned(case, offer, why, "none")
    if case.allowed("suppressed"):
        case.move("suppressed", why)
        case.change(nurture=None, exit=Exit(case.at, why, owner=case.lead.exit.owner if case.lead.exit else None))
    for kind in WAKE_UPS:
        case.wake(kind, None)


def _fresh(old: Standing | None, new: Standing) -> bool:
    """A new engagement of intent, or a new hand-raise: worth telling somebody about."""
    if old is None:
        return new.intent_at is not None or new.hand_raise_at is not None
    pairs = ((old.intent_at, new.intent_at), (old.hand_raise_at, new.hand_raise_at))
    return any(now is not None and (before is None or now > before) for before, now in pairs)
