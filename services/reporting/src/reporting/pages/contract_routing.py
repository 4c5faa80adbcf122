"""The sentences of the chapter routing: whose lead it is, how fast, and what becomes of one that comes back."""

from collections.abc import Mapping
from typing import Final

from agreement.routing import RejectReason
from events.vocabulary import humanize, humanize_first
from reporting.pages.contract import Article, Clauses, and_list

_THEN: Final[Mapping[str, str]] = {
    "merge": "it is joined to the record that sales has",
    "disqualify": "it is disqualified",
    "steward": "a steward puts its data right",
    "suppress": "nobody gets it",
    "reroute": "it goes on to the right rep",
    "nurture": "it goes to nurture",
    "repool": "it goes back to the pool",
}


def routing(say: Clauses) -> list[Article]:
    """Whose lead it is, how fast, and what becomes of one that comes back."""
    terms, one = say.terms, say.say
    return [
        Article(
            "Who gets a lead: the first step that matches",
            tuple(one(f"{step.number}. {{steps.{n}.text}}.") for n, step in enumerate(terms.steps)),
        ),
        Article(
            "How fast",
            (
                *(
                    one(
                        f"{humanize_first(term.name)}: first touch within {{urgency.{n}.first_touch}}"
                        + (f", flagged {humanize(term.flag)}." if term.flag else ".")
                    )
                    for n, term in enumerate(terms.urgency)
                ),
                one(
                    "Two leads of one company within {same_company_within} go to the same rep. A referral "
                    "counts {referral.within}; "
                    "one whose partner has no owner goes to {referral.partner_manager|rep}."
                ),
                one(
                    "When nobody of the pool can take it: if urgent {nobody_eligible.urgent|or}, otherwise "
                    "{nobody_eligible.otherwise|or}; when everyone is at the cap {nobody_eligible.everyone_capped|or}."
                ),
            ),
        ),
        Article(
            "What a rep may answer",
            (
                *(one(_reason(n, reason)) for n, reason in enumerate(terms.reject_reasons)),
                one(
                    "A lead is passed on at most {repools_at_most} times; then its manager decides, and "
                    "operations hears of one who "
                    "does not within {decisions.escalated_after}."
                ),
            ),
        ),
        Article(
            "How it is worked",
            (
                one(
                    "Outreach: "
                    + "; ".join(
                        f"business day {{outreach.{n}.business_day}} by "
                        f"{and_list([terms.channel_title(name) for name in step.channels])}"
                        for n, step in enumerate(terms.outreach)
                    )
                    + "."
                ),
                one(
                    "Unresponsive means {unresponsive.attempts} attempts on {unresponsive.channels} channels, "
                    "the first "
                    "{unresponsive.after} ago."
                ),
                one(
                    "Work without activity stalls after {stalls.after} (an opportunity after "
                    "{stalls.opportunity_after}): its owner "
                    "hears of it, {stalls.manager_after} later the manager, {stalls.nurture_after} later it "
                    "goes to nurture."
                ),
            ),
        ),
        Article(
            "Nurture and return",
            (
                one(
                    "From {nurture.total_at_least} points up, without passing the gate, a lead waits in segment "
                    "{nurture.segment}; below that in {nurture.below_segment|words}. Nobody gets more than "
                    "{nurture.mails_a_month_at_most} mails a month."
                ),
                *(
                    one(
                        f"{{nurture.segments.{n}.title}} (segment {humanize(part.segment)}): "
                        f"{{nurture.segments.{n}.mails_a_month}} "
                        f"{'mail' if part.mails_a_month.at_most == 1 else 'mails'} a month; out when "
                        f"{and_list([humanize(name) for name in part.leaves_when], 'or')}"
                        + (
                            f"; after {{nurture.segments.{n}.silence.after}} of silence to "
                            f"{humanize(part.silence.then)}."
                            if part.silence
                            else "."
                        )
                    )
                    for n, part in enumerate(terms.nurture.segments)
                ),
                one(
                    "A lost deal comes back after {recycling.lost_deal_after}, at the latest after "
                    "{recycling.lost_deal_at_latest}; a company when there is {recycling.company_events|or}."
                ),
            ),
        ),
    ]


def _reason(number: int, reason: RejectReason) -> str:
    then = _THEN.get(reason.then or "", "")
    turn = "the rep has the turn back" if reason.turn == "credited" else "the turn counts"
    more = "; it is taken as a fault of scoring" if reason.feedback_to_scoring else ""
    more += "; marketing owes one more" if reason.lead_guarantee else ""
    return f"“{{reject_reasons.{number}.title}}”: {then}, {turn}{more}."
