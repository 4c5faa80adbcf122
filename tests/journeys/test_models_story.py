"""Two product lines and a challenger, which are rows of YAML: every surface shows each model with all its lines."""

from pathlib import Path
from typing import NotRequired

import pytest
from typing_extensions import TypedDict

from runtime.settings import Settings
from testing.answers import LineAnswer
from testing.house import Client
from testing.terms import changed_agreement, default_model

pytestmark = pytest.mark.slow


class ModelAnswer(TypedDict):
    model: str
    product: str | None
    headline: bool
    total: int
    band: str
    lines: list[LineAnswer]


class GroupAnswer(TypedDict):
    leads: int
    sql: int
    won: int
    untouched: NotRequired[int]
    passed_by: NotRequired[str]
    decile: NotRequired[int]
    name: NotRequired[str]
    links: dict[str, str | None]


class ChallengerAnswer(TypedDict):
    challenger: str | None
    verdict: str | None
    groups: list[GroupAnswer]


class ScoreWorthAnswer(TypedDict):
    leads: int
    bands: list[GroupAnswer]
    deciles: list[GroupAnswer]


class ScoredLeadAnswer(TypedDict):
    id: str
    domain: str | None
    models: list[ModelAnswer]


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """The shipped agreement with a model for the product line `analytics`, and a challenger that loves blogs."""
    shipped = default_model()
    analytics = shipped.replace("name: default\n", "name: analytics\n    product: Analytics\n")
    analytics = analytics.replace("kind: webinar_attended, points: 20", "kind: webinar_attended, points: 60")
    bold = shipped.replace("name: default\n", "name: bold\n")
    bold = bold.replace("blog_read, points: 5, at_most: {points: 15", "blog_read, points: 45, at_most: {points: 45")
    assert len({shipped, analytics, bold}) == 3
    changes = [(shipped, shipped + analytics + bold), ("challenger: null", "challenger: bold")]
    return settings.model_copy(update={"agreement": changed_agreement(tmp_path, {"scoring.yaml": changes})})


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
    assert "bold" not in (await client.http.get("/inbox", headers=bearer)).text
    outbox = (await client.http.get("/api/outbox", headers=bearer)).text
    assert "for Analytics" in outbox


async def identified(client: Client, name: str, employees: int = 120) -> str:
    """Somebody at a firm of one's own, who reads a blog; returns the address."""
    email = f"{name}@{name}-line.io"
    traits = {"email": email, "title": "Manager", "country": "US", "employees": employees}
    await client.track(type="identify", userId=name, messageId=f"i-{name}", traits=traits)
    await client.track(type="track", event="Blog Read", userId=name, messageId=f"b-{name}", context={"traits": traits})
    await client.settle()
    return email


async def test_outcomes_say_what_the_score_and_the_challenger_are_worth(client: Client) -> None:
    await client.advance(hours=2)
    buyer, reader = await identified(client, "ana"), await identified(client, "rex")
    await client.submit("demo", email=buyer)
    await client.settle()
    lead = await client.lead(buyer)
    rep = lead["owner"]
    qualified = {"need": True, "budget": True, "authority": True, "timeline_months": 3}
    await client.sales(
        {"type": "connected", "lead": buyer, "by": rep, "channel": "call"},
        {"type": "qualified", "lead": buyer, "by": rep, **qualified},
        {"type": "deal_won", "lead": buyer, "by": rep, "deal": "D-1", "amount": {"amount": 500000, "currency": "USD"}},
    )
    await client.settle()
    duel = await client.get("/api/challenger", ChallengerAnswer)
    groups = {one.get("passed_by"): one for one in duel["groups"]}
    assert (duel["challenger"], duel["verdict"]) == ("bold", "open")
    assert (groups["both"]["leads"], groups["both"]["won"]) == (1, 1)
    assert (groups["challenger"]["leads"], groups["challenger"].get("untouched")) == (1, 1)
    assert groups["challenger"]["links"]["leads"] is not None
    bearer = {"authorization": f"Bearer {client.server_key}"}
    behind = (await client.http.get(groups["challenger"]["links"]["leads"], headers=bearer)).json()["items"]
    assert [one["email"] for one in behind] == [reader]
    silent = await client.lead(reader)
    assert (silent["stage"], silent["assignments"], silent["notices"]) == ("lead", [], [])
    assert {line["text"] for line in silent["timeline"] if "90" in line["text"]} == set()

    worth = await client.get("/api/score-worth", ScoreWorthAnswer)
    assert worth["leads"] == 1
    assert [(one.get("name"), one["leads"], one["won"]) for one in worth["bands"] if one["leads"]] == [("hot", 1, 1)]
    assert [(one["sql"], one["won"]) for one in worth["deciles"]] == [(1, 1)]
    page = (await client.http.get("/", headers=bearer)).text
    assert "What the score is worth" in page
    assert "No difference is proven yet: bold against default, analytics" in page
