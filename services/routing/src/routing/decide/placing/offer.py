"""Giving a lead to somebody: the MQL entry, the pick, the offer and what is said about it."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from agreement.calendar import Calendar
from events.handoffs import AlertRaised, Candidate, LeadAssigned
from routing.decide.model.workspace import Case, after, snapshot
from routing.decide.placing.round_robin import Picked, pick, take_turn
from routing.decide.placing.steps import Found, urgency_of
from routing.decide.state import Company, Entry, Kind, Offer, Pick

HANDS_TO: Final = "hands_to"
"""Rule of an offer by which a pool hands its qualified lead on; it has a clock of its own."""


def enter(case: Case, found: Found, why: str) -> None:
    """The lead becomes an MQL; a closed cycle gives way to the next one."""
    case.move("qualified", why)
    case.change(entry=entry(case, found.kind, why), nursed=None, cooling=False)


def entry(case: Case, kind: Kind, why: str) -> Entry:
    last = case.lead.exit
    rested = last is None or after(last.at, case.terms.definitions.cycles.counts_again_after) <= case.cause.time
    return Entry(
        at=case.cause.time,
        kind=kind,
        why=why,
        historical=not case.live,
        cause=case.cause.id,
        correlation=case.cause.correlation,
        re_engaged=case.lead.cycle > 1 and not rested,
    )


def place(case: Case, found: Found, *, why_reassigned: str | None = None) -> None:
    """Gives the lead to whom the ladder found. Says the stage too: nothing is left open after this."""
    if found.rep:
        give(case, found, Picked("round_robin", found.pool or "", found.rep), why_reassigned, pool=None)
        return
    if found.pool is None:
        return
    kept = _same_company(case) if found.rule != HANDS_TO else None
    if kept:
        given = replace(found, why=f"{case.terms.name(kept)} has the company")
        give(case, given, Picked("round_robin", found.pool, kept), why_reassigned, pool=found.pool, rule="same_company")
        return
    picked = pick(case.desk, found.pool, case.lead.offered, urgency_of(found.kind, _band(case), case.terms))
    if picked.rep:
        rule = picked.way if picked.way != "round_robin" and found.rule != HANDS_TO else found.rule
        give(case, found, picked, why_reassigned, pool=picked.pool, rule=rule)
    else:
        _park(case, picked, found)


def _same_company(case: Case) -> str | None:
    """Two leads of one company within the agreed time: the same owner."""
    company = case.company
    if company is None or company.owner is None or company.owned_at is None:
        return None
    if after(company.owned_at, case.terms.routing.same_company_within) < case.now:
        return None
    fits = case.desk.present(company.owner) and company.owner not in case.lead.offered
    return company.owner if fits else None


def give(
    case: Case, found: Found, picked: Picked, why_reassigned: str | None, *, pool: str | None, rule: str | None = None
) -> None:
    """The offer: a new version of the assignment, with the reasons, and the rep's turn and load counted."""
    rep = picked.rep or ""
    previous = case.lead.offers[-1] if case.lead.offers and case.lead.offers[-1].cycle == case.lead.cycle else None
    kind = case.lead.entry.kind if case.lead.entry else found.kind
    turn = pool is not None and picked.way == "round_robin" and take_turn(case.desk, pool, rep)
    offer = Offer(
        case.lead.version + 1, case.lead.cycle, rep, pool, rule or found.rule, case.now, turn=turn
    )  # fmt: skip
    case.move("offered", found.why)
    case.change(owner=rep, version=offer.version, offers=(*case.lead.offers, offer))
    case.wake("shift", None)
    _count(case, rep)
    candidates = tuple(row for row in picked.candidates)
    case.desk.picks.append(
        Pick(case.lead.assignment(), case.lead.id, pool, rep, offer.rule, case.now, candidates, found.passed)
    )
    data = _assigned(case, found, offer, kind, candidates)
    if previous:
        data = data.model_copy(
            update={
                "reassigned_from": previous.rep,
                "previous": case.lead.assignment(previous.version),
                "why_reassigned": why_reassigned,
            }
        )
    case.say(LeadAssigned, data, time=case.now)
    case.settle(found.why)


def _assigned(
    case: Case, found: Found, offer: Offer, kind: Kind, candidates: tuple[Candidate, ...]
) -> LeadAssigned.Data:
    urgency = urgency_of(kind, _band(case), case.terms)
    cooling = ("cooling",) if case.lead.cooling else ()
    flags = tuple(dict.fromkeys((*_lead_flags(case, found), *([urgency.flag] if urgency.flag else []), *cooling)))
    ordered = sorted(flags, key=lambda flag: flag == "no_local_cover")
    entry = case.lead.entry
    return LeadAssigned.Data(
        assignment=case.lead.assignment(offer.version),
        version=offer.version,
        cycle=offer.cycle,
        rep=offer.rep,
        team=case.terms.team(offer.rep),
        pool=offer.pool,
        step=found.step,
        rule=offer.rule,
        flag=ordered[0] if ordered else None,
        flags=tuple(ordered),
        kind=kind,
        touch=str(urgency.first_touch),
        mql_at=entry.at if entry else None,
        passed=found.passed,
        candidates=candidates,
        snapshot=snapshot(case.lead),
    )


def _lead_flags(case: Case, found: Found) -> tuple[str, ...]:
    """Named and referral flags stay with the lead when it changes hands."""
    kind = case.lead.entry.kind if case.lead.entry else found.kind
    kept = {"named": ("target_account",), "referral": ("referral",)}.get(kind, ())
    return (*kept, *found.flags)


def _count(case: Case, rep: str) -> None:
    desk = case.desk
    if case.terms.person(rep):
        today = desk.opened_today(rep) + 1
        desk.keep_rep(replace(desk.rep(rep), today=today, day=desk.today(rep)))
    domain = case.lead.facts.domain
    if domain:
        company = desk.company(domain) or Company(domain)
        desk.keep_company(replace(company, owner=rep, owned_at=case.now))


def _park(case: Case, picked: Picked, found: Found) -> None:
    """Nobody can take it now: it waits for the next shift, or stands in the operations queue until one comes."""
    case.change(owner=None)
    if picked.way == "wait_for_shift":
        case.move("waits", found.why)
        case.wake("shift", picked.until)
    else:
        case.move("queued", found.why)
        operations(case, f"nobody in {picked.pool} can take the lead", pool=picked.pool)
        case.wake("shift", _next_opening(case, picked.pool))
    case.settle(found.why)


def _next_opening(case: Case, pool: str) -> datetime | None:
    """When one of the pool's teams next begins a shift: the queue is looked at again."""
    teams = {person.team for m in case.terms.teams.pool_by_id[pool].members if (person := case.terms.person(m))}
    return min((_shift_after(case.terms.calendars.of_team(team), case.now) for team in teams), default=None)


def _shift_after(calendar: Calendar, now: datetime) -> datetime:
    """The next shift, when one is on now: the one after it."""
    closing = next((end for start, end in calendar.openings(calendar.local_day(now)) if start <= now < end), now)
    return calendar.next_open(closing)


def operations(case: Case, text: str, *, pool: str | None = None, reason: str = "nobody_eligible") -> None:
    case.say(AlertRaised, AlertRaised.Data(to="operations", pool=pool, reason=reason, text=text), time=case.now)


def _band(case: Case) -> str:
    return case.lead.standing.band if case.lead.standing else "cold"
