"""One small world by hand, for every report: 20 leads, 6 deals, 3 campaigns, 2 currencies, a merge, a late correction.

All became known on the day T0 (Monday 6 July 2026, noon UTC: 8:00 in New York), half an hour apart:

    ads-q3      google            a1 .. a8      spend 4,000 USD
    webinar-q3  on24              w1 .. w6      spend 2,000 USD
    partner-q3  adventure-works   p1 .. p3      spend   500 EUR (540 USD)
    no campaign                   n1 .. n3      n3 turns out to be n2

Ten raised a hand at once and became MQL within the hour: a1-a4, w1-w4, p1, p2, each offered to Dan and accepted; Dan
calls three hours after the hand, but never a4 and w4; p2 he gives back (not_icp). After three days a1, a2, w1, w2, w3
and p1 are SQL. a1 reads the case study `roi-guide` of the webinar on day 4. Deals open on day 5 and close on day 10:

    D1 a1  won   10,000 USD        D4 n1  won   1,000 USD  nobody ever touched n1: all of it is unattributed
    D2 w1  won   20,000 USD        D5 a2  lost  8,000 USD  price, to Tailspin
    D3 p1  won    5,000 EUR        D6 w3  open 30,000 USD

D2 was opened at 25,000 USD; the correction to 20,000 of day 7 is told on day 20, after it was won. a1 says `Google` of
where he had heard of us, w1 says `a podcast`.
"""

from datetime import datetime, timedelta
from typing import Final

from services.reporting.tests.conftest import History, facts_from

from events import Event, Money
from events.campaigns import SpendRecorded
from events.deals import DealChanged, DealLost, DealOpened, DealWon, SurveyAnswered
from events.handoffs import LeadReturned
from events.leads import Campaign, LeadCaptured, LeadMerged, LeadUpdated
from events.sales import ContactAttempted, FeedbackGiven
from events.slas import ClockBreached, ClockMet
from testing.events import NOON

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
T0: Final = NOON - 30 * DAY
REP: Final = "rep-dan"
CAMPAIGNS: Final = {
    "a": Campaign(name="ads-q3", source="google", medium="cpc"),
    "w": Campaign(name="webinar-q3", source="on24", medium="webinar"),
    "p": Campaign(name="partner-q3", source="adventure-works", medium="partner"),
}
LEADS: Final = (*(f"a{n}" for n in range(1, 9)), *(f"w{n}" for n in range(1, 7)), "p1", "p2", "p3", "n1", "n2", "n3")
MQLS: Final = ("a1", "a2", "a3", "a4", "w1", "w2", "w3", "w4", "p1", "p2")
SQLS: Final = ("a1", "a2", "w1", "w2", "w3", "p1")
NEVER: Final = ("a4", "w4")
"""MQLs that nobody called, and nobody gave back."""
SAY: Final = {"a1": "Google", "w1": "a podcast"}


def known(lead: str) -> datetime:
    """When the lead became known, and raised a hand."""
    return T0 + timedelta(minutes=30) * LEADS.index(lead)


def usd(amount: int) -> Money:
    """Whole dollars."""
    return Money(amount=amount * 100, currency="USD")


def golden_world() -> list[Event]:
    """Its events, in an order in which they may have come: the correction and the merge last."""
    history = History()
    for lead in LEADS:
        _captured(history, lead)
    for lead in MQLS:
        _handed_over(history, lead)
    for lead in SQLS:
        history.stage(lead, known(lead) + 3 * DAY, "sql", "connected", owner=REP, stage_from="sal")
    history.engaged("a1", known("a1") + 4 * DAY, "case_study", asset="roi-guide", campaign=CAMPAIGNS["w"])
    _deals(history)
    for campaign, amount in (("a", usd(4_000)), ("w", usd(2_000)), ("p", Money(amount=50_000, currency="EUR"))):
        one, start = CAMPAIGNS[campaign], T0.date()
        paid = {"campaign": one.name, "source": one.source, "amount": amount, "start": start, "end": start + DAY}
        history.add(SpendRecorded, str(one.name), T0, paid)
    history.add(FeedbackGiven, "a1", T0 + 11 * DAY, {"by": REP, "quality": 9})
    history.add(FeedbackGiven, "w2", T0 + 11 * DAY, {"by": REP, "quality": 4})
    history.now = T0 + 20 * DAY
    late = {"deal": "D2", "by": REP, "amount": usd(20_000)}
    history.add(DealChanged, "w1", T0 + 7 * DAY, late)
    history.add(LeadMerged, "n3", T0 + 20 * DAY, {"into": "n2", "reason": "same address"})
    return history.events


def _captured(history: History, lead: str) -> None:
    campaign = CAMPAIGNS.get(lead[0])
    facts = facts_from(known(lead), email=f"{lead}@b.example", name=lead.upper(), company="B", title="VP Sales")
    history.add(
        LeadCaptured,
        lead,
        known(lead),
        {"email": f"{lead}@b.example", "facts": facts, "campaign": campaign, "channel": "crm"},
    )
    if lead in SAY:
        claim = facts_from(known(lead), self_reported_source=SAY[lead])
        history.add(LeadUpdated, lead, known(lead), {"facts": claim})
    if campaign is not None:
        kind = "demo_request" if lead in MQLS else "blog_read"
        history.engaged(lead, known(lead), kind, campaign=campaign)
    named = {"referral": str(campaign.source)} if campaign is not None and campaign.medium == "partner" else {}
    history.scored(lead, known(lead), fit=45 if lead in MQLS else 20, engagement=50 if lead in MQLS else 10, **named)


def _handed_over(history: History, lead: str) -> None:
    at = known(lead) + HOUR
    history.stage(lead, at, "mql", "assigned", owner=REP, team="new-york", stage_from="lead", completeness=95)
    history.assigned(lead, at, REP)
    if lead == "p2":
        given = {"assignment": "p2.1", "rep": REP, "reason": "not_icp"}
        history.add(LeadReturned, lead, at + HOUR, given)
        history.stage(lead, at + HOUR, "lead", "nurture", stage_from="mql", closed=True)
        return
    history.accepted(lead, at + HOUR, REP, at)
    if lead in NEVER:
        history.clock(ClockBreached, lead, at + 4 * HOUR, "first_touch", at, holder=REP, charged=REP)
        return
    call = known(lead) + 3 * HOUR
    history.add(ContactAttempted, lead, call, {"by": REP, "channel": "call"})
    history.clock(ClockMet, lead, call, "first_touch", at, holder=REP, stopped=call, cause="call")


def _deals(history: History) -> None:
    euros = Money(amount=500_000, currency="EUR")
    for lead, deal, amount, end in (
        ("a1", "D1", usd(10_000), "won"),
        ("w1", "D2", usd(25_000), "won"),
        ("p1", "D3", euros, "won"),
        ("n1", "D4", usd(1_000), "won"),
        ("a2", "D5", usd(8_000), "lost"),
        ("w3", "D6", usd(30_000), None),
    ):
        start = known(lead) + 5 * DAY
        base = {"deal": deal, "by": REP}
        history.add(DealOpened, lead, start, {**base, "amount": amount, "product": "core"})
        skipped = {"implied": ("mql", "sal", "sql")} if lead == "n1" else {}
        history.stage(lead, start, "opportunity", "connected", owner=REP, deal=deal, **skipped)
        if end == "won":
            history.add(DealWon, lead, start + 5 * DAY, base)
            history.stage(lead, start + 5 * DAY, "won", "connected", owner=REP, deal=deal, closed=True)
        elif end == "lost":
            history.add(DealLost, lead, start + 5 * DAY, {**base, "reason": "price", "competitor": "Tailspin"})
            history.stage(lead, start + 5 * DAY, "lost", "nurture", owner=REP, deal=deal, closed=True)
    survey = {"deal": "D5", "outcome": "lost", "by": REP, "lead_quality_issue": True, "objections": ("too dear",)}
    history.add(SurveyAnswered, "a2", T0 + 12 * DAY, survey)
    won = {"deal": "D1", "outcome": "won", "by": REP, "content": ("roi-guide",), "champion": "the CFO"}
    history.add(SurveyAnswered, "a1", T0 + 12 * DAY, won)
