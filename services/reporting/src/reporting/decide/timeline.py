"""The timeline of a lead: one line for each event, as a person would say it."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final

from events import Event, deal_ends, deals, handoffs, history, leads, notices, sales, scores, slas
from events.sales_data import SalesData
from events.vocabulary import humanize, humanize_first
from reporting.decide.rows import Row
from reporting.decide.teamwork_texts import TEAMWORK, Text
from reporting.decide.terms import Terms

WORDS: Final = {"leads": ("text",), "sales": ("note", "text")}
"""Topics with words of or about the person, and the fields of an event that hold them."""


class TimelineEntry(Row, frozen=True):
    """All topics: one line of the timeline, and one link of the chain of causes. Never changes, but for `private`."""

    table: ClassVar[str] = "story"
    key: ClassVar[tuple[str, ...]] = ("lead", "event")
    personal: ClassVar[str | None] = "private"
    lead: str
    event: str
    at: datetime
    recorded_at: datetime
    type: str
    text: str
    private: str | None = None
    """What the person wrote, or a rep about the person."""
    cause: str | None = None
    """Id of the event that caused this one."""
    agreement: str | None = None
    historical: bool = False


def entry_of(event: Event, terms: Terms) -> TimelineEntry | None:
    """None for events that are about no lead, and for scores of other models than the headline's."""
    text = TEXTS.get(type(event))
    if (
        text is None
        or _about_no_lead(event)
        or (isinstance(event, scores.LeadScored) and _of_another_model(event.data))
    ):
        return None
    by_bot = isinstance(event, leads.EngagementRecorded) and terms.bots.judge(event)
    words = next((one for name in WORDS.get(event.topic, ()) if (one := getattr(event.data, name, None))), None)
    actor = getattr(event.data, "actor", None)
    entered = f" (entered by {terms.people.name(actor)})" if actor and getattr(event.data, "by", None) else ""
    return TimelineEntry(
        event.subject,
        event.id,
        event.time,
        event.recordedtime,
        event.type,
        text(event.data, terms) + (" (a machine)" if by_bot else "") + entered,
        private=str(words) if words else None,
        cause=event.causationid,
        agreement=event.agreement,
        historical=event.historical,
    )


def _about_no_lead(event: Event) -> bool:
    """A fact of an asset, an action item, a question or a whole account."""
    return isinstance(event.data, SalesData) and event.data.other_subject == event.subject


def _of_another_model(data: scores.LeadScored.Data) -> bool:
    """Only models that are not the headline moved."""
    return data.models is not None and data.was == data.total and not data.lines and data.signal is None


def _title(titles: Mapping[str, str], name: str) -> str:
    """The agreement's title, to stand within a sentence; the name itself of what is gone from the agreement."""
    title = titles.get(name, humanize(name))
    return title[:1].lower() + title[1:]


def _engaged(data: leads.EngagementRecorded.Data, terms: Terms) -> str:
    term = terms.kinds.get(data.kind)
    title = term.title.capitalize() if term and data.kind != "other" else data.name
    about = data.asset or data.title
    return f"{title}: {about}" if about and about.lower() != title.lower() else title


def _judged(data: leads.EngagementJudged.Data, terms: Terms) -> str:
    term = terms.kinds.get(data.kind)
    title = term.title.capitalize() if term and data.kind != leads.OTHER else data.name
    whose = "a machine's" if data.verdict.machine else "a person's"
    return f"{terms.people.name(data.verdict.by)} says that “{title}” of {terms.moment(data.occurred)} was {whose}"


def _captured(data: leads.LeadCaptured.Data, terms: Terms) -> str:
    campaign = f", campaign {data.campaign.name}" if data.campaign and data.campaign.name else ""
    return f"Became known through {data.channel.replace(':', ' ')}{campaign}"


def _updated(data: leads.LeadUpdated.Data, terms: Terms) -> str:
    return "Learned: " + ", ".join(humanize(fact.name) for fact in data.facts[:6])


def _scored(data: scores.LeadScored.Data, terms: Terms) -> str:
    why = f" ({data.reason})" if data.reason in ("decay", "correction") else ""
    return f"Score {data.total}: fit {data.fit} and engagement {data.engagement}, {data.band}{why}"


def _qualified(data: scores.LeadQualified.Data, terms: Terms) -> str:
    if data.how == "hand_raise":
        term = terms.kinds.get(data.trigger)
        return f"Raised a hand: {term.title if term else humanize(data.trigger)}"
    return f"Passed the gate with {data.total} ({data.gate.reason})"


def _assigned(data: handoffs.LeadAssigned.Data, terms: Terms) -> str:
    pool = f" from pool {data.pool}" if data.pool else ""
    again = f" ({_title(terms.reject_reasons, data.why_reassigned)})" if data.why_reassigned else ""
    return f"Assigned to {terms.people.name(data.rep)}{pool}: {humanize(data.rule)}{again}"


def _accepted(data: handoffs.LeadAccepted.Data, terms: Terms) -> str:
    return f"Accepted by {terms.people.name(data.rep)}" + (" (by contact)" if data.implied else "")


def _returned(data: handoffs.LeadReturned.Data, terms: Terms) -> str:
    return f"Came back from {terms.people.name(data.rep)}: {_title(terms.reject_reasons, data.reason)}"


def _nurtured(data: handoffs.LeadNurtured.Data, terms: Terms) -> str:
    goal = f" (goal: {data.goal})" if data.goal else ""
    return f"To nurture “{_title(terms.segments, data.segment)}”: {humanize(data.reason)}{goal}"


def _left_nurture(data: handoffs.NurtureLeft.Data, terms: Terms) -> str:
    return f"Out of nurture “{_title(terms.segments, data.segment)}”: {humanize(data.why or data.status)}"


def _suppressed(data: handoffs.LeadSuppressed.Data, terms: Terms) -> str:
    return f"Nobody gets this lead: {_title({**terms.reject_reasons, **terms.disqualifiers}, data.reason)}"


def _moved(data: handoffs.StageChanged.Data, terms: Terms) -> str:
    if data.flags is not None and (data.stage, data.status) == (data.stage_from, data.status_from):
        return f"Flags: {', '.join(map(humanize, data.flags)) or 'none'}"
    stage = humanize_first(data.stage)
    if data.withdrawn:
        return f"MQL withdrawn: {humanize(data.why)}"
    status = f", {humanize(data.status)}" if data.status != "new" else ""
    return f"{stage}{status}" + (f": {humanize(data.why)}" if data.why else "")


def _ignored(data: handoffs.AnswerIgnored.Data, terms: Terms) -> str:
    return f"Answer “{humanize(data.answer)}” by {terms.people.name(data.by)} changed nothing: {data.text}"


def _owner_told(data: handoffs.OwnerTold.Data, terms: Terms) -> str:
    if data.why == "nudged":
        return f"{terms.people.name(data.rep)} told: {terms.people.name(data.by) if data.by else 'a manager'} asks"
    if data.why == "one_channel":
        return f"{terms.people.name(data.rep)} told: no answer, and tried by one channel only"
    return f"{terms.people.name(data.rep)} told of new activity: {humanize(data.why)}"


def _withheld(data: history.HandoffWithheld.Data, terms: Terms) -> str:
    to = terms.people.name(data.rep) if data.rep else data.pool or humanize(data.to or "nobody")
    return f"History: would have gone to {to} ({humanize(data.rule or data.kind)})"


def _sales_rejected(data: sales.SalesRejected.Data, terms: Terms) -> str:
    return f"{terms.doer(data)} answered: reject, {_title(terms.reject_reasons, data.reason)}"


def _connected(data: sales.ContactConnected.Data, terms: Terms) -> str:
    return f"{terms.doer(data)} reached the person" + (f" by {data.channel}" if data.channel else "")


def _sales_qualified(data: sales.LeadSalesQualified.Data, terms: Terms) -> str:
    parts = [name for name in ("need", "budget", "authority") if getattr(data, name)]
    when = [f"within {data.timeline_months} months"] if data.timeline_months is not None else []
    return f"{terms.doer(data)} found: " + (", ".join(parts + when) or "nothing recorded")


def _sales_disqualified(data: sales.LeadSalesDisqualified.Data, terms: Terms) -> str:
    return f"{terms.doer(data)} disqualified: {humanize(data.reason)}"


def _passed_on(verb: str) -> Text:
    def text(data: sales.LeadReassigned.Data | sales.LeadHandedOver.Data, terms: Terms) -> str:
        why = f": {data.reason}" if data.reason else ""
        return f"{terms.doer(data)} {verb} it to {terms.people.name(data.to)}{why}"

    return text


def _sent_back(data: sales.SalesNurtured.Data, terms: Terms) -> str:
    why = f": {data.reason}" if data.reason else ""
    return f"{terms.doer(data)} sends it back to nurture{why}"


def _steward(data: sales.StewardDecided.Data, terms: Terms) -> str:
    about = "" if data.item == sales.WAITING else f" about {humanize(data.item)}"
    what = {
        "pin": f"{', '.join(map(humanize, data.facts))} corrected",
        "fixed": "its data were put right",
        "drop": "left as it is" if about else "dropped",
        "merge": f"belongs to {data.record}",
    }[data.decision]
    return f"{terms.people.name(data.steward)} decides{about}: {what}"


def _rated(data: sales.FeedbackGiven.Data, terms: Terms) -> str:
    return f"{terms.doer(data)} rates the lead {data.quality} of {terms.best_rating}"


def _surveyed(data: deals.SurveyAnswered.Data, terms: Terms) -> str:
    why = f", {humanize(data.reason)}" if data.reason else ""
    return f"{terms.doer(data)} answered the survey of deal {data.deal}: {data.outcome}{why}"


def _lost(data: deals.DealLost.Data, terms: Terms) -> str:
    return f"Deal {data.deal} lost: {humanize(data.reason)}" + (f" to {data.competitor}" if data.competitor else "")


def _deal(verb: str) -> Text:
    def text(data: deals.DealOpened.Data | deals.DealChanged.Data | deals.DealWon.Data, terms: Terms) -> str:
        return f"Deal {data.deal} {verb}" + (f", {data.amount}" if data.amount else "")

    return text


def _clock(verb: str) -> Text:
    def text(data: slas.ClockData, terms: Terms) -> str:
        held = f", held by {terms.people.name(data.holder)}" if data.holder else ""
        percent = f" ({data.percent} %)" if isinstance(data, _Shares) else ""
        return f"Clock “{_title(terms.promises, data.promise)}” {verb}{percent}: {data.target}{held}"

    return text


def _met(data: slas.ClockMet.Data, terms: Terms) -> str:
    return _clock("kept late" if data.late else "kept")(data, terms)


def _corrected(data: slas.ClockCorrected.Data, terms: Terms) -> str:
    if data.was == data.now and data.charged:
        return _clock(f"charged to {terms.people.name(data.charged)} ({humanize(data.cause)})")(data, terms)
    return _clock(f"corrected from {data.was} to {data.now}")(data, terms)


def _notice(verb: str) -> Text:
    def text(data: notices.NoticeData, terms: Terms) -> str:
        return f"Notice “{humanize(data.kind)}” to {terms.people.addressee(data.to)} by {data.channel}: {verb}"

    return text


_Shares: Final = (slas.ClockReminded.Data, slas.ClockEscalated.Data)
TEXTS: Final[Mapping[type[Event], Text]] = {
    leads.LeadCaptured: _captured,
    leads.LeadUpdated: _updated,
    leads.EngagementRecorded: _engaged,
    leads.EngagementJudged: _judged,
    leads.ConsentChanged: lambda data, _: f"Consent for {data.channel} {'given' if data.granted else 'withdrawn'}",
    leads.MailSent: lambda data, _: f"Marketing sent a mail: {data.campaign}",
    leads.LeadMerged: lambda data, _: f"Turned out to be another lead: {data.reason}",
    leads.LeadErased: lambda _data, _: "Asked to be forgotten",
    scores.LeadScored: _scored,
    scores.LeadQualified: _qualified,
    scores.LeadCooled: lambda data, _: f"Cooled to {data.total}: {data.reason}",
    scores.MqlWithdrawn: lambda data, _: f"Below the gate again: {data.reason}",
    handoffs.LeadAssigned: _assigned,
    handoffs.LeadAccepted: _accepted,
    handoffs.LeadReturned: _returned,
    handoffs.LeadNurtured: _nurtured,
    handoffs.NurtureLeft: _left_nurture,
    handoffs.LeadSuppressed: _suppressed,
    handoffs.StageChanged: _moved,
    deal_ends.DealJudged: lambda data, _: f"Deal {data.deal} is {data.state}{' again' * (data.state == 'open')}",
    handoffs.AnswerIgnored: _ignored,
    handoffs.OwnerTold: _owner_told,
    handoffs.AlertRaised: lambda data, _: f"Alert to {humanize(data.to)}: {data.text}",
    history.HandoffWithheld: _withheld,
    sales.SalesAccepted: lambda data, terms: f"{terms.doer(data)} answered: accept",
    sales.SalesRejected: _sales_rejected,
    sales.ContactAttempted: lambda data, terms: f"{terms.doer(data)} tried: {data.channel}",
    sales.ContactConnected: _connected,
    sales.LeadSalesQualified: _sales_qualified,
    sales.LeadSalesDisqualified: _sales_disqualified,
    deals.DealOpened: _deal("opened"),
    deals.DealChanged: _deal("changed"),
    deals.DealWon: _deal("won"),
    deals.DealLost: _lost,
    sales.FeedbackGiven: _rated,
    deals.SurveyAnswered: _surveyed,
    sales.AccountSuppressed: lambda data, terms: f"{terms.doer(data)}: marketing leaves the account alone",
    sales.AccountHandedBack: lambda data, terms: f"{terms.doer(data)} hands the account back",
    sales.LeadReassigned: _passed_on("reassigns"),
    sales.LeadHandedOver: _passed_on("hands"),
    sales.SalesNurtured: _sent_back,
    sales.OwnerNudged: lambda data, terms: f"{terms.doer(data)} nudges whoever has it",
    sales.StewardDecided: _steward,
    sales.ItemReviewed: lambda data, terms: f"{terms.doer(data)} reviewed the rejection",
    slas.ClockStarted: _clock("started"),
    slas.ClockReminded: _clock("reminded"),
    slas.ClockMet: _met,
    slas.ClockBreached: _clock("missed"),
    slas.ClockEscalated: _clock("escalated"),
    slas.ClockCorrected: _corrected,
    slas.ClockMoved: _clock("due at another time for leave"),
    slas.ClockVoided: _clock("ended without verdict"),
    **TEAMWORK,
    notices.NoticeSent: _notice("sent"),
    notices.NoticeFailed: _notice("failed"),
    notices.NoticeUnknown: _notice("answer lost"),
}
ROWS: Final = (TimelineEntry,)
