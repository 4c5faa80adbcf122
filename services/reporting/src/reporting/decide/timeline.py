"""One line of the timeline for each event, as a person would say it."""

from collections.abc import Callable
from typing import Any

from events import Event, handoffs, leads, notices, sales, scores, slas
from reporting.decide.fold import Terms
from reporting.decide.rows import Story

Words = Callable[[Any, Terms], str]

PROMISES = {
    "routed": "to be with a rep",
    "accepted": "to be answered",
    "first_touch": "first touch",
    "three_attempts": "three attempts",
    "status_updated": "status kept up to date",
    "survey": "win/loss survey",
    "ae_touch": "account executive's first touch",
}


def tell(event: Event, terms: Terms) -> Story | None:
    """None for facts that are about no lead."""
    say = SAYS.get(type(event))
    if say is None:
        return None
    return Story(
        lead=event.subject,
        event=event.id,
        at=event.time,
        recorded_at=event.recordedtime,
        type=event.type,
        text=say(event.data, terms),
        private=_private(event),
        cause=event.causationid,
        agreement=event.agreement,
        historical=event.historical,
    )


def _private(event: Event) -> str | None:
    """What the person wrote, and what a rep wrote about the person."""
    found = getattr(event.data, "text", None) if event.topic == "leads" else getattr(event.data, "note", None)
    return str(found) if found else None


def words(name: str) -> str:
    """`bad_data` as a person reads it."""
    return name.replace("_", " ")


def _engaged(said: leads.EngagementRecorded.Data, terms: Terms) -> str:
    term = terms.events.by_kind.get(said.kind)
    title = term.title.capitalize() if term and said.kind != "other" else said.name
    about = said.asset or said.title
    machine = " (a machine)" if said.machine else ""
    return f"{title}: {about}{machine}" if about and about.lower() != title.lower() else f"{title}{machine}"


def _captured(said: leads.LeadCaptured.Data, terms: Terms) -> str:
    campaign = f", campaign {said.campaign.name}" if said.campaign and said.campaign.name else ""
    return f"Became known through {said.channel.replace(':', ' ')}{campaign}"


def _updated(said: leads.LeadUpdated.Data, terms: Terms) -> str:
    return "Learned: " + ", ".join(words(fact.name) for fact in said.facts[:6])


def _scored(said: scores.LeadScored.Data, terms: Terms) -> str:
    why = f" ({said.reason})" if said.reason in ("decay", "correction") else ""
    return f"Score {said.total}: fit {said.fit} and engagement {said.engagement}, {said.band}{why}"


def _qualified(said: scores.LeadQualified.Data, terms: Terms) -> str:
    if said.how == "hand_raise":
        return f"Raised a hand: {words(said.trigger)}"
    return f"Passed the gate with {said.total} ({said.gate.reason})"


def _assigned(said: handoffs.LeadAssigned.Data, terms: Terms) -> str:
    pool = f" from pool {said.pool}" if said.pool else ""
    again = f" ({words(said.why_reassigned)})" if said.why_reassigned else ""
    return f"Assigned to {terms.rep(said.rep)}{pool}: {words(said.rule)}{again}"


def _accepted(said: handoffs.LeadAccepted.Data, terms: Terms) -> str:
    return f"Accepted by {terms.rep(said.rep)}" + (" (contact implies it)" if said.implied else "")


def _returned(said: handoffs.LeadReturned.Data, terms: Terms) -> str:
    reason = terms.routing.by_reason.get(said.reason)
    return f"Came back from {terms.rep(said.rep)}: {reason.title.lower() if reason else words(said.reason)}"


def _nurtured(said: handoffs.LeadNurtured.Data, terms: Terms) -> str:
    where = "the long-term newsletter" if said.segment == "long_term" else f"nurture segment {said.segment}"
    return f"To {where}: {words(said.reason)}" + (f" (goal: {said.goal})" if said.goal else "")


def _moved(said: handoffs.StageChanged.Data, terms: Terms) -> str:
    names = {"mql": "MQL", "sal": "SAL", "sql": "SQL"}
    stage = names.get(said.stage, said.stage.capitalize())
    if said.withdrawn:
        return f"MQL withdrawn: {words(said.why)}"
    status = f", {words(said.status)}" if said.status != "new" else ""
    return f"{stage}{status}" + (f": {words(said.why)}" if said.why else "")


def _ignored(said: handoffs.AnswerIgnored.Data, terms: Terms) -> str:
    return f"Answer “{said.answer}” by {terms.rep(said.by)} changed nothing: {said.text}"


def _attempted(said: sales.ContactAttempted.Data, terms: Terms) -> str:
    return f"{terms.rep(said.by)} tried: {said.channel}"


def _connected(said: sales.ContactConnected.Data, terms: Terms) -> str:
    return f"{terms.rep(said.by)} reached the person" + (f" by {said.channel}" if said.channel else "")


def _sales_qualified(said: sales.LeadSalesQualified.Data, terms: Terms) -> str:
    parts = [name for name in ("need", "budget", "authority") if getattr(said, name)]
    timeline = [f"within {said.timeline_months} months"] if said.timeline_months is not None else []
    return f"{terms.rep(said.by)} found: " + (", ".join(parts + timeline) or "nothing recorded")


def _deal(verb: str) -> Words:
    def say(said: Any, terms: Terms) -> str:
        amount = getattr(said, "amount", None)
        money = f", {amount.amount / 100:,.0f} {amount.currency}" if amount else ""
        reason = getattr(said, "reason", None)
        rival = getattr(said, "competitor", None)
        why = f": {words(reason)}" if reason else ""
        return f"Deal {said.deal} {verb}{money}{why}" + (f" to {rival}" if rival else "")

    return say


def _clock(verb: str) -> Words:
    def say(said: slas.ClockData, terms: Terms) -> str:
        held = f", held by {terms.rep(said.holder)}" if said.holder else ""
        percent = f" ({said.percent} %)" if hasattr(said, "percent") else ""
        return f"Clock “{PROMISES.get(said.promise, words(said.promise))}” {verb}{percent}: {said.target}{held}"

    return say


def _met(said: slas.ClockMet.Data, terms: Terms) -> str:
    return _clock("kept late" if said.late else "kept")(said, terms)


def _corrected(said: slas.ClockCorrected.Data, terms: Terms) -> str:
    return _clock(f"corrected from {said.was} to {said.now}")(said, terms)


def _noted(verb: str) -> Words:
    def say(said: notices.NoticeData, terms: Terms) -> str:
        return f"Notice “{words(said.kind)}” to {terms.rep(said.to)} by {said.channel}: {verb}"

    return say


SAYS: dict[type[Event], Words] = {
    leads.LeadCaptured: _captured,
    leads.LeadUpdated: _updated,
    leads.EngagementRecorded: _engaged,
    leads.ConsentChanged: lambda said, _: f"Consent for {said.channel} {'given' if said.granted else 'withdrawn'}",
    leads.LeadMerged: lambda said, _: f"Turned out to be another lead: {said.reason}",
    leads.LeadErased: lambda _said, _: "Asked to be forgotten",
    scores.LeadScored: _scored,
    scores.LeadQualified: _qualified,
    scores.LeadCooled: lambda said, _: f"Cooled to {said.total}: {said.reason}",
    scores.MqlWithdrawn: lambda said, _: f"Below the gate again: {said.reason}",
    handoffs.LeadAssigned: _assigned,
    handoffs.LeadAccepted: _accepted,
    handoffs.LeadReturned: _returned,
    handoffs.LeadNurtured: _nurtured,
    handoffs.LeadSuppressed: lambda said, _: f"Nobody gets this lead: {words(said.reason)}",
    handoffs.StageChanged: _moved,
    handoffs.AnswerIgnored: _ignored,
    handoffs.OwnerTold: lambda said, terms: f"{terms.rep(said.rep)} told of new activity: {words(said.why)}",
    handoffs.AlertRaised: lambda said, _: f"Alert to {words(said.to)}: {said.text}",
    sales.SalesAccepted: lambda said, terms: f"{terms.rep(said.by)} answered: accept",
    sales.SalesRejected: lambda said, terms: f"{terms.rep(said.by)} answered: reject, {words(said.reason)}",
    sales.ContactAttempted: _attempted,
    sales.ContactConnected: _connected,
    sales.LeadSalesQualified: _sales_qualified,
    sales.LeadSalesDisqualified: lambda said, terms: f"{terms.rep(said.by)} disqualified: {words(said.reason)}",
    sales.DealOpened: _deal("opened"),
    sales.DealChanged: _deal("changed"),
    sales.DealWon: _deal("won"),
    sales.DealLost: _deal("lost"),
    sales.FeedbackGiven: lambda said, terms: f"{terms.rep(said.by)} rates the lead {said.quality} of 10",
    sales.AccountSuppressed: lambda said, terms: f"{terms.rep(said.by)}: marketing leaves the account alone",
    sales.AccountHandedBack: lambda said, terms: f"{terms.rep(said.by)} hands the account back",
    slas.ClockStarted: _clock("started"),
    slas.ClockReminded: _clock("reminded"),
    slas.ClockMet: _met,
    slas.ClockBreached: _clock("missed"),
    slas.ClockEscalated: _clock("escalated"),
    slas.ClockCorrected: _corrected,
    slas.ClockVoided: _clock("ended without verdict"),
    notices.NoticeSent: _noted("sent"),
    notices.NoticeFailed: _noted("failed"),
    notices.NoticeUnknown: _noted("answer lost"),
}
