"""An existing customer grows: scored by a model of its own, listed for the account manager, handed over, or told."""

from pathlib import Path

import pytest
from typing_extensions import TypedDict

from runtime.settings import Settings
from testing.house import Client
from testing.terms import changed_agreement, default_model

pytestmark = pytest.mark.slow
CUSTOMER = "munsonspickles.example"
"""A customer of the shipped named accounts; its owner is Ivan."""


class CustomerAnswer(TypedDict):
    id: str
    expansion: int
    manager: str | None


class ExpansionAnswer(TypedDict):
    model: str | None
    least: int | None
    items: list[CustomerAnswer]


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """The shipped agreement with a model for existing customers, to whom pages about seats are worth more."""
    shipped = default_model()
    growth = shipped.replace("name: default\n", "name: growth\n")
    growth = growth.replace(
        "product_page, points: 10, at_most: {points: 20", "product_page, points: 20, at_most: {points: 60"
    )
    assert growth.count("points: 60") == 1
    changes = [(shipped, shipped + growth), ("expansion: null", "expansion: growth")]
    return settings.model_copy(update={"agreement": changed_agreement(tmp_path, {"scoring.yaml": changes})})


async def looks(client: Client, email: str, times: int) -> None:
    """At product pages, so often; `times` of before aside."""
    user = email.partition("@")[0]
    traits = {"email": email, "title": "Manager", "country": "US"}
    for _ in range(times):
        number = len(client.answers)
        await client.track(
            type="track", event="Product Page Viewed", userId=user, messageId=f"m-{number}", context={"traits": traits},
            properties={"asset": f"seats-{number}"},
        )  # fmt: skip
    await client.settle()


async def test_a_customer_below_the_threshold_is_told_and_above_it_handed_over(client: Client) -> None:
    await client.advance(hours=2)
    email, stranger = f"gail@{CUSTOMER}", "sid@no-customer-yet.io"
    await looks(client, email, 1)
    lead = await client.lead(email)
    assert (lead["score"]["total"], lead["status"], lead["owner"], lead["record"]) == (
        40,
        "joined",
        "rep-ivan",
        CUSTOMER,
    )
    assert lead["assignments"] == []
    assert (await client.get("/api/expansion", ExpansionAnswer))["items"] == []

    await looks(client, email, 1)
    await looks(client, stranger, 3)
    lead = await client.lead(email)
    assert (lead["score"]["total"], lead["stage"], lead["owner"], lead["flags"]) == (
        60,
        "mql",
        "rep-ivan",
        ["expansion"],
    )
    (offer,) = lead["assignments"]
    assert (offer["rule"], offer["flag"], offer["pool"]) == ("existing_customer", "expansion", None)
    clocks = {clock["name"]: (clock["state"], clock["holder"]) for clock in lead["clocks"]}
    assert (clocks["accepted"], clocks["first_touch"]) == (("running", "rep-ivan"), ("running", "rep-ivan"))
    assert ("assignment", "rep-ivan") in {(notice["kind"], notice["to"]) for notice in lead["notices"]}

    work = await client.get("/api/expansion", ExpansionAnswer, rep="rep-ivan")
    assert (work["model"], work["least"]) == ("growth", 60)
    assert [(one["id"], one["expansion"], one["manager"]) for one in work["items"]] == [(lead["id"], 60, "rep-ivan")]
    assert (await client.get("/api/expansion", ExpansionAnswer, rep="rep-nora"))["items"] == []
    bearer = {"authorization": f"Bearer {client.server_key}"}
    page = (await client.http.get("/inbox", params={"rep": "rep-ivan"}, headers=bearer)).text
    assert "Customers worth a call: 1" in page
    other = await client.lead(stranger)
    assert (other["score"]["total"], other["assignments"]) == (40, []), "the model of customers is not a stranger's"
    assert "growth" not in (await client.http.get(f"/leads/{other['id']}", headers=bearer)).text
