"""Facts of scoring: the lead's standing changed, so the ladder is asked again, and what it says is done once."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from events.handoffs import AlertRaised, LeadSuppressed, OwnerTold
from events.scores import LeadCooled, LeadQualified, LeadScored, MqlWithdrawn, Standing
from routing.decide.causes.answers import returned
from routing.decide.model.workspace import Case, snapshot
from routing.decide.placing import nurture as recycle
from routing.decide.placing.offer import enter, entry, operations, place
from routing.decide.placing.steps import Found, Question, climb, reopening, urgency_of

COMPETITOR: Final = "competitor"
GONE: Final = ("merged", "erased")
NAMED: Final = "named_account"
_FIELDS: Final = tuple(Standing.model_fields)


def on_standing(case: Case, event: LeadScored | LeadQualified) -> None:
    old = case.lead.standing
    new = Standing.model_construct(**{name: getattr(event.data, name) for name in _FIELDS})
    case.change(standing=new)
    evaluate(case, fresh=_fresh(old, new), first=old is None)


def on_cooled(case: Case, event: LeadCooled) -> None:
    """Decay moves no stage back; an offer that nobody accepted yet is flagged."""
    if case.lead.stage == "mql" and not case.lead.closed:
        case.change(cooling=True)
        case.settle("cooling")


def on_withdrawn(case: Case, event: MqlWithdrawn) -> None:
    """Counts only while nobody has the lead; a person who is no more (merged, erased) is let go of at any time."""
    if event.data.reason in GONE:
        let_go(case, event.data.reason)
    elif case.lead.waiting and case.allowed("withdrawn"):
        withdraw(case, event.data.reason)
        evaluate(case, fresh=False, settled=True)


def let_go(case: Case, why: str) -> None:
    offer = case.lead.current
    if offer:
        returned(case, offer, why, "none")
    if case.allowed("suppressed"):
        case.move("suppressed", why)
        case.change(nursed=None)
    for kind in ("enrol", "shift", "unresponsive", "silence", "revisit", "recycle", "cooldown"):
        case.wake(kind, None)
    case.settle(why)


def withdraw(case: Case, why: str) -> None:
    case.move("withdrawn", why)
    case.change(entry=None)
    case.wake("shift", None)
    case.settle(why, withdrawn=True)


def _fresh(old: Standing | None, new: Standing) -> bool:
    """A new engagement of intent, or a new hand-raise: worth telling somebody about."""
    if old is None:
        return new.intent_at is not None or new.hand_raise_at is not None
    pairs = ((old.intent_at, new.intent_at), (old.hand_raise_at, new.hand_raise_at))
    return any(now is not None and (before is None or now > before) for before, now in pairs)


def evaluate(case: Case, *, fresh: bool, first: bool = False, recycled: bool = False, settled: bool = False) -> None:
    """Asks the ladder where the lead belongs and takes it there, unless it is there already."""
    gate, until = reopening(case.lead, case.terms, case.now)
    if until:
        case.wake("cooldown", until)
    found = climb(Question(case.desk, case.lead, case.company, gate, recycled))
    if recycle.re_engaged(case, found):
        return
    if found.tell == NAMED and first and not fresh:
        wait_a_moment(case)
    elif found.tell:
        tell(case, found, fresh or (found.tell == NAMED and settled))
    elif found.rep or found.pool:
        hand_over(case, found, fresh)
    elif found.rule == "nobody":
        suppress(case, found)
    elif found.rule == "operations" and fresh:
        operations(case, "no routing step fits this lead", reason="no_step")
    elif found.segment:
        nurture(case, found, settled)
    case.settle(found.why)


def tell(case: Case, found: Found, fresh: bool) -> None:
    """Activity on what somebody has already: no handoff, no turn, and only when there is news."""
    if fresh and case.live and found.rep and found.tell:
        case.wake("enrol", None)
        data = OwnerTold.Data(
            cycle=case.lead.cycle, rep=found.rep, why=found.tell, step=found.step, snapshot=snapshot(case.lead)
        )
        case.say(OwnerTold, data, time=case.now)


def hand_over(case: Case, found: Found, fresh: bool) -> None:
    if case.lead.waiting:
        _again(case, found, fresh)
        return
    if not case.allowed("qualified"):
        return
    enter(case, found, found.why)
    if case.live:
        place(case, found)
    else:
        case.settle(f"history; would have gone to {found.pool or found.rep}")


def _again(case: Case, found: Found, fresh: bool) -> None:
    """A waiting lead is looked at again when there is news: it became urgent, or history came alive."""
    if not (fresh and case.live):
        return
    known = case.lead.entry or entry(case, found.kind, found.why)
    band = case.lead.standing.band if case.lead.standing else "cold"
    kind = found.kind if found.kind != "score" else known.kind
    calm = urgency_of(kind, band, case.terms).name == case.terms.routing.urgency[-1].name
    if known.historical or case.lead.status != "waiting_for_shift" or not calm:
        case.change(entry=replace(known, kind=kind, historical=False))
        place(case, found)


def suppress(case: Case, found: Found) -> None:
    """Only what sales has not touched yet."""
    if case.lead.worked or case.lead.status == "suppressed" or case.lead.stage not in ("lead", "mql"):
        return
    if case.lead.waiting:
        withdraw(case, found.why)
    case.move("suppressed", found.why)
    case.change(nursed=None)
    alert = found.reason == COMPETITOR
    data = LeadSuppressed.Data(cycle=case.lead.cycle, reason=found.reason or "", alert_marketing=alert)
    case.say(LeadSuppressed, data)
    if alert:
        case.say(AlertRaised, AlertRaised.Data(to="marketing", reason=COMPETITOR, text=found.why))


def wait_a_moment(case: Case) -> None:
    """The facts of a form arrive before the hand-raise it contains, and enrichment has its time (section 4)."""
    case.wake("enrol", case.cause.time + timedelta(seconds=case.terms.definitions.enrichment.limit.seconds))


def nurture(case: Case, found: Found, settled: bool) -> None:
    """Steps 8 and 9. Other segments are left by their own exits only; nobody falls to the newsletter but by silence.

    Somebody new is not enrolled at once: a timer asks again.
    """
    terms, lead = case.terms.routing.nurture, case.lead
    now_in = lead.nursed.segment if lead.nursed else None
    if found.segment is None or now_in not in (None, terms.segment, terms.below_segment):
        return
    if now_in == found.segment or (now_in == terms.segment and found.segment == terms.below_segment):
        return
    if lead.waiting or lead.worked or (now_in is None and (lead.closed or lead.status == "disqualified")):
        return
    if now_in is None and not settled:
        wait_a_moment(case)
        return
    recycle.enrol(case, found.segment, found.why, goal=found.why if found.segment == terms.segment else None)
