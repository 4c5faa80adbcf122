"""Which survey counts for a deal is one rule: its clock, who looks after the customer, and the reports agree."""

from datetime import timedelta
from typing import Final

import pytest
from typing_extensions import TypedDict

from testing.house import Client

HOUR: Final = timedelta(hours=1)
CHAMPION: Final = "Ravi Canary"
LIVES: Final[dict[str, tuple[tuple[tuple[str, int], ...], tuple[str, int], bool]]] = {
    "won": ((("opened", 1), ("won", 2)), ("won", 3), True),
    "says-lost": ((("opened", 1), ("won", 2)), ("lost", 3), False),
    "lost": ((("opened", 1), ("lost", 2)), ("lost", 3), True),
    "early": ((("opened", 1), ("won", 3)), ("won", 2), True),
    "of-before": ((("opened", 1), ("lost", 2), ("opened", 4), ("lost", 5)), ("lost", 3), False),
    "of-after": ((("opened", 1), ("lost", 2), ("opened", 4), ("lost", 5)), ("lost", 6), True),
    "foresaw": ((("opened", 1), ("lost", 2), ("opened", 4), ("won", 5)), ("won", 3), False),
    "again-won": ((("opened", 1), ("lost", 2), ("opened", 4), ("won", 5)), ("won", 6), True),
    "corrected": ((("opened", 1), ("lost", 2), ("won", 4)), ("won", 3), True),
}
"""Of a deal its facts by hour, a survey of it, and whether that counts for the end that the deal has."""


class SurveyedDeal(TypedDict):
    """`GET /api/deals/{id}`."""

    survey: dict[str, object] | None


class LeftOut(TypedDict):
    """One of `surveys_not_counted`."""

    deal: str
    reason: str


class WinLoss(TypedDict):
    """`GET /api/win-loss`."""

    surveyed: int
    surveys_not_counted: list[LeftOut]


class Outcome(TypedDict):
    """One item of `GET /api/outcomes`."""

    deal: str | None


class Outcomes(TypedDict):
    """`GET /api/outcomes`."""

    items: list[Outcome]


@pytest.mark.slow
async def test_which_survey_counts_is_said_alike_by_clock_notice_and_report(client: Client) -> None:
    start = await client.advance(hours=2)
    await client.advance(hours=8)
    for name, (facts, survey, _) in LIVES.items():
        who = {"lead": f"robin@{name}.io", "deal": name, "by": "rep-ana"}
        await client.submit("newsletter", email=who["lead"])
        reports = [
            ({"type": f"deal_{kind}"} | ({"reason": "price"} if kind == "lost" else {}), at) for kind, at in facts
        ]
        reports.append(({"type": "survey", "outcome": survey[0], "champion": CHAMPION}, survey[1]))
        for fact, hour in sorted(reports, key=lambda one: one[1]):
            await client.sales({**who, **fact, "at": (start + hour * HOUR).isoformat()})
            await client.settle()
    await client.advance(hours=24)

    counted = {name for name, (_, _, counts) in LIVES.items() if counts}
    deals = {name: await client.get(f"/api/deals/{name}", SurveyedDeal) for name in LIVES}
    assert {name for name, deal in deals.items() if deal["survey"]} == counted, "the report"
    report = await client.get("/api/win-loss", WinLoss, range="30d")
    assert report["surveyed"] == len(counted)
    assert {one["deal"] for one in report["surveys_not_counted"]} == LIVES.keys() - counted

    leads = {name: await client.lead(f"robin@{name}.io") for name in LIVES}
    last = {
        name: max((one for one in lead["clocks"] if one["name"] == "survey"), key=lambda one: one["started"])
        for name, lead in leads.items()
    }
    assert {name for name, clock in last.items() if clock["state"] == "met"} == counted, "the clock"
    kept = (await client.get("/api/outcomes", Outcomes, range="30d", promise="survey", kept="met"))["items"]
    assert {one["deal"] for one in kept} == counted | {"of-before"}, "that was kept for the end of before"

    for name, (facts, _, counts) in LIVES.items():
        cards = [one["id"] for one in leads[name]["notices"] if one["kind"] == "customer"]
        texts = [(await client.http.get(f"/api/outbox/{card}", headers=client._bearer)).text for card in cards]
        assert bool(texts) is (facts[-1][0] == "won"), name
        assert any(CHAMPION in text for text in texts) is (counts and bool(texts)), f"the notice of {name}"
