"""A raised hand that its rep does not answer goes to the next on shift, where the agreement says so."""

from pathlib import Path

import pytest

from runtime.settings import Settings
from testing.answers import InboxAnswer
from testing.house import Client
from testing.terms import changed_agreement

pytestmark = pytest.mark.slow

VP = {"first_name": "Robin", "last_name": "Hale", "title": "VP Sales", "country": "US", "employees": "30"}
EMAIL = "robin@in-a-hurry.io"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """The shipped agreement, but for the one line."""
    line = ("pass_on_after: null", "pass_on_after: 15min")
    return settings.model_copy(update={"agreement": changed_agreement(tmp_path, {"service_levels.yaml": [line]})})


async def inbox(client: Client, rep: str) -> list[str]:
    return [item["lead"] for item in (await client.get("/api/inbox", InboxAnswer, rep=rep))["items"]]


async def test_an_unanswered_hand_goes_to_the_next_on_shift(client: Client) -> None:
    await client.advance(hours=2)
    await client.submit("demo", email=EMAIL, **VP)
    await client.settle()
    first = (await client.lead(EMAIL))["assignments"][-1]
    await client.advance(minutes=14)
    assert len((await client.lead(EMAIL))["assignments"]) == 1
    await client.advance(minutes=2)
    lead = await client.lead(EMAIL)
    passed, current = lead["assignments"]
    assert (passed["answer"], current["pool"], current["answer"]) == ("accept_timeout", first["pool"], None)
    assert current["rep"] != first["rep"]
    assert lead["owner"] == current["rep"]
    assert (await inbox(client, first["rep"]), await inbox(client, current["rep"])) == ([], [lead["id"]])
    states = {(one["name"], one["assignment"]): one["state"] for one in lead["clocks"]}
    assert (states["first_touch", first["id"]], states["first_touch", current["id"]]) == ("void", "running")
    assert any(notice["to"] == current["rep"] and notice["kind"] == "assignment" for notice in lead["notices"])
    await client.sales({"type": "accepted", "lead": EMAIL, "assignment": current["id"], "by": current["rep"]})
    await client.advance(minutes=30)
    lead = await client.lead(EMAIL)
    assert (lead["stage"], lead["owner"], len(lead["assignments"])) == ("sal", current["rep"], 2)
