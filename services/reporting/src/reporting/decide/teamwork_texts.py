"""Lines of a lead's timeline about what the teams keep for each other, and about the customer after the deal."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from events import Event
from events.enrolment import CampaignEntered
from events.teamwork import (
    ActionItem,
    AssessmentAnswered,
    ContentRated,
    ContentRequested,
    CustomerChurned,
    CustomerRenewed,
    LeadEnrolled,
    LeadSnoozed,
    PartnerNoted,
)
from events.vocabulary import humanize
from reporting.decide.terms import Terms

Text = Callable[[Any, Terms], str]
"""From an event's data to its line."""


def _snoozed(data: LeadSnoozed.Data, terms: Terms) -> str:
    return f"{terms.doer(data)} puts it off until {terms.moment(data.until)}"


def _enrolled(data: LeadEnrolled.Data, terms: Terms) -> str:
    who = f"the account {data.account}" if data.account else "the lead"
    return f"{terms.doer(data)} puts {who} into the campaign {data.campaign}"


def _entered(data: CampaignEntered.Data, terms: Terms) -> str:
    return f"In the campaign “{data.title}” of the mail tool"


def _renewed(data: CustomerRenewed.Data, terms: Terms) -> str:
    amount = f", {data.amount}" if data.amount else ""
    until = f", until {data.until:%d %b %Y}" if data.until else ""
    return f"Contract of deal {data.deal} renewed{amount}{until}"


def _churned(data: CustomerChurned.Data, terms: Terms) -> str:
    why = f": {humanize(data.reason)}" if data.reason else ""
    return f"Customer no more by deal {data.deal}{why}"


def _content_requested(data: ContentRequested.Data, terms: Terms) -> str:
    return f"{terms.doer(data)} asks marketing for content"


def _content_rated(data: ContentRated.Data, terms: Terms) -> str:
    word = {True: "uses", False: "does not use", None: "speaks about"}[data.used]
    why = f": {data.reason}" if data.reason else ""
    return f"{terms.doer(data)} {word} {data.asset}{why}"


def _partner_noted(data: PartnerNoted.Data, terms: Terms) -> str:
    return f"The partner {data.partner} writes" if data.from_partner else f"{terms.doer(data)} writes to {data.partner}"


def _action_item(data: ActionItem.Data, terms: Terms) -> str:
    owner = f" for {terms.people.name(data.owner)}" if data.owner else ""
    due = f", due {data.due:%d %b}" if data.due else ""
    return f"Action item{owner}{due}" + (": done" if data.done else "")


def _assessed(data: AssessmentAnswered.Data, terms: Terms) -> str:
    return f"{terms.doer(data)} answers about {data.question}"


TEAMWORK: Final[Mapping[type[Event], Text]] = {
    LeadSnoozed: _snoozed,
    LeadEnrolled: _enrolled,
    CampaignEntered: _entered,
    CustomerRenewed: _renewed,
    CustomerChurned: _churned,
    ContentRequested: _content_requested,
    ContentRated: _content_rated,
    PartnerNoted: _partner_noted,
    ActionItem: _action_item,
    AssessmentAnswered: _assessed,
}
