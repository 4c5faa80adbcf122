"""What the page of a lead says beside its story: stages, the running clock, the offers and why each was made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

from events.vocabulary import FUNNEL_STAGES, Side, humanize
from reporting.pages.inbox_words import long_time
from reporting.reports.inbox_views import TimeLeft
from reporting.store.conditions import DatabaseRow

_PATH: Final = 100.0
ClockLeft = Callable[[DatabaseRow], TimeLeft]
"""Of a clock: how long its promise can still be kept, and how much of it is used, by its holder's calendar."""


@dataclass(frozen=True, slots=True)
class StageDot:
    """One of the six stages of the funnel on the way of this cycle."""

    stage: str
    at: datetime | None
    state: str
    """`done`, `now`, `skipped` or `open`."""


def stage_path(lead: DatabaseRow) -> list[StageDot]:
    """Six dots with their dates; the last one is `lost` where the deal was."""
    cycle = lead["cycle"]
    entered = {
        row["stage"]: row["entered_at"] for row in lead["stages"] if row["cycle"] == cycle and not row["withdrawn"]
    }
    entered.setdefault("lead", lead["captured_at"])
    stages = [*FUNNEL_STAGES[:-1], "lost" if lead["stage"] == "lost" else FUNNEL_STAGES[-1]]
    here = stages.index(lead["stage"])
    return [
        StageDot(
            stage,
            entered.get(stage) if number <= here else None,
            "now" if number == here else "open" if number > here else "done" if stage in entered else "skipped",
        )
        for number, stage in enumerate(stages)
    ]


@dataclass(frozen=True, slots=True)
class RunningClock:
    """The promise that somebody must keep next, in a sentence."""

    text: str
    due: datetime
    late: bool


def running_clock(
    lead: DatabaseRow, titles: Mapping[str, str], now: datetime, left: ClockLeft, zone: str
) -> RunningClock | None:
    """The one that is due first, of those that run or were missed and are still open; None when nothing is promised.

    What is charged to a side and to no rep comes after all others. It counts open time, as the inbox does.
    """
    open_ones = [one for one in lead["clocks"] if one["stopped"] is None and _still_counts(one, lead)]
    first = min(open_ones, key=_order_of, default=None)
    if first is None:
        return None
    time = left(first)
    title = titles.get(first["name"], humanize(first["name"]))
    return RunningClock(f"{title}: {long_time(time.seconds, first['due'], now, zone)}", first["due"], time.late)


def _order_of(clock: DatabaseRow) -> tuple[bool, datetime, bool, str]:
    return clock["charged"] in get_args(Side), clock["due"], clock["level"] != "owner", clock["name"]


def _still_counts(clock: DatabaseRow, lead: DatabaseRow) -> bool:
    """It runs; or it was missed in the offer in force, or as the lead's own in this cycle."""
    if clock["state"] == "running":
        return True
    of_now = clock["assignment"] == lead["assignment"] or clock["level"] == "lead"
    return clock["state"] == "breached" and clock["cycle"] == lead["cycle"] and of_now and not lead["closed"]


@dataclass(frozen=True, slots=True)
class OfferLane:
    """One offer as a bar between the first and now; places are per cent of the width."""

    offer: DatabaseRow
    rep: str
    x: float
    width: float
    answer: str
    kind: str
    """`good`, `bad` or `warn`."""


def offer_lanes(offers: Sequence[DatabaseRow], name: Callable[[str], str], now: datetime) -> list[OfferLane]:
    """Offers in order, each as long as it lasted: up to its end if it was given back, else up to the next, or now."""
    if not offers:
        return []
    begin = offers[0]["at"]
    length = max(1.0, (now - begin).total_seconds())
    lanes = []
    for number, offer in enumerate(offers):
        given_back = offer["answer"] not in (None, "accepted")
        after = offers[number + 1]["at"] if number + 1 < len(offers) else now
        end = max(offer["at"], (offer["answered_at"] or after) if given_back else after)
        x = _PATH * (offer["at"] - begin).total_seconds() / length
        width = max(1.2, _PATH * (end - offer["at"]).total_seconds() / length)
        x = min(x, _PATH - width)
        kind = "warn" if offer["answer"] is None else "bad" if given_back else "good"
        lanes.append(
            OfferLane(offer, name(offer["rep"]), round(max(0.0, x), 2), round(width, 2), answer_words(offer), kind)
        )
    return lanes


def answer_words(offer: DatabaseRow) -> str:
    """What became of an offer."""
    if offer["answer"] is None:
        return "waiting for an answer"
    if offer["answer"] == "accept_timeout":
        return "silent"
    return humanize(offer["answer"]) + (" by contact" if offer["by_contact"] else "")


_REASONS: Final[Mapping[str, str]] = {
    "open_opportunity": "owns the open opportunity of this person or company",
    "already_owned": "was working it already",
    "existing_customer": "is the account manager of this customer",
    "named_account": "owns this target account",
    "referral": "owns the partner who referred it",
    "recycled": "had it before and is active; it came back",
    "same_company": "has another lead of the same company",
    "hands_to": "is next in the pool that takes over qualified leads",
    "on_call": "was on call while nobody was on shift",
    "manager": "manages those who could not take it",
    "reassigned": "was chosen by a manager",
    "handed_over": "was handed it by a colleague",
    "deal_owner": "owns its open deal",
    "refused": "had it before the colleague who refused it",
}
"""By rule: why this rep, said after the name."""


def why_rep(offer: DatabaseRow, name: Callable[[str], str], pool_title: Callable[[str], str] = str) -> str:
    """One sentence: why this rep was offered the lead; of a pool's turn with the two counts that decided it.

    A count is what the pool goes by: turns less those credited.
    """
    rep = name(offer["rep"])
    if offer["rule"] in _REASONS:
        return f"{rep} {_REASONS[offer['rule']]}."
    table = offer["candidates"] or []
    mine = next((one for one in table if one["rep"] == offer["rep"]), None)
    others = [one for one in table if one["rep"] != offer["rep"] and one["eligible"]]
    other = min(others, key=lambda one: one["ratio"], default=None)
    pool = f" in {pool_title(offer['pool'])}" if offer["pool"] else ""
    if mine is None:
        return f"{rep}: {humanize(offer['rule'])}{pool}."
    if other is None:
        return f"{rep} was the only one{pool} who could take it."
    return (
        f"It was the turn of {rep}{pool}: {_turns(mine)} leads so far, {name(other['rep'])} {_turns(other)}"
        f"{'' if mine['weight'] == other['weight'] else ', by their weights'}."
    )


def _turns(candidate: DatabaseRow) -> int:
    turns: int = candidate["assigned"] - candidate["credits"]
    return turns


def ladder(
    offer: DatabaseRow, name: Callable[[str], str], pool_title: Callable[[str], str] = str
) -> list[tuple[int, str, str, bool]]:
    """Number, name, why, and whether it decided: the steps passed over and the one that matched."""
    passed = [(one["step"], humanize(one["rule"]), one["why"], False) for one in offer["passed"]]
    return [*passed, (offer["step"], humanize(offer["rule"]), why_rep(offer, name, pool_title), True)]
