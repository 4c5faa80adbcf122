"""What the figures of a pool say of its fairness, in sentences that a stranger understands. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reporting.figures import count_of
from reporting.store.conditions import DatabaseRow

BECAUSE: Final[Mapping[str, str]] = {
    "off_shift": "off shift",
    "away": "away",
    "left": "gone",
    "had_it": "offered it before",
    "daily_cap": "at the cap of the day",
    "open_cap": "at the cap of open work",
}
CAUSES: Final[Mapping[str, str]] = {
    "turn": "by turn",
    "on_call": "on call",
    "same_company": "of a company they had",
    "hand_over": "handed over",
    "previous_owner": "had before",
    "manager": "as manager",
    "own_account": "of an own account",
}
"""How a page names why a rep got a lead."""
_EVEN: Final = 1.0
"""So many turns a head may lie between two members of equal weight: what round robin keeps by itself."""


def finding(members: Sequence[DatabaseRow], on_call: Sequence[str]) -> str:
    """How even the turns of a pool are, and why they are not: who has how many more, and what most of them are.

    `members` are rows of the report `fairness`, with `name`, `weight`, `net`, `by_cause` and `passed_over`; `on_call`
    are the pool's rep ids.
    """
    if not any(one["picks"] for one in members):
        return "No lead came through this pool in these days."
    if len(members) < 2:
        return f"{members[0]['name']} is alone in this pool: every turn is theirs."
    ranked = sorted(members, key=lambda one: (-_share(one), one["name"]))
    most, least = ranked[0], ranked[-1]
    turns = " : ".join(f"{one['net']}" for one in ranked)
    gap = round((_share(most) - _share(least)) * most["weight"])
    if is_even(members):
        return f"Even: round robin {turns}{_outside(ranked)}."
    return f"{most['name']} has {gap} more than {least['name']}{_why(most, least, gap, on_call)}. Turns {turns}."


def is_even(members: Sequence[DatabaseRow]) -> bool:
    """Whether no two members lie further apart than round robin leaves them."""
    shares = [_share(one) for one in members]
    return not shares or max(shares) - min(shares) <= _EVEN


def _share(one: DatabaseRow) -> float:
    return float(one["net"]) / float(one["weight"])


def _why(most: DatabaseRow, least: DatabaseRow, gap: int, on_call: Sequence[str]) -> str:
    """What makes most of the difference: what one alone is called for, or why the other was passed over."""
    calls = _turns(most, "on_call") - _turns(least, "on_call")
    if 2 * calls >= gap:
        alone = tuple(on_call) == (most["rep"],)
        return f", because only {most['name']} is on call" if alone else f", {calls} of them on call"
    skipped = max(least["passed_over"], key=lambda one: one["count"], default=None)
    if skipped is not None and skipped["count"]:
        state = BECAUSE.get(skipped["because"], skipped["because"])
        return f", because {least['name']} was {state} at {count_of(skipped['count'], 'pick')}"
    for cause in ("same_company", "hand_over"):
        if 2 * (extra := _turns(most, cause) - _turns(least, cause)) >= gap:
            return f", {extra} of them {CAUSES[cause]}"
    return ""


def _outside(ranked: Sequence[DatabaseRow]) -> str:
    """Who has notably more beside the turns."""
    beside = max(ranked, key=lambda one: (one["outside"], one["name"]))
    return f"; {beside['name']} has {beside['outside']} more beside the turns" if beside["outside"] else ""


def _turns(one: DatabaseRow, cause: str) -> int:
    return int(one["by_cause"].get(cause, {}).get("turns", 0))


def reason(pick: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Why this rep got the lead, in words; of a turn how many the others had. `names` by rep id."""
    name, cause = names.get(pick["rep"], pick["rep"]), pick["cause"]
    table = [one for one in pick["candidates"] or () if (one.get("pool") or pick["pool"]) == pick["pool"]]
    if cause == "turn":
        return _turn_words(pick, name, table, names)
    if cause == "on_call":
        return f"Nobody was on shift: {name} is on call, by turn"
    return {
        "same_company": f"{name} had the company already",
        "hand_over": {
            "handed_over": f"A colleague handed it to {name}",
            "refused": f"It went back to {name}, who gave it",
        }.get(pick["rule"], f"A manager gave it to {name}"),
        "previous_owner": f"{name} had this lead before",
        "manager": f"Nobody could take it: {name} decides",
    }.get(cause, f"It is an account, a customer, a deal or a referral of {name}")


def _turn_words(
    pick: Mapping[str, Any], name: str, table: Sequence[Mapping[str, Any]], names: Mapping[str, str]
) -> str:
    mine = next((one for one in table if one["rep"] == pick["rep"]), None)
    if mine is None:
        return f"{name}'s turn"
    able = [one for one in table if one["eligible"] and one["rep"] != pick["rep"]]
    if able:
        counts = ", ".join(f"{names.get(one['rep'], one['rep'])} {_ratio(one)}" for one in able)
        return f"{name}'s turn: {_ratio(mine)} so far, {counts}"
    others = [f"{names.get(one['rep'], one['rep'])} {one['reason']}" for one in table if one["rep"] != pick["rep"]]
    return f"Only {name} could take it" + (f": {', '.join(others)}" if others else "")


def _ratio(one: Mapping[str, Any]) -> str:
    """Turns a head, as the pick used them; whole ones without a fraction."""
    return f"{one['ratio']:.2f}".rstrip("0").rstrip(".")
