"""The run: moves the clock from one thing that happens to the next, and lets people and tools do what they do."""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from agreement import Agreement
from agreement.calendar import Calendars
from events.leads import lead_id
from simulation.books import Books
from simulation.days import STEP, SimulatedDays
from simulation.dice import dice
from simulation.door import Door, LaboratoryHands
from simulation.habits import OfferedLead, Reaction, habit_of, react
from simulation.offers import Offers
from simulation.plan import Happening, arrivals, by_round
from simulation.work import Owner, PlannedFact, closing, outreach
from simulation.world import Visitor, World, build

OnProgress = Callable[[float, str], None]
"""Told how much is done (0 to 1), and what day it is."""
_AWAY: Final = ((1, 10, 12), (6, 40, 7))
"""Place of a rep in the agreement, working day from which the rep is on leave, and for how many days."""


@dataclass(frozen=True, slots=True, order=True)
class _Planned:
    """Something a rep will do; `turn` says which ownership of the lead it belongs to."""

    at: datetime
    number: int
    lead: str = field(compare=False)
    rep: str = field(compare=False)
    turn: int = field(compare=False)
    about: Mapping[str, Any] | None = field(compare=False, default=None)
    """A fact; null: the deal's part of the work begins, if nobody else has taken the lead over."""
    offer: tuple[OfferedLead, Reaction] | None = field(compare=False, default=None)


class Simulation:
    """One run over one house; `books` are complete when `run` returns."""

    def __init__(
        self, agreement: Agreement, door: Door, hands: LaboratoryHands, span: SimulatedDays, world: World
    ) -> None:
        self.books = Books()
        self.rounds = 0
        """How often something happened."""
        self._door, self._hands, self._span, self._world = door, hands, span, world
        self._reps = [rep.id for rep in agreement.teams.reps]
        self._calendars = Calendars(agreement.teams)
        self._visitors: dict[str, Visitor] = {lead_id(one.email): one for one in world.visitors}
        self._plan: list[_Planned] = []
        self._planned = 0
        self._turns: dict[str, int] = {}
        """How often somebody took each lead."""
        self._offers = Offers()

    @classmethod
    def of(
        cls, agreement: Agreement, door: Door, hands: LaboratoryHands, span: SimulatedDays, *, leads: int, seed: int
    ) -> "Simulation":
        """A simulation of so many people."""
        return cls(agreement, door, hands, span, build(seed, leads))

    async def run(self, progress: OnProgress = lambda share, day: None) -> Books:
        """From the span's beginning to its end. Raises HouseRefused."""
        self._leaves()
        coming = by_round(arrivals(self._world, self._span))
        moments = sorted(coming)
        place = 0
        whole = (self._span.until - self._span.begin).total_seconds()
        while True:
            world = moments[place] if place < len(moments) else None
            people = self._plan[0].at if self._plan else None
            now = min((one for one in (world, people) if one is not None), default=None)
            if now is None or now >= self._span.until:
                break
            self._hands.move(now)
            await self._round(now, coming.get(now, []))
            place += now == world
            progress((now - self._span.begin).total_seconds() / whole, f"{now:%a %d %b}")
        self._hands.move(self._span.until)
        await self._hands.settle()
        self._offers.hear(self._hands.take_handoffs())
        self.books.waiting = len(self._offers.waiting)
        progress(1.0, f"{self._span.until:%a %d %b}")
        return self.books

    async def _round(self, now: datetime, coming: list[Happening]) -> None:
        """What reaches the door at this instant; then reps look at what they are offered."""
        self.rounds += 1
        due = self._due(now)
        if any(one.offer for one in due):  # a card may have gone on the way
            await self._settle(now)
        facts = self._facts(due, now)
        await self._door.events([one.body for one in coming if one.door == "event"])
        await self._door.track([one.body for one in coming if one.door == "track"])
        for one in coming:
            if one.door == "form":
                await self._door.form(one.name, one.body)
            self.books.arrive(one)
        for fact, visitor in facts:
            self.books.report(fact, visitor)
        await self._door.sales([fact for fact, _ in facts])
        await self._settle(now)

    async def _settle(self, now: datetime) -> None:
        """The house works all there is; then reps look at what they are offered."""
        await self._hands.settle(views=False)
        self._look(self._offers.hear(self._hands.take_handoffs()), now)

    # -- what reps do ------------------------------------------------------------------------------------------------

    def _due(self, now: datetime) -> list[_Planned]:
        due = []
        while self._plan and self._plan[0].at <= now:
            due.append(heapq.heappop(self._plan))
        return due

    def _facts(self, due: list[_Planned], now: datetime) -> list[tuple[dict[str, Any], int | None]]:
        """Facts of sales for what is due. A rep who comes too late sees that the card has gone, and does nothing."""
        facts: list[tuple[dict[str, Any], int | None]] = []
        waiting = set(self._offers.waiting)
        for one in due:
            visitor = self._visitors.get(one.lead)
            about = one.about
            if one.offer:
                offer, reaction = one.offer
                if offer.assignment not in waiting:
                    continue
                waiting.discard(offer.assignment)
                about = self._answer(offer, reaction, visitor, now)
            elif one.turn and one.turn != self._turns.get(one.lead):
                continue
            elif about is None:
                self._close(one.lead, one.rep, visitor, now)
                continue
            number = self.books.facts.total() + len(facts)
            fact = {"id": f"s-{number}", "by": one.rep, **({"lead": one.lead} if one.lead else {}), **about}
            facts.append((fact, visitor.number if visitor else None))
        return facts

    def _answer(self, offer: OfferedLead, reaction: Reaction, visitor: Visitor | None, now: datetime) -> dict[str, Any]:
        fact: dict[str, Any] = {"type": reaction.answer, "assignment": offer.assignment}
        if reaction.answer == "rejected":
            return {**fact, "reason": reaction.reason, **({"note": reaction.note} if reaction.note else {})}
        turn = self._turns[offer.lead] = self._turns.get(offer.lead, 0) + 1
        if visitor is None:
            return fact
        if offer.stage in ("sql", "opportunity"):
            self._close(offer.lead, offer.owner, visitor, now)
            return fact
        luck = dice(self._world.seed, "outreach", visitor.number, turn)
        steps = outreach(visitor, self._owner(offer.owner), now + STEP, luck)
        self._schedule(offer.lead, offer.owner, turn, steps)
        if steps and steps[-1].about["type"] == "qualified":
            self._put(steps[-1].sent + timedelta(days=3), offer.lead, offer.owner, turn)
        return fact

    def _close(self, lead: str, rep: str, visitor: Visitor | None, now: datetime) -> None:
        if visitor is not None:
            luck = dice(self._world.seed, "closing", visitor.number)
            # what was promised to a customer is kept whoever has the lead later: turn 0 always counts
            self._schedule(lead, rep, 0, closing(visitor, self._owner(rep), now, luck))

    def _look(self, offers: Sequence[OfferedLead], now: datetime) -> None:
        """Reps see new offers, and make up their minds."""
        for offer in offers:
            self.books.offers.add(offer.assignment)
            visitor = self._visitors.get(offer.lead)
            owner = self._owner(offer.owner)
            luck = dice(self._world.seed, "offer", offer.assignment)
            reaction = react(offer, visitor, owner.habit, owner.calendar, now=now, luck=luck)
            if reaction.answer:
                self._put(reaction.at, offer.lead, offer.owner, 0, offer=(offer, reaction))

    def _owner(self, rep: str) -> Owner:
        return Owner(rep, habit_of(self._reps, rep), self._calendars.of_rep(rep))

    def _leaves(self) -> None:
        """Reps on leave: said once, before it begins."""
        for place, day, days in _AWAY:
            rep, first = self._reps[place % len(self._reps)], self._span.working(day)
            about = {"type": "availability", "rep": rep, "state": "away", "from": first.isoformat(),
                     "until": (first + timedelta(days=days)).isoformat()}  # fmt: skip
            self._put(self._span.begin + STEP, "", rep, 0, about=about)

    def _schedule(self, lead: str, rep: str, turn: int, steps: list[PlannedFact]) -> None:
        for step in steps:
            self._put(step.sent, lead, rep, turn, about=step.about)

    def _put(
        self,
        at: datetime,
        lead: str,
        rep: str,
        turn: int,
        *,
        about: Mapping[str, Any] | None = None,
        offer: tuple[OfferedLead, Reaction] | None = None,
    ) -> None:
        self._planned += 1
        heapq.heappush(self._plan, _Planned(at, self._planned, lead, rep, turn, about, offer))
