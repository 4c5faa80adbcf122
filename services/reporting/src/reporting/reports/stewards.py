"""What waits for a steward, with reason, values, sources and times; and what was decided, by whom and when."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from agreement.survivorship import Claim, ScoredFacts
from events.sales import WAITING
from reporting.decide import Terms
from reporting.decide.facts import claims_of, facts_of, scored_facts
from reporting.filters import StewardsQuery, next_of, offset_of
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import stewards as store
from reporting.store.conditions import DatabaseRow

CONFLICT: Final = "conflict"
_TEXTS: Final = {
    CONFLICT: "trusted sources contradict each other",
    "unreadable": "could not be read, and a hard rule rests on it",
    "company_names": "its name contradicts that of others at the same domain",
}
"""Why a fact waits; a lead waits for the reason of its rejection."""
_COMPANY: Final = ("company", "domain")


async def stewards(scope: ReportScope, query: StewardsQuery) -> Answer:
    """One page of the queue, or (`closed`) of what was decided; `count` is how many there are on all its pages."""
    terms = Terms.of(scope.agreement)
    if query.closed:
        rows = await store.decided(scope.tx, query.limit + 1, offset_of(query))
        items = [_closed(scope, row) for row in rows[: query.limit]]
        count = await store.count_decided(scope.tx)
    else:
        rows = await store.waiting(scope.tx, query.limit + 1, offset_of(query))
        items = [_open(scope, row, terms) for row in rows[: query.limit]]
        count = await store.count(scope.tx)
    return {
        "count": count,
        "items": items,
        "next": next_of(rows, query),
    }


def _open(scope: ReportScope, row: DatabaseRow, terms: Terms) -> DatabaseRow:
    waits = row["item"] == WAITING
    scored = scored_facts(row["body"], row["scored_at"]) if row["body"] else None
    reason = row["rejected"] if waits else _reason(row["item"], scored)
    text = terms.reject_reasons.get(reason or "", reason) if waits else _TEXTS[str(reason)]
    return {
        "id": f"{row['lead']}.{row['item']}",
        **{name: row[name] for name in ("lead", "name", "email", "company", "stage", "status", "item")},
        "reason": reason,
        "text": text,
        "values": list(_values(row, scored, terms)),
        "since": row["since"],
        "by": row["rep"],
        "by_name": scope.people.name(row["rep"]) if row["rep"] else None,
        "note": row["note"],
        "choices": ["pin", "fixed", "merge", "drop"] if waits else ["pin", "drop"],
        **dict.fromkeys(("decision", "decided_by", "decided_at")),
    }


def _closed(scope: ReportScope, row: DatabaseRow) -> DatabaseRow:
    return {
        "id": f"{row['lead']}.{row['item']}",
        **{name: row[name] for name in ("lead", "name", "company", "item", "decision", "facts", "record", "note")},
        "decided_by": scope.people.name(row["steward"]),
        "decided_at": row["at"],
    }


def _reason(item: str, scored: ScoredFacts | None) -> str:
    unclear = item in (scored.facts.unclear if scored else ())
    if unclear:
        return "company_names" if item == "company" else "unreadable"
    return CONFLICT


def _values(row: DatabaseRow, scored: ScoredFacts | None, terms: Terms) -> Iterable[DatabaseRow]:
    """Of a fact all that is claimed; of a lead what counts. `counts`: this one is believed now."""
    survivors = facts_of(row["claims"], scored, row["captured_at"], terms)
    if row["item"] == WAITING:
        return [_value(name, claim, survivors) for name, claim in survivors.items()]
    names = _COMPANY if row["item"] == "company" else (row["item"],)
    since: datetime = row["captured_at"]
    values = [
        _value(name, claim, survivors)
        for name in names
        for claim in claims_of(row["claims"], name, scored, since, terms)
    ]
    return sorted(values, key=lambda one: not one["counts"])


def _value(name: str, claim: Claim, survivors: dict[str, Claim]) -> DatabaseRow:
    return {"name": name, **claim._asdict(), "counts": survivors.get(name) == claim}


STEWARDS = Report(
    "stewards",
    StewardsQuery,
    stewards,
    columns=(
        Column("id"),
        Column("lead"),
        Column("name", "Name", "lead"),
        Column("company", "Company"),
        Column("item", "What", "words"),
        Column("reason"),
        Column("text", "Why"),
        Column("since", "Since", "relative"),
        Column("note", "Note"),
        Column("decision"),
        Column("decided_by"),
        Column("decided_at"),
    ),
    summary="What waits for a steward: contradictions, what cannot be read, bad data; or (closed) what was decided",
    title="For stewards",
)
