"""What a partner is told of the agreement: who is wanted, what makes an MQL, and what becomes of a hand-over."""

from collections.abc import Callable, Sequence
from typing import Final

from agreement import Agreement
from agreement.definitions import IdealCustomer
from agreement.problems import Positions
from agreement.routing import Routing
from events.vocabulary import humanize
from reporting.pages.agreement_tables import text as plain_text
from reporting.pages.contract import and_list, spoken
from reporting.pages.contract_chapters import contract

_ARTICLES: Final = (
    ("definitions", "From lead to MQL"),
    ("definitions", "From SAL to SQL"),
)
"""Chapter and article, as the page of the agreement has them."""


def briefing(agreement: Agreement, name: Callable[[str], str]) -> list[tuple[str, Sequence[str]]]:
    """Headings with their sentences; `name` is that of a rep by id.

    What becomes of a lead within the house is not the partner's: of the hand-over it hears how fast, and the reasons.
    """
    chapters = contract(agreement, Positions(), name)
    articles = [
        (title, [clause.text for article in chapters[chapter] if article.title == title for clause in article.clauses])
        for chapter, title in _ARTICLES
    ]
    return [
        ("Who we look for", who_is_wanted(agreement.definitions.ideal_customer)),
        *articles,
        ("When we hand it over", hand_over(agreement.routing)),
    ]


def hand_over(routing: Routing) -> list[str]:
    """How fast a rep touches a lead first, and for which reasons one may come back."""
    urgencies = [f"{humanize(one.name)} within {spoken(one.first_touch)}" for one in routing.urgency]
    reasons = [f"“{one.title}”" for one in routing.reject_reasons if one.chosen_by_rep]
    return [
        f"A rep touches a lead first: {'; '.join(urgencies)}.",
        f"A referral counts as yours for {spoken(routing.referral.within)}.",
        f"A rep may return a lead for {and_list(reasons, 'or')}.",
    ]


def who_is_wanted(picture: IdealCustomer) -> list[str]:
    """The ideal customer in sentences."""
    return [
        f"Companies in {and_list(picture.business)} with {plain_text(picture.employees)} people; best of all "
        f"{plain_text(picture.sweet_spot)}.",
        f"Revenue from {picture.revenue_at_least} to {picture.revenue_at_most} a year, in {and_list(picture.places)}.",
        f"They use {and_list(picture.uses, 'or')}; funding: {and_list(picture.funding, 'or')}.",
        f"Speak with {and_list(picture.titles, 'or')}.",
        f"They work in {and_list([humanize(one) for one in picture.functions], 'or')}.",
    ]
