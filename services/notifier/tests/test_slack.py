"""Slack as it can behave, on loopback: limits, refusals, lost answers, and cards that live."""

from typing import Any

import pytest

from events.slas import ClockBreached
from notifier.channels.slack import Slack
from notifier.deliver import Deliver


@pytest.fixture
def desk(slack_desk: Any) -> Any:
    return slack_desk


async def card(desk: Any) -> dict[str, Any]:
    (row,) = await desk.rows("SELECT * FROM notice WHERE channel = 'slack' AND kind = 'assignment'")
    return dict(row)


async def test_a_card_is_posted_and_later_updated_in_place(desk: Any, slack: Any, story: Any) -> None:
    await desk.read(*story.offer())
    await desk.deliver()
    await desk.pass_(seconds=1)
    await desk.read(story.accepted())
    await desk.deliver()
    assert slack.methods() == ["chat.postMessage", "chat.update"]
    (message,) = slack.posted
    assert message["channel"] == "D0ANA"
    assert "Accepted by Ana Lima" in str(message["blocks"])
    assert (await card(desk))["reference"] == message["ts"]
    assert [said.data.reference for said in await desk.said() if said.data.channel == "slack"] == [message["ts"]]


async def test_a_card_that_looks_the_same_is_not_sent_again(desk: Any, slack: Any, story: Any) -> None:
    await desk.read(*story.offer())
    await desk.deliver()
    await desk.pass_(seconds=1)
    await desk.read(story.clock())
    await desk.deliver()
    assert slack.methods() == ["chat.postMessage"]


async def test_a_breach_updates_the_card_and_tells_rep_and_manager(desk: Any, slack: Any, story: Any) -> None:
    await desk.read(*story.offer())
    await desk.deliver()
    await desk.pass_(hours=6)
    await desk.read(story.clock(ClockBreached, "first_touch"))
    for _ in range(3):
        await desk.deliver()
        await desk.pass_(seconds=1)
    assert sorted(slack.methods()) == ["chat.postMessage"] * 3 + ["chat.update"]
    assert {message["channel"] for message in slack.posted} == {"D0ANA", "D0GRACE"}
    assert "(missed)" in str(slack.posted[0]["blocks"])


async def test_retry_after_is_honoured(desk: Any, slack: Any, story: Any) -> None:
    slack.script.append((429, {"Retry-After": "30"}))
    await desk.read(*story.offer())
    await desk.deliver()
    await desk.pass_(seconds=29)
    await desk.deliver()
    assert len(slack.calls) == 1
    await desk.pass_(seconds=1)
    await desk.deliver()
    assert (await card(desk))["state"] == "sent"
    assert (await card(desk))["attempts"] == 2


async def test_one_message_a_second_to_one_address(desk: Any, slack: Any, tell_of: Any) -> None:
    for number in range(3):
        await desk.read(*tell_of(f"lead-{number}").offer())
    for second in range(1, 4):
        await desk.deliver()
        assert len(slack.posted) == second
        await desk.pass_(seconds=1)


@pytest.mark.parametrize("trouble", [(500, {}), "internal_error", "service_unavailable", "request_timeout"])
async def test_trouble_at_their_side_is_tried_again(desk: Any, slack: Any, story: Any, trouble: Any) -> None:
    slack.script.append(trouble)
    await desk.read(*story.offer())
    await desk.deliver()
    assert (await card(desk))["state"] == "pending"
    await desk.pass_(seconds=5)
    await desk.deliver()
    assert len(slack.posted) == 1
    assert (await card(desk))["state"] == "sent"


async def test_a_refusal_is_final_and_said(desk: Any, slack: Any, story: Any) -> None:
    slack.script.append("invalid_blocks")
    await desk.read(*story.offer())
    await desk.deliver()
    assert (await card(desk))["state"] == "failed"
    failed = [said for said in await desk.said() if said.type == "notice.failed.v1"]
    assert [said.data.error for said in failed] == ["invalid_blocks"]


async def test_a_revoked_token_stops_slack_until_a_probe_gets_through(desk: Any, slack: Any, tell_of: Any) -> None:
    slack.script.append("token_revoked")
    await desk.read(*tell_of("lead-1").offer())
    await desk.deliver()
    await desk.read(*tell_of("lead-2").offer(rep="rep-ben"))
    await desk.deliver()
    assert len(slack.calls) == 1
    (stop,) = await desk.rows("SELECT place, stopped FROM pace WHERE stopped IS NOT NULL")
    assert stop == {"place": "slack", "stopped": "token_revoked"}
    await desk.pass_(seconds=5)
    await desk.deliver()
    assert len(slack.posted) == 2
    assert await desk.rows("SELECT * FROM pace WHERE stopped IS NOT NULL") == []


async def test_an_archived_channel_stops_nobody_else(desk: Any, slack: Any, tell_of: Any) -> None:
    slack.script.append("is_archived")
    await desk.read(*tell_of("lead-1").offer())
    await desk.deliver()
    await desk.read(*tell_of("lead-2").offer(rep="rep-ben"))
    await desk.deliver()
    assert [message["channel"] for message in slack.posted] == ["D0BEN"]


async def test_it_is_given_up_in_the_end(desk: Any, slack: Any, story: Any) -> None:
    slack.script.extend([(500, {})] * 40)
    await desk.read(*story.offer())
    for _ in range(30):
        await desk.deliver()
        await desk.pass_(hours=2)
    assert (await card(desk))["state"] == "failed"
    assert [said.type for said in await desk.said() if said.data.channel == "slack"] == ["notice.failed.v1"]


async def test_a_lost_answer_is_listed_and_looked_up_before_sending_again(desk: Any, slack: Any, story: Any) -> None:
    slack.script.append("reset")
    await desk.read(*story.offer())
    await desk.deliver()
    assert (await card(desk))["state"] == "unknown"
    await desk.pass_(seconds=5)
    await desk.deliver()
    assert len(slack.posted) == 1
    assert slack.methods()[1:] == ["conversations.open", "conversations.history"]
    assert (await card(desk))["reference"] == slack.posted[0]["ts"]
    said = [said.type for said in await desk.said() if said.data.channel == "slack"]
    assert said == ["notice.unknown.v1", "notice.sent.v1"]


async def test_an_answer_that_takes_too_long_is_a_lost_one(desk: Any, slack: Any, story: Any) -> None:
    slack.script.append("hang")
    await desk.read(*story.offer())
    await Deliver(desk.context, Slack("xoxb-test", slack.url, seconds=1), desk.terms).round()
    assert (await card(desk))["state"] == "unknown"
    await desk.pass_(seconds=5)
    await desk.deliver()
    assert len(slack.posted) == 1
    assert (await card(desk))["state"] == "sent"


async def test_a_lost_answer_to_a_message_that_is_not_there_is_sent_again(desk: Any, slack: Any, story: Any) -> None:
    slack.script.append("fatal_error")
    await desk.read(*story.offer())
    await desk.deliver()
    await desk.pass_(seconds=5)
    await desk.deliver()
    assert len(slack.posted) == 1
    assert (await card(desk))["state"] == "sent"


async def test_who_died_while_sending_left_an_unknown(desk: Any, slack: Any, story: Any) -> None:
    await desk.read(*story.offer())
    await desk.do("""UPDATE notice SET state = 'sending', attempts = 1, tried_at = next_at,
                     held_until = clock_timestamp() - interval '1 second' WHERE channel = 'slack'""")
    await desk.deliver()
    assert (await card(desk))["state"] == "unknown"
    await desk.pass_(seconds=5)
    await desk.deliver()
    assert (await card(desk))["state"] == "sent"
    said = [(said.type, said.data.attempt) for said in await desk.said() if said.data.channel == "slack"]
    assert said == [("notice.unknown.v1", 1), ("notice.sent.v1", 2)]


async def test_a_card_already_sent_is_redacted_when_the_person_is_erased(desk: Any, slack: Any, story: Any) -> None:
    await desk.read(*story.offer())
    await desk.deliver()
    await desk.pass_(seconds=1)
    await desk.read(story.erased())
    await desk.deliver()
    assert "Jane" not in str(slack.posted[0]["blocks"])
    assert "Jane" not in slack.posted[0]["text"]


async def test_a_crowd_becomes_one_message(desk: Any, slack: Any, tell_of: Any) -> None:
    for number in range(25):
        story = tell_of(f"lead-{number}")
        await desk.read(*story.offer(rep="rep-ben"))
        await desk.read(story.clock(ClockBreached, "first_touch"))
    await desk.do("UPDATE notice SET next_at = NULL WHERE kind = 'assignment'")
    await desk.pass_(hours=2)
    await desk.deliver()
    told = {message["channel"]: message for message in slack.posted}
    assert set(told) == {"D0ANA", "D0GRACE"}
    assert "25 notices" in told["D0GRACE"]["text"]
    said = [said for said in await desk.said() if said.data.channel == "slack"]
    assert len(said) == 50
