"""Picks of a pool: why a rep got a lead, and the entry of a pick in the log that anybody can read, with its digest."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import msgspec
import orjson

from agreement.turns import line_order
from events.handoffs import LeadAssigned

LogEntry = dict[str, Any]
"""Plain JSON. `kind` is `pick` (with its candidate table) or `credit` (a turn was given back)."""
CAUSES: Final[Mapping[str, tuple[str, ...]]] = {
    "turn": ("pool", "hands_to"),
    "on_call": ("on_call",),
    "same_company": ("same_company",),
    "hand_over": ("handed_over", "reassigned", "refused"),
    "previous_owner": ("recycled",),
    "manager": ("manager",),
    "own_account": (),
}
"""Why a rep got a lead, with the rules of offers that are so; `own_account` is every other rule: a named account, a
referral, a customer, a deal. Kept digests have the cause in them: who moves a rule makes them anew in a migration."""
OTHER_CAUSE: Final = "own_account"
WITHOUT_TURN: Final = ("on_call", "manager")
"""Rules by which no turn is taken, of offers that are older than the field that says it."""
_BY_RULE: Final = {rule: cause for cause, rules in CAUSES.items() for rule in rules}
_TABLE: Final = ("rep", "eligible", "reason", "assigned", "credits", "weight", "ratio", "last_picked_at")


def cause_of(rule: str) -> str:
    """The cause of an offer that was made by this rule."""
    return _BY_RULE.get(rule, OTHER_CAUSE)


def takes_turn(pool: str | None, rule: str, turn: bool | None) -> bool:
    """Whether an offer took a turn of the pool; `turn` as the offer says it."""
    return pool is not None and (rule not in WITHOUT_TURN if turn is None else turn)


def pick_entry(pick: Mapping[str, Any]) -> LogEntry:
    """The entry of a pick through a pool: with the rows of the candidate table that are about seats of the pool itself.

    `pick` has `assignment event pool rep at rule cause turn candidates`, the table as plain JSON.
    """
    table = [one for one in pick["candidates"] or () if (one.get("pool") or pick["pool"]) == pick["pool"]]
    return {
        "kind": "pick",
        **{name: pick[name] for name in ("assignment", "pool", "rep", "event")},
        "at": instant_text(pick["at"]),
        **{name: pick[name] for name in ("rule", "cause", "turn")},
        "candidates": [{name: one.get(name) for name in _TABLE} for one in table],
    }


def credit_entry(pick: Mapping[str, Any], given: datetime) -> LogEntry:
    """The entry of the turn of this pick that was given back then. `pick` has `assignment pool rep`."""
    same = {name: pick[name] for name in ("assignment", "pool", "rep")}
    return {"kind": "credit", **same, "at": instant_text(given)}


def digest_of(entry: LogEntry) -> str:
    """SHA-256 of the entry in hex, as JSON with sorted keys."""
    return sha256(orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)).hexdigest()


def went_past(entry: LogEntry) -> bool:
    """Whether a pick by turn went past somebody: another candidate could take it and was before in line."""
    return entry["kind"] == "pick" and entry["cause"] == "turn" and not _first(entry["rep"], entry["candidates"])


def _first(rep: str, table: Sequence[Mapping[str, Any]]) -> bool:
    """An offer without a table cannot be judged."""
    able = [one for one in table if one["eligible"] or one["reason"] == "picked"]
    return not able or min(able, key=_order_of)["rep"] == rep


def _order_of(one: Mapping[str, Any]) -> tuple[float, datetime, str]:
    last = one["last_picked_at"]
    return line_order(one["ratio"], datetime.fromisoformat(last) if isinstance(last, str) else last, one["rep"])


def instant_text(at: datetime) -> str:
    """As the log writes it: in UTC, with a `Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def marks_of(offer: LeadAssigned) -> dict[str, Any]:
    """What the row of an offer keeps for the log of its pool: `digest`, and `past`. Nothing of one that is no pick."""
    data = offer.data
    if data.pool is None or offer.historical:
        return {"digest": None, "past": False}
    return marks_of_pick(
        {
            **{name: getattr(data, name) for name in ("assignment", "pool", "rep", "rule", "turn")},
            **{"event": offer.id, "at": offer.time, "candidates": msgspec.to_builtins(data.candidates)},
        }
    )


def marks_of_pick(offer: Mapping[str, Any]) -> dict[str, Any]:
    """The same of the values of an offer through a pool; `turn` as it says it."""
    cause, turn = cause_of(offer["rule"]), takes_turn(offer["pool"], offer["rule"], offer["turn"])
    entry = pick_entry({**offer, "cause": cause, "turn": turn})
    return {"digest": digest_of(entry), "past": went_past(entry)}
