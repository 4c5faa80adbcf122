"""What the rep holds in hand: everything section 6 of the domain lists, kept true while the lead moves on."""

import orjson
import pytest

from standalone.house import House
from testing.house import Client

EMAIL = "jane@acme.example"
PROMISED = {
    "name, company and flag": "🔥 Jane Doe · VP Sales · Acme Corporation (180, B2B SaaS",
    "score split": "175 (hot",
    "fit and engagement": "= fit 80 + engagement 95",
    "top lines": "+50 demo request",
    "intent": "pricing page 3x",
    "content": "case study: Retail rollout",
    "revenue and tech stack": "32,000,000 USD · Salesforce, Marketo",
    "timeline": "10:00 EDT demo request",
    "talking points": "Say: They asked for a demo: offer two times today",
    "first touch": "First touch by Wed 14:00 EDT",
    "accept or reject": "Accept or reject by Thu 10:00 EDT",
    "accept": '"action_id":"accept"',
    "reject": '"action_id":"reject"',
}


def cards(house: House, rep: str) -> list[str]:
    """Assignment cards in this member's Slack, as they stand now."""
    found = [orjson.loads(path.read_bytes()) for path in (house.settings.data / "outbox" / "slack").iterdir()]
    mine = [card for card in found if card["channel"] == rep]
    return [orjson.dumps(card).decode() for card in mine if card["text"].startswith("🔥")]


@pytest.mark.slow
async def test_the_card_says_all_that_was_promised_and_stays_true(house: House, client: Client) -> None:
    await client.advance(hours=2)
    visits = [("Pricing Viewed", {}), ("Pricing Viewed", {}), ("Pricing Viewed", {}),
              ("Case Study Viewed", {"asset": "Retail rollout"})]  # fmt: skip
    for number, (event, about) in enumerate(visits):
        await client.track(type="track", event=event, anonymousId="a-1", messageId=f"m-{number}", properties=about)
    await client.submit(
        "demo", email=EMAIL, anonymous_id="a-1", first_name="Jane", last_name="Doe", title="VP Sales", company="Acme"
    )
    await client.settle()
    first = (await client.lead(EMAIL))["assignments"][-1]
    slack = {"rep-dan": "U0DAN", "rep-elena": "U0ELENA"}
    (card,) = cards(house, slack[first["rep"]])
    missing = {what: text for what, text in PROMISED.items() if text not in card}
    assert not missing, card
    assert not (house.settings.data / "outbox" / "email").exists(), "and by this one channel alone"

    answer = {"lead": EMAIL, "assignment": first["id"], "by": first["rep"]}
    await client.sales({"type": "rejected", "reason": "out_of_territory", **answer})
    await client.settle()
    second = (await client.lead(EMAIL))["assignments"][-1]
    (withdrawn,) = cards(house, slack[first["rep"]])
    assert "Already reassigned to" in withdrawn
    assert "action_id" not in withdrawn.replace('"action_id":"open"', ""), "no buttons any more"
    assert len(cards(house, slack[second["rep"]])) == 1

    await client.sales({"type": "accepted", **answer})
    await client.settle()
    lead = await client.lead(EMAIL)
    assert (lead["stage"], lead["owner"]) == ("mql", second["rep"]), "a stale answer changes nothing"
    assert ("answer_ignored", first["rep"]) in {(notice["kind"], notice["to"]) for notice in lead["notices"]}

    await client.sales({"type": "accepted", "lead": EMAIL, "assignment": second["id"], "by": second["rep"]})
    await client.settle()
    (taken,) = cards(house, slack[second["rep"]])
    assert "Accepted by" in taken
    assert '"action_id":"accept"' not in taken
