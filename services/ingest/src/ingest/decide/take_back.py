"""Facts that were accepted once and that the database has forgotten since, said again at the door."""

from datetime import datetime
from typing import Final, TypedDict

from events import Event
from events.body import wire_values
from events.leads import (
    ConsentChanged,
    EngagementJudged,
    EngagementRecorded,
    LeadCaptured,
    LeadErased,
    LeadMerged,
    LeadUpdated,
    MailSent,
)
from events.sales_data import DealData, SalesData
from ingest.decide.submissions import (
    Consent,
    Engagement,
    Erase,
    Identify,
    Judgement,
    MailReport,
    Merge,
    SalesFact,
    Submission,
    subject_without_lead,
)

SOURCE: Final = "take-back"
"""Stands where a key's source would: who sent it first is not on the stream."""


class _Shared(TypedDict):
    """Fields that all submissions have."""

    source: str
    message_id: str
    original: datetime
    exact: bool
    historical: bool


def resubmitted(event: Event, message_id: str) -> Submission | None:
    """An event of `leads` or `sales` as a submission under this id.

    None for copies that a merge has made: the merge makes them again. None for all other topics.
    """
    given: _Shared = {
        "source": SOURCE,
        "message_id": message_id,
        "original": event.time,
        "exact": True,
        "historical": event.historical,
    }
    lead = event.subject
    submission: Submission | None = None
    match event:
        case LeadCaptured(data=data):
            submission = Identify(
                **given,
                channel=data.channel,
                email=data.email,
                facts=tuple(one for one in data.facts if (one.name, one.value) != ("email", data.email)),
                anonymous=data.anonymous_id,
                learned_from=next((one.source for one in data.facts if one.name == "email"), "segment"),
                context={"campaign": wire_values(data.campaign)} if data.campaign else {},
            )
        case LeadUpdated(data=data) if not data.merged:
            submission = Identify(**given, channel=SOURCE, lead=lead, facts=data.facts)
        case EngagementRecorded(data=data) if not data.merged:
            submission = Engagement(**given, channel=data.channel, lead=lead, data=data)
        case EngagementJudged(data=data):
            by, machine = data.verdict.by, data.verdict.machine
            submission = Judgement(
                **given, channel=SOURCE, lead=lead, engagement=data.message_id, machine=machine, by=by
            )
        case ConsentChanged(data=data):
            submission = Consent(**given, channel=data.channel, lead=lead, data=data)
        case MailSent(data=data) if not data.merged:
            submission = MailReport(**given, channel=SOURCE, lead=lead, data=data)
        case LeadMerged(data=data):
            submission = Merge(**given, channel=SOURCE, lead=lead, into=data.into)
        case LeadErased(data=data):
            submission = Erase(**given, channel=SOURCE, lead=lead, data=data)
        case Event(data=SalesData() as data):
            submission = _sales_fact(event, data, given)
    return submission


def _sales_fact(event: Event, data: SalesData, given: _Shared) -> SalesFact | None:
    if isinstance(data, DealData) and data.merged:
        return None
    other = subject_without_lead(data, named=event.subject != data.other_subject)
    known = None if other else event.subject
    return SalesFact(**given, channel="sales", event=type(event), data=data, rep=other, lead=known)
