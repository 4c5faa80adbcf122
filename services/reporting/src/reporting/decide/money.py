"""Sums of money in the house's currency, and what is in none of them, with the reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from agreement import Agreement
from agreement.currencies import ExchangeRates
from events import Money

ReasonLeftOut = Literal["no_rate", "no_amount"]
"""The agreement has no rate of the currency for that day; nobody said what it is worth."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The agreement's rates, and today, by which what is still open is converted."""

    rates: ExchangeRates
    zone: str
    now: datetime

    @classmethod
    def of(cls, agreement: Agreement, now: datetime) -> "Exchange":
        """By this agreement, in its house's zone."""
        return cls(ExchangeRates.of(agreement), agreement.definitions.house.zone, now)

    def __call__(self, amount: int | None, currency: str | None, at: date | datetime | None) -> Money | None:
        """Minor units of a currency in the house's, by the rate of the day of `at`, of today when that is null.

        None when the amount is not known or there is no rate.
        """
        if amount is None or currency is None:
            return None
        if currency == self.rates.house:  # most are: which day it was does not matter
            return Money(amount=amount, currency=currency)
        return self.rates.converted(Money(amount=amount, currency=currency), self.day_of(at))

    def day_of(self, at: date | datetime | None) -> date:
        """The day of an instant in the house's zone; today when it is null."""
        day = at if at is not None else self.now
        return day.astimezone(ZoneInfo(self.zone)).date() if isinstance(day, datetime) else day


@dataclass(slots=True)
class Total:
    """Minor units of the house's currency, of so many deals; and deals that are not included, with their own sums."""

    convert: Exchange
    amount: int = 0
    deals: int = 0
    left_out: dict[tuple[ReasonLeftOut, str | None], tuple[int, int]] = field(default_factory=dict)
    """Reason and currency to deals and minor units."""

    def add(self, row: Mapping[str, Any]) -> "Total":
        """Equal deals: `deals` of them, each of `amount` in `currency`, closed at `closed_at`; returns itself."""
        count, amount, currency = row["deals"], row["amount"], row["currency"]
        money = self.convert(amount, currency, row["closed_at"])
        self.deals += count
        if money is not None:
            self.amount += money.amount * count
        else:
            key: tuple[ReasonLeftOut, str | None] = ("no_amount", None) if amount is None else ("no_rate", currency)
            deals, units = self.left_out.get(key, (0, 0))
            self.left_out[key] = (deals + count, units + (amount or 0) * count)
        return self

    def add_all(self, rows: Iterable[Mapping[str, Any]]) -> "Total":
        """All of these rows; returns itself."""
        for row in rows:
            self.add(row)
        return self

    @property
    def money(self) -> Money:
        """The sum; 0 when there is nothing to add."""
        return Money(amount=self.amount, currency=self.convert.rates.house)

    @property
    def deals_outside(self) -> int:
        """How many of the deals are in no sum: `not_included` says why."""
        return sum(deals for deals, _ in self.left_out.values())

    @property
    def not_included(self) -> list[dict[str, Any]]:
        """Reason, deals and their own sum (null for deals without an amount), one row for each currency."""
        return [
            {"reason": reason, "deals": deals, "amount": Money(amount=units, currency=currency) if currency else None}
            for (reason, currency), (deals, units) in sorted(self.left_out.items(), key=lambda one: str(one[0]))
        ]
