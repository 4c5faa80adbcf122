"""The sentences of the chapter goals: where we want to be, and how money is credited."""

from events.vocabulary import humanize
from reporting.pages.contract import Article, Clauses


def goals(say: Clauses) -> list[Article]:
    """The plan, and how money is credited."""
    terms, one = say.terms, say.say
    return [
        Article(
            "Revenue",
            (
                one(
                    "From {revenue.start} to {revenue.target} in {revenue.months} months, a deal being {revenue.deal}."
                ),
                one(
                    "Of MQLs {conversions.mql_to_sql|percent} become SQLs, of these "
                    "{conversions.sql_to_opportunity|percent} "
                    "opportunities, of these {conversions.opportunity_to_won|percent} are won."
                ),
                one("The open pipeline is {coverage.at_least} to {coverage.at_most} times the rest of the target."),
                one("One rep can work {plan.leads_per_rep} MQLs a month; a month has {plan.weeks_in_month} weeks."),
            ),
        ),
        Article(
            "Which touches have the credit",
            (
                one(
                    "A touch counts up to {attribution.lookback} back; an attempt and its answer within "
                    "{attribution.conversation} are "
                    "one. Unless asked otherwise: {attribution.default|words}."
                ),
                *(
                    one(
                        f"{{attribution.models.{n}.title}}: "
                        + (
                            ", ".join(
                                f"{humanize(name)} {{attribution.models.{n}.weights.{name}|percent}}"
                                for name in model.weights
                            )
                            or (
                                f"a touch weighs half for each {{attribution.models.{n}.half_life}} before the closing"
                                if model.half_life
                                else "all touches alike"
                            )
                        )
                        + (f", the others {{attribution.models.{n}.others|percent}}." if model.others else ".")
                    )
                    for n, model in enumerate(terms.attribution.models)
                ),
            ),
        ),
        Article(
            "Other currencies",
            tuple(
                one(
                    f"1 {{currencies.{n}.currency}} is {{currencies.{n}.rate}} "
                    f"{say.agreement.definitions.house.currency} from "
                    f"{rate.since} on."
                )
                for n, rate in enumerate(terms.currencies)
            ),
        ),
    ]
