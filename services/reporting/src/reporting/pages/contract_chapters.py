"""The sentences of the eight chapters of the agreement. Pure: the agreement and its places in, articles out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from agreement import Agreement
from agreement.problems import Positions
from agreement.service_levels import Promise, Reminder
from events.vocabulary import humanize, humanize_first
from reporting.pages.agreement_tables import starts_sentence, stops_sentence
from reporting.pages.contract import Article, Clause, Clauses, spoken
from reporting.pages.contract_goals import goals
from reporting.pages.contract_routing import routing
from reporting.pages.contract_scoring import doings, scoring
from reporting.pages.contract_work import notices, teams


def contract(agreement: Agreement, positions: Positions, name: Callable[[str], str]) -> dict[str, list[Article]]:
    """The articles of each chapter, by its name; `name` is that of a rep by id."""
    return {chapter: write(Clauses(agreement, chapter, positions, name)) for chapter, write in _CHAPTERS.items()}


def _definitions(say: Clauses) -> list[Article]:
    terms, one = say.terms, say.say
    return [
        Article(
            "House",
            (
                one("{house.name} counts days and weeks in the zone {house.zone}, and money in {house.currency}."),
                one(
                    "What happened {historical_after} or more before we heard of it is history: no page, no "
                    "clock, no turn."
                ),
                *(
                    (one("An edit of this agreement waits until {house.signed_by} have signed it."),)
                    if terms.house.signed_by
                    else ()
                ),
            ),
        ),
        Article(
            "Stages",
            tuple(
                one(
                    f"{humanize_first(stage.name)}: {{stages.{n}.enters_when|lower}}. "
                    f"{stage.owner.capitalize()} answers for it."
                )
                for n, stage in enumerate(terms.stages)
            ),
        ),
        Article(
            "From lead to MQL",
            (
                one(
                    "A lead becomes an MQL with {mql_gate.total_at_least} points or more, a human engagement within "
                    "{mql_gate.engaged_within}, and no disqualifier. A raised hand passes whatever the total, "
                    "unless a hard "
                    "disqualifier holds."
                ),
                one(
                    "One that comes back needs a new event of {re_mql.intent|or} intent; after a rejection it "
                    "also waits "
                    "{re_mql.cooldown}, unless the person raises a hand. It counts for the commitments again after "
                    "{cycles.counts_again_after}."
                ),
                one(
                    "Bands: "
                    + ", ".join(_band(n, band.name, band.at_least) for n, band in enumerate(terms.bands))
                    + "."
                ),
                one("Hard, never an MQL: " + _named(terms.disqualifiers, "hard") + "."),
                one("Soft, only by a raised hand: " + _named(terms.disqualifiers, "soft") + "."),
                one(
                    "A record is complete to 100: e-mail {completeness.email}, company {completeness.company}, "
                    "job title "
                    "{completeness.job_title}, lead source {completeness.lead_source}, intent "
                    "{completeness.intent_signal}, "
                    "name {completeness.name}. {placeholders|count} words that look like an answer count 0."
                ),
            ),
        ),
        Article(
            "From SAL to SQL",
            (
                one(
                    "Sales-qualified means that the need is confirmed, and {qualification.further} of budget, "
                    "authority and "
                    "timeline (within {qualification.timeline_months_at_most} months)."
                ),
                one(
                    "A rep rates a lead from {lead_quality.worst} to {lead_quality.best}. A deal is lost for "
                    "{lost_reasons|or}."
                ),
            ),
        ),
        Article(
            "Whose word counts",
            (
                one(
                    "Of contradicting facts the source that stands first wins; what a person corrected is never "
                    "replaced by a "
                    "machine. Contradictions between {stewards.trusted|list} about {stewards.facts|list} go to "
                    "a steward."
                ),
                one(
                    "While size or country is unknown and somebody may still tell it, a lead waits at most "
                    "{enrichment.limit}, "
                    "after a raised hand {enrichment.hand_raise_limit}."
                ),
            ),
        ),
    ]


def _band(number: int, name: str, at_least: int | None) -> str:
    return f"{name} below {{bands.{number}.below}}" if at_least is None else f"{name} from {{bands.{number}.at_least}}"


def _named(rows: tuple[object, ...], severity: str) -> str:
    chosen = [n for n, row in enumerate(rows) if getattr(row, "severity", None) == severity]
    return "; ".join(f"{{disqualifiers.{n}.text|lower}}" for n in chosen)


def _service_levels(say: Clauses) -> list[Article]:
    terms, one = say.terms, say.say
    return [
        Article("Promises", tuple(_promise(say, n, promise) for n, promise in enumerate(terms.promises))),
        Article(
            "Each month",
            (
                one("Marketing brings {commitments.volume.per_month} MQLs.", "volume"),
                one(
                    "{commitments.completeness.target_percent|percent} of them are complete to "
                    "{commitments.completeness.score} "
                    "of 100.",
                    "completeness",
                ),
                one(
                    "{commitments.quality.target_percent|percent} of them become SQLs: marketing’s promise of "
                    "quality, judged "
                    "after {commitments.quality.mature_after} and from {commitments.quality.leads_at_least} leads on.",
                    "quality",
                ),
                one(
                    "{commitments.conversion.target_percent|percent} of them become SQLs: sales’ promise of work.",
                    "conversion",
                ),
                one(
                    "Each pool that was offered a lead rates at least one every {commitments.feedback.every}.",
                    "feedback",
                ),
            ),
        ),
        Article(
            "When a promise is not kept",
            (
                one(
                    "{kept_percent|percent} of a promise’s clocks must be kept; {amber_within_points} points "
                    "below that is amber, "
                    "further down red."
                ),
                one(f"When so much of the time is gone, these hear of it: {_heard('reminders', terms.reminders)}."),
                one(
                    "At {repool.percent|percent} the lead goes back to its pool; of "
                    "{repool.manager_decides_for|list} leads the "
                    "manager decides."
                ),
                one(
                    "A hand that is raised on shift should be answered within {answer_goal} (a goal, no promise)."
                    + (" After {pass_on_after} it goes to the next rep on shift." if terms.pass_on_after else "")
                ),
                one(
                    "When no channel had brought the offer to its rep, the breach is charged to the "
                    "{failed_channels_charged_to}."
                ),
            ),
        ),
    ]


def _promise(say: Clauses, number: int, promise: Promise) -> Clause:
    here = f"promises.{number}"
    within = f"within {{{here}.target}}" if promise.target else "by the lead's urgency"
    if not promise.target:
        urgencies = [f"{spoken(one.first_touch)} for {humanize(one.name)}" for one in say.agreement.routing.urgency]
        within += f" ({', '.join(urgencies)})"
    kept = f" At least {{{here}.kept_percent|percent}} are kept." if promise.kept_percent is not None else ""
    clock = " Its clock never resets." if promise.level == "lead" else ""
    own = f" Of its time: {_heard(f'{here}.reminders', promise.reminders)}." if promise.reminders else ""
    return say.say(
        f"“{{{here}.title}}” ({promise.side}): {within}, {starts_sentence(promise.starts)}; kept "
        f"{stops_sentence(promise.stops, promise.attempts or 1)}.{clock}{kept}{own}",
        promise.name,
    )


def _heard(here: str, reminders: Sequence[Reminder]) -> str:
    """Who hears at which share of the time, and how: `at 50 % rep, by the card alone; at 100 % manager`."""
    return "; ".join(
        f"at {{{here}.{n}.percent|percent}} {{{here}.{n}.to|list}}" + (", by the card alone" if one.quiet else "")
        for n, one in enumerate(reminders)
    )


_CHAPTERS: Final[Mapping[str, Callable[[Clauses], list[Article]]]] = {
    "definitions": _definitions,
    "scoring": scoring,
    "routing": routing,
    "service_levels": _service_levels,
    "teams": teams,
    "events": doings,
    "notices": notices,
    "goals": goals,
}
