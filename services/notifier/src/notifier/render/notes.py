"""Every notice that is not the assignment card: one short message each."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from events.buttons import SurveyButton
from events.grounds import WITH_DEAL
from events.vocabulary import humanize, humanize_first
from notifier.decide import ABOUT_WHO_LEFT
from notifier.render import packs
from notifier.render.card import card
from notifier.render.message import Message, MessagePart, NoticeView
from notifier.render.wording import format_number, format_time, join_list, one_line

_LATE: Final = 100
"""Per cent of its time at which a promise is late."""
_WHY: Final = {
    "open_opportunity": "has an open opportunity with you",
    "already_owned": "is already yours",
    "customer": "belongs to a customer of yours",
    "named_account": "belongs to a named account of yours",
    "merged": "was merged into a record of yours",
}
_REMOVED: Final = {
    "erased": "This person asked to be forgotten. What was written here is gone.",
    "merged": "This person turned out to be somebody we already knew. See the other record.",
}


def message(view: NoticeView) -> Message:
    """What this notice says now; of a person who left, only that."""
    removed = view.lead_view.person.removed
    if removed and view.kind not in ABOUT_WHO_LEFT:
        return Message(title="No longer here", summary=_REMOVED[removed])
    return replace(_KINDS.get(view.kind, _other)(view), data=view.data)


def _note(view: NoticeView, title: str, summary: str, *parts: MessagePart) -> Message:
    shown = tuple(part for part in parts if part.fields or part.lines)
    return Message(one_line(title, 150), one_line(summary, 1000), shown, link=view.page)


def _at(view: NoticeView, value: Any) -> str:
    return format_time(datetime.fromisoformat(value), view.zone)


def _clock(view: NoticeView) -> MessagePart:
    data = view.payload
    fields = [
        ("Promise", f"{view.promise(data['promise'])} within {data['target']}"),
        ("Due", _at(view, data["due"])),
        ("With", view.rep(data.get("holder"))),
    ]
    return MessagePart("", tuple(fields))


def _reassigned(view: NoticeView) -> Message:
    new = view.rep(view.payload["rep"])
    if view.payload["rule"] == WITH_DEAL:
        return _note(
            view, f"Reassigned: {view.who}", f"{new} owns the open deal of {view.who}, and has the lead with it."
        )
    why = view.payload.get("why_reassigned")
    reason = f" ({view.reason(why)})" if why else ""
    return _note(view, f"Reassigned: {view.who}", f"Already reassigned to {new}{reason}. Nothing to do for you.")


def _activity(view: NoticeView) -> Message:
    why = _WHY.get(view.payload["why"], "is yours")
    signals = view.payload["snapshot"].get("signals", [])
    shown = signals[: view.terms.notices.card.signals]
    done = join_list(one_line(signal["text"], 150) for signal in shown)
    latest = max(signals, key=lambda signal: signal.get("last_at") or "", default=None)
    title = f"Active again: {view.who}" + (f": {latest['text']}" if latest else "")
    return _note(view, title, f"{view.who} {why}" + (f". Lately: {done}." if done else " and was active."))


def _follow_up(view: NoticeView) -> Message:
    """Of work that stands still."""
    if view.payload["why"] == "one_channel":
        terms = view.terms.routing.unresponsive
        summary = (
            f"{view.who} has not answered for {terms.after}, and was tried by one channel only: please try another."
        )
        return _note(view, f"Try another channel: {view.who}", summary)
    return _note(view, f"Nothing logged: {view.who}", f"{view.who} is yours, and nothing was logged for a while.")


def _reminder(view: NoticeView) -> Message:
    data = view.payload
    promise, is_ = view.promise(data["promise"]), "was" if data["percent"] > _LATE else "is"
    summary = f"{data['percent']} % of the time is gone: {promise.lower()} {is_} due {_at(view, data['due'])}."
    return _of_deal(view, _note(view, f"Reminder: {view.who}", summary, _clock(view)))


def _breach(view: NoticeView) -> Message:
    promise = view.promise(view.payload["promise"])
    summary = f"Overdue since {_at(view, view.payload['due'])}: {promise.lower()}."
    return _of_deal(view, _note(view, f"Overdue: {view.who}", summary, _clock(view)))


def _nudge(view: NoticeView) -> Message:
    """A manager asks: what is late or runs, most urgent first, so that nobody has to look it up."""
    data, clocks = view.payload, view.lead_view.handoff.clocks.values()
    open_ = [
        one
        for one in clocks
        if one.state in ("running", "breached") and one.assignment in (None, data.get("assignment"))
    ]
    by = view.rep(data["by"]) if data.get("by") else "Your manager"
    summary = f"{by} asks you to get on with {view.who}."
    if open_:
        first = min(open_, key=lambda one: one.due)
        word = "was" if first.state == "breached" else "is"
        summary += f" {view.promise(first.promise)} {word} due {format_time(first.due, view.zone)}."
    return _note(view, f"{by} asks: {view.who}", summary)


def _escalation(view: NoticeView) -> Message:
    holder = view.rep(view.payload.get("holder"))
    if view.payload.get("action") == "manager":
        summary = f"{holder} has not answered. This lead is not passed on by itself: please decide who takes it."
    else:
        summary = f"{holder} has not answered. The lead goes back to the pool."
    return _note(view, f"Escalated: {view.who}", summary, _clock(view))


def _survey(view: NoticeView) -> Message:
    """Two minutes about a closed deal; the link leads to the page."""
    due = _at(view, view.payload["due"])
    summary = f"The deal with {view.who} is closed. Please say in two minutes why it was won or lost, by {due}."
    return _of_deal(view, _note(view, f"Survey: {view.who}", summary, _clock(view)))


def _customer(view: NoticeView) -> Message:
    """The whole story of a won deal, for who looks after the customer; and once more what the survey adds."""
    data, deals = view.payload, view.lead_view.handoff.deals
    story = deals.get(data.get("deal") or "") or next(reversed(tuple(deals.values())), None)
    seller = view.rep((story.by if story else None) or data.get("owner") or data.get("by"))
    if story is None:
        return _note(view, f"New customer: {view.who}", f"{seller} won {view.who}. You look after them from here on.")
    story = story.as_it_ended
    story_fields = (
        ("Sold by", seller),
        ("Amount", str(story.amount) if story.amount else ""),
        ("Product", story.product or ""),
        ("Promised", story.promised or ""),
        ("Champion", story.champion or ""),
        ("Objections", join_list(story.objections)),
        ("Why they bought", humanize_first(story.reason) if story.reason else ""),
        ("Instead of", story.competitor or ""),
        ("Content they mentioned", join_list(story.content)),
        ("What else", story.could_differ or ""),
    )
    fields = tuple((name, one_line(value)) for name, value in story_fields if value)
    words = [one_line(one.text, 400) for one in view.lead_view.person.activities if one.text]
    parts = (MessagePart("", fields), MessagePart("In their own words", lines=tuple(f"“{one}”" for one in words)))
    surveyed = view.about.startswith("survey/")
    title = f"{'What won' if surveyed else 'New customer:'} {view.who}"
    summary = (
        f"{seller} says why they bought." if surveyed else f"{seller} won {view.who}. They are yours to look after."
    )
    return replace(_note(view, title, summary, *parts), link=f"{view.url}/deals/{quote(story.deal, safe='')}")


def _of_deal(view: NoticeView, note: Message) -> Message:
    """What a clock asks for about a closed deal is answered in Slack, or on the page of its survey."""
    deal = view.payload.get("deal")
    if not deal:
        return note
    button = SurveyButton(lead=view.lead, deal=deal)
    return replace(note, link=f"{view.url}/survey/{quote(deal, safe='')}", survey=button)


def _withdrawal(view: NoticeView) -> Message:
    """Of a lead that was merged, under the one that goes on; whose that is may be decided only now."""
    if view.payload["reason"] == "merged":
        summary = f"This person turned out to be somebody we already knew: the record of {view.who} goes on."
        return _note(view, f"Merged: {view.who}", summary)
    reason = view.reason(view.payload["reason"])
    return _note(view, f"Withdrawn: {view.who}", f"This lead is no longer yours ({reason}). Nothing to do for you.")


def _ignored(view: NoticeView) -> Message:
    answer, text = humanize(view.payload["answer"]), view.payload["text"]
    return _note(view, "Your answer changed nothing", f"You answered “{answer}”: {text}.")


def _rejected(view: NoticeView) -> Message:
    data = view.payload
    reason, source = view.reason(data["reason"]), data.get("source") or "unknown"
    note = f" “{one_line(data['note'], 300)}”" if data.get("note") else ""
    further = (("By", view.rep(data["rep"])), ("Then", humanize(data["then"])), ("Source", source))
    title = f"Rejected, {reason}: {view.who}"
    return _note(view, title, f"{view.rep(data['rep'])} rejected {view.who}: {reason}.{note}", MessagePart("", further))


def _qualified(view: NoticeView) -> Message:
    owner = view.rep(view.payload.get("owner"))
    return _note(view, f"Qualified: {view.who}", f"{owner} confirmed the need: {view.who} is an SQL.")


def _re_engaged(view: NoticeView) -> Message:
    return _note(view, f"Back again: {view.who}", f"{view.who} is active again after a pause. You know them.")


def _revisit(view: NoticeView) -> Message:
    return _note(view, f"Time to call: {view.who}", f"You agreed to come back to {view.who} about now.")


def _nurture(view: NoticeView) -> Message:
    data = view.payload
    lines = tuple(one_line(line) for line in data.get("largest_missing", ()))
    summary = f"{view.who} goes to nurture segment {data['segment']}: {view.reason(data['reason'])}."
    return _note(view, f"Nurture: {view.who}", summary, MessagePart("Largest missing", lines=lines))


def _nurture_left(view: NoticeView) -> Message:
    data = view.payload
    summary = f"{view.who} leaves nurture segment {data['segment']} and is {humanize(data['status'])}: {data['why']}."
    return _note(view, f"Out of nurture: {view.who}", summary)


def _sequence(view: NoticeView) -> Message:
    begins = view.kind == "sequence"
    channels = " and ".join(view.terms.routing.channel_title(one) for one in view.payload.get("channels", ()))
    title = f"Sequence {'begins' if begins else 'ends'}: {view.who}"
    return _note(view, title, f"The outbound sequence by {channels} {'begins' if begins else 'ends'} for {view.who}.")


def _enrolled(view: NoticeView) -> Message:
    by, title = view.rep(view.payload.get("by")), one_line(view.payload["title"])
    return _note(view, f"Enrolled: {view.who}", f"{by} wants {view.who} in the campaign “{title}”.")


def _suppressed(view: NoticeView) -> Message:
    summary = f"Nobody is to write to {view.who}: {view.reason(view.payload['reason'])}."
    return _note(view, f"Suppressed: {view.who}", summary)


def _consent(view: NoticeView) -> Message:
    word = "Subscribed again" if view.payload["granted"] else "Unsubscribed"
    return _note(view, f"{word}: {view.who}", f"{view.who}: {word.lower()}.")


def _alert(view: NoticeView) -> Message:
    text = view.payload.get("text") or f"Nobody gets {view.who}: {view.reason(view.payload['reason'])}."
    return _note(view, f"Please look: {view.reason(view.payload['reason'])}", text)


def _commitment(view: NoticeView) -> Message:
    data = view.payload
    goal = getattr(view.terms.levels.commitments, data["name"], None)
    title = goal.title if goal else humanize(data["name"])
    fields = (
        ("From", data["start"]),
        ("To", data["end"]),
        ("Target", format_number(data["target"])),
        ("Actual", format_number(data.get("actual", "no data"))),
    )
    pools = view.terms.teams.pool_by_id
    silent = [pools[one].title if one in pools else one for one in data.get("lacking", ())]
    parts = (MessagePart("", fields), *([MessagePart("No rating by", lines=tuple(silent))] if silent else ()))
    link = f"{view.url}/service-levels"
    summary = f"{title}: {data['state']}, {data['numerator']} of {data['denominator']}."
    return Message(f"Commitment {data['state']}: {title}", summary, parts, link=link)


def _other(view: NoticeView) -> Message:
    return _note(view, f"{humanize_first(view.kind)}: {view.who}", f"There is news about {view.who}.")


_KINDS: Final[Mapping[str, Callable[[NoticeView], Message]]] = {
    "assignment": card,
    "reassigned": _reassigned,
    "activity": _activity,
    "reminder": _reminder,
    "breach": _breach,
    "escalation": _escalation,
    "nudge": _nudge,
    "withdrawal": _withdrawal,
    "answer_ignored": _ignored,
    "rejected": _rejected,
    "qualified": _qualified,
    "re_engaged": _re_engaged,
    "revisit": _revisit,
    "follow_up": _follow_up,
    "nurture": _nurture,
    "nurture_left": _nurture_left,
    "sequence": _sequence,
    "sequence_left": _sequence,
    "suppressed": _suppressed,
    "consent": _consent,
    "enrolled": _enrolled,
    "alert": _alert,
    "undecided": _alert,
    "commitment": _commitment,
    "survey": _survey,
    "customer": _customer,
    "weekly_pack": packs.pack,
    "monthly_review": packs.pack,
    "quarterly_review": packs.pack,
    "anomaly": packs.anomaly,
}
