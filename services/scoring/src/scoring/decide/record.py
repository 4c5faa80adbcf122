"""A lead's state as JSON and back: short rows in place of objects, because it is written with every event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from scoring.decide.state import Entry, Facts, Fold, Key, Latest, Lead, Ledger, LedgerLine, Said

_PLAIN = ("terms", "source", "campaign", "referral", "by_score", "open", "said")
_TIMES = ("since", "as_of", "source_at", "campaign_at", "referral_at", "lapses", "wake")


def of_lead(lead: Lead) -> dict[str, Any]:
    """Without id, domain and facts, which have columns and a table of their own."""
    return {
        **{name: getattr(lead, name) for name in (*_PLAIN, *_TIMES)},
        "entries": [tuple(entry) for entry in lead.entries],
        "sealed": lead.sealed,
        "older": (lead.older.engaged, lead.older.intent, lead.older.raised, lead.older.raised_kind),
        "ledgers": {
            name: {
                "base": _of_fold(ledger.base),
                "head": _of_fold(ledger.head),
                "lines": [tuple(line) for line in ledger.lines],
            }
            for name, ledger in lead.ledgers.items()
        },
    }


def lead(id: str, domain: str | None, record: Mapping[str, Any], facts: Mapping[str, Any]) -> Lead:
    engaged, intent, raised, raised_kind = record["older"]
    values: dict[str, Any] = {name: record[name] for name in _PLAIN}
    values |= {name: _maybe(record[name]) for name in _TIMES}
    return Lead(
        id,
        domain=domain,
        facts=facts_of(facts),
        entries=[Entry(_time(row[0]), *row[1:]) for row in record["entries"]],
        sealed=_key(record["sealed"]),
        older=Latest(_maybe(engaged), _maybe(intent), _maybe(raised), raised_kind),
        ledgers={
            name: Ledger(
                _fold(ledger["base"]),
                _fold(ledger["head"]),
                [LedgerLine(_time(row[0]), *row[1:]) for row in ledger["lines"]],
            )
            for name, ledger in record["ledgers"].items()
        },
        **values,
    )


def of_facts(facts: Facts) -> dict[str, Any]:
    return {name: {source: tuple(said) for source, said in by.items()} for name, by in facts.items()}


def facts_of(record: Mapping[str, Any]) -> Facts:
    return {name: {source: Said(row[0], _time(row[1])) for source, row in by.items()} for name, by in record.items()}


def _of_fold(fold: Fold) -> tuple[Any, ...]:
    return fold.balance, fold.last, fold.steps, fold.visits, fold.counted, fold.recent


def _fold(row: Any) -> Fold:
    balance, last, steps, visits, counted, recent = row
    return Fold(
        balance,
        _maybe(last),
        steps,
        visits,
        {key: _time(at) for key, at in counted.items()},
        {kind: [(_time(at), points) for at, points in given] for kind, given in recent.items()},
    )


def _key(row: Any) -> Key | None:
    return (_time(row[0]), row[1], row[2]) if row else None


def _maybe(text: str | None) -> datetime | None:
    return _time(text) if text else None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
