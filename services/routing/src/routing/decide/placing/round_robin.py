"""Round robin: whose turn it is in a pool, with the whole table of candidates as the answer to "why me?"."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from agreement import teams
from agreement.routing import UrgencyTerm
from agreement.turns import Turns, head_starts, line_order
from events.grounds import Candidate
from routing.decide.model.workspace import Workspace
from routing.decide.state import Seat

Way = Literal["round_robin", "on_call", "manager", "wait_for_shift", "decision", "nobody", "deal"]
"""`decision`: everybody in the pool has had it, so that its manager decides. `deal`: it goes along with its deal."""


class Choice(Struct, frozen=True):
    """Who takes the lead (or until when it waits), in which way, and the table that says why."""

    way: Way
    pool: str
    rep: str | None = None
    until: datetime | None = None
    candidates: tuple[Candidate, ...] = ()


class _Call(Struct, frozen=True):
    """A lead that looks for a rep: who had it in this cycle, how urgent it is, and the rows of all pools tried."""

    workspace: Workspace
    offered: frozenset[str]
    urgency: UrgencyTerm
    table: tuple[Candidate, ...] = ()

    def pool(self, pool: str) -> teams.Pool:
        return self.workspace.terms.teams.pool_by_id[pool]

    def free(self, rep: str | None) -> bool:
        """Present, and the lead is new to them."""
        return self.workspace.present(rep) and rep not in self.offered

    def leaves(self, rep: str | None) -> date | None:
        """First day of a leave that begins before the first touch is due, and is not over by then; None: no such."""
        person = self.workspace.terms.people.rep(rep)
        return self.workspace.leaves_before(person, self.urgency.first_touch) if person else None

    def answers(self, rep: str) -> bool:
        """Free to take it on call: outside the hours of the team at once, within them as a colleague on shift would."""
        if not self.free(rep):
            return False
        calendars, now = self.workspace.terms.calendars, self.workspace.now
        team = self.workspace.terms.people.team(rep)
        return self.leaves(rep) is None or team is None or not calendars.of_team(team).is_open(now)


class _Member(Struct, frozen=True):
    person: teams.Rep
    seat: Seat
    row: Candidate
    here: bool
    """Present, and at work when the first touch is due."""
    capped: bool
    offered: bool
    on_shift: bool

    @property
    def order(self) -> tuple[float, datetime, str]:
        """Who is next has the least."""
        return order_of(self.seat, self.person.weight, self.person.id)


def order_of(seat: Seat, weight: float, rep: str) -> tuple[float, datetime, str]:
    """Who is next has the least."""
    return line_order(seat.ratio(weight), seat.last_picked_at, rep)


def pick(workspace: Workspace, pool: str, offered: frozenset[str], urgency: UrgencyTerm) -> Choice:
    """Tries the pool, its overflow, and what the agreement says for when nobody can take it."""
    call = _Call(workspace, offered, urgency)
    visited: list[str] = []
    current: str | None = pool
    while current is not None and current not in visited:
        visited.append(current)
        members = _members(call, current)
        call = replace(call, table=call.table + tuple(member.row for member in members))
        able = [m for m in members if m.here and not m.offered and not m.capped]
        ready = [m for m in able if m.on_shift]
        if ready:
            first = min(ready, key=lambda m: m.order).person.id
            return Choice("round_robin", current, first, candidates=_marked(call.table, first))
        fresh = [m for m in members if m.here and not m.offered]
        if not fresh and any(m.offered for m in members):
            return Choice("decision", pool, candidates=call.table)
        if able or not fresh:
            return _nobody_eligible(call, current, able)
        current = _overflow(call, current)
    return _manager(call, pool) or Choice("nobody", pool, candidates=call.table)


def take_turn(workspace: Workspace, pool: str, rep: str) -> bool:
    """Counts the pick against the rep's seat; False when the rep is no member and not on call."""
    term = workspace.terms.teams.pool_by_id[pool]
    if rep in term.members:
        seat = seats_of(workspace, pool)[rep]
    elif rep in term.on_call:
        seat = workspace.seat(pool, rep)
    else:
        return False
    workspace.put_seat(replace(seat, assigned=seat.assigned + 1, last_picked_at=workspace.now))
    return True


def give_back(workspace: Workspace, pool: str, rep: str) -> None:
    """Credits the rep's turn."""
    seat = workspace.seat(pool, rep)
    workspace.put_seat(replace(seat, credits=seat.credits + 1))


def seats_of(workspace: Workspace, pool: str) -> dict[str, Seat]:
    """The pool's seats now. Newcomers and returners are lifted once, here; nobody is before the first pick."""
    people = _people(workspace, pool)
    seats = {p.id: seat for p in people if (seat := workspace.seats.get((pool, p.id)))}
    here = {p.id for p in people if workspace.present(p.id)}
    lifts = head_starts({p.id: _turns_of(p, seats.get(p.id), here=p.id in here) for p in people} if seats else {})
    for person in people:
        seat = seats.get(person.id) or Seat(pool, person.id)
        if person.id in lifts:
            seat = replace(seat, head_start=lifts[person.id], absent=False)
        elif person.id not in here and not seat.absent:
            seat = replace(seat, absent=True)
        if seat != seats.get(person.id):
            workspace.put_seat(seat)
        seats[person.id] = seat
    return seats


def _turns_of(person: teams.Rep, seat: Seat | None, *, here: bool) -> Turns:
    if seat is None:
        return Turns(0, person.weight, None, here)
    return Turns(seat.taken, person.weight, None if seat.absent else seat.head_start, here)


def _people(workspace: Workspace, pool: str) -> list[teams.Rep]:
    members = workspace.terms.teams.pool_by_id[pool].members
    return [person for member in members if (person := workspace.terms.people.rep(member))]


def _members(call: _Call, pool: str) -> list[_Member]:
    seats = seats_of(call.workspace, pool)
    return [_member(call, person, seats[person.id]) for person in _people(call.workspace, pool)]


def _member(call: _Call, person: teams.Rep, seat: Seat) -> _Member:
    workspace, offered = call.workspace, person.id in call.offered
    rep, today = workspace.rep(person.id), workspace.taken_today(person.id)
    full_day = person.daily_cap is not None and today >= person.daily_cap
    full = person.open_cap is not None and rep.open >= person.open_cap
    present = workspace.present(person.id)
    on_shift = workspace.on_shift(person.id)
    leaves = call.leaves(person.id) if present else None
    reasons = (
        (not present, "away" if workspace.employed(person.id) else "left"),
        (offered, "had it in this cycle"),
        (leaves is not None, f"on leave from {leaves}, before the first touch is due"),
        (full_day, f"daily cap {person.daily_cap} reached"),
        (full, f"open cap {person.open_cap} reached"),
        (not on_shift, "off shift"),
    )
    reason = next((text for holds, text in reasons if holds), "next")
    row = Candidate(
        rep=person.id,
        eligible=reason == "next",
        reason=reason,
        assigned=seat.assigned,
        credits=seat.credits,
        weight=person.weight,
        ratio=round(seat.ratio(person.weight), 4),
        open=rep.open,
        today=today,
        last_picked_at=seat.last_picked_at,
        pool=seat.pool,
        head_start=round(seat.head_start, 4) or None,
    )
    return _Member(person, seat, row, present and leaves is None, full_day or full, offered, on_shift)


def _marked(table: tuple[Candidate, ...], rep: str) -> tuple[Candidate, ...]:
    """The picked row is that of the last pool tried, the one that decided."""
    last = max(i for i, row in enumerate(table) if row.rep == rep)
    return tuple(row.replaced(reason="picked") if i == last else row for i, row in enumerate(table))


def _nobody_eligible(call: _Call, pool: str, able: list[_Member]) -> Choice:
    """`able`: members that are only off shift."""
    terms = call.workspace.terms
    ways = terms.routing.nobody_eligible
    for way in ways.urgent if terms.is_urgent(call.urgency) else ways.otherwise:
        match way:
            case "on_call":
                choice = _on_call(call, pool)
            case "manager":
                choice = _manager(call, pool)
            case "wait_for_shift":
                choice = _wait(call, pool, able)
        if choice:
            return choice
    return Choice("nobody", pool, candidates=call.table)


def _on_call(call: _Call, pool: str) -> Choice | None:
    """Whose turn it is among those on call: a lead outside hours is a turn like any other."""
    free = [rep for rep in call.pool(pool).on_call if call.answers(rep)]
    rep = min(free, key=lambda rep: _turn_order(call.workspace, pool, rep), default=None)
    return Choice("on_call", pool, rep, candidates=call.table) if rep else None


def _turn_order(workspace: Workspace, pool: str, rep: str) -> tuple[float, datetime, str]:
    person = workspace.terms.people.rep(rep)
    return order_of(workspace.seat(pool, rep), person.weight if person else 1.0, rep)


def _manager(call: _Call, pool: str) -> Choice | None:
    rep = call.pool(pool).manager
    return Choice("manager", pool, rep, candidates=call.table) if rep and call.free(rep) else None


def _wait(call: _Call, pool: str, able: list[_Member]) -> Choice | None:
    """The next shift, if it begins inside the first-touch promise of that team."""
    calendars, now = call.workspace.terms.calendars, call.workspace.now
    waits = []
    for member in able:
        opening = call.workspace.next_open(member.person.id)
        if opening <= calendars.of_team(member.person.team).add(now, call.urgency.first_touch):
            waits.append(opening)
    return Choice("wait_for_shift", pool, until=min(waits), candidates=call.table) if waits else None


def _overflow(call: _Call, pool: str) -> str | None:
    capped = call.workspace.terms.routing.nobody_eligible.everyone_capped
    return call.pool(pool).overflow if "overflow" in capped else None
