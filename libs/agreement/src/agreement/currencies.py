"""Money of other currencies in the house's own, by the agreement's table of rates."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from agreement.chapters import Agreement
from agreement.goals import ExchangeRate
from events.vocabulary import Money


@dataclass(frozen=True, slots=True)
class ExchangeRates:
    """The rates of each currency, and the currency of the house."""

    house: str
    rates: Mapping[str, Sequence[ExchangeRate]]
    """By currency, oldest first."""

    @classmethod
    def of(cls, agreement: Agreement) -> "ExchangeRates":
        """From the table in chapter `goals`."""
        rates: dict[str, list[ExchangeRate]] = {}
        for rate in sorted(agreement.goals.currencies, key=lambda rate: rate.since):
            rates.setdefault(rate.currency, []).append(rate)
        return cls(agreement.definitions.house.currency, rates)

    def converted(self, money: Money, day: date) -> Money | None:
        """The amount in the house's currency by the rate in force on that day, rounded half up to its minor unit.

        None when there is no rate for that day.
        """
        if money.currency == self.house:
            return money
        rates = self.rates.get(money.currency, ())
        place = bisect_right([rate.since for rate in rates], day)
        if not place:
            return None
        return Money.of(money.major * Decimal(str(rates[place - 1].rate)), self.house)
