"""SlackChannel as it can behave, on loopback: limits, refusals, lost answers, and cards that live."""

import pytest
from services.notifier.tests.conftest import LeadLog, Notifier, StoryOf

from events.handoffs import AlertRaised
from events.slas import ClockBreached
from notifier.channels.slack import SlackChannel
from notifier.deliver import DeliveryLoop
from testing.world import Slack


@pytest.fixture
def notifier(slack_notifier: Notifier) -> Notifier:
    return slack_notifier


async def test_a_card_is_posted_and_later_updated_in_place(notifier: Notifier, slack: Slack, story: LeadLog) -> None:
    await notifier.read(*story.offer())
    await notifier.deliver()
    notifier.advance(seconds=1)
    await notifier.read(story.accepted())
    await notifier.deliver()
    assert slack.methods() == ["chat.postMessage", "chat.update"]
    (message,) = slack.posted
    assert message["channel"] == "D0ANA"
    assert "Accepted by Ana Lima" in str(message["blocks"])
    assert (await notifier.card())["reference"] == message["ts"]
    assert [event.data.reference for event in await notifier.events("slack")] == [message["ts"]]


async def test_a_card_that_looks_the_same_is_not_sent_again(notifier: Notifier, slack: Slack, story: LeadLog) -> None:
    await notifier.read(*story.offer())
    await notifier.deliver()
    notifier.advance(seconds=1)
    await notifier.read(story.clock())
    await notifier.deliver()
    assert slack.methods() == ["chat.postMessage"]


async def test_a_breach_updates_the_card_and_tells_rep_and_manager(
    notifier: Notifier, slack: Slack, story: LeadLog
) -> None:
    await notifier.read(*story.offer())
    await notifier.deliver()
    notifier.advance(hours=6)
    await notifier.read(story.clock(ClockBreached, "first_touch"))
    for _ in range(3):
        await notifier.deliver()
        notifier.advance(seconds=1)
    assert sorted(slack.methods()) == ["chat.postMessage"] * 2 + ["chat.update"]
    assert "Late: First touch was due" in str(slack.posted[0]["blocks"])
    assert slack.posted[1]["thread_ts"] == slack.posted[0]["ts"]
    notifier.advance(days=1)
    await notifier.deliver()
    assert [message["channel"] for message in slack.posted] == ["D0ANA", "D0ANA", "D0GRACE"], (
        "she reads it in the morning"
    )


@pytest.mark.fault("F10")
async def test_retry_after_is_honoured(notifier: Notifier, slack: Slack, story: LeadLog) -> None:
    slack.script.append((429, {"Retry-After": "30"}))
    await notifier.read(*story.offer())
    await notifier.deliver()
    notifier.advance(seconds=29)
    await notifier.deliver()
    assert len(slack.calls) == 1
    notifier.advance(seconds=1)
    await notifier.deliver()
    assert (await notifier.card())["state"] == "sent"
    assert (await notifier.card())["attempts"] == 2


async def test_one_message_a_second_to_one_address(notifier: Notifier, slack: Slack, story_of: StoryOf) -> None:
    for number in range(3):
        await notifier.read(*story_of(f"lead-{number}").offer())
    for second in range(1, 4):
        await notifier.deliver()
        assert len(slack.posted) == second
        notifier.advance(seconds=1)


@pytest.mark.fault("F10")
@pytest.mark.parametrize("trouble", [(500, {}), "internal_error", "service_unavailable", "request_timeout"])
async def test_trouble_at_their_side_is_tried_again(
    notifier: Notifier, slack: Slack, story: LeadLog, trouble: tuple[int, dict[str, str]] | str
) -> None:
    slack.script.append(trouble)
    await notifier.read(*story.offer())
    await notifier.deliver()
    assert (await notifier.card())["state"] == "pending"
    notifier.advance(seconds=5)
    await notifier.deliver()
    assert len(slack.posted) == 1
    assert (await notifier.card())["state"] == "sent"


@pytest.mark.fault("F10")
async def test_a_refusal_is_final_and_written(notifier: Notifier, slack: Slack, story: LeadLog) -> None:
    slack.script.append("invalid_blocks")
    await notifier.read(*story.offer())
    await notifier.deliver()
    assert (await notifier.card())["state"] == "failed"
    failed = [event for event in await notifier.events() if event.type == "notice.failed.v1"]
    assert [event.data.error for event in failed] == ["invalid_blocks"]


@pytest.mark.fault("F10")
async def test_a_revoked_token_stops_slack_until_a_probe_gets_through(
    notifier: Notifier, slack: Slack, story_of: StoryOf
) -> None:
    slack.script.append("token_revoked")
    await notifier.read(*story_of("lead-1").offer())
    await notifier.deliver()
    await notifier.read(*story_of("lead-2").offer("rep-ben"))
    await notifier.deliver()
    assert len(slack.calls) == 1
    (stop,) = await notifier.stopped_places()
    assert stop == {"place": "slack", "stopped": "token_revoked"}
    notifier.advance(seconds=5)
    await notifier.deliver()
    assert len(slack.posted) == 2
    assert await notifier.stopped_places() == []


@pytest.mark.fault("F10")
async def test_an_archived_channel_stops_nobody_else(notifier: Notifier, slack: Slack, story_of: StoryOf) -> None:
    slack.script.append("is_archived")
    await notifier.read(*story_of("lead-1").offer())
    await notifier.deliver()
    await notifier.read(*story_of("lead-2").offer("rep-ben"))
    await notifier.deliver()
    assert [message["channel"] for message in slack.posted] == ["D0BEN"]


async def test_it_is_given_up_in_the_end(notifier: Notifier, slack: Slack, story: LeadLog) -> None:
    slack.script.extend([(500, {})] * 40)
    await notifier.read(*story.offer())
    for _ in range(30):
        await notifier.deliver()
        notifier.advance(hours=2)
    assert (await notifier.card())["state"] == "failed"
    assert [event.type for event in await notifier.events("slack")] == ["notice.failed.v1"]


@pytest.mark.fault("F10")
async def test_a_lost_answer_is_listed_and_looked_up_before_sending_again(
    notifier: Notifier, slack: Slack, story: LeadLog
) -> None:
    slack.script.append("reset")
    await notifier.read(*story.offer())
    await notifier.deliver()
    assert (await notifier.card())["state"] == "unknown"
    notifier.advance(seconds=5)
    await notifier.deliver()
    assert len(slack.posted) == 1
    assert slack.methods()[1:] == ["conversations.open", "conversations.history"]
    assert (await notifier.card())["reference"] == slack.posted[0]["ts"]
    assert [event.type for event in await notifier.events("slack")] == ["notice.unknown.v1", "notice.sent.v1"]


@pytest.mark.fault("F10")
async def test_an_answer_that_takes_too_long_is_a_lost_one(notifier: Notifier, slack: Slack, story: LeadLog) -> None:
    slack.script.append("hang")
    await notifier.read(*story.offer())
    await DeliveryLoop(notifier.context, SlackChannel("xoxb-test", slack.url, seconds=1), notifier.terms).round()
    assert (await notifier.card())["state"] == "unknown"
    notifier.advance(seconds=5)
    await notifier.deliver()
    assert len(slack.posted) == 1
    assert (await notifier.card())["state"] == "sent"


@pytest.mark.fault("F10")
async def test_a_lost_answer_to_a_message_that_is_not_there_is_sent_again(
    notifier: Notifier, slack: Slack, story: LeadLog
) -> None:
    slack.script.append("fatal_error")
    await notifier.read(*story.offer())
    await notifier.deliver()
    notifier.advance(seconds=5)
    await notifier.deliver()
    assert len(slack.posted) == 1
    assert (await notifier.card())["state"] == "sent"


async def test_who_died_while_sending_left_an_unknown(notifier: Notifier, slack: Slack, story: LeadLog) -> None:
    await notifier.read(*story.offer())
    await notifier.execute("""UPDATE notice SET state = 'sending', attempts = 1, tried_at = next_at,
                     held_until = clock_timestamp() - interval '1 second' WHERE channel = 'slack'""")
    await notifier.deliver()
    assert (await notifier.card())["state"] == "unknown"
    notifier.advance(seconds=5)
    await notifier.deliver()
    assert (await notifier.card())["state"] == "sent"
    attempts = [(event.type, event.data.attempt) for event in await notifier.events("slack")]
    assert attempts == [("notice.unknown.v1", 1), ("notice.sent.v1", 2)]


async def test_a_card_already_sent_is_redacted_when_the_person_is_erased(
    notifier: Notifier, slack: Slack, story: LeadLog
) -> None:
    await notifier.read(*story.offer())
    await notifier.deliver()
    notifier.advance(seconds=1)
    await notifier.read(story.erased())
    await notifier.deliver()
    assert "Jane" not in str(slack.posted[0]["blocks"])
    assert "Jane" not in slack.posted[0]["text"]


async def test_more_than_so_many_in_ten_minutes_become_one_message(
    notifier: Notifier, slack: Slack, story_of: StoryOf
) -> None:
    """So many go out one by one; the next ones wait until ten minutes after the first, and go together."""
    alone = notifier.terms.notices.digest.more_than
    for number in range(30):
        await notifier.read(story_of(f"lead-{number}").captured())
        alert = story_of(f"lead-{number}").events.make(
            AlertRaised, to="operations", reason="no_step", text=f"alert {number}"
        )
        await notifier.read(alert)
        await notifier.deliver()
        notifier.advance(seconds=2)
    (channel,) = {message["channel"] for message in slack.posted}
    assert len(slack.posted) == alone
    notifier.advance(minutes=9, seconds=2)
    await notifier.deliver()
    assert len(slack.posted) == alone + 1
    assert f"{30 - alone} notices" in slack.posted[-1]["text"]
    assert slack.posted[-1]["channel"] == channel
    assert {state for name, state in (await notifier.states()).items() if name.startswith("slack")} == {"sent"}


async def test_a_crowd_becomes_one_message(notifier: Notifier, slack: Slack, story_of: StoryOf) -> None:
    for number in range(25):
        story = story_of(f"lead-{number}")
        await notifier.read(*story.offer("rep-ben"))
        await notifier.read(story.clock(ClockBreached, "first_touch"))
    await notifier.execute("UPDATE notice SET next_at = NULL WHERE kind = 'assignment'")
    notifier.advance(hours=2)
    await notifier.deliver()
    posted = {message["channel"]: message for message in slack.posted}
    assert set(posted) == {"D0ANA"}
    assert "25 notices" in posted["D0ANA"]["text"]
    assert len(await notifier.events("slack")) == 25
