"""The assignment card: everything domain.md, section 6, says the rep must see."""

from collections.abc import Iterator

from events import Money
from notifier.decide import Clock, Offer
from notifier.render.message import Facts, Message, Part
from notifier.render.words import listed, number, plain, spoken, when

_FLAGS = {
    "hot": "Hot lead",
    "referral": "Referral",
    "target_account": "Target account",
    "no_local_cover": "No local cover",
}
_CLOCKS = {"met": "done", "late": "done late", "breached": "missed", "void": "no longer running"}


def card(facts: Facts) -> Message:
    """Of an offer that has ended it says so, and offers no buttons."""
    offer = facts.desk.matter.offers[facts.about]
    open_ = offer.answer == "offered" and offer.successor is None
    return Message(
        title=plain(f"{_flag(offer)}: {facts.who}", 150),
        summary=_summary(offer, facts),
        parts=tuple(part for part in _parts(offer, facts) if part.fields or part.lines),
        answer={"lead": facts.lead, "assignment": offer.assignment, "version": offer.version} if open_ else None,
        link=facts.page,
    )


def _flag(offer: Offer) -> str:
    flags = [offer.flag, *offer.flags] if offer.flag else list(offer.flags)
    names = [_FLAGS.get(flag, spoken(flag).capitalize()) for flag in dict.fromkeys(flags) if flag]
    return ", ".join(names) or "New lead"


def _summary(offer: Offer, facts: Facts) -> str:
    score = f"score {offer.snapshot.total} ({offer.snapshot.band})"
    if offer.successor:
        return f"Already reassigned to {facts.rep(offer.successor)}. Nothing to do for you."
    if offer.answer == "returned":
        return f"No longer yours: {spoken(offer.reason or 'returned')}."
    if offer.answer == "accepted":
        stage = f", stage {offer.stage}" if offer.stage else ""
        at = f" on {when(offer.answered_at, facts.zone)}" if offer.answered_at else ""
        return f"Accepted by {facts.rep(offer.rep)}{at}{stage}."
    due = min((clock.due for clock in _running(offer, facts)), default=None)
    until = f", first answer due {when(due, facts.zone)}" if due else ""
    return f"{plain(facts.who, 120)} is yours, {score}{until}."


def _running(offer: Offer, facts: Facts) -> list[Clock]:
    return [clock for clock in facts.desk.matter.clocks_of(offer.assignment) if clock.state == "running"]


def _parts(offer: Offer, facts: Facts) -> Iterator[Part]:
    yield Part("Due", tuple(_due(offer, facts)))
    yield Part("Score", tuple(_score(offer)), tuple(_lines(offer, facts)))
    yield Part("Intent", lines=_signals(offer, facts))
    yield Part("Person", tuple(_person(facts)))
    yield Part("Company", tuple(_company(offer, facts)))
    yield Part("Suggested talking points", lines=tuple(_talk(offer, facts)))
    yield Part("Lately", lines=tuple(_timeline(facts)))


def _due(offer: Offer, facts: Facts) -> Iterator[tuple[str, str]]:
    for clock in facts.desk.matter.clocks_of(offer.assignment):
        title = facts.promise(clock.promise)
        done = f" ({_CLOCKS[clock.state]})" if clock.state in _CLOCKS else ""
        yield title, f"{when(clock.due, facts.zone)}{done}"


def _score(offer: Offer) -> Iterator[tuple[str, str]]:
    shot = offer.snapshot
    yield "Total", f"{shot.total} ({shot.band})"
    yield "Fit", str(shot.fit)
    yield "Engagement", str(shot.engagement)
    yield "Complete", f"{shot.completeness} of 100"


def _lines(offer: Offer, facts: Facts) -> Iterator[str]:
    weightiest = sorted(offer.snapshot.lines, key=lambda line: -abs(line.points))
    for line in weightiest[: facts.terms.notices.card.score_lines]:
        yield f"{line.points:+d} {plain(line.because or spoken(line.rule), 150)}"


def _signals(offer: Offer, facts: Facts) -> tuple[str, ...]:
    shown = offer.snapshot.signals[: facts.terms.notices.card.signals]
    sentence = listed(plain(signal.text, 150) for signal in shown)
    return (sentence[:1].upper() + sentence[1:],) if sentence else ()


def _person(facts: Facts) -> Iterator[tuple[str, str]]:
    for label, fact in (("Name", ""), ("Job title", "title"), ("E-mail", "email"), ("Phone", "phone")):
        value = facts.of(fact) if fact else facts.name
        if value:
            yield label, plain(value, 200)
    if facts.desk.person.refused:
        yield "Wants no", plain(", ".join(facts.desk.person.refused), 200)


def _company(offer: Offer, facts: Facts) -> Iterator[tuple[str, str]]:
    known = offer.snapshot.facts
    stack = facts.of("tech_stack") or known.tech_stack
    tools = ", ".join(map(str, stack)) if isinstance(stack, list | tuple) else stack
    for label, value in (
        ("Company", facts.of("company") or known.company),
        ("Employees", facts.of("employees") or known.employees),
        ("Revenue", _money(facts.of("revenue")) or known.revenue),
        ("Industry", facts.of("industry") or known.industry),
        ("Tech stack", tools),
        ("Country", facts.of("country") or known.country),
    ):
        if value:
            yield label, plain(number(value), 200)


def _money(value: object) -> str | None:
    if not isinstance(value, dict):
        return str(value) if value else None
    money = Money.model_validate(value)
    return f"{money.amount // 100:,} {money.currency}"


def _talk(offer: Offer, facts: Facts) -> Iterator[str]:
    """Drawn from the content consumed (words of the assets), then from what was done."""
    terms = facts.terms.notices
    doings = facts.desk.person.doings
    titles = [text for doing in doings for text in (doing.asset, doing.title) if text]
    read = " ".join([*offer.snapshot.assets, *titles]).lower()
    kinds = {signal.kind for signal in offer.snapshot.signals} | {doing.kind for doing in doings}
    by_asset = [point for point in terms.talking_points if any(word in read for word in point.asset_words)]
    by_kind = [point for point in terms.talking_points if kinds & set(point.kinds) and point not in by_asset]
    for point in [*by_asset, *by_kind][: terms.card.talking_points]:
        yield f"{point.topic}: {point.say}"


def _timeline(facts: Facts) -> Iterator[str]:
    for doing in reversed(facts.desk.person.doings[-facts.terms.notices.card.timeline :]):
        term = facts.terms.events.by_kind.get(doing.kind)
        title = term.title if term and doing.kind != "other" else doing.name
        about = f": {doing.asset or doing.title}" if doing.asset or doing.title else ""
        wrote = f" “{doing.text}”" if doing.text else ""
        yield plain(f"{when(doing.at, facts.zone)} {title}{about}{wrote}", 400)
