"""A lead that was merged: what is about work goes out under the one that goes on; what is dropped says why."""

import pytest
from services.notifier.tests.conftest import LEAD, LeadLog, Notifier, StoryOf

from events import Event
from events.leads import LeadMerged

SURVIVOR = "0c5a9e0e-8f5f-5d1b-9d0a-5a2f3f1c7b12"


def merged(story: LeadLog) -> Event:
    return story.events.make(LeadMerged, into=SURVIVOR, reason="alias")


@pytest.fixture
async def two(notifier: Notifier, story_of: StoryOf) -> tuple[LeadLog, LeadLog]:
    """Ben has the one that goes on, Ana the other; both cards are out."""
    here, there = story_of(SURVIVOR), story_of(LEAD)
    await notifier.read(*here.offer("rep-ben"), *there.offer("rep-ana"))
    await notifier.deliver()
    return here, there


@pytest.mark.parametrize("heard", ["merged first", "returned first", "in one batch", "at night"])
async def test_whose_work_ended_with_a_merge_hears_so_under_the_survivor(
    notifier: Notifier, two: tuple[LeadLog, LeadLog], heard: str
) -> None:
    _, other = two
    facts = [other.returned("merged", "none"), merged(other)]
    if heard == "at night":
        notifier.advance(hours=10)
    for batch in (
        [facts] if heard == "in one batch" else [facts[:1], facts[1:]][:: -1 if heard == "merged first" else 1]
    ):
        await notifier.read(*batch)
        if heard == "merged first":
            await notifier.deliver()
    notifier.advance(hours=20)
    await notifier.deliver()
    rows = [row for row in await notifier.rows() if row["kind"] == "withdrawal"]
    assert {(row["lead"], row["recipient"], row["channel"], row["state"], row["error"]) for row in rows} == {
        (SURVIVOR, "rep-ana", channel, "sent", None) for channel in ("slack", "email")
    }
    for row in rows:
        assert "the record of Jane Doe, Acme Ltd goes on" in str(row["body"])
        assert f"/leads/{SURVIVOR}" in str(row["body"])


@pytest.mark.parametrize("how", ["merged", "erased"])
async def test_what_waits_of_one_who_is_no_more_is_dropped_with_the_reason(
    notifier: Notifier, story: LeadLog, how: str
) -> None:
    gone = merged(story) if how == "merged" else story.erased()
    await notifier.read(*story.offer())
    await notifier.read(gone, story.assigned("rep-ben", 2))
    rows = await notifier.rows()
    assert {row["recipient"] for row in rows} == {"rep-ana", "rep-ben"}
    assert {(row["state"], row["error"]) for row in rows} == {("dropped", f"the person is {how}")}


async def test_of_an_erased_person_nobody_hears_anything(notifier: Notifier, story: LeadLog) -> None:
    await notifier.read(*story.offer())
    await notifier.read(story.returned("erased", "none"), story.erased(), merged(story))
    assert {(row["state"], row["error"]) for row in await notifier.rows()} == {("dropped", "the person is erased")}


async def test_who_loses_a_lead_to_the_owner_of_its_deal_gets_a_message(notifier: Notifier, story: LeadLog) -> None:
    await notifier.read(*story.offer())
    await notifier.deliver()
    previous = f"{story.lead}.1"
    again = story.assigned("rep-ben", 2, rule="deal_owner", reassigned_from="rep-ana", previous=previous)
    await notifier.read(story.returned("deal_owner", "reroute"), again)
    notifier.advance(hours=2)
    await notifier.deliver()
    rows = [row for row in await notifier.rows() if row["kind"] == "reassigned"]
    assert {(row["recipient"], row["channel"], row["state"]) for row in rows} == {
        ("rep-ana", channel, "sent") for channel in ("slack", "email")
    }
    assert all("owns the open deal of Jane Doe" in str(row["body"]) for row in rows)
