"""May marketing write to this person now? What the mail tool asks before each mail (domain, section 8)."""

from typing import Final

from agreement.months import midnight, month_of, next_month
from agreement.routing import NurtureSegment
from reporting.reports.report import Answer, ReportScope
from reporting.store import lead as leads
from reporting.store import may_send as store
from reporting.store.conditions import DatabaseRow

_NOBODY: Final = {"may": False, "reason": "nobody is known by this address", "sent_this_month": 0}
_NOTHING_IS_SENT: Final = {
    "archived": "archived: nothing is sent",
    "unsubscribed": "unsubscribed",
    "suppressed": "suppressed: marketing leaves this person alone",
}
"""By status."""


async def may_send(scope: ReportScope, email: str) -> Answer:
    """`may`, the reason against it (null when there is none), and the mails of the running month, by address.

    With the lead's id, its nurture segment, and how many mails a month it may have there.
    """
    card = await leads.card(scope.tx, email) if "@" in email else None
    if card is None or card["email"] is None:
        return {
            **_NOBODY,
            "lead": None,
            "segment": None,
            "at_most": scope.agreement.routing.nurture.mails_a_month_at_most,
        }
    month = month_of(scope.now, scope.zone)
    start, end = midnight(month, scope.zone), midnight(next_month(month), scope.zone)
    known = await store.consent_and_mails(scope.tx, card["id"], start, end)
    terms = scope.agreement.routing.nurture
    segment = next((one for one in terms.segments if one.segment == card["nurture"]), None)
    at_most = min(
        terms.mails_a_month_at_most, segment.mails_a_month.at_most if segment else terms.mails_a_month_at_most
    )
    reason = reason_against(card, known, segment, terms.mails_a_month_at_most)
    return {
        "may": reason is None,
        "reason": reason,
        "sent_this_month": known["sent"],
        "lead": card["id"],
        "segment": card["nurture"],
        "at_most": at_most,
    }


def reason_against(card: DatabaseRow, known: DatabaseRow, segment: NurtureSegment | None, at_most: int) -> str | None:
    """Why no mail may go to the person now; null: one may. Of `at_most` and the segment's number the smaller counts."""
    if known["unsubscribed"]:
        return _NOTHING_IS_SENT["unsubscribed"]
    if card["status"] in _NOTHING_IS_SENT:
        return _NOTHING_IS_SENT[card["status"]]
    if known["sent"] >= at_most:
        return f"{known['sent']} mails this month, at most {at_most} to one person"
    if segment and known["sent"] >= segment.mails_a_month.at_most:
        return f"{known['sent']} mails this month, at most {segment.mails_a_month.at_most} in “{segment.title}”"
    return None
