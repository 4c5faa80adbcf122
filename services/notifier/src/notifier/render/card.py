"""The assignment card, in the order in which a rep needs it: who, what they want, by when, one thing to say, buttons;
then in grey what is looked up (domain.md, section 6)."""

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from agreement.content import persona_of, recommended
from agreement.outreach import is_under_way, next_step, outreach_plan, sequence_titles
from agreement.talking_points import talking_points
from events.buttons import OfferButton
from events.leads import OTHER
from events.vocabulary import humanize, humanize_first
from notifier.decide import HOT, HandoffClock, Offer
from notifier.render.message import Message, MessagePart, NoticeView
from notifier.render.wording import format_fact, format_time, join_list, one_line

_FLAGS: Final = {
    "referral": "Referral",
    "target_account": "Target account",
    "expansion": "Expansion of a customer",
    "no_local_cover": "No local cover",
}
_FIRE: Final = "🔥"
_OVER: Final = {"met": "done", "late": "done late", "void": "no longer running"}
_BY: Final = {"pool": "by turn", "on_call": "on call"}


def card(view: NoticeView) -> Message:
    """Of an offer that has ended it says so, and offers no buttons."""
    offer = view.lead_view.handoff.offers[view.about]
    open_ = offer.answer == "offered" and offer.successor is None
    button = OfferButton(lead=view.lead, assignment=offer.assignment)
    theirs = offer.answer != "returned" and offer.successor is None
    return Message(
        title=one_line(_title(offer, view), 150),
        words=_words(offer, view),
        summary=_summary(offer, view),
        parts=tuple(part for part in _parts(offer, view) if part.lines),
        details=tuple(line for line in _details(offer, view) if line),
        subject=_subject(offer, view),
        offer=button if open_ else None,
        work=button.replaced(pool=offer.pool) if theirs else None,
        link=view.page,
    )


def _title(offer: Offer, view: NoticeView) -> str:
    """Who: name, job title, company with what is known of it."""
    facts = [format_fact(view.fact(name)) for name in ("employees", "industry", "country")]
    known = ", ".join(fact for fact in facts if fact)
    company = view.fact("company")
    of_company = f"{company} ({known})" if company and known else company
    who = " · ".join(str(one) for one in (view.name, view.fact("title"), of_company) if one)
    return f"{_FIRE} {who}" if offer.is_hot else who


def _flags(offer: Offer) -> str:
    """What is special about the lead; that it is hot the title says."""
    flags = [offer.flag, *offer.flags] if offer.flag else list(offer.flags)
    return ", ".join(_FLAGS.get(one, humanize_first(one)) for one in dict.fromkeys(flags) if one and one != HOT)


def _words(offer: Offer, view: NoticeView) -> str:
    """The person's own words first, then what was done."""
    activities = view.lead_view.person.activities
    quote = next((one.text for one in reversed(activities) if one.text), None)
    shown = offer.snapshot.signals[: view.terms.notices.card.signals]
    done = join_list(one_line(signal.text, 150) for signal in shown)
    return " ".join(one for one in (f"“{one_line(quote, 400)}”" if quote else "", done[:1].upper() + done[1:]) if one)


def _summary(offer: Offer, view: NoticeView) -> str:
    """By when; whatever is late already comes first."""
    if offer.successor:
        return f"Already reassigned to {view.rep(offer.successor)}. Nothing to do for you."
    if offer.answer == "returned":
        return f"No longer yours: {view.reason(offer.reason or 'returned')}."
    clocks = view.lead_view.handoff.clocks_of(offer.assignment)
    late = [f"{view.promise(one.promise)} was due {_at(one, view)}" for one in clocks if one.state == "breached"]
    first = f"Late: {join_list(late)}. " if late else ""
    first += _flags(offer) and f"{_flags(offer)}. "
    if offer.answer == "accepted":
        stage = f", stage {offer.stage}" if offer.stage else ""
        at = f" on {format_time(offer.answered_at, view.zone)}" if offer.answered_at else ""
        first += f"Accepted by {view.rep(offer.rep)}{at}{stage}. "
    promises = " · ".join(_promise(one, view) for one in clocks if one.state != "breached")
    return f"{first}{promises}".strip() or f"{one_line(view.who, 120)} is yours."


def _promise(clock: HandoffClock, view: NoticeView) -> str:
    title = view.promise(clock.promise)
    if clock.state in _OVER:
        return f"{title}: {_OVER[clock.state]}"
    used = f" ({clock.reminded} % of the time is gone)" if clock.reminded else ""
    return f"{title} by {_at(clock, view)}{used}"


def _at(clock: HandoffClock, view: NoticeView) -> str:
    return f"{clock.due.astimezone(ZoneInfo(view.zone)):%a %H:%M %Z}"


def _subject(offer: Offer, view: NoticeView) -> str:
    """`Due 14:05 · Victor Okafor, VP Sales at Comet Group: demo request`: a phone shows 40 characters of it."""
    zone = ZoneInfo(view.zone)
    due = min((clock.due.astimezone(zone) for clock in _running(offer, view)), default=None)
    clocks = view.lead_view.handoff.clocks_of(offer.assignment)
    late = any(clock.state == "breached" for clock in clocks)
    when = "Late" if late else ""
    if due and not late:
        when = f"Due {due:%H:%M}" if due.date() == offer.at.astimezone(zone).date() else f"Due {due:%a %H:%M}"
    title, company = view.fact("title"), view.fact("company")
    job = " at ".join(str(one) for one in (title, company) if one)
    signal = next(iter(offer.snapshot.signals), None)
    wants = f": {signal.text}" if signal else ""
    return " · ".join(one for one in (when, f"{view.name}, {job}{wants}" if job else f"{view.name}{wants}") if one)


def _running(offer: Offer, view: NoticeView) -> list[HandoffClock]:
    return [clock for clock in view.lead_view.handoff.clocks_of(offer.assignment) if clock.state == "running"]


def _parts(offer: Offer, view: NoticeView) -> Iterator[MessagePart]:
    """One thing to say, and the next step."""
    yield MessagePart("", lines=(*_say(offer, view), *_send(offer, view), *_next_step(offer, view)))


def _next_step(offer: Offer, view: NoticeView) -> Iterator[str]:
    """By the agreed outreach, while nobody has answered."""
    terms = view.terms.routing
    if offer.answer == "returned" or offer.successor or not is_under_way(offer.stage, offer.status):
        return
    if view.terms.people.rep(offer.rep) is None:
        return
    plan = outreach_plan(terms, view.terms.calendars.of_rep(offer.rep), offer.at, offer.attempts)
    step, sequence = next_step(plan, terms), sequence_titles(terms, offer.snapshot.facts.employees)
    beside = f"beside it runs the outbound sequence by {' and '.join(sequence)}" if sequence else ""
    steps = [f"{step.day:%a %d %b}, {step.text[:1].lower()}{step.text[1:]}" if step else "", beside]
    if any(steps):
        yield "Next: " + "; ".join(one for one in steps if one)


def _details(offer: Offer, view: NoticeView) -> Iterator[str]:
    """What is looked up: the score and why the lead is the rep's, person and company, what happened lately."""
    shot = offer.snapshot
    weightiest = sorted(shot.lines, key=lambda line: -abs(line.points))[: view.terms.notices.card.score_lines]
    lines = ", ".join(f"{one.points:+d} {one_line(one.because or humanize(one.rule), 100)}" for one in weightiest)
    product = f", for {shot.product}" if shot.product else ""
    score = f"{shot.total} ({shot.band}{product}) = fit {shot.fit} + engagement {shot.engagement}"
    pool = view.terms.teams.pool_by_id.get(offer.pool or "")
    why = f"yours {_BY.get(offer.rule, f'by the rule “{humanize(offer.rule)}”')}" + (
        f" in {pool.title}" if pool else ""
    )
    known = f"{shot.completeness} % of the data known"
    yield " · ".join(one for one in (f"{score}: {lines}" if lines else score, known, why) if one)
    facts = [format_fact(view.fact(name)) for name in ("email", "phone", "revenue", "tech_stack")]
    refused = view.lead_view.person.refused_channels
    wants = f"wants no {', '.join(refused)}" if refused else ""
    yield " · ".join(one_line(one, 200) for one in (*facts, wants) if one)
    lately = "; ".join(_timeline(view))
    yield f"Lately: {lately}" if lately else ""


def _say(offer: Offer, view: NoticeView) -> Iterator[str]:
    """What the rep may say, by the content that the person took in and what else was done."""
    activities = view.lead_view.person.activities
    titles = [text for activity in activities for text in (activity.asset, activity.title) if text]
    kinds = {signal.kind for signal in offer.snapshot.signals} | {activity.kind for activity in activities}
    for point in talking_points(view.terms.notices, view.terms.events, [*offer.snapshot.assets, *titles], kinds):
        yield f"Say: {point.say} ({point.topic})"


def _send(offer: Offer, view: NoticeView) -> Iterator[str]:
    """Content of the library that the person has not taken in yet, by stage and persona."""
    if offer.answer == "returned" or offer.successor:
        return
    facts, activities = offer.snapshot.facts, view.lead_view.person.activities
    consumed = [text for one in activities for text in (one.asset, one.title) if text]
    for one in recommended(
        view.library,
        persona=persona_of(facts.function, facts.seniority),
        stage=offer.stage or "mql",
        consumed=[*offer.snapshot.assets, *consumed],
        today=(view.now or offer.at).astimezone(ZoneInfo(view.terms.zone)).date(),
        most=view.terms.notices.card.content,
    ):
        yield one_line(f"Send: {one.title} ({humanize(one.kind)})" + (f" {one.url}" if one.url else ""), 300)


def _timeline(view: NoticeView) -> Iterator[str]:
    """What the agreement has no kind for keeps the name that its tool gave it."""
    for activity in reversed(view.lead_view.person.activities[-view.terms.notices.card.timeline :]):
        term = view.terms.events.by_kind.get(activity.kind)
        title = term.title if term and activity.kind != OTHER else activity.name
        about = f": {activity.asset or activity.title}" if activity.asset or activity.title else ""
        words = f" “{activity.text}”" if activity.text else ""
        yield one_line(f"{format_time(activity.at, view.zone)} {title}{about}{words}", 400)
