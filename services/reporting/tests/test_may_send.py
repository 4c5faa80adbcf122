"""What is said against a mail to one person (domain, section 8); the journey of the mail tool asks over HTTP."""

import pytest

from agreement import Agreement
from reporting.reports.may_send import reason_against


@pytest.mark.parametrize(
    ("status", "segment", "sent", "unsubscribed", "reason"),
    [
        ("nurture", "1", 2, False, None),
        ("nurture", "1", 3, False, "3 mails this month, at most 3 in “Not yet qualified”"),
        ("nurture", "2", 2, False, "2 mails this month, at most 2 in “Unresponsive”"),
        ("nurture", "3", 0, False, None),
        ("nurture", "3", 1, False, "1 mails this month, at most 1 in “Wrong timing”"),
        ("assigned", None, 3, False, None),
        ("assigned", None, 4, False, "4 mails this month, at most 4 to one person"),
        ("nurture", "1", 0, True, "unsubscribed"),
        ("archived", None, 0, False, "archived: nothing is sent"),
        ("suppressed", None, 0, False, "suppressed: marketing leaves this person alone"),
        ("unsubscribed", None, 0, False, "unsubscribed"),
    ],
)
def test_what_is_said_against_a_mail(
    agreement: Agreement, status: str, segment: str | None, sent: int, unsubscribed: bool, reason: str | None
) -> None:
    terms = agreement.routing.nurture
    term = next((one for one in terms.segments if one.segment == segment), None)
    card, known = {"status": status}, {"sent": sent, "unsubscribed": unsubscribed}
    assert reason_against(card, known, term, terms.mails_a_month_at_most) == reason
