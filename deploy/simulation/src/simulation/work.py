"""What becomes of a lead that a rep has taken: attempts, conversation, deal, survey. Pure: facts with times."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from agreement.calendar import Calendar
from simulation.days import up_to
from simulation.dice import pick
from simulation.habits import Habit
from simulation.names import COMPETITORS
from simulation.world import CONTENT, Visitor

LOG: Final = timedelta(hours=2)
"""Reps write down every two hours what they did, with its time."""
PRICE: Final = {"smb": 900_000, "mid": 2_400_000, "ent": 5_800_000}
"""A usual deal, in minor units."""


@dataclass(frozen=True, slots=True)
class PlannedFact:
    """A fact that the rep reports at `sent`; `about`: its fields beside lead and rep."""

    sent: datetime
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Owner:
    """Who works the lead: the rep with habits and hours."""

    rep: str
    habit: Habit
    calendar: Calendar


def outreach(visitor: Visitor, owner: Owner, taken: datetime, luck: Random) -> list[PlannedFact]:
    """From acceptance to the end of the conversation: qualified, disqualified, no answer, or nothing any more."""
    return list(_Outreach(visitor, owner, taken, luck).steps())


class _Outreach:
    def __init__(self, visitor: Visitor, owner: Owner, taken: datetime, luck: Random) -> None:
        self._visitor, self._owner, self._luck = visitor, owner, luck
        self._now = taken

    def steps(self) -> Iterator[PlannedFact]:
        luck, fit = self._luck, self._visitor.fit
        reached = luck.choice((1, 2, 2, 3)) if luck.random() < 0.3 + 0.55 * fit else 0
        stalls = luck.random() < 0.07
        for number, channel in enumerate(("email", "call", "linkedin", "email")[: reached or 4], start=1):
            self._wait(days=0 if number == 1 else luck.choice((1, 1, 2)), minutes=luck.randint(5, 150))
            yield self._attempt(channel)
            if stalls:
                return
        if not reached:
            return
        self._wait(minutes=luck.randint(10, 90))
        yield self._step({"type": "connected", "channel": "call"})
        if luck.random() < 0.5:
            quality = max(1, min(10, round(fit * 9 + luck.uniform(0, 2))))
            yield self._step({"type": "feedback", "quality": quality})
        self._wait(days=luck.randint(1, 5))
        if luck.random() < 0.1 + 0.75 * fit:
            yield self._step({"type": "qualified", "need": True, **self._evidence()})
        else:
            yield self._step(self._no_deal())

    def _attempt(self, channel: str) -> PlannedFact:
        """Some attempts are written down a day or two after they were made."""
        if self._luck.random() < self._owner.habit.logs_late:
            made = self._now
            late = self._owner.calendar.next_open(made + timedelta(days=self._luck.choice((1, 2))))
            return PlannedFact(
                up_to(late, LOG), {"type": "contact_attempted", "channel": channel, "at": made.isoformat()}
            )
        return self._step({"type": "contact_attempted", "channel": channel})

    def _evidence(self) -> Mapping[str, Any]:
        return {"budget": self._luck.random() < 0.7, "authority": True, "timeline_months": self._luck.randint(1, 6)}

    def _no_deal(self) -> Mapping[str, Any]:
        reason = pick({"timing": 4, "no_budget": 2, "no_need": 2, "no_authority": 1, "not_icp": 1}, self._luck)
        if reason == "timing":
            day = (self._now + timedelta(days=self._luck.randint(15, 120))).date()
            return {"type": "disqualified", "reason": reason, "revisit_on": day.isoformat()}
        return {"type": "disqualified", "reason": reason}

    def _wait(self, *, days: int = 0, minutes: int = 0) -> None:
        calendar = self._owner.calendar
        self._now = calendar.next_open(self._now + timedelta(days=days, minutes=minutes))

    def _step(self, about: Mapping[str, Any]) -> PlannedFact:
        return PlannedFact(up_to(self._now, LOG), {**about, "at": self._now.isoformat()})


def closing(visitor: Visitor, owner: Owner, since: datetime, luck: Random) -> list[PlannedFact]:
    """From a qualified lead to the end of its deal, if one is opened at all; the survey comes days later, or never."""
    calendar = owner.calendar

    def later(moment: datetime, days: int) -> datetime:
        return up_to(calendar.next_open(moment + timedelta(days=days, minutes=luck.randint(0, 240))), LOG)

    touch = later(since, 0)
    steps = [PlannedFact(touch, {"type": "contact_attempted", "channel": "meeting"})]
    if luck.random() > 0.25 + 0.4 * visitor.fit:
        return steps
    opened = later(touch, luck.randint(1, 8))
    deal = f"D-{visitor.number}-{since:%y%m%d}"
    amount = _amount(visitor, luck)
    expected = (opened + timedelta(days=luck.randint(20, 60))).date().isoformat()
    about = {"deal": deal, "amount": amount, "product": luck.choice(("core", "core", "plus"))}
    steps.append(PlannedFact(opened, {"type": "deal_opened", **about, "expected_close": expected}))
    closed = later(opened, luck.randint(8, 45))
    if luck.random() < 0.4:
        amount = {**amount, "amount": round(amount["amount"] * luck.choice((0.8, 0.9, 1.2)))}
        steps.append(
            PlannedFact(later(opened, luck.randint(2, 7)), {"type": "deal_changed", "deal": deal, "amount": amount})
        )
    won = luck.random() < 0.12 + 0.32 * visitor.fit
    if won:
        steps.append(PlannedFact(closed, {"type": "deal_won", "deal": deal, "amount": amount}))
    else:
        steps.append(PlannedFact(closed, {"type": "deal_lost", "deal": deal, **_loss(luck)}))
    if luck.random() < 0.72:
        steps.append(
            PlannedFact(later(closed, luck.randint(1, 8)), {"type": "survey", "deal": deal, **_survey(won, luck)})
        )
    return steps


def _amount(visitor: Visitor, luck: Random) -> dict[str, Any]:
    employees = visitor.firm.employees
    size = "smb" if employees < 50 else "mid" if employees < 200 else "ent"
    cents = round(PRICE[size] * luck.lognormvariate(0, 0.35), -3)
    currency = {"GB": "GBP", "DE": "EUR", "FR": "EUR", "NL": "EUR"}.get(visitor.firm.country, "USD")
    return {"amount": int(cents), "currency": currency}


def _loss(luck: Random) -> Mapping[str, Any]:
    weights = {"competitor": 4, "no_budget": 2, "timing": 2, "no_decision": 3, "price": 2, "product_gap": 1}
    reason = pick(weights, luck)
    return {"reason": reason, "competitor": luck.choice(COMPETITORS)} if reason == "competitor" else {"reason": reason}


def _survey(won: bool, luck: Random) -> Mapping[str, Any]:
    content = [one.title for one in luck.sample([one for one in CONTENT if one.weight], 2)]
    if won:
        reason = pick({"product": 4, "service": 2, "trust": 2, "price": 1}, luck)
        champion = luck.choice(("head of sales operations", "revenue chief", "marketing operations"))
        return {"outcome": "won", "reason": reason, "content": content, "champion": champion}
    reason = pick({"price": 3, "no_decision": 3, "product_gap": 2, "timing": 2}, luck)
    answers: dict[str, Any] = {"outcome": "lost", "reason": reason, "content": content[:1]}
    answers["lead_quality_issue"] = luck.random() < 0.2
    if luck.random() < 0.5:
        answers["competitor"] = luck.choice(COMPETITORS)
    return answers
