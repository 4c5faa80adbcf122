"""The assignment card: everything domain.md, section 6, says the rep must see."""

from collections.abc import Iterator
from typing import Final

from agreement.outreach import is_under_way, next_step, outreach_plan, sequence_titles
from events.buttons import OfferButton
from events.leads import OTHER
from events.vocabulary import humanize, humanize_first
from notifier.decide import HandoffClock, Offer
from notifier.render.message import Message, MessagePart, NoticeView
from notifier.render.wording import format_fact, format_time, join_list, one_line

_FLAGS: Final = {
    "hot": "Hot lead",
    "referral": "Referral",
    "target_account": "Target account",
    "expansion": "Expansion of a customer",
    "no_local_cover": "No local cover",
}
_PERSON: Final = (("Job title", "title"), ("E-mail", "email"), ("Phone", "phone"))
_COMPANY: Final = (
    *(("Company", "company"), ("Employees", "employees"), ("Revenue", "revenue"), ("Industry", "industry")),
    *(("Tech stack", "tech_stack"), ("Country", "country")),
)
_CLOCKS: Final = {"met": "done", "late": "done late", "breached": "missed", "void": "no longer running"}


def card(view: NoticeView) -> Message:
    """Of an offer that has ended it says so, and offers no buttons."""
    offer = view.lead_view.handoff.offers[view.about]
    open_ = offer.answer == "offered" and offer.successor is None
    button = OfferButton(lead=view.lead, assignment=offer.assignment)
    theirs = offer.answer != "returned" and offer.successor is None
    return Message(
        title=one_line(f"{_flag(offer)}: {view.who}", 150),
        summary=_summary(offer, view),
        parts=tuple(part for part in _parts(offer, view) if part.fields or part.lines),
        offer=button if open_ else None,
        work=button.replaced(pool=offer.pool) if theirs else None,
        link=view.page,
    )


def _flag(offer: Offer) -> str:
    flags = [offer.flag, *offer.flags] if offer.flag else list(offer.flags)
    names = [_FLAGS.get(flag, humanize_first(flag)) for flag in dict.fromkeys(flags) if flag]
    return ", ".join(names) or "New lead"


def _summary(offer: Offer, view: NoticeView) -> str:
    product = f", for {offer.snapshot.product}" if offer.snapshot.product else ""
    score = f"score {offer.snapshot.total} ({offer.snapshot.band}{product})"
    if offer.successor:
        return f"Already reassigned to {view.rep(offer.successor)}. Nothing to do for you."
    if offer.answer == "returned":
        return f"No longer yours: {view.reason(offer.reason or 'returned')}."
    if offer.answer == "accepted":
        stage = f", stage {offer.stage}" if offer.stage else ""
        at = f" on {format_time(offer.answered_at, view.zone)}" if offer.answered_at else ""
        return f"Accepted by {view.rep(offer.rep)}{at}{stage}."
    due = min((clock.due for clock in _running(offer, view)), default=None)
    until = f", first answer due {format_time(due, view.zone)}" if due else ""
    return f"{one_line(view.who, 120)} is yours, {score}{until}."


def _running(offer: Offer, view: NoticeView) -> list[HandoffClock]:
    return [clock for clock in view.lead_view.handoff.clocks_of(offer.assignment) if clock.state == "running"]


def _parts(offer: Offer, view: NoticeView) -> Iterator[MessagePart]:
    yield MessagePart("Due", tuple(_due(offer, view)))
    yield MessagePart("Next step", tuple(_next_step(offer, view)))
    yield MessagePart("Score", tuple(_score(offer)), tuple(_lines(offer, view)))
    yield MessagePart("Intent", lines=_signals(offer, view))
    yield MessagePart("Person", tuple(_person(view)))
    yield MessagePart("Company", tuple(_company(view)))
    yield MessagePart("Suggested talking points", lines=tuple(_talking_points(offer, view)))
    yield MessagePart("Lately", lines=tuple(_timeline(view)))


def _due(offer: Offer, view: NoticeView) -> Iterator[tuple[str, str]]:
    for clock in view.lead_view.handoff.clocks_of(offer.assignment):
        title = view.promise(clock.promise)
        done = f" ({_CLOCKS[clock.state]})" if clock.state in _CLOCKS else ""
        yield title, f"{format_time(clock.due, view.zone)}{done}"


def _next_step(offer: Offer, view: NoticeView) -> Iterator[tuple[str, str]]:
    """By the agreed outreach, while nobody has answered."""
    terms = view.terms.routing
    if offer.answer == "returned" or offer.successor or not is_under_way(offer.stage, offer.status):
        return
    if view.terms.people.rep(offer.rep) is None:
        return
    plan = outreach_plan(terms, view.terms.calendars.of_rep(offer.rep), offer.at, offer.attempts)
    if step := next_step(plan, terms):
        yield f"{step.day:%a %d %b}", step.text
    if sequence := sequence_titles(terms, offer.snapshot.facts.employees):
        yield "Runs beside", f"outbound sequence by {' and '.join(sequence)}"


def _score(offer: Offer) -> Iterator[tuple[str, str]]:
    shot = offer.snapshot
    yield "Total", f"{shot.total} ({shot.band})"
    yield "Fit", str(shot.fit)
    yield "Engagement", str(shot.engagement)
    yield "Complete", f"{shot.completeness} of 100"


def _lines(offer: Offer, view: NoticeView) -> Iterator[str]:
    weightiest = sorted(offer.snapshot.lines, key=lambda line: -abs(line.points))
    for line in weightiest[: view.terms.notices.card.score_lines]:
        yield f"{line.points:+d} {one_line(line.because or humanize(line.rule), 150)}"


def _signals(offer: Offer, view: NoticeView) -> tuple[str, ...]:
    shown = offer.snapshot.signals[: view.terms.notices.card.signals]
    sentence = join_list(one_line(signal.text, 150) for signal in shown)
    return (sentence[:1].upper() + sentence[1:],) if sentence else ()


def _person(view: NoticeView) -> Iterator[tuple[str, str]]:
    person = (("Name", view.name), *((label, view.fact(name)) for label, name in _PERSON))
    yield from ((label, one_line(value, 200)) for label, value in person if value)
    if refused := view.lead_view.person.refused_channels:
        yield "Wants no", one_line(", ".join(refused), 200)


def _company(view: NoticeView) -> Iterator[tuple[str, str]]:
    for label, name in _COMPANY:
        if text := format_fact(view.fact(name)):
            yield label, one_line(text, 200)


def _talking_points(offer: Offer, view: NoticeView) -> Iterator[str]:
    """Drawn from the content consumed (words of the assets), then from what was done."""
    terms = view.terms.notices
    activities = view.lead_view.person.activities
    titles = [text for activity in activities for text in (activity.asset, activity.title) if text]
    content = " ".join([*offer.snapshot.assets, *titles]).lower()
    kinds = {signal.kind for signal in offer.snapshot.signals} | {activity.kind for activity in activities}
    by_asset = [point for point in terms.talking_points if any(word in content for word in point.asset_words)]
    by_kind = [point for point in terms.talking_points if kinds & set(point.kinds) and point not in by_asset]
    for point in [*by_asset, *by_kind][: terms.card.talking_points]:
        yield f"{point.topic}: {point.say}"


def _timeline(view: NoticeView) -> Iterator[str]:
    """What the agreement has no kind for keeps the name that its tool gave it."""
    for activity in reversed(view.lead_view.person.activities[-view.terms.notices.card.timeline :]):
        term = view.terms.events.by_kind.get(activity.kind)
        title = term.title if term and activity.kind != OTHER else activity.name
        about = f": {activity.asset or activity.title}" if activity.asset or activity.title else ""
        words = f" “{activity.text}”" if activity.text else ""
        yield one_line(f"{format_time(activity.at, view.zone)} {title}{about}{words}", 400)
