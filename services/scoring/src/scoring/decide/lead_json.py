"""A lead's state as JSON and back: short rows in place of objects, because it is written with every event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from agreement.survivorship import Claim
from scoring.decide.state import Facts, Lead, LeadEngagement, Ledger, LedgerLine, LedgerState, Order, Recency

_PLAIN: Final = {
    "terms": "terms",
    "source": "source",
    "campaign": "campaign",
    "referral": "referral",
    "by_score": "open_by_score",
    "open": "gate_open",
    "said": "announced",
}
"""Key in the stored JSON to field of Lead. Keys are those of the first release: houses have rows with them."""
_TIMES: Final = {
    "since": "since",
    "as_of": "as_of",
    "source_at": "source_at",
    "campaign_at": "campaign_at",
    "referral_at": "referral_at",
    "lapses": "closes_at",
    "wake": "wakes_at",
}
"""The same for instants, which are ISO 8601 texts there."""
_FIELDS: Final = tuple((_PLAIN | _TIMES).items())


def of_lead(lead: Lead) -> dict[str, Any]:
    """The column `state`: without id, domain and facts, which have columns and a table of their own."""
    recency = lead.sealed_recency
    return {
        **{key: getattr(lead, name) for key, name in _FIELDS},
        "entries": [tuple(engagement) for engagement in lead.engagements],
        "sealed": lead.sealed,
        "older": (recency.engaged_at, recency.intent_at, recency.hand_raise_at, recency.hand_raise),
        "ledgers": {
            name: {
                "base": _of_ledger_state(ledger.base),
                "head": _of_ledger_state(ledger.head),
                "lines": [tuple(line) for line in ledger.lines],
            }
            for name, ledger in lead.ledgers.items()
        },
    }


def lead(id: str, domain: str | None, state: Mapping[str, Any], facts: Mapping[str, Any]) -> Lead:
    """From the columns of its row, and the facts of its person."""
    engaged, intent, hand_raise_at, hand_raise = state["older"]
    values: dict[str, Any] = {name: state[key] for key, name in _PLAIN.items()}
    values |= {name: _maybe(state[key]) for key, name in _TIMES.items()}
    return Lead(
        id,
        domain=domain,
        facts=facts_of(facts),
        engagements=[LeadEngagement(_time(row[0]), *row[1:]) for row in state["entries"]],
        sealed=_order(state["sealed"]),
        sealed_recency=Recency(_maybe(engaged), _maybe(intent), _maybe(hand_raise_at), hand_raise),
        ledgers={
            name: Ledger(
                _ledger_state(ledger["base"]),
                _ledger_state(ledger["head"]),
                [LedgerLine(_time(row[0]), *row[1:]) for row in ledger["lines"]],
            )
            for name, ledger in state["ledgers"].items()
        },
        **values,
    )


def of_facts(facts: Facts) -> dict[str, Any]:
    """The column `facts` of a person or company: value and time by name and source."""
    return {
        name: {source: (claim.value, claim.at) for source, claim in by_source.items()}
        for name, by_source in facts.items()
    }


def facts_of(stored: Mapping[str, Any]) -> Facts:
    """The facts of a person or company from the column `facts`; the reverse of `of_facts`."""
    return {
        name: {source: Claim(row[0], source, _time(row[1])) for source, row in by_source.items()}
        for name, by_source in stored.items()
    }


def _of_ledger_state(state: LedgerState) -> tuple[Any, ...]:
    return state.balance, state.engaged_at, state.decay_steps, state.visits, state.counted_at, state.capped


def _ledger_state(row: Any) -> LedgerState:
    balance, engaged_at, decay_steps, visits, counted_at, capped = row
    return LedgerState(
        balance,
        _maybe(engaged_at),
        decay_steps,
        visits,
        {key: _time(at) for key, at in counted_at.items()},
        {rule: [(_time(at), points) for at, points in given] for rule, given in capped.items()},
    )


def _order(row: Any) -> Order | None:
    return (_time(row[0]), row[1], row[2]) if row else None


def _maybe(text: str | None) -> datetime | None:
    return _time(text) if text else None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
