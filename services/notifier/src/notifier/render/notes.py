"""Every notice that is not the assignment card: one short message each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from notifier.render.card import card
from notifier.render.message import Facts, Message, Part
from notifier.render.words import number, plain, spoken, when

_WHY: Final = {
    "open_opportunity": "has an open opportunity with you",
    "already_owned": "is already yours",
    "customer": "belongs to a customer of yours",
    "named_account": "belongs to a named account of yours",
    "merged": "was merged into a record of yours",
}
_GONE: Final = {
    "erased": "This person asked to be forgotten. What was written here is gone.",
    "merged": "This person turned out to be somebody we already knew. See the other record.",
}


def message(facts: Facts) -> Message:
    """What this notice says now; of a person who left it says only that."""
    gone = facts.desk.person.gone
    if gone:
        return Message(title="No longer here", summary=_GONE[gone])
    return replace(_KINDS.get(facts.kind, _other)(facts), data=facts.data)


def digest(messages: Sequence[Message]) -> Message:
    """Many at once, one line each."""
    lines = tuple(plain(f"{one.title}. {one.summary}", 250) for one in messages)
    return Message(f"{len(lines)} notices", "These came while many came at once.", (Part("", lines=lines),))


def _note(facts: Facts, title: str, summary: str, *parts: Part) -> Message:
    shown = tuple(part for part in parts if part.fields or part.lines)
    return Message(plain(title, 150), plain(summary, 1000), shown, link=facts.page)


def _at(facts: Facts, value: Any) -> str:
    return when(datetime.fromisoformat(value), facts.zone)


def _clock(facts: Facts) -> Part:
    data = facts.payload
    fields = [
        ("Promise", f"{facts.promise(data['promise'])} within {data['target']}"),
        ("Due", _at(facts, data["due"])),
        ("With", facts.rep(data.get("holder"))),
    ]
    return Part("", tuple(fields))


def _reassigned(facts: Facts) -> Message:
    new = facts.rep(facts.payload["rep"])
    why = facts.payload.get("why_reassigned")
    reason = f" ({spoken(why)})" if why else ""
    return _note(facts, f"Reassigned: {facts.who}", f"Already reassigned to {new}{reason}. Nothing to do for you.")


def _activity(facts: Facts) -> Message:
    why = _WHY.get(facts.payload["why"], "is yours")
    signals = facts.payload["snapshot"].get("signals", [])
    shown = signals[: facts.terms.notices.card.signals]
    lines = tuple(plain(signal["text"], 150) for signal in shown)
    return _note(facts, f"Active again: {facts.who}", f"{facts.who} {why} and was active.", Part("Intent", lines=lines))


def _reminder(facts: Facts) -> Message:
    data = facts.payload
    promise = facts.promise(data["promise"])
    summary = f"{data['percent']} % of the time is gone: {promise.lower()} is due {_at(facts, data['due'])}."
    return _note(facts, f"Reminder: {facts.who}", summary, _clock(facts))


def _breach(facts: Facts) -> Message:
    promise = facts.promise(facts.payload["promise"])
    summary = f"Overdue since {_at(facts, facts.payload['due'])}: {promise.lower()}."
    return _note(facts, f"Overdue: {facts.who}", summary, _clock(facts))


def _escalation(facts: Facts) -> Message:
    holder = facts.rep(facts.payload.get("holder"))
    if facts.payload.get("action") == "manager":
        summary = f"{holder} has not answered. This lead is not passed on by itself: please decide who takes it."
    else:
        summary = f"{holder} has not answered. The lead goes back to the pool."
    return _note(facts, f"Escalated: {facts.who}", summary, _clock(facts))


def _withdrawal(facts: Facts) -> Message:
    reason = spoken(facts.payload["reason"])
    return _note(facts, f"Withdrawn: {facts.who}", f"This lead is no longer yours ({reason}). Nothing to do for you.")


def _ignored(facts: Facts) -> Message:
    answer, text = spoken(facts.payload["answer"]), facts.payload["text"]
    return _note(facts, "Your answer changed nothing", f"You answered “{answer}”: {text}.")


def _rejected(facts: Facts) -> Message:
    data = facts.payload
    reason = facts.terms.routing.by_reason.get(data["reason"])
    fields = (("By", facts.rep(data["rep"])), ("Reason", reason.title if reason else spoken(data["reason"])))
    further = (("Then", spoken(data["then"])), ("Source", data.get("source") or "unknown"))
    return _note(facts, f"Rejected: {facts.who}", f"Sales rejected {facts.who}.", Part("", (*fields, *further)))


def _qualified(facts: Facts) -> Message:
    owner = facts.rep(facts.payload.get("owner"))
    return _note(facts, f"Qualified: {facts.who}", f"{owner} confirmed the need: {facts.who} is an SQL.")


def _re_engaged(facts: Facts) -> Message:
    return _note(facts, f"Back again: {facts.who}", f"{facts.who} is active again after a pause. You know them.")


def _revisit(facts: Facts) -> Message:
    return _note(facts, f"Time to call: {facts.who}", f"You agreed to come back to {facts.who} about now.")


def _nurture(facts: Facts) -> Message:
    data = facts.payload
    lines = tuple(plain(line) for line in data.get("largest_missing", ()))
    summary = f"{facts.who} goes to nurture segment {data['segment']}: {spoken(data['reason'])}."
    return _note(facts, f"Nurture: {facts.who}", summary, Part("Largest missing", lines=lines))


def _alert(facts: Facts) -> Message:
    text = facts.payload.get("text") or f"Nobody gets {facts.who}: {spoken(facts.payload['reason'])}."
    return _note(facts, f"Please look: {spoken(facts.payload['reason'])}", text)


def _commitment(facts: Facts) -> Message:
    data = facts.payload
    goal = getattr(facts.terms.levels.commitments, data["name"], None)
    title = goal.title if goal else spoken(data["name"])
    fields = (
        ("From", data["start"]),
        ("To", data["end"]),
        ("Target", number(data["target"])),
        ("Actual", number(data.get("actual", "no data"))),
    )
    link = f"{facts.url}/service-levels"
    summary = f"{title}: {data['state']}, {data['numerator']} of {data['denominator']}."
    return Message(f"Commitment {data['state']}: {title}", summary, (Part("", fields),), link=link)


def _other(facts: Facts) -> Message:
    return _note(facts, f"{spoken(facts.kind).capitalize()}: {facts.who}", f"There is news about {facts.who}.")


_KINDS: Final[Mapping[str, Callable[[Facts], Message]]] = {
    "assignment": card,
    "reassigned": _reassigned,
    "activity": _activity,
    "reminder": _reminder,
    "breach": _breach,
    "escalation": _escalation,
    "withdrawal": _withdrawal,
    "answer_ignored": _ignored,
    "rejected": _rejected,
    "qualified": _qualified,
    "re_engaged": _re_engaged,
    "revisit": _revisit,
    "nurture": _nurture,
    "alert": _alert,
    "commitment": _commitment,
}
