"""Giving a lead to somebody: the MQL entry, the pick, the offer, and waiting when nobody can take it now."""

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from agreement.calendar import Calendar
from events.grounds import WITH_DEAL, Candidate, PassedStep
from events.handoffs import HANDS_TO, KIND_FLAGS, AlertRaised, AssignmentKind, LeadAssigned
from routing.decide.model.case import Case, snapshot
from routing.decide.model.lifecycle import HELD
from routing.decide.model.shared_deals import PassedOn
from routing.decide.placing.round_robin import Choice, pick, take_turn
from routing.decide.placing.steps import Match
from routing.decide.state import Company, Deal, Entry, Offer, Pick
from routing.decide.wake_ups import CONTACT

CHOICES: Final = ("reassigned", "nurtured")
"""What a manager may decide about a lead: types of sales facts."""
TURNS: Final = ("round_robin", "on_call")
"""Ways of a choice that take the rep's turn."""


def enter(case: Case, match: Match) -> None:
    """The lead becomes an MQL; a closed cycle gives way to the next one."""
    case.move("qualified", match.why)
    case.change(entry=entry(case, match.kind, match.why), nurture=None, cooling=False)


def entry(case: Case, kind: AssignmentKind, why: str) -> Entry:
    """What makes the lead an MQL now: the entry of its cycle, of this kind and with this reason."""
    last = case.lead.exit
    again = case.terms.definitions.cycles.counts_again_after
    counts = last is None or again.after(last.at) <= case.at
    return Entry(
        at=case.at,
        kind=kind,
        why=why,
        historical=not case.live,
        cause=case.cause.id,
        correlation=case.cause.correlation,
        re_engaged=case.lead.cycle > 1 and not counts,
        trigger=case.trigger,
    )


def place(case: Case, match: Match, *, why_reassigned: str | None = None) -> None:
    """Offers the lead to the rep of the match, or to whom its pool picks; else the lead waits."""
    if match.rep:
        give(case, match, Choice("round_robin", match.pool or "", match.rep), why_reassigned, pool=None)
        return
    if match.pool is None:
        return
    owner = _same_company(case, match.pool) if match.rule != HANDS_TO else None
    if owner:
        again = replace(match, rule="same_company", why=f"{case.terms.people.name(owner)} has the company")
        give(case, again, Choice("round_robin", match.pool, owner), why_reassigned, pool=match.pool)
        return
    urgency = case.terms.urgency_of(match.kind, _band(case))
    choice = pick(case.workspace, match.pool, case.lead.offered, urgency)
    if choice.rep:
        rule = choice.way if choice.way != "round_robin" and match.rule != HANDS_TO else match.rule
        give(case, replace(match, rule=rule), choice, why_reassigned, pool=choice.pool)
    else:
        _wait(case, choice, match)


def _same_company(case: Case, pool: str) -> str | None:
    """Two leads of one company within the agreed time: the same owner, who must sell in the region that a rep named."""
    company = case.company
    if company is None or company.owner is None or company.owned_at is None:
        return None
    if case.terms.routing.same_company_within.after(company.owned_at) < case.now:
        return None
    fits = case.workspace.present(company.owner) and company.owner not in case.lead.offered
    elsewhere = case.lead.region and company.owner not in case.terms.teams.pool_by_id[pool].members
    return company.owner if fits and not elsewhere else None


def give(case: Case, match: Match, choice: Choice, why_reassigned: str | None, *, pool: str | None) -> None:
    """The offer: a new version of the assignment, with the reasons, and the rep's turn and load counted.

    Open deals go along, but with a deal: that is not another's for it, and neither its stage nor its status move.
    """
    rep, holder, with_deal = choice.rep or "", case.lead.owner, match.rule == WITH_DEAL
    previous = case.lead.offers[-1] if case.lead.offers and case.lead.offers[-1].cycle == case.lead.cycle else None
    kind = case.lead.entry.kind if case.lead.entry else match.kind
    turn = pool is not None and choice.way in TURNS and take_turn(case.workspace, pool, rep)
    offer = Offer(case.lead.version + 1, case.lead.cycle, rep, pool, match.rule, case.now, turn=turn)
    case.because(match.why)
    if not with_deal:
        pass_deals_on(case, rep)
    if not (with_deal and case.lead.status in HELD):
        case.move("offered", match.why)
    case.change(owner=rep, version=offer.version, offers=(*case.lead.offers, offer))
    case.wake("shift", None)
    _count(case, rep, taken=not with_deal)
    case.workspace.picks.append(
        Pick(case.lead.assignment(), case.lead.id, pool, rep, match.rule, case.now, choice.candidates, match.passed)
    )
    data = _assigned(case, match, choice, offer, kind)
    if previous or holder:
        last = holder or (previous.rep if previous else None)
        data = data.replaced(
            reassigned_from=last,
            previous=case.lead.assignment(previous.version) if previous and previous.rep == last else None,
            why_reassigned=why_reassigned,
        )
    case.emit(LeadAssigned, data, time=case.now)
    if case.terms.pass_on_after and waits_for_an_answer(case):
        case.wake("pass_on", case.terms.pass_on_after.after(case.now))


def waits_for_an_answer(case: Case) -> bool:
    """A hand was raised, and the rep whose turn it is has neither answered nor worked it."""
    lead, offer = case.lead, case.lead.current
    raised = lead.entry is not None and lead.entry.kind == "hand_raise" and lead.stage == "mql"
    return raised and offer is not None and offer.turn and offer.answer == "open"


def _assigned(case: Case, match: Match, choice: Choice, offer: Offer, kind: AssignmentKind) -> LeadAssigned.Data:
    urgency = case.terms.urgency_of(kind, _band(case))
    flags = _flags(case, match, kind, urgency.flag)
    case.change(flags=flags)
    return LeadAssigned.Data(
        assignment=case.lead.assignment(offer.version),
        version=offer.version,
        cycle=offer.cycle,
        rep=offer.rep,
        team=case.terms.people.team(offer.rep) or "",
        pool=offer.pool,
        step=match.step,
        rule=offer.rule,
        flag=flags[0] if flags else None,
        flags=flags,
        kind=kind,
        touch=str(urgency.first_touch),
        mql_at=case.lead.entry.at if case.lead.entry else None,
        passed=match.passed,
        candidates=choice.candidates,
        turn=offer.turn,
        deals=tuple(one.deal for one in case.lead.deals if (one.owner, one.passed_on) == (offer.rep, case.now)),
        snapshot=snapshot(case.lead),
    )


def _flags(case: Case, match: Match, kind: AssignmentKind, urgent: str | None) -> tuple[str, ...]:
    """The most telling first; that no local pool exists comes last."""
    flags = [*KIND_FLAGS.get(kind, ()), *match.flags]
    flags += [urgent] if urgent else []
    flags += ["cooling"] if case.lead.cooling else []
    return tuple(sorted(dict.fromkeys(flags), key=lambda flag: flag == case.terms.routing.fallback_flag))


def pass_deals_on(case: Case, to: str | None) -> None:
    """Open deals that the lead's owner has go along, for all their contacts: until a later fact names somebody.

    Without anybody, they wait like the lead for whoever gets it.
    """
    mine, passed, deals = (None, case.lead.owner), PassedOn(case.now, to), list[Deal]()
    for known in case.lead.deals:
        shared, one = case.workspace.deal(known.deal), known
        if shared.passed and shared.passed.at >= (known.passed_on or shared.passed.at):  # by another contact
            one = replace(one, owner=shared.owner, passed_on=shared.passed.at)
        if one.state == shared.history.state == "open" and one.owner in mine:  # else another contact's lane closed it
            one = replace(one, owner=to, passed_on=case.now)
            case.put_deal(replace(shared, passed=passed))
            for lead in shared.contacts:
                case.wake_another(lead, CONTACT, one.deal)
        deals.append(one)
    case.change(deals=tuple(deals))


def _count(case: Case, rep: str, *, taken: bool) -> None:
    """`taken`: it is one of those that the rep gets on the day."""
    workspace = case.workspace
    if taken and case.terms.people.rep(rep):
        today = workspace.taken_today(rep) + 1
        workspace.put_rep(replace(workspace.rep(rep), today=today, day=workspace.today(rep)))
    domain = case.lead.facts.domain
    if domain:
        company = workspace.company(domain) or Company(domain)
        workspace.put_company(replace(company, owner=rep, owned_at=case.now))


def _wait(case: Case, choice: Choice, match: Match) -> None:
    """Nobody can take it now: it waits for the next shift, or stands in the operations queue until one comes.

    Why it is with nobody goes with both: with `stage.changed`, and with the alert, for a lead that stood there before.
    """
    passed = (*match.passed, PassedStep(step=match.step, rule=match.rule, why=_why_nobody(case, choice)))
    case.because(match.why, passed=passed, candidates=choice.candidates)
    case.change(owner=None)
    manager = case.terms.people.manager(pool=choice.pool)
    if choice.way == "decision" and manager:
        case.move("decided", match.why)
        case.wake("shift", None)
        text = f"everybody in {choice.pool} has had it"
        ask_manager(case, manager, text, pool=choice.pool, passed=passed, candidates=choice.candidates)
        return
    if choice.way == "wait_for_shift":
        case.move("waits", match.why)
        case.wake("shift", choice.until)
    else:
        case.move("queued", match.why)
        text = f"nobody in {choice.pool} can take the lead"
        alert_operations(case, text, pool=choice.pool, passed=passed, candidates=choice.candidates)
        case.wake("shift", _next_opening(case, choice.pool))


def _why_nobody(case: Case, choice: Choice) -> str:
    """For people: the pool, and of each of its candidates (and those of its overflow) why they cannot take it."""
    people = case.terms.people
    reasons = dict.fromkeys(f"{people.name(row.rep)} {row.reason}" for row in choice.candidates)
    return f"nobody in {choice.pool} can take it now" + (f": {', '.join(reasons)}" if reasons else "")


def _next_opening(case: Case, pool: str) -> datetime | None:
    """When one of the pool's teams next begins a shift: the queue is looked at again."""
    teams = {case.terms.people.team(member) for member in case.terms.teams.pool_by_id[pool].members}
    return min((_shift_after(case.terms.calendars.of_team(team), case.now) for team in teams if team), default=None)


def _shift_after(calendar: Calendar, now: datetime) -> datetime:
    """The next shift; when one is on now, the one after it."""
    closing = next((end for start, end in calendar.openings(calendar.local_day(now)) if start <= now < end), now)
    return calendar.next_open(closing)


def alert_operations(
    case: Case,
    text: str,
    *,
    pool: str | None = None,
    reason: str = "nobody_eligible",
    passed: tuple[PassedStep, ...] = (),
    candidates: tuple[Candidate, ...] = (),
) -> None:
    """`alert.raised` for operations: nobody gets this lead, and the steps and candidates that say why."""
    data = AlertRaised.Data(to="operations", pool=pool, reason=reason, text=text, passed=passed, candidates=candidates)
    case.emit(AlertRaised, data, time=case.now)


def ask_manager(
    case: Case,
    manager: str,
    text: str,
    *,
    pool: str | None,
    reason: str = "everyone_had_it",
    passed: tuple[PassedStep, ...] = (),
    candidates: tuple[Candidate, ...] = (),
) -> None:
    """`alert.raised` for the manager, who decides about the lead; operations hears of one who does not."""
    data = AlertRaised.Data(
        to="manager",
        rep=manager,
        pool=pool,
        reason=reason,
        text=text,
        passed=passed,
        candidates=candidates,
        choices=CHOICES,
    )
    case.emit(AlertRaised, data, time=case.now)
    case.change(decides=manager)
    calendar = case.terms.calendars.of_rep(manager)
    case.wake("decision", calendar.add(case.now, case.terms.routing.decisions.escalated_after))


def _band(case: Case) -> str:
    return case.lead.standing.band if case.lead.standing else "cold"
