"""Where a lead goes by its match: the steps are walked, and what they say is done."""

from typing import Final, Literal

from msgspec.structs import replace

from events.handoffs import KIND_FLAGS, AlertRaised, LeadSuppressed, OwnerTold
from events.history import HandoffWithheld
from events.scores import Standing
from routing.decide.model.case import Case, snapshot
from routing.decide.placing.comebacks import reopening
from routing.decide.placing.nurture import enrol, leave_segments, re_engage
from routing.decide.placing.offer import alert_operations, enter, entry, place
from routing.decide.placing.steps import SALES_SUPPRESSED, Match, Situation, find_owner, segment_match
from routing.decide.state import Exit

COMPETITOR: Final = "competitor"
NAMED: Final = "named_account"
WITH_STEWARD: Final = "waiting_for_steward"
TALKING: Final = "connected"
ADRIFT: Final = ("joined", "unsubscribed", WITH_STEWARD)
"""Statuses of a closed cycle that end when what they say is true no more."""


def route(
    case: Case,
    *,
    fresh: bool,
    first: bool = False,
    recycled: bool = False,
    rested: bool = False,
    why: str | None = None,
    mended: bool = False,
    before: Standing | None = None,
) -> None:
    """Walks the steps and takes the lead where it belongs, unless it is there already.

    `why`: for whoever gets the lead, in place of what the step says. `fresh`: there is news; `first`: nothing was
    known before; `recycled`: a trigger fired, whatever the score; `rested`: the lead had its time to become more
    than a name; `mended`: a steward put its data right. `before`: its standing until now, when that changed.
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
        tell_owner(case, match, fresh or rested, before)
        nurture(case, segment_match(situation, match), rested=True, mended=mended)
    elif match.activity:
        join(case, match)
        tell_owner(case, match, fresh, before)
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
    """Activity on a record that somebody has: the lead stands with it, and with its owner. One in work stays so.

    So does one that sales talks with, although nobody said who: a talk goes on, whatever comes first.
    """
    if match.record in (None, case.lead.id) or case.lead.worked or case.lead.status == TALKING:
        return
    if not case.allowed("joined"):
        return
    case.because(match.why, passed=match.passed, record=match.record, owner=match.owner or match.rep)
    leave_segments(case, "joined", match.why)
    case.wake("shift", None)
    case.next_step()


def tell_owner(case: Case, match: Match, fresh: bool, before: Standing | None) -> None:
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
            assignment=case.lead.assignment_of(match.rep),
            hand_raise=_raises_a_hand(case),
            engaged_at=case.lead.standing.last_engaged_at if case.lead.standing else None,
            engaged_before=before.last_engaged_at if before else None,
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

    Somebody new is not enrolled at once: a timer asks again. Who waits for a steward is not, until it is `mended`, nor
    is who belongs to the record that a rep or a steward named.
    """
    terms, lead = case.terms.routing.nurture, case.lead
    current = lead.nurture.segment if lead.nurture else None
    if match.segment is None or current not in (None, terms.segment, terms.below_segment):
        return
    if current == match.segment or (current == terms.segment and match.segment == terms.below_segment):
        return
    if lead.waiting or lead.worked or lead.status == "archived" or lead.facts.unsubscribed:
        return
    if (lead.status == WITH_STEWARD or _merged(case)) and not mended:
        return
    if current is None and (lead.closed or lead.status == "disqualified") and lead.status not in ADRIFT:
        return
    if current is None and not rested:
        wait_a_moment(case)
        return
    goal = match.why if match.segment == terms.segment else None
    enrol(case, match.segment, match.why, goal=goal, passed=match.passed)


def _merged(case: Case) -> bool:
    """Joined to the record it belongs to, as a person says: whose contact is somebody else's to write to."""
    return case.lead.status == "joined" and case.lead.merged_into is not None


def withdraw(case: Case, why: str) -> None:
    """An MQL that nobody has is a lead again: a step of its own."""
    case.because(why, withdrawn=True)
    case.move("withdrawn", why)
    case.change(entry=None)
    case.wake("shift", None)
    case.next_step()
