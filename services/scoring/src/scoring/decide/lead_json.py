"""A lead's state as the first release stored it, JSON; and facts of persons and companies, which still are.

Houses have rows of the first release: they are read, folded again and stored as a hot state when next touched.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from agreement.survivorship import Claim
from scoring.decide.ledger import mark_of
from scoring.decide.state import (
    Announced,
    Facts,
    Lead,
    LeadEngagement,
    LedgerState,
    OldLead,
    Order,
    Recency,
    Tally,
)

_PLAIN: Final = {
    "terms": "terms",
    "source": "source",
    "campaign": "campaign",
    "referral": "referral",
    "by_score": "open_by_score",
    "open": "gate_open",
}
"""Key in the stored JSON to field of Lead."""
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
_UNKNOWN: Final = Announced("", 0, 0, 0, 0, False, False, "", None, None, None, None)
"""What the first release announced: it kept a checksum only, so the whole is announced next."""


def old_lead(id: str, domain: str | None, state: Mapping[str, Any]) -> OldLead:
    """From the columns of its row."""
    engaged, intent, hand_raise_at, hand_raise = state["older"]
    values: dict[str, Any] = {name: state[key] for key, name in _PLAIN.items()}
    values |= {name: _maybe(state[key]) for key, name in _TIMES.items()}
    base = Tally(
        ledgers={name: _ledger_state(ledger["base"]) for name, ledger in state["ledgers"].items()},
        recency=Recency(_maybe(engaged), _maybe(intent), _maybe(hand_raise_at), hand_raise),
    )
    engagements = tuple(LeadEngagement(_time(row[0]), *row[1:]) for row in state["entries"])
    announced = _UNKNOWN if state["said"] is not None else None
    return OldLead(Lead(id, domain=domain, announced=announced, **values), base, _order(state["sealed"]), engagements)


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


def _ledger_state(row: Any) -> LedgerState:
    """An asset or message that had counted is not counted again, whether its rule has a period or not."""
    balance, engaged_at, decay_steps, visits, counted_at, capped = row
    return LedgerState(
        balance,
        _maybe(engaged_at),
        decay_steps,
        visits,
        {key: _time(at) for key, at in counted_at.items()},
        {rule: [(_time(at), points) for at, points in given] for rule, given in capped.items()},
        b"".join(mark_of(key) for key in counted_at if "|" in key),
    )


def _order(row: Any) -> Order | None:
    return (_time(row[0]), row[1], row[2]) if row else None


def _maybe(text: str | None) -> datetime | None:
    return _time(text) if text else None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
