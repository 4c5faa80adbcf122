"""SMTP as it can behave, on loopback."""

from email import message_from_bytes, policy

import pytest
from services.notifier.tests.conftest import LeadLog, Notifier

from notifier.channels import channels
from runtime.errors import Misconfigured
from testing.world import Postbox


@pytest.fixture
def notifier(mail_notifier: Notifier) -> Notifier:
    return mail_notifier


async def test_a_mail_arrives_whole(notifier: Notifier, postbox: Postbox, story: LeadLog) -> None:
    await notifier.read(*story.offer())
    await notifier.deliver()
    row = await notifier.card("email")
    (raw,) = postbox.mails
    parsed = message_from_bytes(raw, policy=policy.default)
    assert (row["state"], row["outbox"]) == ("sent", False)
    assert parsed["Message-ID"] == f"<{row['reference']}>" == f"<{row['id']}.1@northwind.example>"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert "Jane Doe" in str(parsed["Subject"])


@pytest.mark.fault("F11")
@pytest.mark.parametrize(("place", "reply"), [("rcpt", "451 greylisted, try later"), ("data", "421 closing")])
async def test_not_now_is_tried_again(
    notifier: Notifier, postbox: Postbox, story: LeadLog, place: str, reply: str
) -> None:
    postbox.script.append((place, reply))
    await notifier.read(*story.offer())
    await notifier.deliver()
    assert (await notifier.card("email"))["state"] == "pending"
    notifier.advance(seconds=5)
    await notifier.deliver()
    assert (await notifier.card("email"))["state"] == "sent"
    assert len(postbox.mails) == 1


@pytest.mark.fault("F11")
@pytest.mark.parametrize("place", ["rcpt", "data"])
async def test_never_is_final_and_written(notifier: Notifier, postbox: Postbox, story: LeadLog, place: str) -> None:
    postbox.script.append((place, "550 no such user"))
    await notifier.read(*story.offer())
    await notifier.deliver()
    notifier.advance(hours=3)
    await notifier.deliver()
    assert (await notifier.card("email"))["state"] == "failed"
    failed = [event for event in await notifier.events() if event.type == "notice.failed.v1"]
    assert [event.data.error for event in failed] == [(await notifier.card("email"))["error"]]
    assert postbox.mails == []


@pytest.mark.fault("F11")
async def test_a_reply_lost_after_the_last_dot_is_sent_again_once_under_the_same_id(
    notifier: Notifier, postbox: Postbox, story: LeadLog
) -> None:
    postbox.script.extend([("data", "drop"), ("data", "drop")])
    await notifier.read(*story.offer())
    for _ in range(4):
        await notifier.deliver()
        notifier.advance(minutes=3)
    assert (await notifier.card("email"))["state"] == "unknown"
    assert len({message_from_bytes(raw)["Message-ID"] for raw in postbox.mails}) == 1
    assert len(postbox.mails) == 2
    assert [event.type for event in await notifier.events("email")] == ["notice.unknown.v1"] * 2


@pytest.mark.fault("F11")
async def test_a_server_that_is_away_is_tried_again(notifier: Notifier, story: LeadLog, postbox: Postbox) -> None:
    away = notifier.with_settings(smtp="smtp://127.0.0.1:9")
    await away.read(*story.offer())
    await away.deliver()
    assert (await away.card("email"))["state"] == "pending"
    away.advance(seconds=5)
    await notifier.deliver()
    assert len(postbox.mails) == 1


@pytest.mark.fault("F11")
async def test_encryption_that_cannot_be_had_stops_the_channel(
    notifier: Notifier, story: LeadLog, postbox: Postbox
) -> None:
    port = postbox.url.rpartition(":")[2]
    strict = notifier.with_settings(smtp=f"smtp://127.1:{port}")
    await strict.read(*story.offer())
    await strict.deliver()
    (stop,) = await notifier.stopped_places()
    assert stop["place"] == "email"
    assert postbox.mails == []


def test_an_address_of_a_server_that_is_none_is_refused_at_the_start(notifier: Notifier) -> None:
    with pytest.raises(Misconfigured, match="BATON_SMTP"):
        channels(notifier.with_settings(smtp="localhost:25").context.settings, notifier.terms.notices)
