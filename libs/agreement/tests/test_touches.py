"""Rules about what people do: where a lead came from, and which engagements machines made."""

from datetime import timedelta
from itertools import permutations

import pytest

from agreement import Agreement
from agreement.bots import DELIVERY, SCANNER, SOURCE, BotRule
from agreement.origin import Origin, first_touch, touch_origin
from events.leads import Campaign, EngagementRecorded
from testing.events import NOON, EventBuilder

FORM = touch_origin(None, "form:newsletter", NOON)
GOOGLE = touch_origin(Campaign(source="google", name="spring"), "form:demo", NOON + timedelta(days=1))
LINKEDIN = touch_origin(Campaign(source="linkedin"), "segment", NOON + timedelta(days=2))


@pytest.mark.parametrize(
    ("campaign", "origin"),
    [
        (Campaign(source="google", name="spring"), ("google", "spring", True)),
        (Campaign(source="google"), ("google", None, True)),
        (Campaign(name="spring"), ("spring", "spring", True)),
        (Campaign(medium="cpc"), ("form:demo", None, False)),
        (None, ("form:demo", None, False)),
        (Campaign(source=" LinkedIn  Ads"), ("linkedin ads", None, True)),
        (Campaign(referral="partner-1"), ("partner-1", None, True)),
    ],
)
def test_a_touch_says_its_source_or_its_channel(
    campaign: Campaign | None, origin: tuple[str, str | None, bool]
) -> None:
    source, name, named = origin
    assert touch_origin(campaign, "form:demo", NOON) == Origin(source, name, NOON, named)


def test_the_earliest_touch_that_names_a_source_counts_in_any_order_of_arrival() -> None:
    for touches in permutations((FORM, GOOGLE, LINKEDIN)):
        known = None
        for touch in touches:
            known = first_touch(known, touch)
        assert known == GOOGLE
    earlier = touch_origin(None, "form:demo", NOON - timedelta(days=1))
    assert first_touch(first_touch(None, FORM), earlier) == earlier, "the earlier form, while nobody names a source"


@pytest.mark.parametrize("channel", ["segment", "cloudevents", "sales", "csv", "@rudderstack/analytics-js"])
def test_a_tool_is_no_source(channel: str) -> None:
    assert touch_origin(None, channel, NOON) is None
    assert first_touch(FORM, touch_origin(None, channel, NOON - timedelta(days=1))) == FORM


@pytest.mark.parametrize(
    ("kind", "data", "why"),
    [
        ("email_open", {"user_agent": "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"}, SCANNER),
        ("email_click", {"user_agent": "PROOFPOINT/1", "link": "a"}, SCANNER),
        ("email_click", {"delivered_at": NOON - timedelta(seconds=2)}, DELIVERY),
        ("email_click", {"delivered_at": NOON - timedelta(seconds=3)}, ""),
        ("email_open", {"delivered_at": NOON - timedelta(seconds=1)}, ""),
        ("pricing_view", {"user_agent": "proofpoint"}, ""),
        ("pricing_view", {"machine": True}, SOURCE),
        ("email_click", {"user_agent": "proofpoint", "machine": False}, ""),
    ],
)
def test_a_single_engagement_is_a_persons_or_a_machines(
    agreement: Agreement, kind: str, data: dict[str, object], why: str
) -> None:
    fields = {"kind": kind, "name": kind, "message_id": "m", "channel": "segment", **data}
    engagement = EventBuilder("ann").make(EngagementRecorded, fields)
    assert BotRule.of(agreement.events).judge(engagement) == why


def test_a_clock_that_is_ahead_makes_no_person_of_a_machine(agreement: Agreement) -> None:
    data = {"kind": "email_click", "name": "click", "message_id": "m", "channel": "segment", "delivered_at": NOON}
    click = EventBuilder("ann").make(EngagementRecorded, data, at=NOON + timedelta(hours=1))
    assert BotRule.of(agreement.events).judge(click) == ""
    assert BotRule.of(agreement.events).judge(click.replaced(recordedtime=NOON)) == DELIVERY
