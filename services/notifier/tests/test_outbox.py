"""Until anything is configured: files in DATA/outbox, in place of calls."""

import json
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any


def files(desk: Any, channel: str) -> list[Path]:
    return sorted((desk.context.settings.data / "outbox" / channel).glob("*"))


async def test_an_assignment_becomes_one_card_and_one_mail(desk: Any, story: Any) -> None:
    await desk.read(*story.offer())
    await desk.deliver()
    (card,), (mail,) = files(desk, "slack"), files(desk, "email")
    call = json.loads(card.read_text())
    assert call["channel"] == "U0ANA"
    assert call["metadata"]["event_payload"]["nid"] == card.stem
    accept, reject, open_ = call["blocks"][-1]["elements"]
    value = {"lead": story.lead, "assignment": f"{story.lead}.1", "version": 1}
    assert (accept["action_id"], reject["action_id"]) == ("accept", "reject")
    assert json.loads(accept["value"]) == json.loads(reject["value"]) == value
    assert open_["url"].endswith(f"/leads/{story.lead}")
    parsed = message_from_bytes(mail.read_bytes(), policy=policy.default)
    assert parsed["To"] == "ana.lima@northwind.example"
    assert parsed["Message-ID"] == f"<{mail.stem}.1@northwind.example>"


async def test_what_was_sent_is_said_once(desk: Any, story: Any) -> None:
    await desk.read(*story.offer())
    await desk.deliver()
    await desk.deliver()
    said = await desk.said()
    assert [(e.type, e.data.kind, e.data.channel, e.data.to, e.data.outbox) for e in said] == [
        ("notice.sent.v1", "assignment", "slack", "rep-ana", True),
        ("notice.sent.v1", "assignment", "email", "rep-ana", True),
    ]
    assert {e.subject for e in said} == {story.lead}


async def test_a_card_waits_for_the_person_and_a_moment_for_its_due_times(desk: Any, story: Any) -> None:
    captured = story.captured()
    await desk.read(story.assigned())
    await desk.pass_(seconds=2)
    await desk.deliver()
    assert set((await desk.states()).values()) == {"pending"}
    await desk.read(captured)
    await desk.deliver()
    assert set((await desk.states()).values()) == {"sent"}


async def test_a_card_goes_as_soon_as_its_clocks_are_there(desk: Any, story: Any) -> None:
    await desk.read(story.captured(), story.assigned())
    await desk.deliver()
    assert set((await desk.states()).values()) == {"pending"}
    await desk.read(story.clock(), story.clock(promise="first_touch"))
    await desk.deliver()
    assert set((await desk.states()).values()) == {"sent"}
    assert "Accept or reject" in files(desk, "slack")[0].read_text()


async def test_the_living_card_is_one_file_that_changes(desk: Any, story: Any) -> None:
    await desk.read(*story.offer())
    await desk.deliver()
    await desk.read(story.accepted())
    await desk.deliver()
    (card,) = files(desk, "slack")
    assert "Accepted by Ana Lima" in card.read_text()
    assert '"accept"' not in card.read_text()
    assert len(await desk.said()) == 2


async def test_reassignment_withdraws_the_old_card_and_says_to_whom_it_went(desk: Any, story: Any) -> None:
    await desk.read(*story.offer())
    await desk.deliver()
    await desk.read(
        story.returned("accept_timeout", "repool"),
        story.assigned("rep-ben", 2, reassigned_from="rep-ana", previous=f"{story.lead}.1"),
    )
    await desk.pass_(hours=1)
    await desk.deliver()
    cards = {json.loads(path.read_text())["channel"]: path.read_text() for path in files(desk, "slack")}
    old = next(
        path.read_text() for path in files(desk, "slack") if "U0ANA" in path.read_text() and '"ts"' in path.read_text()
    )
    assert "Already reassigned to Ben Carter" in old
    assert '"accept"' not in old
    assert '"accept"' in cards["U0BEN"]


async def test_erasure_empties_what_was_written(desk: Any, story: Any) -> None:
    await desk.read(*story.offer())
    await desk.deliver()
    await desk.read(story.erased())
    await desk.deliver()
    assert files(desk, "email") == []
    (card,) = files(desk, "slack")
    assert "Jane" not in card.read_text()
    assert "asked to be forgotten" in card.read_text()
    kept = await desk.rows("SELECT body, payload FROM notice")
    assert all(row["body"] is None and row["payload"] == {} for row in kept)
    assert "Jane" not in str(await desk.rows("SELECT body FROM person"))
    await desk.read(story.assigned("rep-ben", 2))
    await desk.deliver()
    assert "dropped" in (await desk.states())["slack assignment rep-ben"]
