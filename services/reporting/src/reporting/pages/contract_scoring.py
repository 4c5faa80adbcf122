"""The sentences of two chapters of the agreement: how a lead is scored, and what people do."""

from collections.abc import Mapping
from typing import Final

from agreement import Agreement
from events.vocabulary import humanize, humanize_first
from reporting.pages.contract import Article, Clauses, and_list


def scoring(say: Clauses) -> list[Article]:
    """Of each model who they are and what they do; and the account."""
    one, articles = say.say, []
    several = len(say.terms.models) > 1
    for n, model in enumerate(say.terms.models):
        at, title = f"models.{n}", f" ({model.name})" if several else ""
        fit = [
            one(
                "Company size: "
                + ", ".join(
                    f"{{{at}.fit.employees.{k}.points|signed}} for {{{at}.fit.employees.{k}.employees}} people"
                    for k in range(len(model.fit.employees))
                )
                + "."
            ),
            *(
                one(
                    f"{label}: "
                    + ", ".join(
                        f"{humanize(name)} {{{at}.fit.{field}.{name}|signed}}" for name in getattr(model.fit, field)
                    )
                    + "."
                )
                for field, label in _FIT.items()
            ),
            *(
                one(f"{humanize_first(rule.name)}: {{{at}.fit.further.{k}.points|signed}}.")
                for k, rule in enumerate(model.fit.further)
            ),
            one(
                f"Together from {{{at}.fit.lowest|signed}} to {{{at}.fit.highest|signed}}. Unknown is worth 0, "
                f"never minus."
            ),
        ]
        acts = [one(_act(say.agreement, at, k)) for k in range(len(model.engagement.rules))]
        rest = [
            one(
                f"Every {{{at}.engagement.visits.nth}}th "
                f"{and_list([humanize(kind) for kind in model.engagement.visits.of], 'or')} "
                f"counts as a {humanize(model.engagement.visits.kind)}, too."
            ),
            *(
                one(
                    f"After {{{at}.engagement.decay.{k}.after}} of silence "
                    f"{{{at}.engagement.decay.{k}.keep_percent|percent}} "
                    "of the points for engagement stay."
                )
                for k in range(len(model.engagement.decay))
            ),
            one(
                f"Together from {{{at}.engagement.lowest}} to {{{at}.engagement.highest}}; what exceeds that is "
                f"not banked."
            ),
        ]
        articles += [Article(f"Who they are{title}", tuple(fit)), Article(f"What they do{title}", (*acts, *rest))]
    return [
        *articles,
        Article(
            "A company",
            (
                one(
                    "An account’s score is its best lead’s total, and {account.further_person} for each further "
                    "person who engaged, "
                    "at most {account.highest}."
                ),
            ),
        ),
    ]


_FIT: Final[Mapping[str, str]] = {"industry": "Industry", "seniority": "Seniority", "geography": "Place"}


def _act(agreement: Agreement, at: str, number: int) -> str:
    rule = agreement.scoring.models[int(at.split(".")[1])].engagement.rules[number]
    here = f"{at}.engagement.rules.{number}"
    term = agreement.events.by_kind.get(rule.kind)
    title = humanize_first(term.title if term else rule.kind)
    often = {
        None: "each time",
        "lead": "only once",
        "asset": "once for each asset",
        "message": "once for each message",
        "period": f"once in {{{here}.period}}",
    }[rule.once_per]
    cap = f", at most {{{here}.at_most.points}} in {{{here}.at_most.within}}" if rule.at_most else ""
    return f"{title}: {{{here}.points|signed}}, {often}{cap}."


def doings(say: Clauses) -> list[Article]:
    """What people and machines do, and what our tools call it."""
    one, terms = say.say, say.terms
    intents: dict[str, list[int]] = {}
    for n, kind in enumerate(terms.kinds):
        intents.setdefault(kind.intent, []).append(n)
    raised = [n for n, kind in enumerate(terms.kinds) if kind.hand_raise]
    return [
        Article(
            "What people do",
            (
                *(
                    one(
                        f"{'No' if intent == 'none' else intent.capitalize()} intent: "
                        + and_list([f"{{kinds.{n}.title}}" for n in some])
                        + "."
                    )
                    for intent, some in intents.items()
                ),
                one("A hand is raised by " + and_list([f"{{kinds.{n}.title}}" for n in raised], "or") + "."),
            ),
        ),
        Article(
            "What machines do",
            (
                one(
                    "An engagement is a machine’s when its program has one of "
                    "{machines.scanner_user_agents|count} words, when "
                    "{machines.distinct_links} different links of one message were followed within "
                    "{machines.within}, or when a "
                    "click came within {machines.after_delivery} of delivery. It is kept, marked, and worth 0."
                ),
            ),
        ),
        Article(
            "What our tools call it",
            (
                one(
                    "{track|count} events, {forms|count} forms and {pages|count} beginnings of pages have a "
                    "meaning; all other "
                    "pages are a {other_pages|words}, all other forms a {other_forms|words}."
                ),
            ),
        ),
    ]
