"""Facts of scoring: the lead's standing changed, so the steps are walked again, and the lead goes where they say."""

from typing import Final, Literal

from msgspec.structs import replace

from events.handoffs import KIND_FLAGS, AlertRaised, LeadSuppressed, OwnerTold
from events.history import HandoffWithheld
from events.scores import LeadCooled, LeadQualified, LeadScored, MqlWithdrawn, Standing, standing_after
from routing.decide.model.case import Case, snapshot
from routing.decide.placing.comebacks import changed_job, may_come_back
from routing.decide.placing.nurture import enrol, leave_segments, re_engage
from routing.decide.placing.offer import alert_operations, enter, entry, place
from routing.decide.placing.reroute import emit_returned
from routing.decide.placing.steps import SALES_SUPPRESSED, Match, Situation, find_owner, reopening, segment_match
from routing.decide.state import WAKE_UPS, Exit

COMPETITOR: Final = "competitor"
MERGED: Final = "merged"
PERSON_ENDED: Final = (MERGED, "erased")
"""Reasons of a withdrawal after which the person is no more."""
COOLING: Final = "cooling"
NAMED: Final = "named_account"
STEWARD: Final = "waiting_for_steward"
MENDED: Final = "its data were put right"
ADRIFT: Final = ("joined", "unsubscribed", STEWARD)
"""Statuses of a closed cycle that end when what they say is true no more."""


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
    if case.lead.status == STEWARD and old and _mended(old, new):
        judge_again(case)
        return
    if new.facts.unsubscribed and case.allowed("unsubscribed") and case.lead.status != "unsubscribed":
        unsubscribe(case)
    _watch_job(case, old, new)
    awake = case.lead.waiting and case.lead.entry is not None and case.lead.entry.historical and _stirred(old, new)
    route(case, fresh=awake or _fresh(old, new), first=old is None)


def judge_again(case: Case) -> None:
    """A lead that waited for a steward has its data put right: routed as if it came now."""
    standing = case.lead.standing
    opens = standing is not None and (standing.gate.passed or standing.gate.fast_track)
    case.wake("mended", None)
    route(case, fresh=True, recycled=opens, mended=True)
    if case.lead.status == STEWARD:
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


def withdraw(case: Case, why: str) -> None:
    """An MQL that nobody has is a lead again: a step of its own."""
    case.because(why, withdrawn=True)
    case.move("withdrawn", why)
    case.change(entry=None)
    case.wake("shift", None)
    case.next_step()


def _fresh(old: Standing | None, new: Standing) -> bool:
    """A new engagement of intent, or a new hand-raise: worth telling somebody about."""
    if old is None:
        return new.intent_at is not None or new.hand_raise_at is not None
    pairs = ((old.intent_at, new.intent_at), (old.hand_raise_at, new.hand_raise_at))
    return any(now is not None and (before is None or now > before) for before, now in pairs)


def route(
    case: Case,
    *,
    fresh: bool,
    first: bool = False,
    recycled: bool = False,
    rested: bool = False,
    why: str | None = None,
    mended: bool = False,
) -> None:
    """Walks the steps and takes the lead where it belongs, unless it is there already.

    `why`: for whoever gets the lead, in place of what the step says. `fresh`: there is news; `first`: nothing was
    known before; `recycled`: a trigger fired, whatever the score; `rested`: the lead had its time to become more
    than a name; `mended`: a steward put its data right.
    """
    gate, until = reopening(case.lead, case.terms, case.now)
    if until:
        case.wake("cooldown", until)
    situation = Situation(case.workspace, case.lead, case.company, gate, recycled)
    match = _explained(find_owner(situation), why)
    if re_engage(case, match):
        return
    case.because(match.why)
    if match.activity == NAMED and first and not fresh:
        wait_a_moment(case)
    elif match.activity == NAMED:
        tell_owner(case, match, fresh or rested)
        nurture(case, segment_match(situation, match), rested=True, mended=mended)
    elif match.activity:
        join(case, match)
        tell_owner(case, match, fresh)
    elif match.rep or match.pool:
        hand_over(case, match, fresh)
    elif match.rule == "nobody":
        suppress(case, match)
    elif match.rule == "operations" and fresh:
        alert_operations(case, "no routing step fits this lead", reason="no_step", passed=match.passed)
    elif match.segment:
        tell_marketing(case, fresh)
        nurture(case, match, rested or mended, mended=mended)


def _explained(match: Match, why: str | None) -> Match:
    """With this reason, when somebody gets the lead."""
    return replace(match, why=why) if why and (match.rep or match.pool) and not match.activity else match


def tell_marketing(case: Case, fresh: bool) -> None:
    """A hand was raised where no rep sells: marketing answers it (domain, section 5, step 7)."""
    where = case.terms.pool_of(case.lead.facts, case.lead.region)
    if fresh and isinstance(where, str) and _raises_a_hand(case):
        text = f"raised a hand, and {where}"
        if not case.live:
            data = HandoffWithheld.Data(
                cycle=case.lead.cycle, kind="alert", to="marketing", rule="not_served", why=text
            )
            case.emit(HandoffWithheld, data)
            return
        case.emit(AlertRaised, AlertRaised.Data(to="marketing", reason="not_served", text=text), time=case.now)


def _raises_a_hand(case: Case) -> bool:
    standing = case.lead.standing
    return standing is not None and standing.gate.fast_track and standing.hand_raise_at == standing.intent_at


def join(case: Case, match: Match) -> None:
    """Activity on a record that somebody has: the lead stands with it, and with its owner. One in work stays so."""
    if match.record is None or match.record == case.lead.id or case.lead.worked or not case.allowed("joined"):
        return
    case.because(match.why, passed=match.passed, record=match.record, owner=match.rep)
    leave_segments(case, "joined", match.why)
    case.wake("shift", None)
    case.next_step()


def tell_owner(case: Case, match: Match, fresh: bool) -> None:
    """Activity on what somebody has already: no handoff, no turn, and only when there is news."""
    if not (fresh and match.rep and match.activity):
        return
    if case.live:
        case.wake("enrol", None)
        data = OwnerTold.Data(
            cycle=case.lead.cycle,
            rep=match.rep,
            why=match.activity,
            step=match.step,
            record=match.record,
            snapshot=snapshot(case.lead),
            passed=match.passed,
        )
        case.emit(OwnerTold, data, time=case.now)
    else:
        withhold(case, match, "activity")


def withhold(case: Case, match: Match, kind: Literal["assignment", "activity"]) -> None:
    """History calls nobody: `handoff.withheld` says whom it would have called, and by which rule."""
    urgency = case.terms.urgency_of(match.kind, case.lead.standing.band if case.lead.standing else "cold")
    flags = [*KIND_FLAGS.get(match.kind, ()), *match.flags, *([urgency.flag] if urgency.flag else [])]
    offered = kind == "assignment"
    data = HandoffWithheld.Data(
        cycle=case.lead.cycle,
        kind=kind,
        rep=match.rep,
        pool=None if match.rep else match.pool,
        record=match.record,
        step=match.step,
        rule=match.rule,
        touch=str(urgency.first_touch) if offered else None,
        flags=tuple(dict.fromkeys(flags)) if offered else (),
        why=match.why,
    )
    case.emit(HandoffWithheld, data)


def hand_over(case: Case, match: Match, fresh: bool) -> None:
    """The lead becomes an MQL and is offered to the rep or pool of the match: `stage.changed`, then `lead.assigned`.

    Without anybody who can take it now, it waits, or `alert.raised` follows. History becomes an MQL and is offered to
    nobody. A lead that waits already is only looked at again. Nothing is emitted when the table of stages has no way
    into the funnel.
    """
    if case.lead.waiting:
        _look_again(case, match, fresh)
        return
    if not case.allowed("qualified"):
        return
    enter(case, match)
    if case.live:
        place(case, match)
    else:
        case.because(f"history; would have gone to {match.pool or match.rep}", passed=match.passed)
        withhold(case, match, "assignment")


def _look_again(case: Case, match: Match, fresh: bool) -> None:
    """A waiting lead goes through the pick again when there is news: it became urgent, or history came alive."""
    if not (fresh and case.live) or case.lead.status == "waiting_for_manager":
        return
    known = case.lead.entry or entry(case, match.kind, match.why)
    band = case.lead.standing.band if case.lead.standing else "cold"
    kind = match.kind if match.kind != "score" else known.kind
    urgent = case.terms.is_urgent(case.terms.urgency_of(kind, band))
    if known.historical or case.lead.status != "waiting_for_shift" or urgent:
        case.change(entry=replace(known, kind=kind, historical=False))
        place(case, match)


def suppress(case: Case, match: Match) -> None:
    """Step 0, and only what sales has not touched yet."""
    if case.lead.worked or case.lead.status == "suppressed" or case.lead.stage not in ("lead", "mql"):
        return
    if case.lead.waiting:
        withdraw(case, match.why)
    case.because(match.why)
    case.move("suppressed", match.why)
    case.change(nurture=None)
    if match.reason == SALES_SUPPRESSED:  # so that `handed_back` undoes it, as for those who were there before
        case.change(exit=Exit(case.at, SALES_SUPPRESSED, owner=case.lead.exit.owner if case.lead.exit else None))
    alert = match.reason == COMPETITOR
    data = LeadSuppressed.Data(
        cycle=case.lead.cycle, reason=match.reason or "", alert_marketing=alert, passed=match.passed
    )
    case.emit(LeadSuppressed, data)
    if alert:
        case.emit(AlertRaised, AlertRaised.Data(to="marketing", reason=COMPETITOR, text=match.why))


def wait_a_moment(case: Case) -> None:
    """The facts of a form arrive before the hand-raise it contains, and enrichment has its time (domain, section 4)."""
    case.wake("enrol", case.terms.definitions.enrichment.limit.after(case.at))


def nurture(case: Case, match: Match, rested: bool, *, mended: bool = False) -> None:
    """Steps 8 and 9. Other segments are left by their own exits only; nobody falls to the newsletter but by silence.

    Somebody new is not enrolled at once: a timer asks again. Who waits for a steward is not, until it is `mended`.
    """
    terms, lead = case.terms.routing.nurture, case.lead
    current = lead.nurture.segment if lead.nurture else None
    if match.segment is None or current not in (None, terms.segment, terms.below_segment):
        return
    if current == match.segment or (current == terms.segment and match.segment == terms.below_segment):
        return
    if lead.waiting or lead.worked or lead.status == "archived" or lead.facts.unsubscribed:
        return
    if lead.status == STEWARD and not mended:
        return
    if current is None and (lead.closed or lead.status == "disqualified") and lead.status not in ADRIFT:
        return
    if current is None and not rested:
        wait_a_moment(case)
        return
    goal = match.why if match.segment == terms.segment else None
    enrol(case, match.segment, match.why, goal=goal, passed=match.passed)
