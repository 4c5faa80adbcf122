"""A house that is opened again under another agreement: scores follow, and nobody is paged."""

import shutil
from pathlib import Path

import pytest

from runtime.http.client import client as http_client
from runtime.settings import Settings
from standalone.house import House
from testing.answers import LeadAnswer
from testing.house import Client
from testing.service import SHIPPED
from testing.waiting import PATIENCE

EMAIL = "rui@serra-tech.io"
RULE = "{kind: whitepaper, points: 5"

pytestmark = pytest.mark.slow


async def after(settings: Settings, *downloads: str) -> LeadAnswer:
    """Opens the house, lets the lead download these, and says how the lead stands when all is at rest."""
    house = await House(settings).start()
    try:
        async with http_client(base_url=house.url, timeout=2 * PATIENCE) as http:
            client = Client(http, house.keys["write_key"], house.keys["server_key"])
            for asset in downloads:
                await client.track(
                    type="track", userId="rui", event="Whitepaper Downloaded", properties={"asset": asset},
                    context={"traits": {"email": EMAIL}},
                )  # fmt: skip
            await client.settle()
            return await client.lead(EMAIL)
    finally:
        await house.stop()


async def test_scores_follow_another_agreement_and_nobody_is_paged(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "agreement"
    shutil.copytree(SHIPPED, folder)
    settings = settings.model_copy(update={"agreement": folder})
    assert (await after(settings, "a", "b"))["score"]["engagement"] == 10
    text = (folder / "scoring.yaml").read_text()
    assert text.count(RULE) == 1
    (folder / "scoring.yaml").write_text(text.replace(RULE, RULE.replace("5", "35")))
    lead = await after(settings)
    assert lead["score"]["engagement"] == 10, "it would be an MQL: that waits for the next engagement"
    (folder / "scoring.yaml").write_text(text.replace(RULE, RULE.replace("5", "9")))
    lead = await after(settings)
    assert (lead["score"]["engagement"], lead["stage"], lead["notices"]) == (18, "lead", [])
    assert [line["points"] for line in lead["score"]["lines"] if line["rule"].startswith("whitepaper")] == [9, 9]
