"""Deals: one row a deal with all its contacts; and one deal down to its facts, touches and credits under each model."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from events import Money
from reporting.decide.money import Exchange
from reporting.decide.opportunities import hand_over_quality, list_missing
from reporting.filters import NONE, DealsQuery, malformed, next_of, offset_of, refuse_unknown
from reporting.reports.attribution import credited_deals, credits_of
from reporting.reports.report import Answer, Column, Report, ReportScope, items_of
from reporting.reports.self_reported import deals_that_say
from reporting.reports.shares import MILESTONES, shares_of_deal
from reporting.store import attribution as credited
from reporting.store import deals as store
from reporting.store.conditions import DatabaseRow
from reporting.store.content import spellings
from runtime.errors import Refused

_EVER: Any = {"source": None, "campaign": None, "segment": None, "team": None, "rep": None, "product": None}

_CONDITIONS: Final = ("state", "traffic", "cohort", "left_out", "sourced", "surveyed", "question", "answer")
"""Conditions of the store that are named as in the query."""


class NoSuchDeal(Refused):
    """No deal has this id."""

    status = 404


async def deals(scope: ReportScope, query: DealsQuery) -> Answer:
    """The filters are about the primary contact, but for `product`, `rep` and `team` (`held`).

    `rep` is an id or an address. Raises Malformed, also for one of whom neither the agreement nor such a deal knows:
    a deal of somebody who is gone from the agreement keeps the id.
    """
    refuse_unknown(query, scope.agreement)
    rep = scope.people.rep_of_email(query.rep or "") or query.rep
    query = query.model_copy(update={"rep": rep})
    dated = bool(query.from_ or query.to or query.range)
    wanted = {
        **{name: getattr(query, name) for name in _CONDITIONS},
        "dated": dated and not query.cohort,
        "among": (among := await _among(scope, query)),
        "assets": await spellings(scope.tx, query.asset) if query.asset else None,
        "held": query.held if among is None else "lead",
    }
    filters = scope.filters(query, **wanted)
    rows = await store.deals(scope.tx, filters, query.limit + 1, offset_of(query))
    if not rows and rep not in (None, NONE) and scope.people.rep(rep) is None:
        raise malformed("rep", "is not a rep of the agreement, and no such deal is theirs")
    page = await store.with_evidence(scope.tx, rows[: query.limit])
    return {
        "currency": scope.currency,
        "quality": hand_over_quality(await store.needs(scope.tx, filters)),
        "items": await _with_contacts(scope, page),
        "next": next_of(rows, query),
    }


async def _among(scope: ReportScope, query: DealsQuery) -> list[str] | None:
    """Deals behind a number of the attribution; null where none is meant."""
    if query.credited:
        return await credited_deals(scope, query)
    return await deals_that_say(scope, query) if query.self_reported or query.tracked else None


async def deal(scope: ReportScope, key: str) -> Answer:
    """One deal by its id. Raises NoSuchDeal. Only a won deal has credits; one in no sum (no rate) has none either."""
    rows = await store.deals(scope.tx, {**_EVER, "dated": False, "start": None, "end": None, "among": [key]})
    if not rows:
        raise NoSuchDeal(f"no deal is known as {key!r}")
    (item,) = await _with_contacts(scope, await store.with_evidence(scope.tx, rows))
    answers = await credited.self_reported(scope.tx, [one["id"] for one in item["contacts"]])
    item["contacts"] = [{**one, "self_reported": answers.get(one["id"])} for one in item["contacts"]]
    touches = (await credited.touches(scope.tx, [key])).get(key, [])
    return {
        **item,
        "history": [_money(row) for row in await store.steps(scope.tx, key)],
        "touches": [{name: value for name, value in row.items() if name != "deal"} for row in touches],
        "survey": await store.survey(scope.tx, key),
        **await _credits(scope, key, item, touches),
    }


async def _credits(scope: ReportScope, key: str, item: DatabaseRow, touches: list[DatabaseRow]) -> DatabaseRow:
    """Milestones, and the credits by name of the model."""
    closed = item["closed_at"]
    days = {"start": closed, "end": closed + timedelta(days=1)} if closed else {}
    won = await credited.won(scope.tx, {**_EVER, **days}, among=[key]) if days else []
    if not won or item["converted"] is None:
        return {"milestones": {}, "credits": {}}
    one = {**won[0], "amount": item["converted"].amount}
    models = scope.agreement.goals.attribution.models
    each = shares_of_deal(scope.agreement, one, touches, models)
    shares = {model.name: share for model, share in zip(models, each, strict=True)}
    return {
        "milestones": {name: one[name] for name in MILESTONES},
        "credits": {name: credits_of(share, scope.currency) for name, share in shares.items()},
    }


async def _with_contacts(scope: ReportScope, rows: list[DatabaseRow]) -> list[DatabaseRow]:
    """As JSON shows them: the amount as it was agreed, and `converted` to the house's currency (null: no rate)."""
    convert = Exchange.of(scope.agreement, scope.now)
    contacts = await store.contacts(scope.tx, [row["deal"] for row in rows])
    return [
        {
            **_money(row),
            "missing": list_missing(row),
            "converted": convert(row["amount"], row["currency"], row["closed_at"]),
            "owner_name": scope.people.name(row["owner"]) if row["owner"] else None,
            "contacts": [
                {**contact, "primary": contact["id"] == row["lead"]} for contact in contacts.get(row["deal"], [])
            ],
        }
        for row in rows
    ]


def _money(row: DatabaseRow) -> DatabaseRow:
    known = row["amount"] is not None and row["currency"] is not None
    plain = {name: value for name, value in row.items() if name != "currency"}
    return {**plain, "amount": Money(amount=row["amount"], currency=row["currency"]) if known else None}


def _rows(answer: Answer) -> Iterable[DatabaseRow]:
    """For the file: the contacts as their ids, the amount and what it is in the house's currency."""
    return (
        {
            **row,
            "currency": row["amount"].currency if row["amount"] else None,
            "house_currency": answer["currency"],
            "contacts": " ".join(contact["id"] for contact in row["contacts"]),
            "missing": " ".join(row["missing"]),
        }
        for row in items_of(answer)
    )


DEALS = Report(
    "deals",
    DealsQuery,
    deals,
    columns=(
        Column("deal", "Deal", "deal"),
        Column("name", "Primary contact", "lead"),
        Column("company", "Company", wide=True),
        Column("state", "State", "words"),
        Column("amount", "Amount", "money"),
        Column("currency"),
        Column("converted", "In the house's currency", "converted", wide=True),
        Column("house_currency"),
        Column("owner", "Owner", "rep", wide=True),
        Column("product"),
        Column("opened_at"),
        Column("closed_at", "Closed", "when", wide=True),
        Column("paid_at"),
        Column("expected_close"),
        Column("reason"),
        Column("competitor"),
        Column("missing"),
        Column("contacts"),
    ),
    summary="One row a deal, with all its contacts",
    title="Deals",
    definition="Open deals, and those that closed in the days named, if any. Rep and team are the owner's; other "
    "filters are about the primary contact.",
    rows=_rows,
    page=True,
    any_time=True,
)
