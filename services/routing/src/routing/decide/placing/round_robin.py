"""Round robin: whose turn it is in a pool, with the whole table of candidates as the answer to "why me?"."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median
from typing import Final, Literal

from agreement.routing import UrgencyTerm
from agreement.teams import Rep as Person
from events.handoffs import Candidate
from routing.decide.model.workspace import Desk
from routing.decide.state import Seat

Way = Literal["round_robin", "on_call", "manager", "wait_for_shift", "nobody"]
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Picked:
    """Who takes it (or until when it waits), and the table that says why."""

    way: Way
    pool: str
    rep: str | None = None
    until: datetime | None = None
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class _Member:
    person: Person
    seat: Seat
    table: Candidate
    present: bool
    capped: bool
    offered: bool
    on_shift: bool

    @property
    def order(self) -> tuple[float, datetime, str]:
        """Lowest ratio, then longest since the last pick, then id."""
        return self.seat.ratio(self.person.weight), self.seat.last_picked_at or _NEVER, self.person.id


def pick(desk: Desk, pool: str, offered: frozenset[str], urgency: UrgencyTerm) -> Picked:
    """Tries the pool, its overflow, and what the agreement says for when nobody can take it."""
    tables: tuple[Candidate, ...] = ()
    tried: list[str] = []
    found: str | None = pool
    while found is not None and found not in tried:
        tried.append(found)
        members = _members(desk, found, offered)
        tables += tuple(member.table for member in members)
        able = [m for m in members if m.present and not m.offered and not m.capped]
        ready = [m for m in able if m.on_shift]
        if ready:
            first = min(ready, key=lambda m: m.order)
            return Picked("round_robin", found, first.person.id, candidates=_marked(tables, found, first.person.id))
        if able or not any(m.present and not m.offered for m in members):
            return _nobody_eligible(desk, found, able, offered, urgency, tables)
        found = _overflow(desk, found)
    return _manager(desk, pool, offered, tables) or Picked("nobody", pool, candidates=tables)


def take_turn(desk: Desk, pool: str, rep: str) -> bool:
    """Counts the pick against the rep's seat; False when the rep has none in this pool."""
    if rep not in desk.terms.teams.pool_by_id[pool].members:
        return False
    seat = seats_of(desk, pool)[rep]
    desk.keep_seat(replace(seat, assigned=seat.assigned + 1, last_picked_at=desk.now))
    return True


def give_back(desk: Desk, pool: str, rep: str) -> None:
    seat = desk.seat(pool, rep)
    desk.keep_seat(replace(seat, credits=seat.credits + 1))


def seats_of(desk: Desk, pool: str) -> dict[str, Seat]:
    """The pool's seats now. Newcomers and returners are lifted to the median ratio of the others, once, here."""
    people = [p for m in desk.terms.teams.pool_by_id[pool].members if (p := desk.terms.person(m))]
    known = {p.id: seat for p in people if (seat := desk.seats.get((pool, p.id)))}
    here = [p for p in people if desk.present(p.id)]
    settled = [known[p.id].ratio(p.weight) for p in here if p.id in known and not known[p.id].absent]
    level = median(settled) if settled else 0.0
    for person in people:
        seat = known.get(person.id) or Seat(pool, person.id, absent=bool(known))
        present = person in here
        if present and seat.absent:
            lift = level * person.weight - (seat.assigned - seat.credits)
            seat = replace(seat, head_start=lift, absent=False)
        elif not present and not seat.absent:
            seat = replace(seat, absent=True)
        if seat != known.get(person.id):
            desk.keep_seat(seat)
        known[person.id] = seat
    return known


def _members(desk: Desk, pool: str, offered: frozenset[str]) -> list[_Member]:
    seats = seats_of(desk, pool)
    return [_member(desk, person, seats[member], member in offered)
            for member in desk.terms.teams.pool_by_id[pool].members
            if (person := desk.terms.person(member))]  # fmt: skip


def _member(desk: Desk, person: Person, seat: Seat, offered: bool) -> _Member:
    row, today = desk.rep(person.id), desk.opened_today(person.id)
    full_day = person.daily_cap is not None and today >= person.daily_cap
    full = person.open_cap is not None and row.open >= person.open_cap
    present = desk.present(person.id)
    on_shift = desk.terms.calendars.of_rep(person.id).is_open(desk.now)
    reasons = (
        (not present, "left" if row.state == "left" or not person.active else "away"),
        (offered, "had it in this cycle"),
        (full_day, f"daily cap {person.daily_cap} reached"),
        (full, f"open cap {person.open_cap} reached"),
        (not on_shift, "off shift"),
    )
    reason = next((text for holds, text in reasons if holds), "next")
    table = Candidate(
        rep=person.id,
        eligible=reason == "next",
        reason=reason,
        assigned=seat.assigned,
        credits=seat.credits,
        weight=person.weight,
        ratio=round(seat.ratio(person.weight), 4),
        open=row.open,
        today=today,
        last_picked_at=seat.last_picked_at,
    )
    return _Member(person, seat, table, present, full_day or full, offered, on_shift)


def _marked(tables: tuple[Candidate, ...], pool: str, rep: str) -> tuple[Candidate, ...]:
    """The picked row is that of the last pool tried, the one that decided."""
    last = max(i for i, row in enumerate(tables) if row.rep == rep)
    return tuple(row.model_copy(update={"reason": "picked"}) if i == last else row for i, row in enumerate(tables))


def _nobody_eligible(  # noqa: PLR0917 - one question of pick, split for length
    desk: Desk,
    pool: str,
    able: list[_Member],
    offered: frozenset[str],
    urgency: UrgencyTerm,
    tables: tuple[Candidate, ...],
) -> Picked:
    ways = desk.terms.routing.nobody_eligible
    for way in ways.urgent if urgency.name != "warm" else ways.otherwise:
        match way:
            case "on_call":
                found = _on_call(desk, pool, offered, tables)
            case "manager":
                found = _manager(desk, pool, offered, tables)
            case "wait_for_shift":
                found = _wait(desk, pool, able, urgency, tables)
        if found:
            return found
    return Picked("nobody", pool, candidates=tables)


def _on_call(desk: Desk, pool: str, offered: frozenset[str], tables: tuple[Candidate, ...]) -> Picked | None:
    for rep in desk.terms.teams.pool_by_id[pool].on_call:
        if desk.present(rep) and rep not in offered:
            return Picked("on_call", pool, rep, candidates=tables)
    return None


def _manager(desk: Desk, pool: str, offered: frozenset[str], tables: tuple[Candidate, ...]) -> Picked | None:
    rep = desk.terms.teams.pool_by_id[pool].manager
    if rep and desk.present(rep) and rep not in offered:
        return Picked("manager", pool, rep, candidates=tables)
    return None


def _wait(
    desk: Desk, pool: str, able: list[_Member], urgency: UrgencyTerm, tables: tuple[Candidate, ...]
) -> Picked | None:
    """The next shift, if it begins inside the first-touch promise of that team."""
    waits = []
    for member in able:
        opening = desk.terms.calendars.of_rep(member.person.id).next_open(desk.now)
        if opening <= desk.terms.calendars.of_team(member.person.team).add(desk.now, urgency.first_touch):
            waits.append(opening)
    return Picked("wait_for_shift", pool, until=min(waits), candidates=tables) if waits else None


def _overflow(desk: Desk, pool: str) -> str | None:
    terms = desk.terms
    return (
        terms.teams.pool_by_id[pool].overflow if "overflow" in terms.routing.nobody_eligible.everyone_capped else None
    )
