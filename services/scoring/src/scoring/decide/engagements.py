"""What comes in of a person's doing: one engagement enters the ledgers, at its place in time."""

from datetime import datetime

import msgspec
from msgspec import Struct

from agreement.bots import VERDICT
from events import Cause
from events.leads import EngagementJudged, EngagementRecorded
from events.scores import ScoreReason
from scoring.decide import ledger, past, signals
from scoring.decide.bursts import BURST, completes_burst, is_click
from scoring.decide.decay import arrive
from scoring.decide.ledger import Lines
from scoring.decide.origin import learn_origin
from scoring.decide.recalculation import ALL_NEW, News, Recalculation
from scoring.decide.state import Lead, LeadEngagement
from scoring.decide.terms import Terms
from scoring.decide.working_set import WorkingSet


class EngagementEntry(Struct, frozen=True):
    """The engagement as it was entered, and the lines that changed by it."""

    engagement: LeadEngagement
    added: Lines
    taken: Lines
    refolded: bool
    news: News | None = None


def enter_engagement(work: WorkingSet, event: EngagementRecorded) -> None:
    """Enters one engagement into the lead's ledgers and announces what follows; of a removed lead it is dropped.

    A late one, or a click that completes a burst, may take back lines of the past: then the reason is `correction`.
    """
    lead, data, terms = work.lead(event.subject), event.data, work.terms
    if lead.removed:
        return
    at = arrive(work, lead, event)
    if learn_origin(lead, data.campaign, data.channel, at, terms):
        work.refresh_profile(lead, moved=False)
    entry = _enter(work, lead, _engagement(event, at, terms))
    reason: ScoreReason = "merged" if data.merged else "correction" if entry.taken else "engagement"
    kind = terms.kinds.get(data.kind)
    work.announce_event(
        lead,
        event,
        reason,
        merged=data.merged,
        kind=data.kind,
        hand_raised=kind is not None and kind.hand_raise and not entry.engagement.bot,
        added=entry.added,
        taken=entry.taken,
        refolded=entry.refolded,
        news=entry.news,
    )


def judge_engagement(work: WorkingSet, event: EngagementJudged) -> None:
    """What a person says it was: its lines come or go at the time of its occurrence, and the standing follows.

    A threshold that is crossed by what is old news pages nobody; a hand that a person raised today is answered. What
    lies before all that is remembered changes nothing.
    """
    lead, data, terms = work.lead(event.subject), event.data, work.terms
    if lead.as_of is None:
        return
    arrive(work, lead, event)
    changed = past.judge(work, lead, data, VERDICT if data.verdict.machine else "")
    if changed is None:
        return
    kind = terms.kinds.get(data.kind)
    old = event.recordedtime - data.occurred > terms.historical_after
    cause = Cause(event.id, event.correlationid or event.id, "historical" if old else event.mode)
    human = not data.verdict.machine
    why = Recalculation(
        "correction",
        cause,
        data.kind if human else None,
        human and kind is not None and kind.hand_raise,
        changed.added,
        changed.taken,
        refolded=True,
        news=ALL_NEW,
    )
    work.announce(lead, why, event.time)


def _enter(work: WorkingSet, lead: Lead, engagement: LeadEngagement) -> EngagementEntry:
    """The newest is counted on top of what was; for a late one, or a burst, the past is folded again."""
    terms, added, at, newest_at = work.terms, Lines(), engagement.at, lead.newest_at
    before_others = newest_at is not None and at <= newest_at and _stands_before(engagement, lead)
    late = lead.as_of is not None and at < lead.as_of
    if before_others or (late and ledger.decayed_since(lead.tally, at, terms)):
        return _refolded(engagement, past.enter_late(work, lead, engagement, burst=is_click(engagement)), terms)
    if is_click(engagement) and (earlier := completes_burst(lead, engagement, terms.bursts)):
        if any(click.human for click in earlier):
            changed = past.enter_late(work, lead, engagement, burst=True)
            return _refolded(msgspec.structs.replace(engagement, bot=BURST), changed, terms)
        if not engagement.bot:
            engagement = msgspec.structs.replace(engagement, bot=BURST)
    place = signals.place_of(lead, engagement, terms)
    ledger.count(lead.tally, engagement, terms, added)
    news = signals.news_of(lead, engagement, place, terms)
    past.note_lines(lead, added)
    past.append(work, lead, engagement)
    if late and lead.as_of is not None:
        passed = Lines()
        ledger.elapse(lead.tally, lead.as_of, terms, passed)
        past.note_lines(lead, passed)
        for model, lines in passed.items():
            added.setdefault(model, []).extend(lines)
    return EngagementEntry(engagement, added, {}, refolded=False, news=news)


def _stands_before(engagement: LeadEngagement, lead: Lead) -> bool:
    """Whether it is not the last in the order of occurrence."""
    newest = lead.newest
    return newest is not None and engagement.order <= newest


def _refolded(engagement: LeadEngagement, changed: past.Refolded | None, terms: Terms) -> EngagementEntry:
    """What came too late changes nothing."""
    if changed is None:
        return EngagementEntry(engagement, {}, {}, refolded=False)
    news = ALL_NEW if signals.is_signal(engagement, terms) else None
    return EngagementEntry(engagement, changed.added, changed.taken, refolded=True, news=news)


def _engagement(event: EngagementRecorded, at: datetime, terms: Terms) -> LeadEngagement:
    """What the lead keeps of the event. An asset without a name is its address, title or the tool's name for it."""
    data, kind = event.data, terms.kinds.get(event.data.kind)
    asset = data.asset
    if asset is None and kind is not None and kind.per_asset:
        asset = (data.url or "").partition("?")[0].partition("#")[0] or data.title or data.name
    per_message = kind is not None and (kind.mail or kind.per_message)
    return LeadEngagement(
        at=at,
        event=event.id,
        kind=data.kind,
        asset=asset,
        message=(data.mail or data.message_id) if per_message else None,
        link=data.link if kind is not None and kind.click else None,
        bot=terms.bots.judge(event),
        final=data.machine is not None or data.verdict is not None,
        asset_named=data.asset is not None,
    )
