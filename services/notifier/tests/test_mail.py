"""SMTP as it can behave, on loopback."""

from email import message_from_bytes, policy
from typing import Any

import pytest

from notifier.channels import channels
from runtime.errors import Misconfigured


@pytest.fixture
def desk(mail_desk: Any) -> Any:
    return mail_desk


async def mail(desk: Any) -> dict[str, Any]:
    (row,) = await desk.rows("SELECT * FROM notice WHERE channel = 'email' AND kind = 'assignment'")
    return dict(row)


async def test_a_mail_arrives_whole(desk: Any, postbox: Any, story: Any) -> None:
    await desk.read(*story.offer())
    await desk.deliver()
    row = await mail(desk)
    (raw,) = postbox.taken
    parsed = message_from_bytes(raw, policy=policy.default)
    assert (row["state"], row["outbox"]) == ("sent", False)
    assert parsed["Message-ID"] == f"<{row['reference']}>" == f"<{row['id']}.1@northwind.example>"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert "Jane Doe" in str(parsed["Subject"])


@pytest.mark.parametrize(("place", "reply"), [("rcpt", "451 greylisted, try later"), ("data", "421 closing")])
async def test_not_now_is_tried_again(desk: Any, postbox: Any, story: Any, place: str, reply: str) -> None:
    postbox.script.append((place, reply))
    await desk.read(*story.offer())
    await desk.deliver()
    assert (await mail(desk))["state"] == "pending"
    await desk.pass_(seconds=5)
    await desk.deliver()
    assert (await mail(desk))["state"] == "sent"
    assert len(postbox.taken) == 1


@pytest.mark.parametrize("place", ["rcpt", "data"])
async def test_never_is_final_and_said(desk: Any, postbox: Any, story: Any, place: str) -> None:
    postbox.script.append((place, "550 no such user"))
    await desk.read(*story.offer())
    await desk.deliver()
    await desk.pass_(hours=3)
    await desk.deliver()
    assert (await mail(desk))["state"] == "failed"
    failed = [said for said in await desk.said() if said.type == "notice.failed.v1"]
    assert [said.data.error for said in failed] == [(await mail(desk))["error"]]
    assert postbox.taken == []


async def test_a_reply_lost_after_the_last_dot_is_sent_again_once_under_the_same_id(
    desk: Any, postbox: Any, story: Any
) -> None:
    postbox.script.extend([("data", "drop"), ("data", "drop")])
    await desk.read(*story.offer())
    for _ in range(4):
        await desk.deliver()
        await desk.pass_(minutes=3)
    assert (await mail(desk))["state"] == "unknown"
    assert len({message_from_bytes(raw)["Message-ID"] for raw in postbox.taken}) == 1
    assert len(postbox.taken) == 2
    said = [said.type for said in await desk.said() if said.data.channel == "email"]
    assert said == ["notice.unknown.v1"] * 2


async def test_a_server_that_is_away_is_tried_again(desk: Any, story: Any, postbox: Any) -> None:
    away = desk.with_(smtp="smtp://127.0.0.1:9")
    await away.read(*story.offer())
    await away.deliver()
    assert (await mail(away))["state"] == "pending"
    await away.pass_(seconds=5)
    await desk.deliver()
    assert len(postbox.taken) == 1


async def test_encryption_that_cannot_be_had_stops_the_channel(desk: Any, story: Any, postbox: Any) -> None:
    port = postbox.url.rpartition(":")[2]
    strict = desk.with_(smtp=f"smtp://127.1:{port}")
    await strict.read(*story.offer())
    await strict.deliver()
    (stop,) = await desk.rows("SELECT place, stopped FROM pace WHERE stopped IS NOT NULL")
    assert stop["place"] == "email"
    assert postbox.taken == []


def test_an_address_of_a_server_that_is_none_is_told_at_the_start(desk: Any) -> None:
    with pytest.raises(Misconfigured, match="BATON_SMTP"):
        channels(desk.with_(smtp="localhost:25").context.settings, desk.terms.notices)
