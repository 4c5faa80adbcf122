"""What can wait comes together: one digest for one person, day and hour, after a death too; and cards that are gone."""

from datetime import timedelta

import pytest
from services.notifier.tests.conftest import LeadLog, Notifier, StoryOf, late, settled, to, untouched, with_channels

from events.handoffs import AlertRaised, OwnerTold
from events.slas import ClockEscalated, ClockMet
from notifier.deliver import DeliveryLoop
from testing.events import NOON
from testing.world import Slack


@pytest.fixture
def notifier(slack_notifier: Notifier) -> Notifier:
    """Slack is configured, and everybody hears by it alone."""
    slack_notifier.terms = with_channels(slack_notifier.terms, "slack")
    return slack_notifier


async def test_a_manager_gets_what_can_wait_at_the_hour_of_the_digest(
    notifier: Notifier, slack: Slack, story_of: StoryOf
) -> None:
    for number in range(3):
        await late(notifier, story_of(f"lead-{number}"))
    await notifier.read(story_of("lead-0").clock(ClockEscalated, "first_touch", percent=150, action="manager"))
    notifier.advance(hours=1)  # 9:00 in New York, where the day begins
    await settled(notifier)
    assert to(slack, "D0GRACE") == [], "the digest of nine o'clock had gone"
    notifier.advance(hours=5)
    await settled(notifier)
    (digest,) = to(slack, "D0GRACE")
    assert digest.count("Overdue: Jane Doe") == 3
    sent = [event for event in await notifier.events("slack") if event.data.to == "manager:rep-grace"]
    assert len({event.data.message for event in sent}) == 1, "and the record says that it was one message"
    await settled(notifier)
    assert len(to(slack, "D0GRACE")) == 1


async def test_of_a_hot_lead_a_manager_hears_at_once(notifier: Notifier, slack: Slack, story: LeadLog) -> None:
    """Not when it is late, which is her rep's to mend, but when nobody has touched it a fifth of its time later."""
    notifier.advance(hours=2)
    await late(notifier, story, hot=True)
    await settled(notifier)
    assert to(slack, "D0GRACE") == []
    await untouched(notifier, story)
    await settled(notifier)
    (message,) = to(slack, "D0GRACE")
    assert "120 % of the time is gone" in message


async def test_what_was_put_right_before_the_digest_is_not_in_it(
    notifier: Notifier, slack: Slack, story: LeadLog
) -> None:
    notifier.advance(hours=2)
    await late(notifier, story)
    await settled(notifier)
    await notifier.read(story.clock(ClockMet, "first_touch", stopped=NOON, cause="x", late=True))
    notifier.advance(hours=6)
    await settled(notifier)
    assert to(slack, "D0GRACE") == []


@pytest.mark.fault("F10")
async def test_a_death_between_plan_and_send_makes_no_second_digest(
    notifier: Notifier, slack: Slack, story_of: StoryOf
) -> None:
    notifier.advance(hours=2)
    for number in range(3):
        await late(notifier, story_of(f"lead-{number}"))
    await settled(notifier)
    notifier.advance(hours=4)
    (loop,) = [loop for loop in notifier.loops() if loop.channel == "slack"]
    await killed_while_sending(loop)
    await notifier.execute("UPDATE notice SET held_until = NULL")
    for _ in range(4):
        await settled(notifier)
        notifier.advance(minutes=1)
    assert len(to(slack, "D0GRACE")) == 1


async def killed_while_sending(loop: DeliveryLoop) -> None:
    """The call is made, and its answer never written down."""
    in_hand = loop._in_hand
    assert await in_hand.claim()
    await in_hand.begin()
    for call in in_hand.calls:
        await call


async def test_what_comes_after_the_digest_has_gone_waits_for_the_next(
    notifier: Notifier, slack: Slack, story_of: StoryOf
) -> None:
    notifier.advance(hours=2)
    await late(notifier, story_of("lead-0"))
    await settled(notifier)
    notifier.advance(hours=4)
    await settled(notifier)
    planned = (
        "UPDATE notice SET digest = (SELECT digest FROM notice WHERE state = 'sent' AND digest IS NOT NULL LIMIT 1)"
    )
    await late(notifier, story_of("lead-1"))
    await notifier.execute(f"{planned} WHERE lead = 'lead-1' AND recipient LIKE 'manager:%'")  # a writer that was slow
    await settled(notifier)
    assert len(to(slack, "D0GRACE")) == 1
    notifier.advance(hours=19)
    await settled(notifier)
    assert len(to(slack, "D0GRACE")) == 2


async def test_a_reply_under_a_card_that_is_gone_stands_alone(notifier: Notifier, slack: Slack, story: LeadLog) -> None:
    await notifier.read(*story.offer())
    await settled(notifier)
    notifier.advance(hours=2)
    slack.script.append("thread_not_found")
    active = {"cycle": 1, "rep": "rep-ana", "why": "open_opportunity", "assignment": f"{story.lead}.1"}
    await notifier.read(
        story.make(OwnerTold, {**active, "snapshot": story.assigned().data.snapshot, "hand_raise": True})
    )
    await settled(notifier)
    assert [message.get("thread_ts") for message in slack.posted] == [None, None]
    assert "Active again" in str(slack.posted[1]["blocks"])


async def test_who_is_on_call_is_not_kept_waiting_for_a_crowd(
    notifier: Notifier, slack: Slack, story_of: StoryOf
) -> None:
    for number in range(3):
        story = story_of(f"lead-{number}")
        urgent = {"to": "on_call", "rep": "rep-ana", "reason": "nobody_eligible", "text": f"lead {number}"}
        await notifier.read(story.captured(), story.make(AlertRaised, urgent))
        await settled(notifier)
    assert len(to(slack, "D0ANA")) == 3


@pytest.mark.parametrize(
    ("rep", "minutes", "messages"),
    [("rep-ana", 30, 1), ("rep-ana", 31, 2), ("rep-ben", 0, 2)],
    ids=["her own card says it", "a later visit", "he has no card of it"],
)
async def test_what_belongs_to_the_visit_of_the_card_is_told_to_whoever_has_no_card(
    notifier: Notifier, slack: Slack, story: LeadLog, rep: str, minutes: int, messages: int
) -> None:
    offer = story.assigned()
    await notifier.read(story.captured(), offer, *story.clocks())
    await settled(notifier)
    active = {"cycle": 1, "rep": rep, "why": "merged", "assignment": f"{story.lead}.1", "hand_raise": True}
    engaged = {"engaged_at": offer.time + timedelta(minutes=minutes), "snapshot": offer.data.snapshot}
    notifier.advance(hours=2)
    await notifier.read(story.make(OwnerTold, {**active, **engaged}))
    await settled(notifier)
    assert len(slack.posted) == messages


async def test_a_card_that_is_gone_is_posted_anew(notifier: Notifier, slack: Slack, story: LeadLog) -> None:
    await notifier.read(*story.offer())
    await settled(notifier)
    slack.script.append("message_not_found")
    await notifier.read(story.accepted())
    await settled(notifier)
    assert len(slack.posted) == 2
    assert "Accepted by Ana Lima" in str(slack.posted[1]["blocks"])
    assert (await notifier.card())["reference"] == slack.posted[1]["ts"]
    await notifier.read(story.clock(ClockMet, "accepted", stopped=NOON, cause="x"))
    await settled(notifier)
    assert len(slack.posted) == 2, "from then on the new one is drawn anew"


async def test_what_the_card_says_is_no_message(notifier: Notifier, slack: Slack, story: LeadLog) -> None:
    await notifier.read(*story.offer())
    await settled(notifier)
    again = story.assigned("rep-ben", 2, reassigned_from="rep-ana", previous=f"{story.lead}.1")
    await notifier.read(story.returned("accept_timeout", "repool"), again)
    notifier.advance(hours=2)
    await settled(notifier)
    (card,) = to(slack, "D0ANA")
    assert "Already reassigned to Ben Carter" in card
    assert (await notifier.states())["slack reassigned rep-ana"] == "dropped"


async def test_what_fails_by_one_channel_goes_by_the_other(notifier: Notifier, slack: Slack, story: LeadLog) -> None:
    slack.script.append("user_not_found")
    await notifier.read(*story.offer())
    await settled(notifier)
    assert await notifier.states() == {"slack assignment rep-ana": "failed", "email assignment rep-ana": "sent"}
    (mail,) = (notifier.context.settings.data / "outbox" / "email").iterdir()
    assert b"ana.lima@northwind.example" in mail.read_bytes()
