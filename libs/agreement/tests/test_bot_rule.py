"""Which single engagements a machine made: what the source says, who asked, and how soon."""

from datetime import timedelta

import pytest

from agreement import Agreement
from agreement.bots import AUTOMATIC, DELIVERY, SCANNER, SOURCE, BotRule
from events.leads import EngagementRecorded
from testing.events import NOON, as_read

PROXY = "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"
SOON, LATE = NOON + timedelta(seconds=1), NOON + timedelta(seconds=3)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"kind": "email_open", "user_agent": PROXY}, SCANNER),
        ({"kind": "email_open", "user_agent": PROXY.upper()}, SCANNER),
        ({"kind": "email_open", "user_agent": "ggphtxcom"}, ""),
        ({"kind": "email_open", "user_agent": PROXY, "machine": False}, ""),
        ({"kind": "page_view", "user_agent": PROXY}, ""),
        ({"kind": "page_view", "machine": True}, SOURCE),
        ({"kind": "email_click", "delivered_at": NOON, "time": SOON}, DELIVERY),
        ({"kind": "email_click", "delivered_at": NOON, "time": LATE}, ""),
        ({"kind": "email_click", "delivered_at": NOON, "time": LATE, "recorded": SOON}, DELIVERY),
        ({"kind": "email_open", "delivered_at": NOON, "time": SOON}, ""),
        ({"kind": "email_reply", "properties": {"auto_submitted": "auto-replied"}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"headers": {"Auto-Submitted": "auto-generated"}}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"subject": "Automatic reply: Your demo"}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"subject": "RE: Out of Office: back on Monday"}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"subject": "Abwesenheitsnotiz"}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"subject": "[EXTERNAL] Re: Out of Office"}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"subject": "EXTERNAL: Automatic reply: Your demo"}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"headers": {"Precedence": "auto_reply"}}}, AUTOMATIC),
        ({"kind": "email_reply", "properties": {"headers": {"Precedence": "bulk"}}}, ""),
        ({"kind": "email_reply", "properties": {"subject": "[Ticket 12] Your demo"}}, ""),
        ({"kind": "email_reply", "properties": {"auto_submitted": "no", "subject": "Re: Your demo"}}, ""),
        ({"kind": "email_reply", "properties": {"subject": "We automatically reply to nobody"}}, ""),
        ({"kind": "email_reply", "properties": {"subject": "Automatic reply"}, "machine": False}, ""),
        ({"kind": "demo_request", "properties": {"subject": "Automatic reply"}}, ""),
    ],
)
def test_why_a_machine_made_it(agreement: Agreement, fields: dict[str, object], why: str) -> None:
    given = {"name": "n", "message_id": "m", "channel": "test", **fields}
    time, recorded = given.pop("time", NOON), given.pop("recorded", None)
    fact = EngagementRecorded.fact("ann", EngagementRecorded.Data(**given), time=time)  # type: ignore[arg-type]
    event = as_read(fact, recorded=recorded or time)  # type: ignore[arg-type]
    assert isinstance(event, EngagementRecorded)
    assert BotRule.of(agreement.events).judge(event) == why
