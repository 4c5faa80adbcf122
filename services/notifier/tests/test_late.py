"""What is nearly late, late, or stands still: by the card, at once, or in whose digest."""

from dataclasses import replace

import pytest
from services.notifier.tests.conftest import LeadLog, Notifier, StoryOf, late, settled, to, untouched, with_channels

from agreement.notices import Notices
from events.handoffs import AlertRaised, OwnerTold
from events.slas import ClockBreached, ClockReminded
from notifier.decide import Terms, by_digest
from testing.world import Slack


@pytest.fixture
def notifier(slack_notifier: Notifier) -> Notifier:
    """Slack is configured, and everybody hears by it alone."""
    slack_notifier.terms = with_channels(slack_notifier.terms, "slack")
    return slack_notifier


async def test_a_reminder_is_the_card_drawn_anew(notifier: Notifier, slack: Slack, story: LeadLog) -> None:
    await notifier.read(*story.offer())
    await settled(notifier)
    notifier.advance(hours=2)
    await notifier.read(story.clock(ClockReminded, "first_touch", percent=80))
    await settled(notifier)
    (card,) = to(slack, "D0ANA")
    assert "80 % of the time is gone" in card
    assert (await notifier.states())["slack reminder rep-ana"] == "dropped"


async def test_a_reminder_is_a_mail_to_who_has_no_card(notifier: Notifier, slack: Slack, story: LeadLog) -> None:
    notifier.terms = with_channels(notifier.terms, "email")
    await notifier.read(*story.offer())
    await settled(notifier)
    notifier.advance(hours=2)
    await notifier.read(story.clock(ClockReminded, "first_touch", percent=80))
    await settled(notifier)
    assert slack.posted == []
    assert (await notifier.states())["email reminder rep-ana"] == "sent"


async def test_a_rep_gets_what_is_late_in_one_message_and_each_card_says_so_at_once(
    notifier: Notifier, slack: Slack, story_of: StoryOf
) -> None:
    notifier.advance(hours=2)
    for number in range(3):
        story = story_of(f"lead-{number}")
        await notifier.read(story.captured(), story.assigned(flag=None), *story.clocks())
        await settled(notifier)
        await notifier.read(*(story.clock(ClockBreached, promise) for promise in ("accepted", "first_touch")))
    await settled(notifier)
    cards = to(slack, "D0ANA")
    assert len(cards) == 3
    assert all("Late: First touch was due" in card for card in cards)
    notifier.advance(hours=4)
    await settled(notifier)
    digest = next(message for message in reversed(slack.posted) if message["channel"] == "D0ANA")
    assert len(to(slack, "D0ANA")) == 4
    assert "3 notices: 3 overdue" in digest["text"]
    assert str(digest["blocks"]).count("Overdue: Jane Doe") == 3, "two promises of one lead are one line"
    assert f"{notifier.context.settings.url}/inbox" in str(digest["blocks"])
    for number in range(3):
        assert f"/leads/lead-{number}|Open>" in str(digest["blocks"]), "each lead is one touch away"
    assert "thread_ts" not in digest


async def test_a_digest_about_one_lead_replies_under_its_card(notifier: Notifier, slack: Slack, story: LeadLog) -> None:
    notifier.advance(hours=2)
    await late(notifier, story)
    await settled(notifier)
    await notifier.read(story.clock(ClockBreached, "accepted"))
    notifier.advance(hours=4)
    await settled(notifier)
    card, digest = (message for message in slack.posted if message["channel"] == "D0ANA")
    assert digest["thread_ts"] == card["ts"]
    assert digest["text"].count("Overdue: Jane Doe") == 1


async def test_of_a_hot_lead_that_is_late_its_rep_hears_at_once_under_the_card(
    notifier: Notifier, slack: Slack, story: LeadLog
) -> None:
    notifier.advance(hours=2)
    await notifier.read(story.captured(), story.assigned(flag="hot"), *story.clocks())
    await settled(notifier)
    await notifier.read(story.clock(ClockBreached, "first_touch"))
    await settled(notifier)
    card, word = (message for message in slack.posted if message["channel"] == "D0ANA")
    assert word["thread_ts"] == card["ts"]
    assert "Overdue" in word["text"]


async def test_a_manager_reads_of_three_attempts_in_the_digest_of_a_hot_lead_too(
    notifier: Notifier, slack: Slack, story: LeadLog
) -> None:
    notifier.advance(hours=2)
    await notifier.read(*story.offer(), story.clock(ClockBreached, "three_attempts"))
    await settled(notifier)
    assert to(slack, "D0GRACE") == []
    notifier.advance(hours=4)
    await settled(notifier)
    (digest,) = to(slack, "D0GRACE")
    assert "Overdue" in digest


async def test_a_reminder_of_what_is_late_is_true_while_it_is_late(
    notifier: Notifier, slack: Slack, story: LeadLog
) -> None:
    notifier.advance(hours=2)
    await notifier.read(story.captured(), story.assigned(flag=None), *story.clocks())
    await untouched(notifier, story)
    await settled(notifier)
    assert to(slack, "D0GRACE") == []
    notifier.advance(hours=4)
    await settled(notifier)
    (digest,) = to(slack, "D0GRACE")
    assert "120 % of the time is gone" in digest


@pytest.mark.parametrize("why", ["stalled", "one_channel"])
async def test_work_that_stands_still_is_named_in_the_digest(
    notifier: Notifier, slack: Slack, story: LeadLog, why: str
) -> None:
    notifier.advance(hours=2)
    offer = story.assigned()
    await notifier.read(story.captured(), offer, *story.clocks())
    event = {"cycle": 1, "rep": "rep-ana", "why": why, "assignment": f"{story.lead}.1"}
    await notifier.read(story.make(OwnerTold, {**event, "snapshot": offer.data.snapshot}))
    await settled(notifier)
    assert len(to(slack, "D0ANA")) == 1
    notifier.advance(hours=4)
    await settled(notifier)
    assert len(to(slack, "D0ANA")) == 2


async def test_operations_hears_in_the_morning_of_managers_who_do_not_decide(
    notifier: Notifier, slack: Slack, story_of: StoryOf
) -> None:
    for number in range(3):
        story = story_of(f"lead-{number}")
        undecided = {"to": "operations", "rep": "rep-grace", "reason": "undecided", "text": f"lead {number} waits"}
        await notifier.read(story.captured(), story.make(AlertRaised, undecided))
    lost = story_of("lead-3")
    await notifier.read(
        lost.captured(), lost.make(AlertRaised, {"to": "operations", "reason": "nobody_eligible", "text": "x"})
    )
    await settled(notifier)
    assert len(slack.posted) == 1, "that nobody gets a lead is said at once"
    notifier.advance(days=1)
    await settled(notifier)
    assert len(slack.posted) == 2
    assert "3 notices" in slack.posted[1]["text"]


@pytest.mark.parametrize(
    ("recipient", "digest"), [("rep-ivan", True), ("manager:rep-ivan", False), ("marketing", False)]
)
def test_a_rep_is_meant_by_each_part_that_a_rep_can_play(terms: Terms, recipient: str, digest: bool) -> None:
    fields = {name: getattr(terms.notices, name) for name in Notices.model_fields}
    rules = [one.model_copy(update={"by_digest": ("account_manager",)}) for one in terms.notices.rules]
    notices = Notices.model_construct(**{**fields, "rules": tuple(rules)})
    assert by_digest("customer", recipient, replace(terms, notices=notices)) is digest
