"""What the README promises: a reason, a kind, a region, a pool and a promise are lines of YAML, and no code."""

from pathlib import Path

import pytest

from runtime.settings import Settings
from testing.figures import LevelsAnswer, RejectionsAnswer
from testing.house import Client
from testing.terms import changed_agreement

EMAIL = "rui@serra-tech.io"
ROWS = {
    "events.yaml": [
        ("kinds:\n", "  - {kind: roi_calculator, title: ROI calculator, intent: high, side: marketing}\n"),
        ("track:\n", "  ROI Calculated: roi_calculator\n"),
    ],
    "scoring.yaml": [("      rules:\n", "        - {kind: roi_calculator, points: 45, once_per: asset}\n")],
    "routing.yaml": [
        ("regions:\n", "  - {name: latam, countries: [BR, MX, CL]}\n"),
        ("\npools:\n", "  - {size: smb, region: latam, pool: smb-latam}\n"),
        (
            "\nreject_reasons:\n",
            '  - {reason: wrong_product, title: Wrong product line, then: nurture, segment: "3", turn: credited}\n',
        ),
    ],
    "teams.yaml": [
        (
            "\npools:\n",
            "  - {id: smb-latam, title: Small companies in Latin America, members: [rep-chloe], manager: rep-grace}\n",
        ),
    ],
    "service_levels.yaml": [
        (
            "\npromises:\n",
            "  - {name: conversation, title: A conversation, side: sales, target: 2bd, level: owner,\n"
            "     starts: [accepted], stops: [connected]}\n",
        ),
    ],
}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """The shipped agreement with a row more for each."""
    changes = {name: [(heading, heading + row) for heading, row in rows] for name, rows in ROWS.items()}
    return settings.model_copy(update={"agreement": changed_agreement(tmp_path, changes)})


@pytest.mark.slow
async def test_five_new_rows_work_without_code(client: Client) -> None:
    await client.advance(hours=2)
    await client.submit(
        "newsletter", email=EMAIL, first_name="Rui", company="Serra Tech", title="VP Sales", country="Brazil",
        employees="20", industry="Software", anonymous_id="a-1",
    )  # fmt: skip
    await client.track(type="track", event="ROI Calculated", anonymousId="a-1", messageId="m-1")
    await client.submit("demo", email=EMAIL, anonymous_id="a-1")
    await client.settle()

    lead = await client.lead(EMAIL)
    assert [line["points"] for line in lead["score"]["lines"] if "ROI calculator" in line["because"]] == [45]
    assert "ROI calculator" in " ".join(signal["text"] for signal in lead["signals"])
    offer = lead["assignments"][-1]
    assert (offer["pool"], offer["rep"]) == ("smb-latam", "rep-chloe"), "a new region and its pool"

    answer = {"lead": EMAIL, "by": "rep-chloe", "assignment": offer["id"]}
    await client.sales({"type": "accepted", **answer})
    await client.settle()
    clock = {clock["name"]: clock for clock in (await client.lead(EMAIL))["clocks"]}["conversation"]
    assert (clock["state"], clock["holder"], clock["due"][:10]) == ("running", "rep-chloe", "2026-08-07")
    await client.sales({"type": "connected", "channel": "call", **answer})
    await client.settle()
    clock = {clock["name"]: clock for clock in (await client.lead(EMAIL))["clocks"]}["conversation"]
    assert (clock["state"], clock["cause"]) == ("met", "connected")
    promised = [level["name"] for level in (await client.get("/api/service-levels", LevelsAnswer))["sales"]]
    assert "conversation" in promised


@pytest.mark.slow
async def test_a_new_reason_decides_what_follows(client: Client) -> None:
    await client.advance(hours=2)
    await client.submit("demo", email=EMAIL, first_name="Rui", company="Serra Tech", country="Brazil", employees="20")
    await client.settle()
    offer = (await client.lead(EMAIL))["assignments"][-1]
    rejected = {"type": "rejected", "lead": EMAIL, "by": "rep-chloe", "assignment": offer["id"]}
    await client.sales({**rejected, "reason": "wrong_produkt"}, status=422)
    await client.sales({**rejected, "reason": "wrong_product"})
    await client.settle()
    lead = await client.lead(EMAIL)
    assert lead["nurture"]
    assert (lead["status"], lead["nurture"]["segment"]) == ("nurture", "3")
    (row,) = (await client.get("/api/rejections", RejectionsAnswer))["reasons"]
    assert (row["reason"], row["title"], row["credited"]) == ("wrong_product", "Wrong product line", 1)
