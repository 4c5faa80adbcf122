"""Until anything is configured: files in DATA/outbox, in place of calls."""

import json
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

from services.notifier.tests.conftest import LeadLog, Notifier

from events import Event
from events.buttons import ACCEPT, HAND_OVER, REJECT, OfferButton
from notifier.service import SERVICE
from runtime.emit.wire_tap import WireTap
from testing.events import NOON
from testing.service import batch


def files(notifier: Notifier, channel: str) -> list[Path]:
    return sorted((notifier.context.settings.data / "outbox" / channel).glob("*"))


async def test_an_assignment_becomes_one_card_and_one_mail(notifier: Notifier, story: LeadLog) -> None:
    await notifier.read(*story.offer())
    await notifier.deliver()
    (card,), (mail,) = files(notifier, "slack"), files(notifier, "email")
    call = json.loads(card.read_text())
    assert call["channel"] == "U0ANA"
    assert call["metadata"]["event_payload"]["nid"] == card.stem
    (answers,) = [block for block in call["blocks"] if block["type"] == "actions"]
    accept, reject, hand_over, open_ = answers["elements"]
    offer = OfferButton(lead=story.lead, assignment=f"{story.lead}.1")
    assert (accept["action_id"], reject["action_id"]) == (ACCEPT, REJECT)
    assert OfferButton.decode(accept["value"]) == OfferButton.decode(reject["value"]) == offer
    assert hand_over["action_id"] == HAND_OVER
    assert OfferButton.decode(hand_over["value"]) == offer.replaced(pool="smb-na")
    assert open_["url"].endswith(f"/leads/{story.lead}")
    parsed = message_from_bytes(mail.read_bytes(), policy=policy.default)
    assert parsed["To"] == "ana.lima@northwind.example"
    assert parsed["Message-ID"] == f"<{mail.stem}.1@northwind.example>"


async def test_what_was_sent_is_written_once(notifier: Notifier, story: LeadLog) -> None:
    await notifier.read(*story.offer())
    await notifier.deliver()
    await notifier.deliver()
    events = await notifier.events()
    assert [(e.type, e.data.kind, e.data.channel, e.data.to, e.data.outbox) for e in events] == [
        ("notice.sent.v1", "assignment", "slack", "rep-ana", True),
        ("notice.sent.v1", "assignment", "email", "rep-ana", True),
    ]
    assert {e.subject for e in events} == {story.lead}


async def test_a_card_waits_for_the_person_and_a_moment_for_its_due_times(notifier: Notifier, story: LeadLog) -> None:
    captured = story.captured()
    await notifier.read(story.assigned())
    notifier.advance(seconds=2)
    await notifier.deliver()
    assert set((await notifier.states()).values()) == {"pending"}
    await notifier.read(captured)
    await notifier.deliver()
    assert set((await notifier.states()).values()) == {"sent"}


async def test_a_card_goes_as_soon_as_its_clocks_are_there(notifier: Notifier, story: LeadLog) -> None:
    await notifier.read(story.captured(), story.assigned())
    await notifier.deliver()
    assert set((await notifier.states()).values()) == {"pending"}
    await notifier.read(*story.clocks())
    await notifier.deliver()
    assert set((await notifier.states()).values()) == {"sent"}
    assert "Accept or reject" in files(notifier, "slack")[0].read_text()


async def test_the_living_card_is_one_file_that_changes(notifier: Notifier, story: LeadLog) -> None:
    await notifier.read(*story.offer())
    await notifier.deliver()
    await notifier.read(story.accepted())
    await notifier.deliver()
    (card,) = files(notifier, "slack")
    assert "Accepted by Ana Lima" in card.read_text()
    assert '"accept"' not in card.read_text()
    assert len(await notifier.events()) == 2


async def test_while_months_pass_a_card_stays_as_it_was_until_somebody_looks(
    notifier: Notifier, story: LeadLog
) -> None:
    driven = SERVICE.build(replace(notifier.context, tap=WireTap()))
    handler, catch_up, catch_up_views = driven.handler, driven.catch_up, driven.catch_up_views
    assert handler
    assert catch_up
    assert catch_up_views

    async def read(*events: Event) -> bool:
        async with notifier.context.database.begin() as tx:
            await handler(batch(events, NOON), tx)
        return await catch_up()

    assert await read(*story.offer())
    (card,) = files(notifier, "slack")
    drawn = card.read_text()
    assert not await read(story.accepted()), "nothing is due"
    assert card.read_text() == drawn
    await catch_up_views()
    assert "Accepted by Ana Lima" in card.read_text()
    assert not await catch_up()
    assert await read(story.erased()), "who left is not named any longer, at once"
    assert "Jane" not in card.read_text()


async def test_reassignment_withdraws_the_old_card_and_says_to_whom_it_went(notifier: Notifier, story: LeadLog) -> None:
    await notifier.read(*story.offer())
    await notifier.deliver()
    await notifier.read(
        story.returned("accept_timeout", "repool"),
        story.assigned("rep-ben", 2, reassigned_from="rep-ana", previous=f"{story.lead}.1"),
    )
    notifier.advance(hours=1)
    await notifier.deliver()
    cards = {json.loads(path.read_text())["channel"]: path.read_text() for path in files(notifier, "slack")}
    old = next(
        path.read_text()
        for path in files(notifier, "slack")
        if "U0ANA" in path.read_text() and '"ts"' in path.read_text()
    )
    assert "Already reassigned to Ben Carter" in old
    assert '"accept"' not in old
    assert '"accept"' in cards["U0BEN"]


async def test_erasure_empties_what_was_written(notifier: Notifier, story: LeadLog) -> None:
    await notifier.read(*story.offer())
    await notifier.deliver()
    await notifier.read(story.erased())
    await notifier.deliver()
    assert files(notifier, "email") == []
    (card,) = files(notifier, "slack")
    assert "Jane" not in card.read_text()
    assert "asked to be forgotten" in card.read_text()
    kept = await notifier.rows("SELECT body, payload FROM notice")
    assert all(row["body"] is None and row["payload"] == {} for row in kept)
    assert "Jane" not in str(await notifier.rows("SELECT body FROM person"))
    await notifier.read(story.assigned("rep-ben", 2))
    await notifier.deliver()
    assert (await notifier.states())["slack assignment rep-ben"] == "dropped"
