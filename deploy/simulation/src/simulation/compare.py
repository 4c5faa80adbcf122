"""The books beside what Baton's API answers about the same days: row by row, to the cent."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from agreement import Agreement
from simulation.books import Books
from simulation.days import SimulatedDays
from simulation.door import Door


@dataclass(frozen=True, slots=True)
class Comparison:
    """One number, by the books and by the house."""

    what: str
    books: object
    house: object

    @property
    def differs(self) -> bool:
        """Whether one of the two is wrong."""
        return self.books != self.house

    @property
    def row(self) -> dict[str, object]:
        """For a table."""
        return {"what": self.what, "books": self.books, "house": self.house, "same": "no" if self.differs else "yes"}


async def compare(books: Books, door: Door, span: SimulatedDays, agreement: Agreement) -> list[Comparison]:
    """Everything that both know. Raises HouseRefused."""
    days = {"from": span.first.isoformat(), "to": (span.first + timedelta(days=span.days)).isoformat()}
    house = agreement.definitions.house.currency
    rows = [Comparison("leads", len(books.known), _stage(await door.get("/api/funnel", **days), "lead"))]
    rates = {one.currency: Decimal(str(one.rate)) for one in agreement.goals.currencies} | {house: Decimal(1)}
    rows += _sources(books, await door.get("/api/sources", limit="500", **days), rates)
    won = sum(books.revenue(rates).values())
    for model in agreement.goals.attribution.models:
        answer = await door.get("/api/attribution", model=model.name, limit="500", **days)
        rows.append(Comparison(f"won, credited by {model.name}", won, answer["total"]["amount"]))
    rows += _answers(books, await door.get("/api/rejections", **days))
    rows += _deals(books, await _all(door, "/api/deals"))
    rows.append(Comparison("offers that wait", books.waiting, len(await _all(door, "/api/inbox", state="offered"))))
    spam = await _all(door, "/api/spam")
    rows.append(Comparison("spam", books.spam, len(spam)))
    nobodys = await door.get("/api/unowned")
    rows.append(Comparison("nobody's leads", 0, nobodys["count"]))
    return rows


def _stage(funnel: Mapping[str, Any], name: str) -> int:
    return next((int(stage["count"]) for stage in funnel["stages"] if stage["stage"] == name), 0)


def _sources(books: Books, answer: Mapping[str, Any], rates: Mapping[str, Decimal]) -> list[Comparison]:
    theirs: dict[str | None, Any] = {row["source"]: row for row in answer["items"]}
    ours, revenue, spent = books.sources(), books.revenue(rates), Counter[str | None]()
    for paid, amount, code in books.spend:
        spent[paid] += round(amount * rates[code])
    rows = []
    for source in sorted(ours.keys() | theirs.keys() | spent.keys(), key=str):
        row = theirs.get(source, {})
        rows.append(Comparison(f"leads from {source or 'nowhere'}", ours[source], row.get("leads", 0)))
        if spent[source]:
            rows.append(Comparison(f"spend on {source}", spent[source], (row.get("spend") or {}).get("amount")))
        rows.append(Comparison(f"won with {source or 'nowhere'}", revenue[source], _amount(row.get("revenue"))))
    return rows


def _amount(money: Mapping[str, Any] | None) -> int:
    return int(money["amount"]) if money else 0


def _answers(books: Books, answer: Mapping[str, Any]) -> list[Comparison]:
    """Silence is not in the books, nor that an offer which nobody answered was worked on."""
    theirs = {row["reason"]: row["offers"] for row in answer["reasons"] if row["reason"] != "accept_timeout"}
    rows = [Comparison("accepted", books.accepted, answer["accepted"] - answer["by_contact"])]
    for reason in sorted(books.rejected.keys() | theirs.keys()):
        rows.append(Comparison(f"rejected: {reason}", books.rejected[reason], theirs.get(reason, 0)))
    return rows


def _deals(books: Books, items: list[Mapping[str, Any]]) -> list[Comparison]:
    counts, sums = Counter[str](), Counter[tuple[str, str]]()
    for item in items:
        counts[item["state"]] += 1
        if money := item["amount"]:
            sums[item["state"], money["currency"]] += money["amount"]
    rows = []
    for state in ("open", "won", "lost"):
        mine = sum(deal.state == state for deal in books.deals.values())
        rows.append(Comparison(f"deals {state}", mine, counts[state]))
        for currency, amount in sorted(books.sums(state).items()):
            rows.append(Comparison(f"{state} in {currency}", amount, sums[state, currency]))
    return rows


async def _all(door: Door, path: str, **parameters: str) -> list[Mapping[str, Any]]:
    items: list[Mapping[str, Any]] = []
    after: str | None = ""
    while after is not None:
        answer = await door.get(path, limit="500", **parameters, **({"after": after} if after else {}))
        items += answer["items"]
        after = answer.get("next")
    return items
