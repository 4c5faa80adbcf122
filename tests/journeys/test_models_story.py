"""Two product lines and a challenger, which are rows of YAML: every surface shows each model with all its lines."""

import shutil
from pathlib import Path

import pytest
from typing_extensions import TypedDict

from runtime.settings import Settings
from testing.answers import LineAnswer
from testing.house import Client
from testing.service import SHIPPED

pytestmark = pytest.mark.slow


class ModelAnswer(TypedDict):
    model: str
    product: str | None
    headline: bool
    total: int
    band: str
    lines: list[LineAnswer]


class ScoredLeadAnswer(TypedDict):
    id: str
    domain: str | None
    models: list[ModelAnswer]


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """The shipped agreement with a model for the product line `analytics`, and a challenger that loves blogs."""
    folder = tmp_path / "agreement"
    shutil.copytree(SHIPPED, folder)
    path = folder / "scoring.yaml"
    text = path.read_text()
    shipped = text[text.index("  - name: default\n") : text.index("\n# A company: ")]
    analytics = shipped.replace("name: default\n", "name: analytics\n    product: Analytics\n")
    analytics = analytics.replace("kind: webinar_attended, points: 20", "kind: webinar_attended, points: 60")
    bold = shipped.replace("name: default\n", "name: bold\n")
    bold = bold.replace("blog_read, points: 5, at_most: {points: 15", "blog_read, points: 45, at_most: {points: 45")
    assert len({shipped, analytics, bold}) == 3
    text = text.replace(shipped, shipped + analytics + bold).replace("challenger: null", "challenger: bold")
    path.write_text(text)
    return settings.model_copy(update={"agreement": folder})


async def test_every_model_is_shown_and_the_challenger_is_silent(client: Client) -> None:
    await client.advance(hours=2)
    email = "kim@two-lines.io"
    traits = {"email": email, "company": "Two Lines", "title": "Manager", "country": "US", "employees": 120}
    await client.track(type="identify", userId="kim", messageId="i", traits=traits)
    await client.track(type="track", event="Blog Read", userId="kim", messageId="b", context={"traits": traits})
    await client.settle()
    lead = await client.get(f"/api/leads/{email}", ScoredLeadAnswer)
    assert [(one["model"], one["total"], one["headline"]) for one in lead["models"]] == [
        ("default", 50, True), ("analytics", 50, False)
    ]  # fmt: skip
    before = await client.lead(email)
    assert (before["stage"], before["assignments"]) == ("lead", []), "the challenger's 90 pages nobody"

    await client.track(
        type="track", event="Webinar Attended", userId="kim", messageId="w", properties={"asset": "dashboards"},
        context={"traits": traits},
    )  # fmt: skip
    await client.settle()
    lead = await client.get(f"/api/leads/{email}", ScoredLeadAnswer)
    assert [(one["model"], one["product"], one["total"], one["band"]) for one in lead["models"]] == [
        ("analytics", "Analytics", 110, "hot"), ("default", None, 70, "warm")
    ]  # fmt: skip
    for one in lead["models"]:
        assert sum(line["points"] for line in one["lines"]) == one["total"]
    after = await client.lead(email)
    assert (after["score"]["total"], after["score"]["band"]) == (110, "hot")
    assert after["score"]["lines"] == lead["models"][0]["lines"]
    assert after["stage"] == "mql"
    assert len(after["assignments"]) == 1
    bearer = {"authorization": f"Bearer {client.server_key}"}
    page = (await client.http.get(f"/leads/{lead['id']}", headers=bearer)).text
    assert "model analytics, product Analytics" in page
    assert "Other models" in page
    assert "bold" not in page
    outbox = (await client.http.get("/api/outbox", headers=bearer)).text
    assert "for Analytics" in outbox
